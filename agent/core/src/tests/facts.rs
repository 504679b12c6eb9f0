//! Pod facts: recorded ones from a real cluster, repeated ones, outdated ones.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;

use crate::fact::{ContainerFact, ContainerState, Fact, Owner, PodFact, Terminated};
use crate::sim::{Sim, run};
use crate::{Input, Settings, Told};

/// The recorded watch of pods killed for their memory, or nothing when recordings are absent.
fn recording() -> Option<String> {
    let root = std::env::var_os("SENTINEL_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        |corpora| PathBuf::from(corpora).join(".."),
    );
    let path = root.join("recordings/k8s/watch/b-oomkilled/pods.jsonl");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if std::env::var_os("CI").is_some() => panic!("{}: {error}", path.display()),
        Err(_) => {
            eprintln!("skipped: no recordings at {}", path.display());
            None
        }
    }
}

fn text(value: &Value, at: &str) -> String {
    let found = value.pointer(at).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

fn terminated(value: &Value) -> Option<Terminated> {
    let end = value.get("terminated")?;
    Some(Terminated {
        reason: text(end, "/reason"),
        exit_code: i32::try_from(end.get("exitCode")?.as_i64()?).ok()?,
        started_ms: None,
        finished_ms: None,
    })
}

/// A watch event as the agent would hand it over; times are left out.
fn fact(line: &str) -> Fact {
    let event: Value = serde_json::from_str(line).expect("recorded JSON");
    let pod = &event["object"];
    let uid = text(pod, "/metadata/uid");
    if event["type"] == "DELETED" {
        return Fact::PodDeleted { uid };
    }
    let spec = pod["spec"]["containers"].as_array();
    let limit = |name: &str| {
        let found = spec?.iter().find(|c| c["name"] == name)?;
        Some(
            found
                .pointer("/resources/limits/memory")?
                .as_str()?
                .to_owned(),
        )
    };
    let statuses = pod.pointer("/status/containerStatuses");
    let containers = statuses.and_then(Value::as_array).into_iter().flatten();
    Fact::Pod(PodFact {
        uid,
        namespace: text(pod, "/metadata/namespace"),
        name: text(pod, "/metadata/name"),
        phase: text(pod, "/status/phase"),
        sentinel: [("run-id".to_owned(), text(pod, "/metadata/labels/job-name"))].into(),
        owner: Some(Owner {
            kind: "Job".to_owned(),
            ..Owner::default()
        }),
        containers: containers
            .map(|c| ContainerFact {
                name: text(c, "/name"),
                restart_count: c["restartCount"].as_u64().unwrap_or(0) as u32,
                memory_limit: limit(&text(c, "/name")),
                state: terminated(&c["state"])
                    .map_or(ContainerState::Unknown, ContainerState::Terminated),
                last_terminated: terminated(&c["lastState"]),
                ..ContainerFact::default()
            })
            .collect(),
        ..PodFact::default()
    })
}

fn sim() -> Sim {
    let mut sim = Sim::new(Settings::default());
    for job in ["oom-main", "oom-child", "oom-child-exit0", "oom-onfailure"] {
        sim.step(Input::Run {
            context: run(job, "nightly"),
            provenance: "job".to_owned(),
            end: Told::Nothing,
        });
    }
    sim
}

#[test]
fn recorded_memory_kills_are_found_once_each() {
    let Some(recording) = recording() else { return };
    let mut sim = sim();
    for line in recording.lines() {
        sim.step(Input::Fact(fact(line)));
    }
    insta::assert_snapshot!(sim.report());
}

#[test]
fn a_second_pass_over_the_recording_changes_nothing() {
    let Some(recording) = recording() else { return };
    let mut sim = sim();
    for line in recording.lines().chain(recording.lines()) {
        sim.step(Input::Fact(fact(line)));
    }
    let known = sim.core.metrics().facts;
    let before = sim.report();
    for line in recording.lines() {
        let outputs = sim.step(Input::Fact(fact(line)));
        assert!(outputs.persist.is_empty(), "{:?}", outputs.persist);
    }
    assert_eq!(sim.core.metrics().facts, known);
    assert_eq!(sim.report(), before);
}

/// The states one pod goes through, in order.
fn states() -> Vec<Fact> {
    let kill = |code| Terminated {
        reason: "OOMKilled".to_owned(),
        exit_code: code,
        started_ms: Some(1),
        finished_ms: Some(2),
    };
    let pod = |phase: &str, restart_count, state, last_terminated| {
        Fact::Pod(PodFact {
            uid: "uid-1".to_owned(),
            namespace: "team-a".to_owned(),
            name: "e2e".to_owned(),
            phase: phase.to_owned(),
            containers: vec![ContainerFact {
                name: "tests".to_owned(),
                restart_count,
                state,
                last_terminated,
                ..ContainerFact::default()
            }],
            ..PodFact::default()
        })
    };
    vec![
        pod(
            "Pending",
            0,
            ContainerState::Waiting("Pulling".to_owned()),
            None,
        ),
        pod("Running", 0, ContainerState::Running(Some(1)), None),
        pod("Running", 0, ContainerState::Terminated(kill(137)), None),
        pod(
            "Running",
            1,
            ContainerState::Running(Some(3)),
            Some(kill(137)),
        ),
        pod("Succeeded", 1, ContainerState::Unknown, None),
        Fact::PodDeleted {
            uid: "uid-1".to_owned(),
        },
    ]
}

proptest! {
    /// Repeating any state any number of times gives the findings of telling each once.
    #[test]
    fn repeated_facts_are_no_news(repeats in prop::collection::vec(1usize..4, 6)) {
        let tell = |repeats: &[usize]| {
            let mut sim = Sim::new(Settings::default());
            sim.open("tests", run("r1", "nightly"));
            for (state, n) in states().into_iter().zip(repeats) {
                for _ in 0..*n {
                    sim.step(Input::Fact(state.clone()));
                }
            }
            (sim.report(), sim.core.metrics().facts)
        };
        prop_assert_eq!(tell(&repeats), tell(&[1; 6]));
    }

    /// Once the pod is gone, no older state brings it back or takes a finding away.
    #[test]
    fn outdated_facts_are_no_news(again in prop::collection::vec(0usize..6, 0..10)) {
        let mut sim = Sim::new(Settings::default());
        sim.open("tests", run("r1", "nightly"));
        for state in states() {
            sim.step(Input::Fact(state));
        }
        let before = (sim.report(), sim.core.metrics().facts);
        for i in again {
            sim.step(Input::Fact(states()[i].clone()));
        }
        prop_assert_eq!((sim.report(), sim.core.metrics().facts), before);
    }
}

#[test]
fn pods_beyond_the_limit_are_forgotten_the_deleted_ones_first() {
    let mut settings = Settings::default();
    settings.limits.pods = 2;
    let mut sim = Sim::new(settings);
    let pod = |uid: &str| {
        Input::Fact(Fact::Pod(PodFact {
            uid: uid.to_owned(),
            ..PodFact::default()
        }))
    };
    sim.step(pod("a"));
    sim.step(pod("b"));
    sim.step(Input::Fact(Fact::PodDeleted {
        uid: "b".to_owned(),
    }));
    sim.step(pod("c"));
    assert_eq!(sim.core.metrics().limits.get("pods"), Some(&1));
    let known = |uid| sim.core.pods.get(uid).is_some();
    assert!(known("a") && !known("b") && known("c"));
}

#[test]
fn pods_of_no_run_are_forgotten_before_those_of_one_even_if_these_came_before_their_run() {
    let mut settings = Settings::default();
    settings.limits.pods = 3;
    let mut sim = Sim::new(settings);
    let pod = |uid: &str| {
        Input::Fact(Fact::Pod(PodFact {
            uid: uid.to_owned(),
            ..PodFact::default()
        }))
    };
    // Simulated streams are of this pod.
    sim.step(pod("uid-1"));
    sim.step(pod("a"));
    sim.open("tests", run("r1", "nightly"));
    sim.step(pod("uid-1"));
    for uid in ["b", "c", "d"] {
        sim.step(pod(uid));
        assert!(sim.core.pods.get("uid-1").is_some(), "after {uid}");
    }
    let kept = ["a", "b", "c", "d"].map(|uid| sim.core.pods.get(uid).is_some());
    assert_eq!(kept, [false, false, true, true]);
}
