//! `sentinel inject` as a command, and what it puts in as it runs.

use std::time::Duration;

use sentinel_config::Config;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::bench::{Bench, Reaped, check_exit, sibling, until};
use crate::doors::agent;

const JOB: &str = r#"# A Job.
apiVersion: batch/v1
kind: Job
metadata: {name: shop-tests}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: tests
        image: shop/tests
        command: [sh, -c]
        args: ["echo 'TEST_FAIL name=cart suite=shop'; exit 7"]
"#;

#[test]
fn a_file_and_standard_input_are_injected_checked_and_given_back() {
    let bench = Bench::new();
    let job = bench.file("job.yaml", JOB);
    let check = |text: &str| bench.piped(&["inject", "-f", "-", "--check"], text);
    let injected = bench.sentinel(&["inject", "-f", &job]);
    check_exit(&injected, 0);
    assert_eq!(injected.stderr, "");
    assert_eq!(
        bench.piped(&["inject", "-f", "-"], JOB).stdout,
        injected.stdout
    );
    check_exit(&check(JOB), 1);
    check_exit(&check(&injected.stdout), 0);
    assert_eq!(check(&injected.stdout).stdout, "");
    let back = bench.piped(&["inject", "-f", "-", "--uninject"], &injected.stdout);
    check_exit(&back, 0);
    assert_eq!(back.stdout, JOB);
}

#[test]
fn what_people_should_know_is_one_line_with_its_place() {
    let bench = Bench::new();
    let file = bench.file("job.yaml", &JOB.replace("        command: [sh, -c]\n", ""));
    let done = bench.sentinel(&["inject", "-f", &file]);
    check_exit(&done, 0);
    let told = "job.yaml:2: container `tests` has no `command`";
    assert!(done.stderr.contains(told), "{}", done.stderr);
    let json = r#"{"apiVersion": "batch/v1", "kind": "Job"}"#;
    for (args, text, told) in [
        (
            &["-f", "-"][..],
            json,
            "standard input:1: `Job` is in flow style",
        ),
        (&["-f", "-"], "a: [", "standard input:1: not YAML"),
        (&["-f", "/no/such/file"], "", "cannot read /no/such/file"),
        (&["-f", "-", "--agent", "nonsense"], JOB, "--agent: "),
    ] {
        let done = bench.piped(&[&["inject"], args].concat(), text);
        check_exit(&done, 2);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
        assert!(done.stderr.contains(told), "{}", done.stderr);
        assert_eq!(done.stdout, "");
    }
}

/// A list of words in the YAML, with the shared volume in a directory of ours.
fn words(list: &Value, dir: &str) -> Vec<String> {
    let words = list.as_array().expect("a list").iter();
    let words = words.map(|word| word.as_str().expect("a word"));
    words
        .map(|word| match word.strip_prefix("/sentinel") {
            Some(rest) => format!("{dir}{rest}"),
            None => word.to_owned(),
        })
        .collect()
}

#[test]
fn the_containers_as_they_are_written_bring_a_test_to_the_agent() {
    run_as_written("native", |sending| {
        // As Kubernetes does once the test's container has ended.
        let told = std::process::Command::new("kill")
            .arg(sending.0.id().to_string())
            .status();
        assert!(told.expect("there is a kill").success());
    });
}

#[test]
fn a_sidecar_that_is_an_ordinary_container_ends_by_itself_and_well() {
    run_as_written("container", |_| {});
}

/// Runs what is written for a Job whose test fails, and waits for the sidecar, which somebody may have to tell to end.
fn run_as_written(kind: &str, tell: impl FnOnce(&Reaped)) {
    let Some(sidecar) = sibling("sentinel-sidecar") else {
        return;
    };
    let bench = Bench::new();
    let runtime = Runtime::new().expect("a runtime");
    let mut config = Config::default();
    config.run.finalize_after = Duration::ZERO;
    let agent = agent(&bench, "data", &runtime, &config);
    let url = format!("http://{}", agent.addr());
    let injected = bench.piped(
        &["inject", "-f", "-", "--agent", &url, "--sidecar", kind],
        JOB,
    );
    let job: Value = serde_saphyr::from_str(&injected.stdout).expect("it is YAML");
    let pod = &job["spec"]["template"]["spec"];
    let install = &pod["initContainers"][0];
    let tail = match kind {
        "native" => &pod["initContainers"][1],
        _ => &pod["containers"][1],
    };
    let shared = bench.path("shared");
    std::fs::create_dir(&shared).expect("it is new");
    let shared = shared.display().to_string();
    let run = |program: &str, args: &[String]| {
        let mut command = bench.command(program.as_ref());
        command.args(args).output().expect("it starts")
    };
    let installed = run(
        &sidecar.display().to_string(),
        &words(&install["args"], &shared),
    );
    assert_eq!(installed.status.code(), Some(0));

    let mut sending = bench.command(&sidecar);
    sending.args(words(&tail["args"], &shared));
    // The token's volume would be beside the shared one.
    std::fs::create_dir(bench.path("shared-token")).expect("it is new");
    bench.file("shared-token/token", "of-the-pod");
    for variable in tail["env"].as_array().expect("a list") {
        let name = variable["name"].as_str().expect("a name");
        // What the downward API would tell.
        let value = variable["value"].as_str().unwrap_or("of-the-job");
        sending.env(name, value.replacen("/sentinel", &shared, 1));
    }
    let mut sending = Reaped(sending.spawn().expect("it starts"));

    let tests = &pod["containers"][0];
    let mut command = words(&tests["command"], &shared);
    command.extend(words(&tests["args"], &shared));
    let done = run(&command[0], &command[1..]);
    assert_eq!(done.status.code(), Some(7));
    assert_eq!(done.stdout, b"TEST_FAIL name=cart suite=shop\n");

    until("the run to close", || {
        let report = bench.sentinel(&["report", "of-the-job", "--agent", &url]);
        report.stdout.starts_with("FAILED") && report.stdout.contains("cart")
    });
    tell(&sending);
    assert_eq!(sending.0.wait().expect("it ends").code(), Some(0));
    runtime.block_on(agent.shutdown());
}
