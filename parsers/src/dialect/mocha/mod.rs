//! Mocha: the spec reporter, and the totals and failures that every human reporter ends with (dot,
//! min, nyan, landing, progress). Cypress prints the same.
//!
//! Format source: `mocha/lib/reporters/base.js` and `spec.js`. Nothing announces Mocha: its tree is
//! known by two empty lines, a title, and a result two columns deeper; failing that by its totals,
//! until which results are held back.

mod failures;
mod lines;
#[cfg(test)]
mod tests;

use crate::dialect::closing::close;
use crate::dialect::needle::Needles;
use crate::dialect::script::{Titles, cap, indent, tell_retries};
use crate::dialect::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counts, Printed, Status, TestEnd};
use failures::Failure;
use lines::Outcome;

/// Results held back before it is clear that this is Mocha.
const HELD_CAP: usize = 1_000;
/// Tries remembered of one test.
const TRIES_CAP: usize = 50;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "mocha",
    summary: "Mocha, spec and dot, and Cypress",
    sniff: |line| line.text.is_empty() || line.text.starts_with("  "),
    needles: NEEDLES,
    lookback: LOOKBACK,
    new: || Box::<Mocha>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

const NEEDLES: &[&str] = &["\n✔ ", "\n✓ ", "\n√ ", "\n1) ", " passing (", "(Attempt "];

/// Titles so far above the first result count; those further away may have been passed over.
const LOOKBACK: u8 = 12;

/// State over one stream.
#[derive(Default)]
struct Mocha {
    /// Empty lines just before this one, and the numbers of the latest two of all.
    blanks: u32,
    empty: [u64; 2],
    /// Those above the latest title of the first level.
    above: [u64; 2],
    /// Whether the titles stand below two empty lines, as the first ones of a run do.
    fresh: bool,
    /// Whether this is Mocha beyond doubt.
    sure: bool,
    titles: Titles,
    held: Vec<Held>,
    /// Whether a needle stands in the line of one of them.
    anchored: bool,
    /// Number of the latest failure in the tree.
    failures: u64,
    told: Counts,
    /// Failed tries of the test whose title is kept.
    tries: Vec<Box<str>>,
    tried: Box<str>,
    /// The totals, while their lines come, and the number of the first.
    totals: Option<(u64, Printed)>,
    /// Whether the list of failures may follow, and the number of its latest.
    listing: Option<u64>,
    failure: Option<Failure>,
}

/// A result not told yet.
struct Held {
    suite: String,
    name: Box<str>,
    status: Status,
    duration_s: Option<f64>,
    line: u64,
    /// Number of the empty line above its suite's title.
    above: u64,
    tries: Vec<Box<str>>,
}

impl Dialect for Mocha {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text.trim().is_empty() {
            self.empty = [line.number, self.empty[0]];
            return self.blank();
        }
        let blanks = std::mem::take(&mut self.blanks);
        if let Some((status, count)) = lines::total(text) {
            return self.total(status, count, line.number, emit);
        }
        self.end_totals(emit);
        if let Some(claim) = self.list(line, emit) {
            return claim;
        }
        let columns = indent(text);
        if columns < 2 || columns % 2 == 1 {
            return Claim::Pass;
        }
        let level = columns / 2 - 1;
        let inner = &text[columns..];
        if let Some(title) = lines::attempt(inner).filter(|_| self.sure) {
            return self.attempt(title);
        }
        let result = lines::result(inner);
        let marked = result.is_some() && MARKS.stand_in(text);
        if marked {
            self.forget(line.number);
        }
        match result {
            Some(outcome) if level <= self.titles.depth() => {
                let claim = self.result(&outcome, level, line.number, emit);
                self.anchored |= marked && !self.held.is_empty();
                claim
            }
            Some(_) => Claim::Pass,
            None => self.title(inner, level, blanks),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_totals(emit);
        self.end_failure(emit);
    }

    fn is_waiting(&self) -> bool {
        self.anchored && !self.held.is_empty()
    }
}

impl Mocha {
    /// The first line with a needle: what stands far above it counts for nothing.
    fn forget(&mut self, number: u64) {
        if self.sure || self.anchored {
            return;
        }
        let reach = number.saturating_sub(LOOKBACK.into());
        let titled = |held: &Held| held.suite.is_empty() || held.above >= reach;
        self.held.retain(|held| held.line >= reach && titled(held));
        self.fresh &= self.above[1] >= reach;
        if self.above[0] < reach {
            self.titles.leave(0);
        }
    }

    fn blank(&mut self) -> Claim {
        self.blanks = self.blanks.saturating_add(1);
        match &mut self.failure {
            Some(failure) => {
                failure.blank();
                Claim::Text
            }
            None => Claim::Pass,
        }
    }

    /// A suite's title. Those of the first level follow an empty line, others stand in their parent.
    fn title(&mut self, title: &str, level: usize, blanks: u32) -> Claim {
        let placed = match level {
            0 => blanks > 0,
            _ => level <= self.titles.depth(),
        };
        if !placed || (!self.sure && !lines::is_title(title)) {
            return Claim::Pass;
        }
        if level == 0 {
            if blanks > 1 && self.listing.is_some() {
                // Another run.
                *self = Mocha::default();
            }
            self.fresh = blanks > 1;
            self.above = self.empty;
        }
        self.titles.enter(level, title);
        match self.sure {
            true => Claim::Own,
            false => Claim::Pass,
        }
    }

    fn attempt(&mut self, title: &str) -> Claim {
        if *self.tried != *title {
            self.tries.clear();
            self.tried = cap(title).into();
        }
        if self.tries.len() < TRIES_CAP {
            self.tries.push("".into());
        }
        Claim::Own
    }

    fn result(&mut self, outcome: &Outcome<'_>, level: usize, line: u64, emit: Emit<'_>) -> Claim {
        if let Some(number) = outcome.failure {
            if number != self.failures + 1 {
                return Claim::Pass;
            }
            self.failures = number;
        }
        let tries = match *self.tried == *outcome.name {
            true => std::mem::take(&mut self.tries),
            false => Vec::new(),
        };
        let held = Held {
            suite: self.titles.join(level, " "),
            name: outcome.name.into(),
            status: outcome.status,
            duration_s: outcome.duration_s,
            line,
            above: self.above[0],
            tries,
        };
        if !self.sure && self.fresh && level > 0 && outcome.status == Status::Passed {
            self.sure = true;
            for earlier in std::mem::take(&mut self.held) {
                self.tell(&earlier, emit);
            }
        }
        if self.sure {
            self.tell(&held, emit);
            return Claim::Own;
        }
        if self.held.len() < HELD_CAP {
            self.held.push(held);
        }
        Claim::Pass
    }

    fn tell(&mut self, held: &Held, emit: Emit<'_>) {
        let attempt = tell_retries(&held.suite, &held.name, &held.tries, held.line, emit);
        let end = TestEnd {
            duration_s: held.duration_s,
            attempt,
            ..TestEnd::new(Some(&held.suite), &held.name, held.status)
        };
        emit(held.line, Body::TestEnd(end));
        self.told.add(held.status, 1);
    }

    /// `  11 passing (164ms)` and the lines below it.
    fn total(&mut self, status: Status, count: u64, line: u64, emit: Emit<'_>) -> Claim {
        if status == Status::Passed {
            self.forget(line);
            self.end_totals(emit);
            self.end_failure(emit);
            self.sure = true;
            self.totals = Some((line, Printed::default()));
        }
        let Some((_, printed)) = &mut self.totals else {
            return Claim::Pass;
        };
        let slot = match status {
            Status::Passed => &mut printed.passed,
            Status::Skipped => &mut printed.skipped,
            _ => &mut printed.failed,
        };
        *slot = Some(count);
        Claim::Own
    }

    /// Tells the totals, and of the tests in them that have no name.
    fn end_totals(&mut self, emit: Emit<'_>) {
        let Some((line, printed)) = self.totals.take() else {
            return;
        };
        let figures = [
            (Status::Passed, printed.passed),
            (Status::Failed, printed.failed),
            (Status::Skipped, printed.skipped),
        ];
        let held = std::mem::take(&mut self.held);
        let fits = figures.iter().all(|(status, printed)| {
            let told = held.iter().filter(|h| h.status == *status).count() as u64;
            told <= printed.unwrap_or(0)
        });
        for result in held.iter().filter(|_| fits) {
            self.tell(result, emit);
        }
        close(printed, &self.told, line, emit);
        // What follows is the list of failures, then maybe another run.
        *self = Mocha {
            sure: true,
            listing: Some(0),
            ..Mocha::default()
        };
    }

    /// A line of the list of failures; `None` if it is none.
    fn list(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let latest = self.listing?;
        if let Some((number, title)) = lines::listed(line.text)
            && number == latest + 1
        {
            self.end_failure(emit);
            self.listing = Some(number);
            self.failure = Some(Failure::new(title, line.number));
            return Some(Claim::Own);
        }
        let failure = self.failure.as_mut()?;
        if indent(line.text) < 4 {
            self.end_failure(emit);
            return None;
        }
        failure.note(line.text);
        Some(Claim::Text)
    }

    fn end_failure(&mut self, emit: Emit<'_>) {
        if let Some(failure) = self.failure.take() {
            failure.tell(emit);
        }
    }
}
