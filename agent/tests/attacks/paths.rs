//! Torture row X6: a path in a name is refused, and nothing is written beside the data directory.

use crate::common::{Running, hello};

#[test]
fn a_path_in_a_name_is_refused_and_nothing_is_written_elsewhere() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("data");
    let agent = Running::start(&inner);
    let open = |run_id: &str| {
        let mut open = hello("r1");
        open.run.run_id = run_id.to_owned();
        let body = serde_json::to_vec(&open).unwrap();
        agent.client.post("/v1/streams", "application/json", &body)
    };
    for bad in [
        "../x",
        "..",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "a/",
        ".",
        "a\\..\\b",
        "a%2f..",
        "a\0b",
        "a\nb",
        "",
    ] {
        assert_eq!(open(bad).status, 400, "{bad:?}");
    }
    assert_eq!(open("team/nightly/7..8").status, 200);
    for path in [
        "/v1/streams/../../etc/passwd/position",
        "/v1/streams/..%2f..%2fetc%2fpasswd/position",
        "/v1/streams/%00/position",
        "/api/v1/runs/..%2f..%2fdata",
        "/api/v1/runs/%2e%2e/tests",
        "/../../etc/passwd",
        "//etc/passwd",
        "/api/v1/runs/%ff%fe",
    ] {
        let answer = agent.client.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
    agent.stop();
    let beside: Vec<_> = std::fs::read_dir(outer.path()).unwrap().collect();
    assert_eq!(beside.len(), 1);
    for file in std::fs::read_dir(&inner).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with("sentinel.") || name.contains("lock"),
            "{name}"
        );
    }
}
