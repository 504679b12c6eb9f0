//! `cargo test` as text: several binaries, documentation tests, `--quiet`, `--nocapture`, colours.
//!
//! Format source: `library/test/src/formatters` of the Rust distribution. libtest is spoken only
//! between `running N tests` and the `test result:` line whose figures add up to N, and no more
//! results than N are believed, since a test's own output may imitate everything in between.

mod block;
mod lines;
mod panics;
mod run;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Plan, Status, SuiteEnd, SuiteStart, Summary};

pub(super) use block::Block;
pub(super) use lines::{DOC_SUITE, Figures, is_doc_name, running, suite_heading, test_name};
use run::Run;

/// Suites whose announced numbers are remembered.
const SUITE_CAP: usize = 10_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "libtest",
    summary: "cargo test (Rust's libtest)",
    sniff: |line| {
        running(line.text).is_some()
            || suite_heading(line.text).is_some()
            || lines::is_nextest_start(line.text)
            || lines::is_nextest_summary(line.text)
    },
    needles: &[
        "\nrunning ",
        "\nRunning ",
        "\nDoc-tests ",
        "\nStarting ",
        "\nSummary [",
        "\nerror: ",
    ],
    lookback: 0,
    new: || Box::<Libtest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Libtest {
    suites: Suites,
    /// The binary whose tests are running.
    run: Option<Run>,
    /// Whether nextest is running: it starts each test by itself and tells its result in its own
    /// way; what libtest prints in between is that test's output.
    nextest: bool,
}

impl Dialect for Libtest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.nextest {
            self.nextest = !lines::is_nextest_summary(line.text);
            return Claim::Pass;
        }
        if self.run.is_none() && lines::is_nextest_start(line.text) {
            self.nextest = true;
            return Claim::Pass;
        }
        let captured = self.run.as_ref().is_some_and(Run::is_in_captured_output);
        if let Some(suite) = suite_heading(line.text).filter(|_| !captured) {
            self.abort(line.number, emit);
            self.suites.heading(suite);
            // Remembered and passed: other formats of the same binaries have the same headings.
            return Claim::Pass;
        }
        let Some(run) = &mut self.run else {
            return self.outside(line, emit);
        };
        if let Some(figures) = lines::test_result(line.text).filter(|f| run.closes(f)) {
            run.close(line.number, &figures, emit);
            self.suites.end(run.suite(), &figures, line.number, emit);
            self.run = None;
            return Claim::Own;
        }
        if lines::is_cargo_failure(line.text) {
            self.abort(line.number, emit);
            return Claim::Own;
        }
        run.line(line, emit)
    }

    fn at_once(&mut self, line: &Line<'_>, _known: usize, emit: Emit<'_>) -> bool {
        let run = self.run.as_mut().filter(|_| !self.nextest);
        run.is_some_and(|run| run.at_once(line, emit))
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(run) = &mut self.run {
            run.finish(emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.run.is_some() {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Libtest {
    fn outside(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(planned) = running(line.text) {
            let suite = self.suites.begin(planned, line.number, emit);
            self.run = Some(Run::new(suite, planned));
            return Claim::Own;
        }
        if lines::is_cargo_failure(line.text) {
            return Claim::Own;
        }
        Claim::Pass
    }

    /// The binary ended without its result line.
    fn abort(&mut self, number: u64, emit: Emit<'_>) {
        if let Some(mut run) = self.run.take() {
            run.finish(emit);
            if let Some(suite) = run.suite() {
                let end = SuiteEnd {
                    suite,
                    status: Some(Status::Errored),
                    duration_s: None,
                    adopts: false,
                };
                emit(number, Body::SuiteEnd(end));
            }
        }
    }
}

/// The suite of the next binary, as far as headings tell, and what was announced for each.
#[derive(Default)]
pub(super) struct Suites {
    next: Option<Box<str>>,
    planned: HashMap<Box<str>, u64>,
}

impl Suites {
    /// A heading named the binary that is started next.
    pub(super) fn heading(&mut self, suite: &str) {
        self.next = Some(suite.into());
    }

    /// A binary announced its tests: tells suite and plan. Binaries of one name (a crate's library
    /// and its program) make one suite.
    pub(super) fn begin(&mut self, tests: u64, number: u64, emit: Emit<'_>) -> Option<Box<str>> {
        // Documentation tests may come in several lots below one heading.
        let suite = match self.next.as_deref() {
            Some(DOC_SUITE) => self.next.clone(),
            _ => self.next.take(),
        };
        let mut all = tests;
        if let Some(suite) = &suite {
            emit(number, Body::SuiteStart(SuiteStart { suite, tags: None }));
            if self.planned.len() < SUITE_CAP || self.planned.contains_key(suite) {
                let sum = self.planned.entry(suite.clone()).or_default();
                *sum = sum.saturating_add(tests);
                all = *sum;
            }
        }
        let plan = Plan {
            suite: suite.as_deref(),
            tests: all,
        };
        emit(number, Body::Plan(plan));
        suite
    }

    /// A binary printed its figures.
    pub(super) fn end(&self, suite: Option<&str>, figures: &Figures, number: u64, emit: Emit<'_>) {
        let summary = Summary {
            suite,
            printed: figures.printed(),
            duration_s: figures.seconds,
        };
        emit(number, Body::Summary(summary));
        let Some(suite) = suite else { return };
        let status = if figures.ok {
            Status::Passed
        } else {
            Status::Failed
        };
        let end = SuiteEnd {
            suite,
            status: Some(status),
            duration_s: figures.seconds,
            adopts: false,
        };
        emit(number, Body::SuiteEnd(end));
    }
}
