//! How soon a Job is a run, and what a cluster full of pods costs. Small in CI; `SENTINEL_TORTURE=full` makes it 500 Jobs and
//! 5,000 pods that come and go, in a process of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sentinel_agent::api::view::{Page, RunView};
use serde_json::{Value, json};

use super::crowd::Crowd;
use super::{common, watching};
use common::{Answer, Client, Daemon, Running};

fn is_full() -> bool {
    std::env::var_os("SENTINEL_TORTURE").is_some_and(|size| size == "full")
}

fn job(n: usize) -> Value {
    json!({"metadata": {"uid": format!("job-{n:05}"), "name": format!("e2e-{n}"), "namespace": "load"},
        "spec": {"completions": 1}, "status": {"active": 1}})
}

/// A pod as large as real ones are.
fn pod(n: usize, round: usize) -> Value {
    let fields: BTreeMap<String, Value> = (0..60)
        .map(|f| (format!("f:field-{f}"), json!({})))
        .collect();
    let env: Vec<Value> = (0..30)
        .map(|e| json!({"name": format!("E{e}"), "value": "x".repeat(60)}))
        .collect();
    json!({
        "metadata": {
            "uid": format!("pod-{n:06}-{round}"), "name": format!("p-{n}"), "namespace": "load",
            "managedFields": [{"manager": "kubelet", "fieldsV1": fields}],
        },
        "spec": {"nodeName": format!("node-{}", n % 50), "containers": [{"name": "app", "env": env}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "app", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-11-27T00:00:00Z"}}},
        ]},
    })
}

/// How many runs there are, which fit in a page.
fn runs(client: &Client) -> usize {
    let page: Page<RunView> = client.get("/api/v1/runs?limit=1000").json();
    page.items.len()
}

#[test]
fn x8_the_rights_that_are_documented_are_enough_and_none_is_too_much() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (crowd, address) = runtime.block_on(Crowd::start());
    crowd.put("jobs", job(0));
    let (config, _kubeconfig) = watching(address);
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::with(dir.path(), &config);
    agent.client.until("/api/v1/runs", |answer| {
        answer.json::<Page<RunView>>().items.len() == 1
    });
    let all = || crowd.asked(|asked| asked.used.len()) == crowd.rights().len();
    agent.client.until("/ready", |_| all());
    agent.stop();
    assert_eq!(
        crowd.asked(|asked| asked.refused.clone()),
        Vec::<String>::new()
    );
    assert_eq!(crowd.rights().len(), 10, "five kinds, list and watch");
}

#[test]
fn w7_a_node_asks_for_its_own_pods_and_its_own_node_only() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (crowd, address) = runtime.block_on(Crowd::start());
    let (mut config, _kubeconfig) = watching(address);
    config.agent.role = sentinel_config::Role::Node;
    config.agent.forward.hub = Some(format!("http://{address}"));
    config.agent.forward.node = Some("node-7".to_owned());
    config.kubernetes.spread = Duration::ZERO;
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::with(dir.path(), &config);
    agent
        .client
        .until("/ready", |_| crowd.asked(|asked| asked.watches) == 2);
    agent.stop();
    let asked: Vec<String> = crowd.asked(|asked| asked.selectors.iter().cloned().collect());
    let expected = [
        "nodes?metadata.name%3Dnode-7",
        "pods?spec.nodeName%3Dnode-7",
    ];
    assert!(
        asked
            .iter()
            .map(String::as_str)
            .filter(|a| a.contains("Dnode"))
            .eq(expected),
        "{asked:?}"
    );
    assert!(
        !asked
            .iter()
            .any(|a| a.starts_with("jobs") || a.starts_with("events")),
        "{asked:?}"
    );
}

#[test]
fn a_job_is_a_run_within_a_second_of_its_watch_event() {
    let jobs = if is_full() { 500 } else { 50 };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (crowd, address) = runtime.block_on(Crowd::start());
    let (config, _kubeconfig) = watching(address);
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::with(dir.path(), &config);
    agent
        .client
        .until("/ready", |_| crowd.asked(|asked| asked.watches) == 5);
    let mut took: Vec<Duration> = Vec::new();
    for n in 0..jobs {
        let begun = Instant::now();
        crowd.put("jobs", job(n));
        let path = format!("/api/v1/runs/job-{n:05}");
        agent
            .client
            .until(&path, |answer: &Answer| answer.status == 200);
        took.push(begun.elapsed());
    }
    took.sort();
    let p99 = took[jobs * 99 / 100];
    println!(
        "{jobs} Jobs, each a stored run: p50 {:?}, p99 {p99:?}, most {:?}",
        took[jobs / 2],
        took[jobs - 1]
    );
    assert_eq!(runs(&agent.client), jobs);
    assert!(p99 <= Duration::from_secs(1), "{p99:?}");
    agent.stop();
}

/// The most memory that the process ever had, in MiB.
fn peak_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

#[test]
fn w6_pods_that_come_and_go_stay_in_bounded_memory_and_are_listed_in_pages() {
    let (pods, rounds) = if is_full() { (5_000, 10) } else { (600, 3) };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (crowd, address) = runtime.block_on(Crowd::start());
    (0..pods).for_each(|n| crowd.put("pods", pod(n, 0)));
    let (config, _kubeconfig) = watching(address);
    let kubeconfig = config.kubernetes.kubeconfig.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let settings = [
        ("SENTINEL_KUBERNETES__WATCH", "on"),
        ("SENTINEL_KUBERNETES__DETECT", "all"),
        (
            "SENTINEL_KUBERNETES__KUBECONFIG",
            kubeconfig.to_str().unwrap(),
        ),
    ];
    let begun = Instant::now();
    let daemon = Daemon::start(dir.path(), &settings);
    daemon
        .client
        .until("/ready", |_| crowd.asked(|asked| asked.watches) >= 5);
    for round in 1..=rounds {
        for n in 0..pods {
            crowd.put("pods", pod(n, round));
            crowd.delete("pods", &format!("pod-{n:06}-{}", round - 1));
        }
        // Whatever came before it was taken when the Job is a run.
        crowd.put("jobs", job(round));
        let told = told_at_least(pods * (1 + 3 * round));
        daemon.client.until("/metrics", |answer| {
            told(answer) && runs(&daemon.client) == round
        });
    }
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let (peak, asked) = (
        peak_mib(daemon.pid()),
        crowd.asked(|asked| asked.lists + asked.watches),
    );
    println!(
        "{pods} pods, replaced {rounds} times in {:.0} s: agent at most {peak} MiB, {asked} requests to the API server, {:.1} a minute",
        minutes * 60.0,
        asked as f64 / minutes
    );
    assert!(crowd.asked(|asked| asked.longest_page) <= 500);
    assert!(peak <= 256, "{peak} MiB");
    drop(daemon);
}

/// Whether the watch told the core so much.
fn told_at_least(facts: usize) -> impl Fn(&Answer) -> bool {
    move |answer| {
        let mut lines = answer.body.lines();
        let line = lines.find_map(|line| line.strip_prefix("sentinel_kubernetes_facts_total "));
        line.is_some_and(|n| n.parse::<usize>().unwrap() >= facts)
    }
}
