//! Catch2's console and compact output, versions 2 and 3.
//!
//! Suite: empty, for the tags are never printed. Name: the test case's, put together again where the
//! console wrapped it. Format source: `ConsoleReporter` and `CompactReporter`
//! (`catch_reporter_console.cpp`, `catch_reporter_compact.cpp`), and `printTestRunTotals` of version 3. Seen:
//! 2.13, and the texts of 3.4.
//!
//! The console heads what it prints of a test case with its name, between rules; without `-s` that are
//! failures and warnings only. Other results are counted from the totals. The compact reporter
//! names no test case at all.
//!
//! A failure that a tag allows (`[!mayfail]`) is printed like any other, only the totals tell: when
//! they say that nothing failed, what was told as failed has passed. As in Catch2's own report, a test
//! case that fails as expected counts as passed.

mod lines;
#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line, closing};
use crate::event::{Body, Counts, Printed, Status, TestEnd, TestStart};
use lines::{Outcome, Totals};
pub(super) use lines::{duration, place, rule};

/// Lines of a heading, and bytes kept of them.
const HEAD_LINES: usize = 64;
const HEAD_BYTES: usize = 8 * 1024;
/// Bytes kept of a message.
const TEXT_CAP: usize = 512;
/// Failed test cases remembered until the totals.
const FAILED_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "catch2",
    summary: "Catch2 (console, compact)",
    sniff: |line| lines::banner(line.text) || lines::totals(line.text).is_some(),
    needles: &[
        " host application.",
        "All tests passed (",
        "test cases: ",
        "test case with ",
        "test cases with ",
        "test case, failed ",
        "test cases, failed ",
        " (no assertions).",
    ],
    lookback: 0,
    new: || Box::<Catch2>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Catch2 {
    run: Option<Run>,
}

/// One program's run of its test cases, from the banner to the totals.
#[derive(Default)]
struct Run {
    head: Head,
    case: Option<Case>,
    failure: Option<Failure>,
    told: Counts,
    /// Test cases told as failed.
    failed: Vec<String>,
}

/// How much of a heading was read.
#[derive(Default)]
enum Head {
    #[default]
    None,
    /// Its first rule, and lines below it.
    Open(usize, Vec<String>),
    /// Its second rule.
    Named(usize, Vec<String>),
    /// The place under it; a dotted rule completes it.
    Placed(usize, Vec<String>),
}

/// The test case whose heading was printed last.
struct Case {
    name: String,
    failed: bool,
    skipped: bool,
    /// Reason of the skip.
    reason: Option<String>,
    seconds: Option<f64>,
    /// Line of its heading.
    line: u64,
}

/// An assertion that failed, or the reason of a skip, while it is being printed.
struct Failure {
    place: String,
    said: Said,
    outcome: Outcome,
    line: u64,
}

/// What is said of an assertion: expression, heading of the details, and their first line.
#[derive(Default)]
struct Said {
    text: String,
    label: Option<String>,
    done: bool,
}

impl Dialect for Catch2 {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if lines::banner(line.text) {
            self.finish(emit);
            self.run = Some(Run::default());
            return Claim::Own;
        }
        if let Some(totals) = lines::totals(line.text) {
            let mut run = self.run.take().unwrap_or_default();
            run.close(&totals, line.number, emit);
            return Claim::Own;
        }
        match &mut self.run {
            Some(run) => run.line(line, emit),
            None => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(run) = &mut self.run {
            run.settle(emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.run {
            Some(_) => Attention::Every,
            None => Attention::Needles,
        }
    }
}

impl Run {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(claim) = self.heading(line, emit) {
            return claim;
        }
        if let Some((place, outcome)) = lines::assertion(text).filter(|_| self.case.is_some()) {
            self.settle(emit);
            self.failure = Some(Failure {
                place: place.to_owned(),
                said: Said::default(),
                outcome,
                line: line.number,
            });
            return Claim::Own;
        }
        if let Some(failure) = &mut self.failure {
            if text.is_empty() {
                self.settle(emit);
                return Claim::Own;
            }
            failure.said.line(text);
            return Claim::Text;
        }
        self.timed(text)
    }

    /// Reads on in a heading; `None` if the line has nothing to do with one.
    fn heading(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let text = line.text;
        if let Some(width) = rule(text, b'-') {
            self.settle(emit);
            self.head = match std::mem::take(&mut self.head) {
                Head::Open(of, lines) if of == width && !lines.is_empty() => {
                    Head::Named(width, lines)
                }
                _ => Head::Open(width, Vec::new()),
            };
            return Some(Claim::Own);
        }
        let head = std::mem::take(&mut self.head);
        match head {
            Head::None => return None,
            // It was a rule of something else, a table of benchmarks or of the test's own.
            _ if lines::assertion(text).is_some() => return None,
            Head::Open(_, ref lines) if !lines.is_empty() && duration(text).is_some() => {
                return None;
            }
            Head::Open(width, mut lines) => {
                let held: usize = lines.iter().map(String::len).sum();
                if lines.len() >= HEAD_LINES || held + text.len() > HEAD_BYTES {
                    return None;
                }
                lines.push(text.to_owned());
                self.head = Head::Open(width, lines);
            }
            Head::Named(width, lines) if place(text) => {
                self.head = Head::Placed(width, lines);
            }
            Head::Named(width, _) if text.len() <= HEAD_BYTES => {
                self.head = Head::Open(width, vec![text.to_owned()]);
            }
            Head::Placed(width, lines) if rule(text, b'.') == Some(width) => {
                if let Some(name) = lines::name(&lines) {
                    self.begin(name, line.number, emit);
                }
            }
            Head::Named(..) | Head::Placed(..) => return None,
        }
        // Whatever it was, an error signature may begin here.
        Some(Claim::Text)
    }

    fn begin(&mut self, name: String, number: u64, emit: Emit<'_>) {
        if self.case.as_ref().is_some_and(|c| c.name == name) {
            // A further section of it.
            return;
        }
        self.end(number, emit);
        emit(
            number,
            Body::TestStart(TestStart {
                suite: Some(""),
                name: &name,
                attempt: None,
                tags: None,
            }),
        );
        self.case = Some(Case {
            name,
            failed: false,
            skipped: false,
            reason: None,
            seconds: None,
            line: number,
        });
    }

    /// `0.013 s: name`, with `-d yes` under each section and each test case.
    fn timed(&mut self, text: &str) -> Claim {
        let (Some((seconds, name)), Some(case)) = (duration(text), &mut self.case) else {
            return Claim::Pass;
        };
        // Blanks at line ends may be lost from the heading's name.
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        if name.len() <= HEAD_BYTES && solid(name) == solid(&case.name) {
            *case.seconds.get_or_insert(0.0) += seconds;
        }
        Claim::Own
    }

    /// The assertion being printed is complete.
    fn settle(&mut self, emit: Emit<'_>) {
        let (Some(failure), Some(case)) = (self.failure.take(), &mut self.case) else {
            return;
        };
        let message = failure.said.message();
        match failure.outcome {
            Outcome::Fine => {}
            Outcome::Skipped => {
                case.skipped = true;
                case.reason = case.reason.take().or(message);
            }
            Outcome::Failed if case.failed => {}
            Outcome::Failed => {
                case.failed = true;
                let end = TestEnd {
                    message: message.as_deref(),
                    location: Some(&failure.place),
                    ..TestEnd::new(Some(""), &case.name, Status::Failed)
                };
                emit(failure.line, Body::TestEnd(end));
                self.told.add(Status::Failed, 1);
                if self.failed.len() < FAILED_CAP {
                    self.failed.push(case.name.clone());
                }
            }
        }
    }

    /// The test case is over: another begins, or the run ends.
    fn end(&mut self, number: u64, emit: Emit<'_>) {
        self.settle(emit);
        let Some(case) = self.case.take() else { return };
        let status = lines::status(case.failed, case.skipped);
        if case.failed && case.seconds.is_none() {
            return;
        }
        let end = TestEnd {
            duration_s: case.seconds,
            message: case.reason.as_deref().filter(|_| !case.failed),
            recap: case.failed,
            ..TestEnd::new(Some(""), &case.name, status)
        };
        let line = match case.failed {
            true => number,
            false => case.line,
        };
        emit(line, Body::TestEnd(end));
        if !case.failed {
            self.told.add(status, 1);
        }
    }

    fn close(&mut self, totals: &Totals, number: u64, emit: Emit<'_>) {
        self.end(number, emit);
        if totals.complete && totals.failed == 0 {
            self.forgive(number, emit);
        }
        let passed = totals.passed.saturating_add(totals.expected);
        // Told as failed and not counted as such: who of them failed as expected, nobody says.
        let excess = self.told[Status::Failed].saturating_sub(totals.failed);
        self.told.add(Status::Passed, excess);
        let printed = Printed {
            passed: totals.complete.then_some(passed),
            failed: Some(totals.failed),
            skipped: totals.complete.then_some(totals.skipped),
            ..Printed::default()
        };
        closing::close(printed, &self.told, number, emit);
    }

    /// Nothing failed, say the totals: what was told as failed was expected to.
    fn forgive(&mut self, number: u64, emit: Emit<'_>) {
        for name in self.failed.drain(..) {
            // The same attempt once more, with another end.
            let end = TestEnd {
                attempt: Some(1),
                ..TestEnd::new(Some(""), &name, Status::Passed)
            };
            emit(number, Body::TestEnd(end));
            self.told.sub(Status::Failed, 1);
            self.told.add(Status::Passed, 1);
        }
    }
}

impl Said {
    fn line(&mut self, text: &str) {
        if self.done {
            return;
        }
        let inner = text.trim();
        let indented = text.starts_with("  ");
        match (&self.label, indented) {
            // `with expansion:`, `due to unexpected exception with message:`
            (None, false) if inner.ends_with(':') => self.label = Some(inner.to_owned()),
            (None, true) if self.text.is_empty() => self.text.push_str(inner),
            (None, true) => {}
            (Some(_), true) if inner.is_empty() => {}
            (Some(label), true) => {
                if !label.starts_with("explicitly with message") {
                    let gap = if self.text.is_empty() { "" } else { " " };
                    self.text = format!("{}{gap}{label}", self.text);
                }
                let gap = if self.text.is_empty() { "" } else { " " };
                self.text = format!("{}{gap}{inner}", self.text);
                self.done = true;
            }
            _ => self.done = true,
        }
        self.text.truncate(self.text.floor_char_boundary(TEXT_CAP));
    }

    fn message(&self) -> Option<String> {
        let label = self.label.as_deref().filter(|_| !self.done);
        match (self.text.is_empty(), label) {
            (false, Some(label)) => Some(format!("{} {label}", self.text)),
            (false, None) => Some(self.text.clone()),
            (true, label) => label.map(str::to_owned),
        }
    }
}
