//! The `spec` reporter of Node's own test runner (`node --test`).
//!
//! Format source: `lib/internal/test_runner/reporter/spec.js` and `utils.js` of Node 18 to 24. A
//! suite, or a test with tests below it, is opened by `▶` and closed by a result line of its own,
//! which is not counted: the runner's JUnit report has those as suites, too.

mod error;
mod lines;
#[cfg(test)]
mod tests;

use crate::dialect::script::{Titles, cap, indent};
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Status, Summary, TestDetail, TestEnd};
use error::ErrorText;
use lines::Outcome;

/// Failures remembered until the list at the end tells where they are.
const FAILED_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "node_test",
    summary: "node --test, spec reporter",
    sniff: |line| lines::opens(line.text),
    needles: &["\n▶ ", "\n✔ ", "\n✖ ", "\n﹣ ", "\n⚠ ", "\nℹ "],
    lookback: 0,
    new: || Box::<NodeTest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct NodeTest {
    open: bool,
    titles: Titles,
    /// Failures in the order of the tree.
    failed: Vec<Failed>,
    /// The failure whose error text is being read: its place in `failed`.
    current: Option<(usize, ErrorText)>,
    /// The totals so far, with the number of their first line.
    totals: Option<(u64, Printed)>,
    /// Whether the list of failures at the end has begun.
    listing: bool,
    /// `test at file:line:column` of the next entry.
    place: Option<Box<str>>,
}

/// A failed test.
struct Failed {
    suite: String,
    name: Box<str>,
    /// The duration as printed, which tells tests of one name apart.
    time: Box<str>,
    line: u64,
    /// Whether its message is known, and its location.
    told: (bool, bool),
    /// Whether the list at the end had it.
    listed: bool,
}

impl Dialect for NodeTest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some((key, value)) = lines::figure(text) {
            self.end_error(emit);
            return self.figure(key, value, line.number);
        }
        self.end_totals(emit);
        if let Some(title) = lines::heading(text) {
            self.end_error(emit);
            let level = indent(text) / 2;
            if level == 0 && self.listing {
                // Another run.
                self.restart();
            }
            self.titles.enter(level.min(self.titles.depth()), title);
            return match self.open {
                true => Claim::Own,
                false => Claim::Pass,
            };
        }
        if lines::is_listing(text) {
            self.end_error(emit);
            self.listing = true;
            return Claim::Own;
        }
        if let Some(place) = lines::place(text).filter(|_| self.listing) {
            self.end_error(emit);
            self.place = Some(cap(place).into());
            return Claim::Own;
        }
        match lines::result(text) {
            Some(outcome) if self.accepts(&outcome, indent(text)) => {
                self.end_error(emit);
                self.open = true;
                self.result(&outcome, indent(text) / 2, line.number, emit);
                Claim::Own
            }
            _ => self.text(text, emit),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_error(emit);
        self.end_totals(emit);
    }

    fn attention(&self) -> Attention {
        match self.open || self.listing || self.totals.is_some() {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl NodeTest {
    fn restart(&mut self) {
        *self = NodeTest {
            open: self.open,
            ..NodeTest::default()
        };
    }

    /// Whether a result line is one: below a heading, or with a time as exact as Node's.
    fn accepts(&self, outcome: &Outcome<'_>, columns: usize) -> bool {
        let placed = columns.is_multiple_of(2) && columns / 2 <= self.titles.depth();
        placed && (self.open || outcome.is_exact())
    }

    fn result(&mut self, outcome: &Outcome<'_>, level: usize, line: u64, emit: Emit<'_>) {
        if self.listing {
            return self.listed(outcome);
        }
        if self.titles.at(level) == Some(cap(outcome.name)) {
            self.titles.leave(level);
            return;
        }
        self.titles.leave(level);
        let suite = self.titles.join(level, " > ");
        let end = TestEnd {
            duration_s: outcome.duration_s,
            message: outcome.reason,
            ..TestEnd::new(Some(&suite), outcome.name, outcome.status)
        };
        emit(line, Body::TestEnd(end));
        if outcome.status == Status::Failed && self.failed.len() < FAILED_CAP {
            self.failed.push(Failed {
                suite,
                name: outcome.name.into(),
                time: outcome.time.into(),
                line,
                told: (false, false),
                listed: false,
            });
            let columns = 2 * level;
            self.current = Some((self.failed.len() - 1, ErrorText::new(columns)));
        }
    }

    /// A failure's entry in the list at the end, where titles stand alone.
    fn listed(&mut self, outcome: &Outcome<'_>) {
        let place = self.place.take();
        let same = |f: &Failed| !f.listed && *f.name == *outcome.name && *f.time == *outcome.time;
        if let Some(at) = self.failed.iter().position(same) {
            self.failed[at].listed = true;
            self.current = Some((at, ErrorText::listed(place)));
        }
    }

    /// A line of an error's text, or anything else.
    fn text(&mut self, text: &str, emit: Emit<'_>) -> Claim {
        let Some((_, error)) = &mut self.current else {
            return Claim::Pass;
        };
        if error.note(text) {
            return Claim::Text;
        }
        self.end_error(emit);
        Claim::Pass
    }

    fn end_error(&mut self, emit: Emit<'_>) {
        let Some((at, error)) = self.current.take() else {
            return;
        };
        let failed = &mut self.failed[at];
        let message = error.message().filter(|_| !failed.told.0);
        let location = error.location().filter(|_| !failed.told.1);
        if message.is_none() && location.is_none() {
            return;
        }
        failed.told = (
            failed.told.0 || message.is_some(),
            failed.told.1 || location.is_some(),
        );
        let line = failed.line;
        // A recap finds the right one of several tests of one name by their order; only the first
        // one for a test may be told so.
        if failed.told == (message.is_some(), location.is_some()) {
            let end = TestEnd {
                message,
                location,
                recap: true,
                ..TestEnd::new(Some(&failed.suite), &failed.name, Status::Failed)
            };
            emit(line, Body::TestEnd(end));
        } else {
            let detail = TestDetail {
                suite: Some(&failed.suite),
                name: &failed.name,
                message,
                location,
            };
            emit(line, Body::TestDetail(detail));
        }
    }

    /// `ℹ tests 12`.
    fn figure(&mut self, key: &str, value: u64, line: u64) -> Claim {
        if !self.open && self.totals.is_none() && key != "tests" {
            return Claim::Pass;
        }
        let (_, printed) = self.totals.get_or_insert((line, Printed::default()));
        let slot = match key {
            "tests" => &mut printed.tests,
            "pass" => &mut printed.passed,
            "fail" | "cancelled" => &mut printed.failed,
            "skipped" => &mut printed.skipped,
            "todo" => &mut printed.todo,
            _ => return Claim::Own,
        };
        *slot = Some(slot.unwrap_or(0).saturating_add(value));
        Claim::Own
    }

    fn end_totals(&mut self, emit: Emit<'_>) {
        if let Some((line, printed)) = self.totals.take() {
            let summary = Summary {
                suite: None,
                printed,
                duration_s: None,
            };
            emit(line, Body::Summary(summary));
            self.listing = true;
            self.titles.leave(0);
        }
    }
}
