//! Pods that do again what other pods of their Job did: a test counts once, and nothing is taken for done again that was not.

use crate::fact::{Fact, JobEnd, JobFact, Owner, PodFact};
use crate::sim::{START, Sim, open, run};
use crate::{Input, Persist, RunStatus, Settings};

const JOB: &str = "job-1";

fn pod(uid: &str, index: Option<u32>, made: i64) -> Input {
    Input::Fact(Fact::Pod(PodFact {
        uid: uid.to_owned(),
        namespace: "team-a".to_owned(),
        name: uid.to_owned(),
        created_ms: Some(START + made * 1_000),
        index,
        phase: "Running".to_owned(),
        owner: Some(Owner {
            kind: "Job".to_owned(),
            name: "e2e".to_owned(),
            uid: JOB.to_owned(),
        }),
        ..PodFact::default()
    }))
}

fn job(completions: u32, end: Option<&str>) -> Input {
    Input::Fact(Fact::Job(JobFact {
        uid: JOB.to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e".to_owned(),
        sentinel: [("run-id".to_owned(), "r1".to_owned())].into(),
        completions: Some(completions),
        end: end.map(|condition| JobEnd {
            condition: condition.to_owned(),
            reason: "CompletionsReached".to_owned(),
            at_ms: None,
        }),
        ..JobFact::default()
    }))
}

/// The output of the pod's container, of this start of it, begins.
fn begin(sim: &mut Sim, pod: &str, restart: u32) -> String {
    let name = format!("{pod}/{restart}");
    let mut told = open("tests", run("r1", "nightly"));
    told.identity.pod_uid = pod.to_owned();
    told.identity.restart = restart;
    sim.open_as(&name, told);
    name
}

const FAILS: &str = "=== RUN   TestA\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\ta\t0.1s\n";
const PASSES: &str = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \ta\t0.1s\n";
const BEGINS: &str = "=== RUN   TestA\n";

/// All of a pod's output, and how its command ended.
fn prints(sim: &mut Sim, pod: &str, output: &str, code: i32) {
    let stream = begin(sim, pod, 0);
    sim.say(&stream, output);
    sim.exit(&stream, Some(code), None);
}

/// The run's status, reason, and number of tests.
fn stands(sim: &Sim) -> (RunStatus, String, u64) {
    let run = sim.core.run("r1").expect("the run is known");
    let reason = run.reason().unwrap_or_default().to_owned();
    (run.status(), reason, run.totals().total())
}

/// A Job of so many completions that is complete after these pods: uid, index, output, exit code. What the cluster tells of
/// them comes before or after what they print.
fn complete(completions: u32, pods: &[(&str, Option<u32>, &str, i32)], first: bool) -> Sim {
    let mut sim = Sim::new(Settings::default());
    let made = |sim: &mut Sim| {
        sim.step(job(completions, None));
        for (made, (uid, index, ..)) in (0..).zip(pods) {
            sim.step(pod(uid, *index, made * 20));
        }
    };
    if first {
        made(&mut sim);
    }
    for (uid, _, output, code) in pods {
        prints(&mut sim, uid, output, *code);
    }
    if !first {
        made(&mut sim);
    }
    sim.step(job(completions, Some("Complete")));
    sim.wait_until(10);
    sim
}

#[test]
fn a_pod_that_does_an_index_again_counts_in_place_of_the_first_in_either_order() {
    let pods = [
        ("a", Some(0), PASSES, 0),
        ("b", Some(1), FAILS, 1),
        ("c", Some(1), PASSES, 0),
    ];
    for first in [true, false] {
        let sim = complete(2, &pods, first);
        let told = "2 passed, 1 earlier attempt not counted (1 failed of 1 test)";
        assert_eq!(stands(&sim), (RunStatus::Passed, told.to_owned(), 2));
    }
}

#[test]
fn a_job_that_wants_one_completion_tries_the_same_again() {
    let pods = [("a", None, FAILS, 1), ("b", None, PASSES, 0)];
    for first in [true, false] {
        let (status, _, tests) = stands(&complete(1, &pods, first));
        assert_eq!((status, tests), (RunStatus::Passed, 1));
    }
}

#[test]
fn pods_of_a_job_of_which_nobody_knows_who_does_what_all_count() {
    let pods = [("a", None, FAILS, 1), ("b", None, PASSES, 0)];
    let (status, _, tests) = stands(&complete(2, &pods, true));
    assert_eq!((status, tests), (RunStatus::Failed, 2));
}

#[test]
fn what_told_of_no_test_replaces_nothing() {
    let pods = [
        ("a", Some(0), FAILS, 1),
        ("b", Some(0), "cannot start\n", 0),
    ];
    let (status, _, tests) = stands(&complete(1, &pods, true));
    assert_eq!((status, tests), (RunStatus::Failed, 1));
}

#[test]
fn of_three_attempts_the_last_that_told_of_tests_counts() {
    let pods = [
        ("a", Some(0), FAILS, 1),
        ("b", Some(0), FAILS, 1),
        ("c", Some(0), "cannot start\n", 1),
    ];
    let sim = complete(1, &pods, true);
    assert_eq!(stands(&sim).2, 1);
    let run = sim.core.run("r1").unwrap();
    let counted: Vec<&String> = run.counted().map(crate::Stream::id).collect();
    assert_eq!(counted, ["b/0", "c/0"]);
}

#[test]
fn a_container_that_is_started_again_begins_again() {
    let mut sim = Sim::new(Settings::default());
    for (restart, output, code) in [(0, FAILS, 1), (1, PASSES, 0)] {
        let stream = begin(&mut sim, "a", restart);
        sim.say(&stream, output);
        sim.exit(&stream, Some(code), None);
    }
    sim.wait_until(10);
    let (status, _, tests) = stands(&sim);
    assert_eq!((status, tests), (RunStatus::Passed, 1));
}

#[test]
fn an_output_that_never_ends_keeps_no_run_open_once_another_pod_does_the_same() {
    let mut sim = Sim::new(Settings::default());
    sim.step(job(1, None));
    sim.step(pod("a", Some(0), 0));
    let lost = begin(&mut sim, "a", 0);
    sim.say(&lost, BEGINS);
    sim.step(Input::Fact(Fact::PodDeleted {
        uid: "a".to_owned(),
    }));
    sim.step(pod("b", Some(0), 20));
    prints(&mut sim, "b", PASSES, 0);
    sim.step(job(1, Some("Complete")));
    sim.wait_until(10);
    let told = "1 passed, 1 earlier attempt not counted (1 unfinished of 1 test)";
    assert_eq!(stands(&sim), (RunStatus::Passed, told.to_owned(), 1));
}

#[test]
fn who_replaced_whom_is_stored_and_taken_up_again_without_the_cluster() {
    let mut sim = Sim::new(Settings::default());
    sim.step(job(1, None));
    sim.step(pod("a", Some(0), 0));
    sim.step(pod("b", Some(0), 20));
    prints(&mut sim, "a", FAILS, 1);
    let again = begin(&mut sim, "b", 0);
    let stored = sim.say(&again, PASSES).persist;
    let by = stored.iter().find_map(|row| match row {
        Persist::Stream(row) if row.stream == "a/0" => row.replaced_by.clone(),
        _ => None,
    });
    assert_eq!(by.as_deref(), Some("b/0"));

    let mut later = crate::Core::new(Settings::default());
    for (then, input) in sim.inputs {
        if !matches!(input, Input::Fact(_)) {
            later.restore(then, input);
        }
    }
    let tests = |core: &crate::Core| core.run("r1").unwrap().totals().total();
    assert_eq!(tests(&later), 2);
    later.restore_replaced(sim.now, &"a/0".to_owned(), "b/0".to_owned());
    assert_eq!(tests(&later), 1);
}
