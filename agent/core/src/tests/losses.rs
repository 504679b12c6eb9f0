//! Pods that go in mid run, and sidecars that never come: how the run ends, with what cause, and how soon.

use crate::fact::{Cause, ContainerFact, ContainerState, Fact, JobEnd, JobFact, Owner, PodFact};
use crate::sim::{Sim, run};
use crate::{Detect, Input, RunStatus, Settings};

/// A pod of run r1 whose container runs; its uid is that of the simulated streams.
pub(super) fn pod() -> PodFact {
    PodFact {
        uid: "uid-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e-x".to_owned(),
        node: Some("node-1".to_owned()),
        phase: "Running".to_owned(),
        sentinel: [("run-id".to_owned(), "r1".to_owned())].into(),
        containers: vec![ContainerFact {
            name: "tests".to_owned(),
            state: ContainerState::Running(None),
            ..ContainerFact::default()
        }],
        ..PodFact::default()
    }
}

fn disrupted(reason: &str) -> PodFact {
    PodFact {
        phase: "Failed".to_owned(),
        disruption: Some(Cause {
            reason: reason.to_owned(),
            message: String::new(),
        }),
        ..pod()
    }
}

fn evicted() -> PodFact {
    PodFact {
        phase: "Failed".to_owned(),
        reason: Some("Evicted".to_owned()),
        ..pod()
    }
}

fn gone() -> Fact {
    Fact::PodDeleted {
        uid: "uid-1".to_owned(),
    }
}

/// The Job of that run; one that ended without a reason is complete.
pub(super) fn job(end: Option<&str>) -> Fact {
    Fact::Job(JobFact {
        uid: "job-1".to_owned(),
        namespace: "team-a".to_owned(),
        name: "e2e".to_owned(),
        sentinel: [("run-id".to_owned(), "r1".to_owned())].into(),
        end: end.map(|reason| JobEnd {
            condition: match reason {
                "" => "Complete".to_owned(),
                _ => "Failed".to_owned(),
            },
            reason: reason.to_owned(),
            at_ms: None,
        }),
        ..JobFact::default()
    })
}

/// The same pod, of a Job.
pub(super) fn of_job(mut fact: PodFact) -> PodFact {
    fact.owner = Some(Owner {
        kind: "Job".to_owned(),
        name: "e2e".to_owned(),
        uid: "job-1".to_owned(),
    });
    fact
}

#[test]
fn l4_a_run_whose_pod_goes_in_mid_output_ends_within_two_minutes_and_says_why() {
    let bare = || vec![Fact::Pod(pod())];
    let owned = || vec![job(None), Fact::Pod(of_job(pod()))];
    let cases: [(&str, Vec<Fact>, Vec<Fact>, &str); 7] = [
        ("eviction", bare(), vec![Fact::Pod(evicted())], "Evicted"),
        (
            "node lost",
            bare(),
            vec![Fact::Pod(disrupted("DeletionByTaintManager"))],
            "DeletionByTaintManager",
        ),
        ("deleted by force", bare(), vec![gone()], "deleted"),
        (
            "spot node taken back",
            bare(),
            vec![Fact::Pod(disrupted("TerminationByKubelet")), gone()],
            "TerminationByKubelet",
        ),
        (
            "the Job's deadline",
            owned(),
            vec![gone(), job(Some("DeadlineExceeded"))],
            "DeadlineExceeded",
        ),
        (
            "eviction of a Job's pod",
            owned(),
            vec![
                Fact::Pod(of_job(evicted())),
                job(Some("BackoffLimitExceeded")),
            ],
            "Evicted",
        ),
        (
            "the Job deleted by force",
            owned(),
            vec![
                Fact::JobDeleted {
                    uid: "job-1".to_owned(),
                },
                gone(),
            ],
            "deleted",
        ),
    ];
    for (what, before, after, cause) in cases {
        let mut sim = Sim::new(Settings {
            detect: Detect::All,
            ..Settings::default()
        });
        before
            .into_iter()
            .for_each(|fact| drop(sim.step(Input::Fact(fact))));
        sim.open("tests", run("r1", "nightly"));
        sim.say("tests", "=== RUN   TestUpload\n");
        sim.wait_until(60);
        after
            .into_iter()
            .for_each(|fact| drop(sim.step(Input::Fact(fact))));
        sim.wait_until(60 + 120);
        let run = sim.core.run("r1").unwrap();
        assert!(run.status().is_over(), "{what}: {:?}", run.status());
        assert_ne!(run.status(), RunStatus::Passed, "{what}");
        let reason = run.reason().unwrap_or_default();
        assert!(reason.contains(cause), "{what}: {reason}");
    }
}

#[test]
fn l6_a_sidecar_whose_image_cannot_be_pulled_is_called_that_and_blamed_on_nobody_else() {
    let mut sim = Sim::new(Settings::default());
    let mut fact = pod();
    fact.containers.push(ContainerFact {
        name: "sentinel-sidecar".to_owned(),
        state: ContainerState::Waiting("ImagePullBackOff".to_owned()),
        message: Some("no such image".to_owned()),
        ..ContainerFact::default()
    });
    sim.step(Input::Fact(Fact::Pod(fact)));
    let found: Vec<_> = sim.stored.values().collect();
    let [only] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(only.rule, "sidecar_lost");
    assert!(only.title.starts_with("Nobody watches"), "{}", only.title);
    assert_eq!(only.evidence[1].text, "no such image");
}
