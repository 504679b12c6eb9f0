//! `cargo nextest run`: a row per test and try, the output of failed tests below their rows (with
//! `--no-capture` above them), a summary, and the rows of what went wrong once more.
//!
//! Suite: the binary's id. Name: the test's path. Format source: `nextest-runner/src/reporter`
//! (`displayer`), and <https://nexte.st/docs/reporting/>. Rows are believed from the line
//! `Starting N tests across M binaries` on. The `skipped` of the summary are tests nobody names,
//! those left out by a filter among them: they are printed figures, not results.

mod lines;
mod output;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Plan, Printed, Status, Summary, TestEnd, TestStart};
use lines::{Figures, Row, Said};
use output::Output;

/// Tests with several tries that are told apart.
const TRIED_CAP: usize = 50_000;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "nextest",
    summary: "cargo nextest (retries, slow, leaky, timeouts)",
    sniff: |line| lines::starting(line.text).is_some(),
    needles: &["\nStarting ", "\nSummary ["],
    lookback: 0,
    new: || Box::<Nextest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Nextest {
    run: Option<Run>,
}

/// One invocation.
#[derive(Default)]
struct Run {
    /// Whether the summary came: rows repeat from then on.
    summed: bool,
    /// Results told, tries left out.
    seen: Counts,
    /// The latest result of each test with tries.
    tried: HashMap<Box<str>, Status>,
    output: Option<Output>,
    /// Whether the output precedes its row.
    uncaptured: bool,
}

impl Dialect for Nextest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(tests) = lines::starting(line.text) {
            self.finish(emit);
            self.run = Some(Run::default());
            emit(line.number, Body::Plan(Plan { suite: None, tests }));
            return Claim::Own;
        }
        let Some(run) = &mut self.run else {
            return Claim::Pass;
        };
        if let Some(row) = lines::row(line.text) {
            run.row(&row, line.number, emit);
            return Claim::Own;
        }
        if let Some(figures) = lines::summary(line.text) {
            run.end_output(emit);
            run.sum_up(&figures, line.number, emit);
            return Claim::Own;
        }
        if (lines::is_rule(line.text) || lines::is_cancel(line.text)) && !run.uncaptured {
            run.end_output(emit);
            return Claim::Own;
        }
        if run.summed && line.text.starts_with("error: ") {
            run.end_output(emit);
            self.run = None;
            return Claim::Own;
        }
        run.text(line)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(mut run) = self.run.take() {
            run.end_output(emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.run.is_some() {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Run {
    fn row(&mut self, row: &Row<'_>, number: u64, emit: Emit<'_>) {
        match row.said {
            Said::Going => {}
            Said::Began => {
                self.end_output(emit);
                if !self.summed {
                    let start = TestStart {
                        suite: Some(row.suite),
                        name: row.name,
                        attempt: row.attempt,
                        tags: None,
                    };
                    emit(number, Body::TestStart(start));
                }
                self.uncaptured = true;
                self.output = Some(Output::new(row.suite, row.name, number));
            }
            Said::Ended(status) => self.ended(row, status, number, emit),
        }
    }

    fn ended(&mut self, row: &Row<'_>, status: Status, number: u64, emit: Emit<'_>) {
        let failed = status.is_failure();
        let own = self.uncaptured && failed;
        let above = self
            .output
            .as_mut()
            .filter(|o| own && o.is_of(row.suite, row.name));
        let (message, location) = above.map(Output::reason).unwrap_or_default();
        if self.uncaptured {
            self.output = None;
        }
        self.end_output(emit);
        let end = TestEnd {
            duration_s: row.seconds,
            attempt: row.attempt.filter(|_| !self.summed),
            message: message.as_deref(),
            location: location.as_deref(),
            recap: self.summed,
            ..TestEnd::new(Some(row.suite), row.name, status)
        };
        emit(number, Body::TestEnd(end));
        if !self.summed {
            self.count(row, status);
        }
        self.uncaptured = false;
        self.output = failed.then(|| Output::new(row.suite, row.name, number));
    }

    fn count(&mut self, row: &Row<'_>, status: Status) {
        if row.attempt.is_none() {
            return self.seen.add(status, 1);
        }
        if self.tried.len() < TRIED_CAP {
            let key = format!("{} {}", row.suite, row.name);
            self.tried.insert(key.into(), status);
        }
    }

    /// The output of the latest failed test is over.
    fn end_output(&mut self, emit: Emit<'_>) {
        if let Some(output) = self.output.take()
            && !self.uncaptured
        {
            output.tell(emit);
        }
        self.uncaptured = false;
    }

    fn sum_up(&mut self, figures: &Figures, number: u64, emit: Emit<'_>) {
        if self.summed {
            return;
        }
        self.summed = true;
        let printed = Printed {
            tests: Some(figures.run),
            passed: Some(figures.passed),
            failed: Some(figures.failed.saturating_add(figures.timed_out)),
            errored: Some(figures.errored),
            skipped: Some(figures.skipped),
            ..Printed::default()
        };
        emit(
            number,
            Body::Summary(Summary {
                suite: None,
                printed,
                duration_s: figures.seconds,
            }),
        );
        for status in self.tried.values() {
            self.seen.add(*status, 1);
        }
        // Results whose rows a status level left out.
        let mut counts = Counts::ZERO;
        for (status, all) in [
            (Status::Passed, figures.passed),
            (Status::Failed, figures.failed),
            (Status::TimedOut, figures.timed_out),
            (Status::Errored, figures.errored),
        ] {
            counts.add(status, all.saturating_sub(self.seen[status]));
        }
        if !counts.is_zero() {
            emit(
                number,
                Body::Counted(Counted {
                    suite: None,
                    counts,
                }),
            );
        }
    }

    /// A line that is neither row nor summary: output of the latest test, or not ours.
    fn text(&mut self, line: &Line<'_>) -> Claim {
        let Some(output) = &mut self.output else {
            return match output::heading(line.text) {
                true => Claim::Own,
                false => Claim::Pass,
            };
        };
        output.note(line.text, line.number);
        Claim::Text
    }
}
