//! The agent beside an API server that breaks watches, forgets histories and lists in pages: real traffic becomes runs with
//! the end that the cluster told. The rows W1, W2 and W8 of `docs/torture.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Daemon, Running};
use sentinel_agent::api::ready::Readiness;
use sentinel_agent::api::view::{Page, RunView};
use sentinel_config::{Config, Detection, Watching};
use serde_json::Value;
use server::{Script, Server};

const PATIENCE: Duration = Duration::from_secs(60);

/// The recorded events of some scenarios, one after the other, by kind; `None`, said aloud, where they are absent.
fn recorded(scenarios: &[&str]) -> Option<BTreeMap<String, Script>> {
    let root = std::env::var_os("SENTINEL_RECORDINGS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/recordings"),
        PathBuf::from,
    );
    let mut scripts: BTreeMap<String, Script> = BTreeMap::new();
    for scenario in scenarios {
        for kind in ["jobs", "pods"] {
            let path = root.join(format!("k8s/watch/{scenario}/{kind}.jsonl"));
            let Ok(text) = std::fs::read_to_string(&path) else {
                let absent = format!("SKIPPED: no recording {}", path.display());
                assert!(
                    std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                    "{absent}"
                );
                eprintln!("{absent}");
                return None;
            };
            let events = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            scripts
                .entry(kind.to_owned())
                .or_default()
                .events
                .extend(events);
        }
    }
    Some(scripts)
}

/// A configuration that watches this server, and the directory with its kubeconfig.
fn watching(address: SocketAddr) -> (Config, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\n\
         users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    std::fs::write(&kubeconfig, text).unwrap();
    let mut config = Config::default();
    config.kubernetes.watch = Watching::On;
    config.kubernetes.detect = Detection::All;
    config.kubernetes.kubeconfig = Some(kubeconfig);
    (config, dir)
}

fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    assert!(within(PATIENCE, holds), "not within a minute: {what}");
}

fn within(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// The runs by pipeline: status and reason.
fn runs(agent: &Running) -> BTreeMap<String, (String, String)> {
    let page: Page<RunView> = agent.client.get("/api/v1/runs?limit=100").json();
    let told = |run: RunView| {
        let status = run.status.as_str().to_owned();
        (
            run.pipeline.unwrap(),
            (status, run.reason.unwrap_or_default()),
        )
    };
    page.items.into_iter().map(told).collect()
}

/// Pipeline, status and cause of each run.
fn ends(runs: &BTreeMap<String, (String, String)>) -> Vec<(String, String, String)> {
    let end = |(pipeline, (status, reason)): (&String, &(String, String))| {
        let cause = reason.split(" ended: ").nth(1).unwrap_or_default();
        (pipeline.clone(), status.clone(), cause.to_owned())
    };
    runs.iter().map(end).collect()
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
    wait_until("the third watches", || server.asked("watch") >= 2 * 3);
    let wanted: Vec<(&str, &str, String)> = expected
        .iter()
        .map(|(pipeline, status, cause)| (*pipeline, *status, (*cause).to_owned()))
        .collect();
    let mut told = Vec::new();
    // What pods and Jobs tell comes by watches of their own, one before or behind the other.
    let settled = within(PATIENCE, || {
        agent.pass(1_000);
        told = ends(&runs(&agent));
        told.len() == wanted.len()
            && told.iter().zip(&wanted).all(|(told, wanted)| {
                (told.0.as_str(), told.1.as_str(), &told.2) == (wanted.0, wanted.1, &wanted.2)
            })
    });
    assert!(settled, "told {told:#?}, not {wanted:#?}");
    assert!(server.asked("pages") > 0, "lists have pages");
    wait_until("the cluster is known again", || {
        let ready: Readiness = agent.client.get("/ready").json();
        ready.degraded.is_empty()
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
    wait_until("the cluster is missed", || {
        let ready: Readiness = agent.client.get("/ready").json();
        ready.ready
            && ready
                .degraded
                .iter()
                .any(|d| d.part == "kubernetes" && d.reason.starts_with("pods"))
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
