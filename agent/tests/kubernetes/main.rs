//! The agent beside an API server that breaks watches, forgets histories and lists in pages: real traffic becomes runs with
//! the end that the cluster told. The rows W1, W2 and W8 of `docs/torture.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod load;
mod offline;
mod recordings;
mod server;
mod tokens;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use common::{Answer, Daemon, Running};
use sentinel_agent::api::ready::Readiness;
use sentinel_agent::api::view::{Page, RunView};
use sentinel_config::{Config, Detection, Watching};
use serde_json::Value;
use server::{Script, Server};

/// The recorded events of some scenarios, one after the other, by kind; `None`, said aloud, where they are absent.
fn recorded(scenarios: &[&str]) -> Option<BTreeMap<String, Script>> {
    let mut scripts: BTreeMap<String, Script> = BTreeMap::new();
    for scenario in scenarios {
        let folder = common::recorded(&format!("watch/{scenario}"))?;
        for kind in ["jobs", "pods"] {
            let text = std::fs::read_to_string(folder.join(format!("{kind}.jsonl"))).unwrap();
            let events = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let script = scripts.entry(kind.to_owned()).or_default();
            script.events.extend(events);
        }
    }
    Some(scripts)
}

/// A configuration that watches this server, and the directory with its kubeconfig.
fn watching(address: SocketAddr) -> (Config, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    crowd::kubeconfig(&kubeconfig, address);
    let mut config = Config::default();
    config.kubernetes.watch = Watching::On;
    config.kubernetes.detect = Detection::All;
    config.kubernetes.kubeconfig = Some(kubeconfig);
    (config, dir)
}

/// Pipeline, status and cause of each run.
fn ends(answer: &Answer) -> Vec<(String, String, String)> {
    let page: Page<RunView> = answer.json();
    let end = |run: RunView| {
        let reason = run.reason.unwrap_or_default();
        let cause = reason.split(" ended: ").nth(1).unwrap_or_default();
        let status = run.status.as_str().to_owned();
        (run.pipeline.unwrap(), status, cause.to_owned())
    };
    let mut ends: Vec<_> = page.items.into_iter().map(end).collect();
    ends.sort();
    ends
}

#[test]
fn w1_w2_jobs_become_runs_through_broken_watches_lost_histories_and_expired_pages() {
    let scenarios = [
        "a-job-succeeds",
        "e-activedeadline",
        "f-backofflimit",
        "g-deletion",
    ];
    let Some(scripts) = recorded(&scenarios) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, address) = runtime.block_on(Server::start(scripts));
    let (config, _kubeconfig) = watching(address);
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::with(dir.path(), &config);
    let expected = [
        ("backoff", "errored", "BackoffLimitExceeded"),
        ("backoff-onfailure", "errored", "BackoffLimitExceeded"),
        ("deadline", "timed_out", "DeadlineExceeded"),
        ("deadline-ignores-term", "timed_out", "DeadlineExceeded"),
        ("failurepolicy", "errored", "PodFailurePolicy"),
        ("job-deleted", "aborted", "deleted"),
        ("job-pod-deleted", "incomplete", "Complete"),
        (
            "job-pod-evicted",
            "incomplete",
            "Complete; pod job-pod-evicted-xwlth: EvictionByEvictionAPI",
        ),
        (
            "pod-deadline",
            "errored",
            "BackoffLimitExceeded; pod pod-deadline-7mjqs: DeadlineExceeded",
        ),
        ("succeed", "incomplete", "Complete"),
    ];
    // Both kinds are listed again, after their histories were lost and a page's token had expired.
    server.wait_for_watches(3);
    assert!(server.asked("pages") > 0, "lists have pages");
    let wanted = expected.map(|(pipeline, status, cause)| {
        (pipeline.to_owned(), status.to_owned(), cause.to_owned())
    });
    // What pods and Jobs tell comes by watches of their own, one before or behind the other.
    agent.client.until("/api/v1/runs?limit=100", |answer| {
        agent.pass(1_000);
        ends(answer) == wanted
    });
    agent.client.until("/ready", |answer| {
        answer.json::<Readiness>().degraded.is_empty()
    });
    agent.stop();
}

#[test]
fn w8_streams_are_taken_while_the_api_server_is_away_and_what_is_missing_is_named() {
    // A port on which nobody answers.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (config, _kubeconfig) = watching(address);
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::with(dir.path(), &config);
    let opened = agent.client.open(&common::hello("r1"));
    assert_eq!(opened.committed, 0);
    agent.client.until("/ready", |answer| {
        let ready: Readiness = answer.json();
        let mut degraded = ready.degraded.iter();
        ready.ready && degraded.any(|d| d.part == "kubernetes" && d.reason.starts_with("pods"))
    });
    agent.stop();
}

#[test]
fn a_laptop_without_a_cluster_misses_none() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[]);
    let ready: Readiness = daemon.client.get("/ready").json();
    assert_eq!((ready.ready, ready.degraded), (true, Vec::new()));
}
