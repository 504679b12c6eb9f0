//! The table of answers, and the bounds of the pauses.

use proptest::prelude::*;

use super::*;

const HALF: u64 = u64::MAX / 2;

fn policy() -> Policy {
    Policy::new(Duration::from_millis(100), Duration::from_secs(30))
}

fn at(committed: u64, closed: bool) -> Position {
    Position {
        stream: "s".to_owned(),
        committed,
        closed,
    }
}

fn refused(status: u16, seconds: Option<u64>) -> Answer {
    Answer::Refused {
        status,
        retry_after: seconds.map(Duration::from_secs),
    }
}

#[test]
fn every_answer_has_its_action() {
    let ms = Duration::from_millis;
    let cases = [
        (
            Answer::Stored(at(9, false)),
            Action::Advance {
                committed: 9,
                closed: false,
            },
        ),
        (
            Answer::Stored(at(5, true)),
            Action::Advance {
                committed: 5,
                closed: true,
            },
        ),
        (Answer::Stored(at(5, false)), Action::Retry(ms(50))),
        (Answer::Conflict(at(2, false)), Action::Seek(2)),
        (Answer::Conflict(at(5, false)), Action::Retry(ms(50))),
        (Answer::Unknown, Action::Reopen(ms(50))),
        (Answer::TooLarge, Action::Shrink),
        (Answer::Malformed, Action::Retry(ms(50))),
        (Answer::Nothing, Action::Retry(ms(50))),
        (refused(503, None), Action::Retry(ms(50))),
        (refused(429, Some(7)), Action::Retry(ms(7_050))),
        (refused(301, None), Action::Retry(ms(50))),
        (refused(503, Some(86_400)), Action::Retry(ms(300_050))),
    ];
    for (answer, action) in cases {
        let got = match policy().step(&answer, 5, HALF) {
            Action::Retry(pause) => Action::Retry(ms(pause.as_millis() as u64)),
            Action::Reopen(pause) => Action::Reopen(ms(pause.as_millis() as u64)),
            other => other,
        };
        // Half of u64::MAX rounds to just below half.
        let close = |a: Duration, b: Duration| a.abs_diff(b) <= ms(1);
        let same = match (got, action) {
            (Action::Retry(a), Action::Retry(b)) | (Action::Reopen(a), Action::Reopen(b)) => {
                close(a, b)
            }
            (a, b) => a == b,
        };
        assert!(same, "{answer:?}: {got:?}, not {action:?}");
    }
}

#[test]
fn a_frame_refused_five_times_alone_is_replaced() {
    let mut policy = policy();
    // The first refusal may have meant any frame of the request.
    assert!(matches!(
        policy.step(&Answer::Malformed, 5, 0),
        Action::Retry(_)
    ));
    assert!(policy.one_at_a_time());
    for _ in 1..REJECTIONS {
        assert!(matches!(
            policy.step(&Answer::Malformed, 5, 0),
            Action::Retry(_)
        ));
    }
    assert_eq!(policy.step(&Answer::Malformed, 5, 0), Action::Replace);
    policy.step(&Answer::Stored(at(9, false)), 5, 0);
    assert!(!policy.one_at_a_time());
}

#[test]
fn other_failures_do_not_count_as_refusals_of_the_frame() {
    let mut policy = policy();
    for _ in 0..100 {
        assert!(matches!(
            policy.step(&Answer::Nothing, 5, 0),
            Action::Retry(_)
        ));
        assert!(matches!(
            policy.step(&refused(401, None), 5, 0),
            Action::Retry(_)
        ));
    }
}

#[test]
fn an_agent_that_was_silent_and_refuses_is_asked_again_within_seconds() {
    let mut policy = policy();
    let mut pause = |answer: &Answer| match policy.step(answer, 5, u64::MAX) {
        Action::Retry(pause) => pause,
        other => panic!("{other:?}"),
    };
    for _ in 0..40 {
        pause(&Answer::Nothing);
    }
    let back = pause(&refused(429, Some(1)));
    assert_eq!(back, Duration::from_millis(1_000 + 3_200));
    // Unless it goes on refusing.
    for _ in 0..40 {
        pause(&refused(503, None));
    }
    assert_eq!(pause(&refused(503, None)), Duration::from_secs(30));
}

proptest! {
    #[test]
    fn pauses_double_up_to_their_bound_and_go_on_for_ever(
        failures in 0usize..200,
        random in any::<u64>(),
    ) {
        let mut policy = policy();
        for _ in 0..failures {
            policy.step(&Answer::Nothing, 0, 0);
        }
        let bound = Duration::from_millis(100)
            .saturating_mul(1 << failures.min(20))
            .min(Duration::from_secs(30));
        let Action::Retry(pause) = policy.step(&Answer::Nothing, 0, random) else {
            return Err(TestCaseError::fail("no retry"));
        };
        prop_assert!(pause <= bound);
        let Action::Retry(longest) = policy.clone().step(&Answer::Nothing, 0, u64::MAX) else {
            return Err(TestCaseError::fail("no retry"));
        };
        prop_assert!(longest >= bound);
    }
}
