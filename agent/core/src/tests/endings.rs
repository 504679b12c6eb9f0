//! What a Job or a CI system says of a run's end, with and without the output's own word, in every order.

use crate::sim::{Sim, run};
use crate::{Ending, Input, Millis, Outcome, RunStatus, Settings, Told};

fn told(sim: &mut Sim, provenance: &str, end: Told) {
    sim.step(Input::Run {
        context: run("r1", "nightly"),
        provenance: provenance.to_owned(),
        end,
    });
}

fn ended(outcome: Outcome, cause: &str) -> Told {
    Told::Ended(Ending {
        outcome,
        cause: cause.to_owned(),
        at_ms: 0,
    })
}

fn verdict(sim: &Sim) -> (RunStatus, String) {
    let run = sim.core.run("r1").expect("the run is known");
    (run.status(), run.reason().unwrap_or_default().to_owned())
}

const PASSES: &str = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \ta\t0.1s\n";
const FAILS: &str = "=== RUN   TestA\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\ta\t0.1s\n";

#[test]
fn a_job_without_output_ends_with_its_own_cause_and_never_green() {
    for (outcome, cause, status) in [
        (Outcome::Succeeded, "Complete", RunStatus::Incomplete),
        (Outcome::Failed, "BackoffLimitExceeded", RunStatus::Errored),
        (Outcome::TimedOut, "DeadlineExceeded", RunStatus::TimedOut),
        (Outcome::Aborted, "deleted", RunStatus::Aborted),
        (Outcome::Lost, "NodeLost", RunStatus::Lost),
    ] {
        let mut sim = Sim::new(Settings::default());
        told(&mut sim, "job:t/e2e", Told::GoesOn);
        assert_eq!(verdict(&sim).0, RunStatus::Pending);
        told(&mut sim, "job:t/e2e", ended(outcome, cause));
        sim.wait_until(10);
        let reason = format!("no output was seen; job:t/e2e ended: {cause}");
        assert_eq!(verdict(&sim), (status, reason));
    }
}

#[test]
fn a_run_does_not_end_between_two_pods_of_a_job_that_goes_on() {
    let mut sim = Sim::new(Settings::default());
    told(&mut sim, "job:t/e2e", Told::GoesOn);
    for pod in ["first", "second"] {
        sim.open(pod, run("r1", "nightly"));
        sim.say(pod, PASSES);
        sim.exit(pod, Some(0), None);
        let second = (sim.now - crate::sim::START) / 1_000;
        sim.wait_until(second + 30);
        assert_eq!(verdict(&sim).0, RunStatus::Running);
    }
    told(&mut sim, "job:t/e2e", ended(Outcome::Succeeded, "Complete"));
    sim.wait_until(100);
    assert_eq!(verdict(&sim), (RunStatus::Passed, "2 passed".to_owned()));
}

#[test]
fn a_job_whose_end_nobody_tells_does_not_keep_its_run_open_for_ever() {
    let mut sim = Sim::new(Settings::default());
    told(&mut sim, "job:t/e2e", Told::GoesOn);
    sim.open("a", run("r1", "nightly"));
    sim.say("a", PASSES);
    sim.exit("a", Some(0), None);
    sim.wait_until(590);
    assert_eq!(verdict(&sim).0, RunStatus::Running);
    sim.wait_until(620);
    assert_eq!(verdict(&sim).0, RunStatus::Passed);
}

#[test]
fn an_end_is_the_same_whether_it_is_told_before_or_after_the_output() {
    for (outcome, output, code, expected) in [
        (Outcome::TimedOut, PASSES, 0, RunStatus::TimedOut),
        (Outcome::Aborted, PASSES, 0, RunStatus::Aborted),
        (Outcome::Failed, PASSES, 0, RunStatus::Errored),
        (Outcome::Failed, FAILS, 1, RunStatus::Failed),
        (Outcome::Succeeded, FAILS, 1, RunStatus::Failed),
        (Outcome::Succeeded, PASSES, 0, RunStatus::Passed),
    ] {
        let end = |sim: &mut Sim| told(sim, "webhook:github", ended(outcome, "cancelled"));
        let output = |sim: &mut Sim| {
            sim.open("a", run("r1", "nightly"));
            sim.say("a", output);
            sim.exit("a", Some(code), None);
        };
        let mut before = Sim::new(Settings::default());
        end(&mut before);
        output(&mut before);
        before.wait_until(60);
        let mut after = Sim::new(Settings::default());
        output(&mut after);
        after.wait_until(30);
        end(&mut after);
        after.wait_until(60);
        assert_eq!(verdict(&before), verdict(&after));
        assert_eq!(verdict(&after).0, expected);
    }
}

#[test]
fn output_that_comes_after_a_run_was_given_up_opens_it_again() {
    let mut sim = Sim::new(Settings::default());
    told(&mut sim, "job:t/e2e", Told::GoesOn);
    sim.open("a", run("r1", "nightly"));
    told(&mut sim, "job:t/e2e", ended(Outcome::Succeeded, "Complete"));
    let silent: Millis = 130;
    sim.wait_until(silent);
    assert_eq!(verdict(&sim).0, RunStatus::Incomplete);
    sim.say("a", PASSES);
    assert_eq!(verdict(&sim).0, RunStatus::Running);
    sim.exit("a", Some(0), None);
    sim.wait_until(silent + 30);
    assert_eq!(verdict(&sim), (RunStatus::Passed, "1 passed".to_owned()));
}
