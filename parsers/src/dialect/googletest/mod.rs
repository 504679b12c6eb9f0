//! GoogleTest's console output, also as `--gtest_brief` leaves it, shuffled and repeated.
//!
//! Suite: the test suite with instance and type (`Instance/Suite/0`). Name: the test with its
//! parameter. The message is the place of the first failure with what it says: GoogleTest's own
//! report leads with the place. Format source: `PrettyUnitTestResultPrinter` in
//! `googletest/src/gtest.cc`.
//!
//! With `--gtest_repeat` each iteration gives a further result of the same tests; as in GoogleTest's
//! own report the latest counts. Failures outside any test are a result without a name.

mod lines;
#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Plan, Printed, Status, Summary, TestEnd, TestStart};
use lines::{Name, Tagged};

/// Bytes kept of a message.
const TEXT_CAP: usize = 512;
/// How far before its run a failure outside of it may lie.
const STRAY_GAP: u64 = 200;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "googletest",
    summary: "GoogleTest",
    sniff: |line| {
        iteration(line.text).is_some()
            || lines::place(line.text).is_some()
            || matches!(
                lines::tagged(line.text),
                Some(
                    Tagged::Running(_)
                        | Tagged::Ran(..)
                        | Tagged::Began(_)
                        | Tagged::Ended(Status::Failed | Status::Skipped, _)
                )
            )
    },
    needles: &[
        "Repeating all tests",
        "[==========]",
        "[----------]",
        "[ RUN      ]",
        "[       OK ]",
        "[  FAILED  ]",
        "[  SKIPPED ]",
        "[  PASSED  ]",
        ": Failure",
        ": Skipped",
        "): error",
        "): Skipped",
    ],
    lookback: 0,
    new: || Box::<GoogleTest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct GoogleTest {
    run: Option<Run>,
    /// A failure before the run began.
    stray: Option<Failure>,
    /// The iteration announced.
    iteration: Option<u32>,
}

/// One program's run of its tests.
#[derive(Default)]
struct Run {
    iteration: Option<u32>,
    seen: Counts,
    /// Whether all tests ran: what follows repeats results.
    over: bool,
    /// Whether a failure outside any test was told.
    outside: bool,
    /// The test that is running.
    test: Option<Box<str>>,
    failure: Option<Failure>,
}

/// The first failure of a test.
#[derive(Debug)]
struct Failure {
    place: String,
    message: Option<String>,
    /// Number of its line.
    line: u64,
}

impl Dialect for GoogleTest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(number) = iteration(line.text) {
            self.finish(emit);
            self.run = None;
            self.iteration = Some(number);
            return Claim::Pass;
        }
        if let Some(tagged) = lines::tagged(line.text) {
            return self.tagged(&tagged, line.number, emit);
        }
        let Some(run) = &mut self.run else {
            if self
                .stray
                .as_ref()
                .is_some_and(|f| line.number - f.line > STRAY_GAP)
            {
                self.stray = None;
            }
            note(&mut self.stray, line);
            return Claim::Pass;
        };
        if let Some((status, name)) = run.glued(line.text) {
            run.end(status, &name, line.number, emit);
            return Claim::Own;
        }
        note(&mut run.failure, line);
        match run.test.is_some() || run.failure.is_some() {
            true => Claim::Text,
            false => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(run) = &mut self.run {
            run.outside(emit);
        }
    }

    fn is_waiting(&self) -> bool {
        self.stray.is_some()
    }

    fn attention(&self) -> Attention {
        match self.run.is_some() || self.stray.is_some() {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl GoogleTest {
    fn tagged(&mut self, tagged: &Tagged<'_>, number: u64, emit: Emit<'_>) -> Claim {
        match tagged {
            Tagged::Running(tests) => {
                self.finish(emit);
                self.run = Some(self.begin(number));
                if let Some(run) = &mut self.run {
                    run.outside(emit);
                }
                emit(
                    number,
                    Body::Plan(Plan {
                        suite: None,
                        tests: *tests,
                    }),
                );
            }
            Tagged::Rule | Tagged::Total(..) if self.run.is_none() => return Claim::Pass,
            Tagged::Ended(Status::Passed, _) if self.run.is_none() => return Claim::Pass,
            _ => {}
        }
        if self.run.is_none() {
            self.run = Some(self.begin(number));
        }
        let Some(run) = &mut self.run else {
            return Claim::Pass;
        };
        match tagged {
            Tagged::Running(_) | Tagged::Rule => {}
            Tagged::Began(test) => run.start(test, number, emit),
            Tagged::Ended(status, name) => run.end(*status, name, number, emit),
            Tagged::Ran(tests, seconds) => run.ran(*tests, *seconds, number, emit),
            Tagged::Total(status, n) => run.total(*status, *n, number, emit),
        }
        Claim::Own
    }

    fn begin(&mut self, number: u64) -> Run {
        Run {
            iteration: self.iteration.take(),
            failure: self.stray.take().filter(|f| number - f.line <= STRAY_GAP),
            ..Run::default()
        }
    }
}

impl Run {
    fn start(&mut self, test: &str, number: u64, emit: Emit<'_>) {
        self.outside(emit);
        let Some(name) = lines::name(test) else {
            return;
        };
        self.test = Some(test.into());
        emit(
            number,
            Body::TestStart(TestStart {
                suite: Some(name.suite),
                name: name.name,
                attempt: self.iteration,
                tags: None,
            }),
        );
    }

    fn end(&mut self, status: Status, name: &Name<'_>, number: u64, emit: Emit<'_>) {
        self.test = None;
        let recap = self.over;
        let failure = self.failure.take().filter(|_| status != Status::Passed);
        let message = failure.as_ref().map(Failure::text);
        let end = TestEnd {
            duration_s: name.seconds,
            attempt: self.iteration.filter(|_| !recap),
            message: message.as_deref(),
            location: failure
                .as_ref()
                .map(|f| f.place.as_str())
                .filter(|p| p.contains(':')),
            recap,
            ..TestEnd::new(Some(name.suite), name.name, status)
        };
        emit(number, Body::TestEnd(end));
        if !recap {
            self.seen.add(status, 1);
        }
    }

    /// The end of a result's line that began with output of the test.
    fn glued<'a>(&self, text: &'a str) -> Option<(Status, Name<'a>)> {
        let test = self.test.as_deref()?;
        let at = text.rfind("[  ")?;
        match lines::tagged(&text[at..])? {
            Tagged::Ended(status, name) => {
                let own = test
                    .strip_prefix(name.suite)
                    .and_then(|t| t.strip_prefix('.'))
                    .is_some_and(|t| t == name.name);
                own.then_some((status, name))
            }
            _ => None,
        }
    }

    /// A failure outside any test makes a result of its own, without a name.
    fn outside(&mut self, emit: Emit<'_>) {
        if self.test.is_some() || self.outside {
            self.failure = None;
            return;
        }
        let Some(failure) = self.failure.take() else {
            return;
        };
        self.outside = true;
        let message = failure.text();
        let end = TestEnd {
            message: Some(&message),
            location: Some(&failure.place)
                .filter(|p| p.contains(':'))
                .map(|p| &**p),
            attempt: self.iteration,
            ..TestEnd::new(Some(""), "", Status::Failed)
        };
        emit(failure.line, Body::TestEnd(end));
    }

    fn ran(&mut self, tests: u64, seconds: Option<f64>, number: u64, emit: Emit<'_>) {
        self.outside(emit);
        self.over = true;
        if self.first() {
            let printed = Printed {
                tests: Some(tests),
                ..Printed::default()
            };
            let summary = Summary {
                suite: None,
                printed,
                duration_s: seconds,
            };
            emit(number, Body::Summary(summary));
        }
    }

    fn first(&self) -> bool {
        self.iteration.is_none_or(|n| n <= 1)
    }

    /// A total of the summary: what it has beyond the results told was left out of a brief output.
    fn total(&mut self, status: Status, n: u64, number: u64, emit: Emit<'_>) {
        if !self.over || !self.first() {
            return;
        }
        let mut printed = Printed::default();
        match status {
            Status::Passed => printed.passed = Some(n),
            Status::Skipped => printed.skipped = Some(n),
            _ => printed.failed = Some(n),
        }
        let summary = Summary {
            suite: None,
            printed,
            duration_s: None,
        };
        emit(number, Body::Summary(summary));
        let left = n.saturating_sub(self.seen[status]);
        if left > 0 {
            let counted = Counted {
                suite: None,
                counts: Counts::of(status, left),
            };
            emit(number, Body::Counted(counted));
            self.seen.add(status, left);
        }
    }
}

impl Failure {
    /// The place with what the failure says.
    fn text(&self) -> String {
        match &self.message {
            Some(message) => format!("{}: {message}", self.place),
            None => self.place.clone(),
        }
    }
}

/// Takes a line into account that may begin a failure, or say more about the first.
fn note(failure: &mut Option<Failure>, line: &Line<'_>) {
    match failure {
        None => {
            if let Some((place, said)) = lines::place(line.text) {
                *failure = Some(Failure {
                    place,
                    message: (!said.is_empty()).then(|| cap(said)),
                    line: line.number,
                });
            }
        }
        Some(failure) if failure.message.is_none() => {
            let text = line.text.trim();
            if failure.line + 1 == line.number && !text.is_empty() {
                failure.message = Some(cap(text));
            }
        }
        Some(_) => {}
    }
}

fn cap(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_CAP)].to_owned()
}

/// `Repeating all tests (iteration 2) . . .`
fn iteration(text: &str) -> Option<u32> {
    let rest = text.strip_prefix("Repeating all tests (iteration ")?;
    rest.split(')').next()?.parse().ok()
}
