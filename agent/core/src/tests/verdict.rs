//! Verdicts from events alone: one line of evidence in, status and reason out.

use sentinel_parsers::event::{
    Body, Counted, Counts, EndOfStream, Event, Gap, Plan, Printed, RunEnd, Status, Summary,
};

use crate::run::RunStatus;
use crate::sim::{Sim, frame, run};
use crate::{Input, Settings};

/// What a stream tells.
#[derive(Clone, Copy)]
struct Told {
    counts: &'static [(Status, u64)],
    printed: Option<Printed>,
    planned: Option<u64>,
    /// Why a part is missing.
    lost: Option<&'static str>,
    exit: Option<i32>,
    signal: Option<i32>,
    short: bool,
    end: bool,
    run_end: Option<&'static str>,
}

const GREEN: Told = Told {
    counts: &[(Status::Passed, 3)],
    printed: None,
    planned: None,
    lost: None,
    exit: Some(0),
    signal: None,
    short: false,
    end: true,
    run_end: None,
};

fn printed(passed: u64, failed: u64) -> Option<Printed> {
    Some(Printed {
        passed: Some(passed),
        failed: Some(failed),
        ..Printed::default()
    })
}

fn tell(sim: &mut Sim, stream: &str, told: Told) {
    sim.open(stream, run("r1", "p"));
    let mut counts = Counts::ZERO;
    for (status, n) in told.counts {
        counts.add(*status, *n);
    }
    let mut bodies = vec![Body::Counted(Counted {
        suite: None,
        counts,
    })];
    bodies.extend(told.printed.map(|printed| {
        Body::Summary(Summary {
            suite: None,
            printed,
            duration_s: None,
        })
    }));
    bodies.extend(
        told.planned
            .map(|tests| Body::Plan(Plan { suite: None, tests })),
    );
    bodies.extend(told.run_end.map(|status| {
        Body::RunEnd(RunEnd {
            status: Some(status),
            ..RunEnd::default()
        })
    }));
    bodies.extend(told.lost.map(|reason| {
        Body::Gap(Gap {
            from: 10,
            to: 20,
            reason,
        })
    }));
    if told.end {
        bodies.push(Body::EndOfStream(EndOfStream {
            total_bytes: if told.short { 99 } else { 100 },
            hash: None,
            exit_code: told.exit,
            signal: told.signal,
            cause: "exit",
        }));
    }
    let events: Vec<Event<'_>> = bodies
        .into_iter()
        .zip(0..)
        .map(|(body, sub)| Event {
            offset: if matches!(body, Body::EndOfStream(_)) {
                100
            } else {
                10
            },
            sub,
            line: 1,
            time_ms: None,
            lane: 0,
            dialect: "pytest",
            body,
        })
        .collect();
    sim.step(Input::Frame {
        stream: stream.to_owned(),
        frame: frame(0, 100, true, &events),
    });
}

fn verdict(streams: &[(&str, Told)]) -> (RunStatus, String) {
    let mut sim = Sim::new(Settings::default());
    for (stream, told) in streams {
        tell(&mut sim, stream, *told);
    }
    sim.wait_until(60);
    match sim.core.run("r1") {
        Some(run) => (run.status(), run.reason().unwrap_or_default().to_owned()),
        None => panic!("no run"),
    }
}

fn one(told: Told) -> (RunStatus, String) {
    verdict(&[("tests", told)])
}

#[track_caller]
fn is(got: &(RunStatus, String), status: RunStatus, reason: &str) {
    assert_eq!((got.0, got.1.as_str()), (status, reason));
}

#[test]
fn green_passes_with_its_counts() {
    is(&one(GREEN), RunStatus::Passed, "3 passed");
    let told = Told {
        counts: &[
            (Status::Passed, 3),
            (Status::Skipped, 2),
            (Status::Xfail, 1),
        ],
        exit: None,
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Passed,
        "3 passed, 2 skipped, 1 xfail, exit code unknown",
    );
}

#[test]
fn lost_bytes_come_before_everything_and_do_not_hide_failures() {
    let told = Told {
        lost: Some("cap"),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "stream `tests` lost 10 bytes (cap)",
    );
    let told = Told {
        counts: &[(Status::Failed, 1), (Status::Passed, 1)],
        ..told
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "stream `tests` lost 10 bytes (cap); 1 failed of 2 tests",
    );
}

#[test]
fn what_was_read_on_without_what_stands_before_is_incomplete_and_nothing_lost() {
    let told = Told {
        lost: Some(Gap::FORGOTTEN),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "stream `tests` was read on after a restart without what had been deleted of it: results may be told wrongly",
    );
}

#[test]
fn of_what_never_told_of_tests_nothing_depends_on_what_stands_before() {
    let database = Told {
        counts: &[],
        exit: None,
        lost: Some(Gap::FORGOTTEN),
        ..GREEN
    };
    let got = verdict(&[("tests", GREEN), ("database", database)]);
    is(&got, RunStatus::Passed, "3 passed");
}

#[test]
fn a_missing_or_mismatching_end_is_incomplete() {
    let told = Told {
        end: false,
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "stream `tests` has no end-of-stream record",
    );
    let told = Told {
        short: true,
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "stream `tests` is 99 bytes long, 100 were taken",
    );
}

#[test]
fn failures_are_failed_whatever_the_exit_code() {
    for exit in [0, 1, 143] {
        let told = Told {
            counts: &[
                (Status::Failed, 2),
                (Status::TimedOut, 1),
                (Status::Passed, 7),
            ],
            exit: Some(exit),
            ..GREEN
        };
        is(
            &one(told),
            RunStatus::Failed,
            "2 failed, 1 timed_out of 10 tests",
        );
    }
}

#[test]
fn errors_and_exit_codes_without_failures_are_errored() {
    let told = Told {
        counts: &[(Status::Errored, 1)],
        exit: Some(1),
        ..GREEN
    };
    is(&one(told), RunStatus::Errored, "1 errored of 1 test");
    let told = Told {
        exit: Some(3),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Errored,
        "exit code 3, no failed test seen",
    );
    let told = Told {
        exit: Some(139),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Errored,
        "exit code 139, as signal 11 (SIGSEGV) gives",
    );
}

#[test]
fn a_timeouts_exit_code_is_timed_out() {
    let told = Told {
        counts: &[(Status::Passed, 1), (Status::Unfinished, 1)],
        exit: Some(124),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::TimedOut,
        "exit code 124, as timeout gives, 1 test unfinished",
    );
}

#[test]
fn helpers_ended_by_a_signal_do_not_spoil_the_run() {
    let helper = Told {
        counts: &[],
        exit: Some(143),
        ..GREEN
    };
    let got = verdict(&[("database", helper), ("tests", GREEN)]);
    assert_eq!(got.0, RunStatus::Passed);
    let broken = Told {
        counts: &[],
        exit: Some(2),
        ..GREEN
    };
    is(
        &verdict(&[("shard-2", broken), ("tests", GREEN)]),
        RunStatus::Errored,
        "exit code 2, no test seen",
    );
}

#[test]
fn printed_failures_nobody_saw_are_incomplete() {
    let told = Told {
        printed: printed(2, 1),
        exit: Some(1),
        ..GREEN
    };
    is(
        &one(told),
        RunStatus::Incomplete,
        "printed totals say 1 failed, parsed 0",
    );
}

#[test]
fn printed_totals_that_agree_in_the_frameworks_own_way_pass() {
    let told = Told {
        counts: &[
            (Status::Passed, 3),
            (Status::Xfail, 1),
            (Status::Skipped, 1),
        ],
        printed: Some(Printed {
            tests: Some(5),
            passed: Some(4),
            skipped: Some(1),
            ..Printed::default()
        }),
        ..GREEN
    };
    assert_eq!(one(told).0, RunStatus::Passed);
}

#[test]
fn a_doubt_is_never_green() {
    let unfinished = Told {
        counts: &[(Status::Passed, 1), (Status::Unfinished, 2)],
        ..GREEN
    };
    is(
        &one(unfinished),
        RunStatus::Incomplete,
        "2 tests began and never ended",
    );
    let planned = Told {
        planned: Some(9),
        ..GREEN
    };
    is(
        &one(planned),
        RunStatus::Incomplete,
        "9 tests announced, 3 seen",
    );
    let none = Told {
        counts: &[],
        ..GREEN
    };
    is(&one(none), RunStatus::Incomplete, "no test seen");
    let marker = Told {
        run_end: Some("failed"),
        ..GREEN
    };
    is(
        &one(marker),
        RunStatus::Incomplete,
        "RUN_END says `failed`, 0 tests failed",
    );
}

#[test]
fn absurd_counts_do_not_overflow() {
    let told = Told {
        counts: &[
            (Status::Failed, u64::MAX),
            (Status::Errored, u64::MAX),
            (Status::Unfinished, u64::MAX),
        ],
        printed: printed(u64::MAX, u64::MAX),
        planned: Some(u64::MAX),
        ..GREEN
    };
    let got = verdict(&[("a", told), ("b", told)]);
    assert_eq!(got.0, RunStatus::Failed);
}
