//! The example Jobs are injected without a word, twice to the same, and as strict pod security wants them.

use serde_json::Value;

use super::agents::{token_of, told as told_by};
use super::{deploy, everything, files, known, list, object, objects, read, title, workloads};
use crate::bench::{Bench, check_exit};

#[test]
fn every_example_is_injected_recorded_and_given_back() {
    let bench = Bench::new();
    let examples = files("examples");
    assert_eq!(examples, ["go-test.yaml", "playwright.yaml", "pytest.yaml"]);
    for file in examples {
        let path = deploy().join("examples").join(&file).display().to_string();
        let once = bench.sentinel(&["inject", "-f", &path]);
        check_exit(&once, 0);
        assert_eq!(once.stderr, "", "{file}");
        let twice = bench.piped(&["inject", "-f", "-"], &once.stdout);
        assert_eq!(twice.stdout, once.stdout, "{file}");
        let back = bench.piped(&["inject", "-f", "-", "--uninject"], &once.stdout);
        assert_eq!(back.stdout, read(&format!("examples/{file}")));

        let injected = objects(&once.stdout);
        let jobs = workloads(&injected);
        assert_eq!(jobs.len(), 1, "{file}");
        for (job, pod) in jobs {
            assert_eq!(known::known(job), *job);
            known::check_restricted(&title(job), pod);
            assert_eq!(list(&pod["initContainers"]).len(), 2, "{file}: captured");
            check_meeting(pod);
        }
    }
}

/// The sidecar is told the address and the audience of the agent that the manifests bring, in its namespace.
fn check_meeting(pod: &Value) {
    let agents = everything("standalone");
    let service = object(&agents, "Service sentinel-agent");
    let mut env = list(&pod["initContainers"][1]["env"]).iter();
    let mut told = |name: &str| env.find(|v| v["name"] == name).map(|v| &v["value"]);
    let namespace = service["metadata"]["namespace"].as_str().expect("a name");
    let address = format!("http://sentinel-agent.{namespace}.svc:7600");
    assert_eq!(told("SENTINEL_AGENT"), Some(&Value::from(address)));
    let (audience, file) = token_of(pod, "sentinel-token");
    let path = format!("/sentinel-token/{file}");
    assert_eq!(
        told("SENTINEL_SIDECAR__TOKEN_FILE"),
        Some(&Value::from(path))
    );
    for (_, agent) in workloads(&agents) {
        let (config, _) = told_by(&agents, agent, &Bench::new());
        let asked = config.agent.auth.service_accounts.audience;
        assert_eq!(asked.as_deref(), Some(audience));
    }
}
