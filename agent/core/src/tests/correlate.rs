//! Whose fault failures are, where the matrix of faults does not look: one finding for one cause, children killed for
//! memory, tests that hung, and limits.

use crate::fact::{ContainerFact, ContainerState, Fact, PodFact, Terminated};
use crate::sim::{START, Sim, run};
use crate::{Cause, Culprit, Input, Millis, Persist, Settings};

/// The pod of the tests and a database, whose container ended so.
fn pod(container: &str, reason: &str, exit_code: i32, finished: Millis) -> PodFact {
    let ended = Terminated {
        reason: reason.to_owned(),
        exit_code,
        started_ms: Some(START),
        finished_ms: Some(START + finished * 1_000),
    };
    let of = |name: &str| ContainerFact {
        name: name.to_owned(),
        state: match name == container {
            true => ContainerState::Terminated(ended.clone()),
            false => ContainerState::Running(Some(START)),
        },
        ..ContainerFact::default()
    };
    PodFact {
        uid: "uid-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        phase: "Running".to_owned(),
        containers: vec![of("tests"), of("db")],
        ..PodFact::default()
    }
}

fn sim() -> Sim {
    let mut sim = Sim::new(Settings::default());
    sim.open("tests", run("r1", "nightly"));
    sim
}

fn say_at(sim: &mut Sim, second: Millis, text: &str) {
    sim.wait_until(second);
    sim.say("tests", text);
}

fn causes(sim: &Sim) -> Vec<(String, Cause)> {
    let run = sim.core.run("r1").expect("the run");
    let judged = |s: &crate::correlate::Suspect| Some((s.test.clone(), s.cause()?.clone()));
    run.suspects().all().filter_map(judged).collect()
}

#[test]
fn thirty_seven_tests_with_one_cause_are_one_finding() {
    let mut sim = sim();
    say_at(
        &mut sim,
        10,
        &(0..20)
            .map(|n| format!("ok {} - quick {n}\n", n + 1))
            .collect::<String>(),
    );
    sim.wait_until(20);
    sim.step(Input::Fact(Fact::Pod(pod("db", "OOMKilled", 137, 19))));
    for n in 0..37 {
        let text = format!(
            "not ok - orders {n}\n  ---\n  message: connect ECONNREFUSED 10.0.0.7:5432\n  ...\n"
        );
        say_at(&mut sim, 22 + n, &text);
    }
    sim.exit("tests", Some(1), None);
    sim.wait_until(80);
    let judged = causes(&sim);
    assert_eq!(judged.len(), 37);
    assert!(
        judged
            .iter()
            .all(|(_, cause)| cause.class == Culprit::Infra),
        "{judged:?}"
    );
    let shared: Vec<_> = sim
        .stored
        .values()
        .filter(|a| a.rule == "shared_cause")
        .collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(
        shared[0].title,
        "Container db of pod team-a/e2e-x: OOMKilled, the likely cause of several failures"
    );
    assert_eq!(shared[0].numbers[0].value, 37.0);
    assert_eq!(shared[0].evidence.len(), 6);
    assert!(!shared[0].resolved);
}

#[test]
fn a_child_killed_for_memory_is_blamed_by_whoever_tells_of_the_kill_alone() {
    let mut sim = sim();
    let text = "ok 1 - adds\nnot ok 2 - builds\n  ---\n  message: 'exit code 137: Killed'\n  ...\n\
                not ok 3 - sums\n  ---\n  message: 'expected 3, got 4'\n  ...\nok 4 - ends\n";
    say_at(&mut sim, 30, text);
    sim.exit("tests", Some(1), None);
    sim.step(Input::Fact(Fact::Pod(pod("tests", "OOMKilled", 1, 31))));
    sim.wait_until(60);
    let judged = causes(&sim);
    let classes: Vec<_> = judged
        .iter()
        .map(|(test, cause)| (test.as_str(), cause.class))
        .collect();
    assert_eq!(
        classes,
        [("builds", Culprit::Infra), ("sums", Culprit::Test)]
    );
    assert!(
        judged[0].1.hints[0]
            .text
            .contains("at some time while the container ran"),
        "{judged:?}"
    );
}

#[test]
fn a_test_that_hung_until_the_deadline_is_its_own_fault_and_one_that_just_ran_is_not() {
    for (began, class) in [(10, Culprit::Test), (900, Culprit::Infra)] {
        let mut sim = sim();
        say_at(&mut sim, began, "=== RUN   TestSlow\n");
        sim.wait_until(950);
        let mut fact = pod("tests", "Error", 143, 950);
        fact.phase = "Failed".to_owned();
        fact.reason = Some("DeadlineExceeded".to_owned());
        sim.step(Input::Fact(Fact::Pod(fact)));
        sim.exit("tests", Some(143), None);
        sim.wait_until(1_000);
        let judged = causes(&sim);
        assert_eq!(judged.len(), 1, "{judged:?}");
        assert_eq!(judged[0].1.class, class, "{judged:?}");
    }
}

#[test]
fn a_cause_told_after_the_failure_is_stored_anew() {
    let mut sim = sim();
    let text = "not ok 1 - orders\n  ---\n  message: connect ECONNREFUSED 10.0.0.7:5432\n  ...\nok 2 - x\n";
    sim.wait_until(20);
    let stored = |outputs: crate::Outputs| -> Vec<Culprit> {
        let rows = outputs.persist.iter();
        rows.filter_map(|row| match row {
            Persist::Cause(row) => Some(row.cause.class),
            _ => None,
        })
        .collect()
    };
    assert_eq!(stored(sim.say("tests", text)), [Culprit::App]);
    let late = Input::Fact(Fact::Pod(pod("db", "OOMKilled", 137, 18)));
    assert_eq!(stored(sim.step(late.clone())), [Culprit::Infra]);
    assert_eq!(stored(sim.step(late)), []);
}

#[test]
fn failures_beyond_the_limit_are_counted_and_shown() {
    let mut settings = Settings::default();
    settings.limits.suspects_per_run = 3;
    let mut sim = Sim::new(settings);
    sim.open("tests", run("r1", "nightly"));
    let text: String = (1..=5).map(|n| format!("not ok {n} - x{n}\n")).collect();
    say_at(&mut sim, 5, &(text + "ok 6 - y\n"));
    assert_eq!(causes(&sim).len(), 3);
    let run = sim.core.run("r1").expect("the run");
    assert_eq!(run.dropped().get("suspects_per_run"), Some(&2));
}
