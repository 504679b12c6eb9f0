//! Real traffic of a Kubernetes API, replayed: kills for memory become anomalies of the pods' runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use common::{Running, hello, recorded};
use sentinel_agent::api::view::{AnomalyView, Page};
use sentinel_agent::kube::pod_fact;
use sentinel_core::fact::{Fact, PodFact};
use sentinel_core::{Input, Severity};
use serde_json::Value;

/// The watch lines of a recorded scenario, or `None`, said aloud, where the recordings are absent.
fn recording(scenario: &str) -> Option<Vec<Value>> {
    let path = recorded(&format!("watch/{scenario}"))?.join("pods.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    Some(
        lines
            .filter(|line: &Value| line["type"] != "BOOKMARK")
            .collect(),
    )
}

/// The pods of a recording, each in its last state.
fn pods(lines: &[Value]) -> Vec<PodFact> {
    let mut pods: Vec<PodFact> = Vec::new();
    for line in lines {
        let fact = pod_fact(&line["object"]).unwrap();
        pods.retain(|pod| pod.uid != fact.uid);
        pods.push(fact);
    }
    pods
}

/// Replays a recording into an agent in which each pod's container has a stream in a run of its own;
/// gives the anomalies by pod name.
fn replay(lines: &[Value], twice: bool) -> Vec<(String, Vec<AnomalyView>)> {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let pods = pods(lines);
    for pod in &pods {
        let mut open = hello(&pod.name);
        open.identity.pod_uid.clone_from(&pod.uid);
        open.identity.container = "test".into();
        agent.client.open(&open);
    }
    for _ in 0..=usize::from(twice) {
        for line in lines {
            let fact = pod_fact(&line["object"]).unwrap();
            let gone = line["type"] == "DELETED";
            let uid = fact.uid.clone();
            agent.tell(Input::Fact(Fact::Pod(fact)));
            if gone {
                agent.tell(Input::Fact(Fact::PodDeleted { uid }));
            }
        }
    }
    let anomalies = |name: &str| {
        let path = format!("/api/v1/runs/{name}/anomalies");
        let page: Page<AnomalyView> = agent.client.get(&path).json();
        page.items
    };
    let found = pods
        .iter()
        .map(|pod| (pod.name.clone(), anomalies(&pod.name)))
        .collect();
    agent.stop();
    found
}

#[test]
fn every_kill_for_memory_is_found_whatever_the_exit_code_was() {
    let Some(lines) = recording("b-oomkilled") else {
        return;
    };
    let killed = replay(&lines, false);
    assert_eq!(killed.len(), 4);
    for (pod, anomalies) in &killed {
        let kills: Vec<_> = anomalies
            .iter()
            .filter(|a| a.rule == "oom_killed")
            .collect();
        assert_eq!(kills.len(), 1, "{pod}: {anomalies:?}");
        assert_eq!(kills[0].severity, Severity::Critical, "{pod}");
        let told = serde_json::to_string(&kills[0]).unwrap();
        assert!(told.contains("16Mi"), "{pod}: the limit is named: {told}");
    }
    assert_eq!(replay(&lines, true), killed, "told twice, found once");
}

#[test]
fn pods_that_were_not_killed_for_memory_have_no_such_anomaly() {
    for scenario in ["a-job-succeeds", "c-crashloop", "e-activedeadline"] {
        let Some(lines) = recording(scenario) else {
            return;
        };
        for (pod, anomalies) in replay(&lines, false) {
            let kill = anomalies.iter().find(|a| a.rule == "oom_killed");
            assert_eq!(kill, None, "{scenario} {pod}");
        }
    }
}
