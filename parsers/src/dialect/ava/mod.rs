//! AVA's default reporter.
//!
//! Format source: `lib/reporters/default.js` of AVA 4 to 6; the fixtures follow real output of AVA
//! 6. Nothing announces AVA: passed tests are held back until a mark of its own, a failure's or the
//! rule below the results. A failed test's line ends with the error's title, so it is counted first
//! and named by the list of failures, which has the test's title alone.

mod failure;
mod lines;
#[cfg(test)]
mod tests;

use crate::dialect::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestEnd};
use failure::Failure;
use lines::Row;

/// Results held back, and failures remembered.
const HELD_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "ava",
    summary: "AVA, default reporter",
    sniff: |line| lines::row(line.text).is_some() || lines::is_rule(line.text),
    needles: &["\n✔ ", "\n✘ ", "\n- [", "\n─\n"],
    lookback: 0,
    new: || Box::<Ava>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Ava {
    /// Whether this is AVA beyond doubt.
    sure: bool,
    /// Whether the results are over and failures and totals follow.
    after: bool,
    held: Vec<Held>,
    /// Failed tests' lines that the list has not named yet.
    failed: Vec<(Box<str>, u64)>,
    failure: Option<Failure>,
    totals: Option<(u64, Printed)>,
}

/// A result not told yet.
struct Held {
    status: Status,
    title: Box<str>,
    duration_s: Option<f64>,
    line: u64,
}

impl Dialect for Ava {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text.trim().is_empty() {
            return match self.failure {
                Some(_) => Claim::Text,
                None => Claim::Pass,
            };
        }
        if lines::is_rule(text) {
            return self.rule(emit);
        }
        if self.after {
            if let Some((kind, count)) = lines::total(text).filter(|_| self.failure.is_none()) {
                self.total(kind, count, line.number);
                return Claim::Own;
            }
            if self.totals.is_some() {
                self.end_run(emit);
            } else if let Some(claim) = self.list(line, emit) {
                return claim;
            }
        }
        match lines::row(text) {
            Some(row) if !self.after => self.row(&row, line.number, emit),
            _ => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_run(emit);
    }
}

impl Ava {
    fn row(&mut self, row: &Row<'_>, line: u64, emit: Emit<'_>) -> Claim {
        if row.is_own {
            self.be_sure(emit);
        }
        let held = Held {
            status: row.status,
            title: row.title.into(),
            duration_s: row.duration_s,
            line,
        };
        if self.sure {
            self.tell(held, emit);
            return Claim::Own;
        }
        if self.held.len() < HELD_CAP {
            self.held.push(held);
        }
        Claim::Pass
    }

    fn be_sure(&mut self, emit: Emit<'_>) {
        self.sure = true;
        for held in std::mem::take(&mut self.held) {
            self.tell(held, emit);
        }
    }

    fn tell(&mut self, held: Held, emit: Emit<'_>) {
        if held.status == Status::Failed {
            let counted = Counted {
                suite: None,
                counts: Counts::of(Status::Failed, 1),
            };
            emit(held.line, Body::Counted(counted));
            if self.failed.len() < HELD_CAP {
                self.failed.push((held.title, held.line));
            }
            return;
        }
        let (suite, name) = match held.status {
            // A file that broke.
            Status::Errored => (&*held.title, ""),
            _ => lines::names(&held.title),
        };
        let end = TestEnd {
            duration_s: held.duration_s,
            ..TestEnd::new(Some(suite), name, held.status)
        };
        emit(held.line, Body::TestEnd(end));
    }

    /// The rule below the results, and below the list of failures.
    fn rule(&mut self, emit: Emit<'_>) -> Claim {
        if !self.sure && self.held.is_empty() {
            return Claim::Pass;
        }
        self.be_sure(emit);
        self.end_failure(emit);
        self.after = true;
        Claim::Own
    }

    /// A line of the list of failures.
    fn list(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        if let Some(title) = lines::title(line.text) {
            let is = |(text, _): &(Box<str>, u64)| {
                let rest = text.strip_prefix(title);
                rest.is_some_and(|r| r.is_empty() || r.starts_with(' '))
            };
            if let Some(at) = self.failed.iter().position(is) {
                self.end_failure(emit);
                self.failed.remove(at);
                self.failure = Some(Failure::new(title, line.number));
                return Some(Claim::Own);
            }
        }
        let failure = self.failure.as_mut()?;
        failure.note(line.text);
        Some(Claim::Text)
    }

    fn end_failure(&mut self, emit: Emit<'_>) {
        if let Some(failure) = self.failure.take() {
            failure.tell(emit);
        }
    }

    fn total(&mut self, status: Option<Status>, count: u64, line: u64) {
        let (_, printed) = self.totals.get_or_insert((line, Printed::default()));
        let slot = match status {
            Some(Status::Passed) => &mut printed.passed,
            Some(Status::Failed) => &mut printed.failed,
            Some(Status::Skipped) => &mut printed.skipped,
            Some(Status::Todo) => &mut printed.todo,
            Some(Status::Xfail) => &mut printed.xfail,
            _ => return,
        };
        *slot = Some(count);
    }

    fn end_run(&mut self, emit: Emit<'_>) {
        self.end_failure(emit);
        for (text, line) in std::mem::take(&mut self.failed) {
            let (suite, name) = lines::names(&text);
            let end = TestEnd {
                recap: true,
                ..TestEnd::new(Some(suite), name, Status::Failed)
            };
            emit(line, Body::TestEnd(end));
        }
        if let Some((line, printed)) = self.totals {
            let summary = Summary {
                suite: None,
                printed,
                duration_s: None,
            };
            emit(line, Body::Summary(summary));
        }
        *self = Ava::default();
    }
}
