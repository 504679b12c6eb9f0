//! The `gradle` dialect: what Gradle's test tasks log of tests, in every granularity, with short and full
//! exceptions.
//!
//! Format source: `AbstractTestLogger`, `TestEventLogger`, `ShortExceptionFormatter`, `FullExceptionFormatter` and
//! `TestCountLogger` of Gradle 2 to 9; seen: 4.4 with JUnit 4 and TestNG.
//!
//! ```text
//! > Task :app:test
//!
//! a.SumTest > adds FAILED
//!     java.lang.AssertionError at SumTest.java:7
//!
//! Gradle suite > Gradle test > a.NgTest.rows[1](2, b) PASSED                       TestNG
//!
//! 11 tests completed, 6 failed, 2 skipped
//! ```
//!
//! Suite: the class as shown (JUnit 4 and TestNG: in full; JUnit 5: its display name, classes inside joined with
//! ` > `); name: the rest of the path, `method(Type)[2]` for a numbered invocation. What the events leave out is counted
//! from the totals, which only tasks with failures print. Gradle knows no errors. Ambiguous: the test-retry
//! plug-in logs each try as a result of its own, as do tests that share a name, so both are told.

mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::java::Thrown;
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestEnd, TestStart};

use lines::Logged;

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "gradle",
    summary: "Gradle's test logging",
    sniff: |line| lines::is_known(line.text),
    needles: &[
        "> Task :",
        " PASSED",
        " FAILED",
        " SKIPPED",
        " STARTED",
        " tests completed, ",
        " test completed, ",
        "BUILD SUCCESSFUL",
        "BUILD FAILED",
    ],
    lookback: 0,
    new: || Box::<Gradle>::default(),
};

/// Tasks told apart; further ones share their figures.
const TASKS: usize = 256;

#[derive(Debug, Default)]
struct Gradle {
    /// The task whose output is being read; none before the first heading, which old versions lack.
    task: Option<Box<str>>,
    /// What was told of each task that has not printed its totals.
    told: HashMap<Box<str>, Counts>,
    /// A result that may be followed by what was thrown.
    held: Option<Held>,
    /// The sum of the totals printed in this build, and the line of the latest.
    printed: Option<(u64, Printed)>,
    /// Whether results were told that are in no totals.
    partial: bool,
}

#[derive(Debug)]
struct Held {
    number: u64,
    suite: String,
    name: String,
    status: Status,
    thrown: Option<Thrown>,
}

impl Dialect for Gradle {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(claim) = self.follows(text) {
            return claim;
        }
        self.end_held(emit);
        if let Some(task) = lines::task(text) {
            self.task = Some(task.into());
            return Claim::Pass;
        }
        if lines::is_end(text) {
            self.end_build(emit);
            return Claim::Pass;
        }
        if let Some(printed) = lines::totals(text) {
            return self.totals(printed, line.number, emit);
        }
        match lines::logged(text) {
            Some(logged) if logged.certain || self.task.is_some() => {
                self.logged(logged, line.number, emit);
                Claim::Own
            }
            _ => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_held(emit);
        self.end_build(emit);
    }

    fn attention(&self) -> Attention {
        match self.held {
            Some(_) => Attention::Every,
            None => Attention::Needles,
        }
    }
}

impl Gradle {
    /// Whose line it is if it belongs to the latest result: indented, or blank between indented ones.
    fn follows(&mut self, text: &str) -> Option<Claim> {
        let held = self.held.as_mut()?;
        if text.is_empty() {
            return Some(Claim::Pass);
        }
        if !text.starts_with("    ") && !text.starts_with('\t') {
            return None;
        }
        match &mut held.thrown {
            Some(thrown) => thrown.note(text, &held.suite),
            None => held.thrown = Some(lines::thrown(text)),
        }
        Some(Claim::Text)
    }

    fn logged(&mut self, logged: Logged, number: u64, emit: Emit<'_>) {
        let Some(status) = logged.status else {
            let start = TestStart {
                suite: Some(&logged.suite),
                name: &logged.name,
                attempt: None,
                tags: None,
            };
            return emit(number, Body::TestStart(start));
        };
        self.held = Some(Held {
            number,
            suite: logged.suite,
            name: logged.name,
            status,
            thrown: None,
        });
        self.told().add(status, 1);
        if status == Status::Passed {
            self.end_held(emit);
        }
    }

    /// What was told of the task being read.
    fn told(&mut self) -> &mut Counts {
        let task = self.task.as_deref().unwrap_or_default();
        let shared = self.told.len() >= TASKS && !self.told.contains_key(task);
        self.told
            .entry(if shared { "" } else { task }.into())
            .or_default()
    }

    fn end_held(&mut self, emit: Emit<'_>) {
        let Some(held) = self.held.take() else { return };
        let thrown = held.thrown.as_ref();
        let end = TestEnd {
            message: thrown.and_then(Thrown::message),
            location: thrown.and_then(Thrown::location),
            ..TestEnd::new(Some(&held.suite), &held.name, held.status)
        };
        emit(held.number, Body::TestEnd(end));
    }

    /// A task's totals: counts what no event told.
    fn totals(&mut self, printed: Printed, number: u64, emit: Emit<'_>) -> Claim {
        if self.task.is_none() && self.told.is_empty() {
            return Claim::Pass;
        }
        let told = std::mem::take(self.told());
        let mut rest = Counts::ZERO;
        for (status, figure) in [
            (Status::Passed, printed.passed),
            (Status::Failed, printed.failed),
            (Status::Skipped, printed.skipped),
        ] {
            rest.add(status, figure.unwrap_or(0).saturating_sub(told[status]));
        }
        if !rest.is_zero() {
            let counted = Counted {
                suite: None,
                counts: rest,
            };
            emit(number, Body::Counted(counted));
        }
        // Without headings, tasks that print no totals are told with this one.
        self.partial |= Some(told.total()) > printed.tests;
        let before = self.printed.map_or(Printed::default(), |(_, sum)| sum);
        self.printed = Some((number, before.plus(printed)));
        Claim::Own
    }

    /// Tells the sum of the totals. If some tests are in none, only the failures are complete: a task with
    /// failures always prints its totals.
    fn end_build(&mut self, emit: Emit<'_>) {
        let build = std::mem::take(self);
        let Some((number, mut printed)) = build.printed else {
            return;
        };
        if build.partial || build.told.values().any(|told| !told.is_zero()) {
            printed = Printed {
                failed: printed.failed,
                ..Printed::default()
            };
        }
        let summary = Summary {
            suite: None,
            printed,
            duration_s: None,
        };
        emit(number, Body::Summary(summary));
    }
}
