//! Whether a stream's parsed results, printed totals, plan and exit code tell the same story.
//!
//! Frameworks group figures differently, and a figure that is not printed may be part of another:
//! a test that timed out is printed as failed; without a figure of their own, errored tests are
//! printed as failed, expected failures and todo tests as passed, skipped or failed. So each
//! printed figure is held against a range, from the results that must be in it to those that may.
//! A test that passed in a retry counts as passed. A failed tear-down counts as an errored test
//! more, which the printed number of tests may leave out, as it may leave out unfinished tests.

use sentinel_parsers::event::{Counts, Printed, Status};
use sentinel_parsers::ledger::Ledger;

use crate::runs::Run;
use crate::stream::Stream;
use crate::text::tests;

/// A contradiction between two sources of truth about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The stream it was found in.
    pub stream: String,
    /// What contradicts.
    pub what: What,
    /// Line to look at, if there is one.
    pub line: Option<u64>,
}

/// The kinds of contradiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A printed figure is not what was parsed.
    Figure {
        /// The printed figure's name.
        figure: &'static str,
        /// As printed.
        printed: u64,
        /// As parsed: the end of the admissible range that is nearer.
        parsed: u64,
    },
    /// More tests were announced than seen.
    Planned {
        /// Announced.
        planned: u64,
        /// Seen.
        seen: u64,
    },
    /// The command ended with 0 although tests failed.
    GreenExit {
        /// Tests that failed, errored or timed out.
        failures: u64,
    },
    /// The command ended with another code than 0 although no test failed.
    RedExit {
        /// The code.
        code: i32,
    },
    /// A `RUN_END` marker tells another outcome than the tests.
    Marker {
        /// What it said.
        said: String,
        /// Tests that failed, errored or timed out.
        failures: u64,
    },
}

impl What {
    /// Whether it may mean that a failure was not seen.
    #[must_use]
    pub fn hides_a_failure(&self) -> bool {
        match self {
            What::Figure {
                figure,
                printed,
                parsed,
            } => printed > parsed && matches!(*figure, "tests" | "failed" | "errored"),
            What::Planned { .. } => true,
            What::GreenExit { .. } => false,
            What::RedExit { .. } => true,
            What::Marker { failures, .. } => *failures == 0,
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::Figure {
                figure,
                printed,
                parsed,
            } => write!(f, "printed totals say {printed} {figure}, parsed {parsed}"),
            What::Planned { planned, seen } => {
                write!(f, "{} announced, {seen} seen", tests(*planned))
            }
            What::GreenExit { failures } => {
                write!(f, "exit code 0 although {} failed", tests(*failures))
            }
            What::RedExit { code } => {
                write!(f, "exit code {code} although no test was seen to fail")
            }
            What::Marker { said, failures } => {
                write!(f, "RUN_END says `{said}`, {} failed", tests(*failures))
            }
        }
    }
}

/// Every contradiction in a run whose streams have ended, stream by stream.
#[must_use]
pub fn contradictions(run: &Run) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for stream in run.counted().filter(|s| s.is_closed()) {
        check(stream, run.totals().failures(), &mut found);
    }
    found
}

fn check(stream: &Stream, of_the_run: u64, found: &mut Vec<Contradiction>) {
    let ledger = stream.ledger();
    let totals = ledger.totals();
    let failures = totals.failures();
    let mut note = |what: What, line: Option<u64>| {
        found.push(Contradiction {
            stream: stream.id().clone(),
            what,
            line,
        });
    };
    if let Some(printed) = ledger.printed() {
        figures(printed, &totals, &mut |what| note(what, None));
    }
    if let Some((planned, seen)) = unseen(ledger) {
        note(What::Planned { planned, seen }, None);
    }
    match stream.end().and_then(|end| end.exit_code) {
        Some(0) if failures > 0 => note(What::GreenExit { failures }, None),
        // From 124 on the code tells how the command was ended, not what it found.
        Some(code @ (..0 | 1..=123))
            if failures == 0 && totals.total() > 0 && totals[Status::Unfinished] == 0 =>
        {
            note(What::RedExit { code }, None);
        }
        _ => {}
    }
    let marks = stream.marks();
    if let Some(said) = &marks.run_end
        && let Some(green) = outcome(said)
        && green != (of_the_run == 0)
    {
        let what = What::Marker {
            said: said.clone(),
            failures: of_the_run,
        };
        note(what, Some(marks.run_end_line));
    }
}

/// Whether an outcome's word means success, if it is one of the usual words.
fn outcome(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "passed" | "pass" | "success" | "succeeded" | "ok" | "green" => Some(true),
        "failed" | "fail" | "failure" | "error" | "errored" | "red" => Some(false),
        _ => None,
    }
}

/// Tests announced and seen, if fewer were seen: for the session, or else for a suite.
fn unseen(ledger: &Ledger) -> Option<(u64, u64)> {
    let seen = ledger.totals().total();
    let session = ledger.planned().map(|planned| (planned, seen));
    let suites = ledger
        .suites()
        .values()
        .filter_map(|suite| Some((suite.planned?, suite.counts.total())));
    session
        .into_iter()
        .chain(suites)
        .find(|(planned, seen)| planned > seen)
}

/// Per figure: its name, as printed, and the least and the most that fits what was parsed.
fn ranges(printed: Printed, parsed: &Counts) -> [(&'static str, Option<u64>, u64, u64); 8] {
    let n = |status: Status| parsed[status];
    // What a figure of its own is not printed for may be part of another.
    let spare = |figure: Option<u64>, status: Status| figure.map_or(n(status), |_| 0);
    let errored = spare(printed.errored, Status::Errored);
    let skipped = spare(printed.skipped, Status::Skipped);
    let sum = |parts: &[u64]| parts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
    let soft = sum(&[
        spare(printed.xfail, Status::Xfail),
        spare(printed.xpass, Status::Xpass),
        spare(printed.todo, Status::Todo),
    ]);
    let failed = n(Status::Failed);
    let slow = n(Status::TimedOut);
    let total = parsed.total();
    let optional = sum(&[n(Status::Unfinished), n(Status::Errored), skipped, soft]);
    [
        (
            "tests",
            printed.tests,
            total.saturating_sub(optional),
            total,
        ),
        (
            "passed",
            printed.passed,
            n(Status::Passed),
            sum(&[n(Status::Passed), soft]),
        ),
        (
            "failed",
            printed.failed,
            failed,
            sum(&[failed, slow, errored, soft, n(Status::Unfinished)]),
        ),
        (
            "errored",
            printed.errored,
            n(Status::Errored),
            sum(&[n(Status::Errored), slow, n(Status::Unfinished)]),
        ),
        (
            "skipped",
            printed.skipped,
            n(Status::Skipped),
            sum(&[n(Status::Skipped), soft]),
        ),
        (
            "xfail",
            printed.xfail,
            n(Status::Xfail),
            sum(&[n(Status::Xfail), spare(printed.todo, Status::Todo)]),
        ),
        ("xpass", printed.xpass, n(Status::Xpass), n(Status::Xpass)),
        ("todo", printed.todo, n(Status::Todo), n(Status::Todo)),
    ]
}

/// Compares each printed figure with the range of what was parsed.
fn figures(printed: Printed, parsed: &Counts, note: &mut dyn FnMut(What)) {
    for (figure, printed, low, high) in ranges(printed, parsed) {
        let Some(printed) = printed else { continue };
        if printed < low || printed > high {
            let parsed = if printed < low { low } else { high };
            note(What::Figure {
                figure,
                printed,
                parsed,
            });
        }
    }
}
