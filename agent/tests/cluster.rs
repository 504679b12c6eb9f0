//! Real traffic of a Kubernetes API, replayed in the order in which it came: which runs were detected, how each ended, and what
//! the cluster did to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sentinel_agent::kube::{event_fact, job_fact, node_fact, pod_fact, slice_fact};
use sentinel_core::fact::Fact;
use sentinel_core::{Core, Detect, Input, Run, Settings};
use serde_json::Value;

/// When replays begin, as far as the core knows: within the hour of the recordings.
const START: i64 = 1_795_420_800_000;

const EVENTS: &str = "events.k8s.io";
/// What is watched, as the recordings name it; what comes at the same time comes in this order.
const KINDS: [&str; 5] = ["nodes", "endpointslices", "jobs", "pods", EVENTS];

/// The facts of one kind of object in a scenario, with the millisecond each came at.
fn facts(scenario: &Path, kind: &str) -> Vec<(i64, Vec<Fact>)> {
    let Ok(lines) = std::fs::read_to_string(scenario.join(format!("{kind}.jsonl"))) else {
        return Vec::new();
    };
    let times = std::fs::read_to_string(scenario.join(format!("{kind}.times"))).unwrap();
    let times = times
        .lines()
        .map(|t| (t.parse::<f64>().unwrap() * 1_000.0) as i64);
    let events = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = events
        .zip(times)
        .filter(|(event, _)| event["type"] != "BOOKMARK");
    told.map(|(event, at)| (at, told_by(&event, kind)))
        .collect()
}

fn told_by(event: &Value, kind: &str) -> Vec<Fact> {
    let (object, gone) = (&event["object"], event["type"] == "DELETED");
    // A deletion comes with the last state.
    let (last, deleted) = match kind {
        "pods" => {
            let mut fact = pod_fact(object).unwrap();
            // As if whoever made it had said that it is a run; Jobs are runs here without a word.
            if fact.owner.is_none() {
                fact.sentinel.insert("pipeline".into(), fact.name.clone());
            }
            let uid = fact.uid.clone();
            (Fact::Pod(fact), Fact::PodDeleted { uid })
        }
        "jobs" => {
            let fact = job_fact(object).unwrap();
            let uid = fact.uid.clone();
            (Fact::Job(fact), Fact::JobDeleted { uid })
        }
        EVENTS => return vec![Fact::Event(event_fact(object).unwrap())],
        "endpointslices" => {
            let fact = slice_fact(object).unwrap();
            let uid = fact.uid.clone();
            (Fact::Slice(fact), Fact::SliceDeleted { uid })
        }
        _ => {
            let fact = node_fact(object).unwrap();
            let name = fact.name.clone();
            (Fact::Node(fact), Fact::NodeDeleted { name })
        }
    };
    [Some(last), gone.then_some(deleted)]
        .into_iter()
        .flatten()
        .collect()
}

/// The core after a scenario of which these kinds were watched.
fn replay(scenario: &Path, kinds: &[&str], start: i64) -> Core {
    let told = kinds.iter().flat_map(|kind| facts(scenario, kind));
    let mut told: Vec<(i64, Vec<Fact>)> = told.collect();
    told.sort_by_key(|(at, _)| *at);
    let mut core = Core::new(Settings {
        detect: Detect::All,
        ..Settings::default()
    });
    let mut now = start;
    for (at, facts) in told {
        while now + 1_000 < start + at {
            now += 1_000;
            core.step(now, Input::Tick);
        }
        for fact in facts {
            core.step(now, Input::Fact(fact));
        }
    }
    for _ in 0..30 {
        now += 1_000;
        core.step(now, Input::Tick);
    }
    core
}

/// All runs as people would read them.
fn reports(core: &Core, evidence: bool) -> String {
    let mut runs: Vec<String> = core.runs().map(|run| report(run, evidence)).collect();
    runs.sort();
    runs.concat()
}

/// A run without what differs between recordings of the same: uids and generated names.
fn report(run: &Run, evidence: bool) -> String {
    let context = run.context();
    let mut text = String::new();
    writeln!(
        text,
        "{} {:?}: {}: {}",
        context.pipeline.unwrap_or_default(),
        context.labels,
        run.status().as_str(),
        run.reason().unwrap_or("-")
    )
    .unwrap();
    for anomaly in run.anomalies() {
        let resolved = if anomaly.resolved { " (resolved)" } else { "" };
        writeln!(
            text,
            "    {:?} {} {}{resolved}",
            anomaly.severity, anomaly.rule, anomaly.title
        )
        .unwrap();
        let said = anomaly.evidence.iter().map(|e| &e.text);
        let events = said.filter(|line| evidence && line.starts_with("event "));
        for line in events {
            writeln!(text, "        {line}").unwrap();
        }
    }
    text
}

/// Every recorded scenario, or `None`, said aloud, where there are none.
fn scenarios() -> Option<Vec<PathBuf>> {
    let entries = std::fs::read_dir(common::recorded("watch")?).unwrap();
    let mut scenarios: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    scenarios.sort();
    Some(scenarios)
}

#[test]
fn recorded_jobs_are_runs_with_the_end_and_the_causes_that_the_cluster_told() {
    let Some(scenarios) = scenarios() else {
        return;
    };
    let mut all = String::new();
    for scenario in scenarios {
        let name = scenario.file_name().unwrap().to_string_lossy().into_owned();
        let core = replay(&scenario, &KINDS, START);
        writeln!(all, "# {name}\n{}", reports(&core, true)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn w5_without_a_single_event_the_same_is_found() {
    let Some(scenarios) = scenarios() else {
        return;
    };
    for scenario in scenarios {
        let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| *kind != EVENTS).collect();
        let (with, without) = (
            replay(&scenario, &KINDS, START),
            replay(&scenario, &kinds, START),
        );
        assert_eq!(reports(&with, false), reports(&without, false));
    }
}

#[test]
fn w9_with_the_agents_clock_ten_minutes_off_either_way_the_same_is_found() {
    let Some(scenarios) = scenarios() else {
        return;
    };
    for scenario in scenarios {
        let found = |start| reports(&replay(&scenario, &KINDS, start), true);
        for off in [-600_000, 600_000] {
            assert_eq!(found(START + off), found(START));
        }
    }
}
