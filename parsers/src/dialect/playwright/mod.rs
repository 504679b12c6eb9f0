//! Playwright Test: the list, line and dot reporters.
//!
//! Format source: `packages/playwright/src/reporters/{base,list,line,dot}.ts`. All begin with
//! `Running 12 tests using 4 workers` and end with a text per failure and the lists of those that
//! failed or were flaky. Tests are told without the file, as in the other frameworks of this
//! language; a project's name stands before the titles, for every project runs the same tests.

mod epilogue;
mod failure;
mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::dialect::script::indent;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Plan, Status, TestDetail, TestEnd};
use epilogue::Epilogue;
use failure::Failure;
use lines::{Place, Titled};

/// Tests of a run remembered by what identifies them.
const TOLD_CAP: usize = 200_000;
/// Texts of failures that wait for the lists.
const HELD_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "playwright",
    summary: "Playwright, list, line and dot",
    sniff: |line| lines::running(line.text).is_some(),
    needles: &["\nRunning "],
    lookback: 0,
    new: || Box::<Playwright>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Playwright {
    running: bool,
    told: Counts,
    /// Status of the tests told by name, by place and titles.
    named: HashMap<Box<str>, Status>,
    /// Failures counted by letters, whose names the lists at the end tell.
    letters: u64,
    failure: Option<Failure>,
    /// Texts of failures that only the lists can tell from flaky tests.
    held: Vec<Failure>,
    epilogue: Epilogue,
}

impl Dialect for Playwright {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(tests) = lines::running(text) {
            self.end_run(emit);
            self.running = true;
            emit(line.number, Body::Plan(Plan { suite: None, tests }));
            return Claim::Own;
        }
        if !self.running {
            return Claim::Pass;
        }
        if text.trim().is_empty() {
            return Claim::Pass;
        }
        if let Some(claim) = self.epilogue(line, emit) {
            return claim;
        }
        if let Some(titled) = lines::failure(text) {
            self.end_failure(emit);
            self.failure = Some(Failure::new(&titled, line.number));
            return Claim::Own;
        }
        if let Some(failure) = &mut self.failure {
            if indent(text) >= 4 {
                failure.note(text);
                return Claim::Text;
            }
            self.end_failure(emit);
        }
        if let Some((status, titled)) = lines::result(text) {
            self.result(status, &titled, line.number, emit);
            return Claim::Own;
        }
        if lines::is_progress(text) {
            return Claim::Own;
        }
        match lines::letters(text) {
            Some(counts) => {
                self.count(counts, line.number, emit);
                Claim::Own
            }
            None => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_run(emit);
    }

    fn attention(&self) -> Attention {
        match self.running {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Playwright {
    fn result(&mut self, status: Status, titled: &Titled<'_>, line: u64, emit: Emit<'_>) {
        let (suite, name) = titled.names();
        let end = TestEnd {
            duration_s: titled.duration_s,
            attempt: titled.retry.map(|n| n.saturating_add(1)),
            ..TestEnd::new(Some(&suite), name, status)
        };
        emit(line, Body::TestEnd(end));
        if self.remember(titled.id, status).is_none() {
            self.told.add(status, 1);
        }
    }

    /// Gives the status the test had before.
    fn remember(&mut self, id: &str, status: Status) -> Option<Status> {
        if let Some(known) = self.named.get_mut(id) {
            let old = std::mem::replace(known, status);
            self.told.sub(old, 1);
            self.told.add(status, 1);
            return Some(old);
        }
        if self.named.len() < TOLD_CAP {
            self.named.insert(id.into(), status);
        }
        None
    }

    fn count(&mut self, counts: Counts, line: u64, emit: Emit<'_>) {
        self.letters += counts[Status::Failed];
        self.told.merge(&counts);
        if !counts.is_zero() {
            let counted = Counted {
                suite: None,
                counts,
            };
            emit(line, Body::Counted(counted));
        }
    }

    /// Tells what a failure's text says: at once, or when the lists say whose it is.
    fn end_failure(&mut self, emit: Emit<'_>) {
        let Some(failure) = self.failure.take() else {
            return;
        };
        if self.named.contains_key(failure.id()) {
            let (suite, name) = failure.names();
            let detail = TestDetail {
                suite: Some(&suite),
                name,
                message: failure.message(),
                location: failure.location(),
            };
            emit(failure.line, Body::TestDetail(detail));
        } else if self.letters == 0 {
            self.tell(&failure, emit);
        } else if self.held.len() < HELD_CAP {
            self.held.push(failure);
        }
    }

    /// A failed test that no line has told: every try has a text.
    fn tell(&mut self, failure: &Failure, emit: Emit<'_>) {
        failure.tell(self.letters > 0, emit);
        let counted = self.letters > 0;
        self.letters = self.letters.saturating_sub(1);
        if self.remember(failure.id(), Status::Failed).is_none() && !counted {
            self.told.add(Status::Failed, 1);
        }
    }

    /// The totals with their lists; `None` if the line is none of it.
    fn epilogue(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        if let Some((place, count, is_last)) = lines::total(line.text) {
            self.end_failure(emit);
            self.epilogue.total(place, count, line.number);
            if is_last {
                self.end_run(emit);
            }
            return Some(Claim::Own);
        }
        let place = self.epilogue.place()?;
        let titled = lines::listed(line.text)?;
        self.listed(place, &titled, line.number, emit);
        Some(Claim::Own)
    }

    fn listed(&mut self, place: Place, titled: &Titled<'_>, line: u64, emit: Emit<'_>) {
        let held = self.held.iter().position(|f| f.id() == titled.id);
        let held = held.map(|at| self.held.remove(at));
        match place {
            Place::Failed if !self.named.contains_key(titled.id) => {
                let failure = held.unwrap_or_else(|| Failure::new(titled, line));
                self.tell(&failure, emit);
            }
            Place::Flaky if self.named.get(titled.id) != Some(&Status::Passed) => {
                let mut tries = 1;
                if !self.named.contains_key(titled.id) {
                    let failure = held.unwrap_or_else(|| Failure::new(titled, line));
                    failure.tell(false, emit);
                    tries = failure.tries();
                    self.told.add(Status::Failed, 1);
                    self.remember(titled.id, Status::Failed);
                }
                let (suite, name) = titled.names();
                let end = TestEnd {
                    attempt: Some(tries + 1),
                    ..TestEnd::new(Some(&suite), name, Status::Passed)
                };
                emit(line, Body::TestEnd(end));
                self.remember(titled.id, Status::Passed);
            }
            _ => {}
        }
    }

    /// The run is over, or another begins.
    fn end_run(&mut self, emit: Emit<'_>) {
        self.end_failure(emit);
        for failure in std::mem::take(&mut self.held) {
            self.tell(&failure, emit);
        }
        self.epilogue.end(&self.told, emit);
        *self = Playwright::default();
    }
}
