//! One run of Jest: what was told of it, against the totals it prints and the report after them.

use std::collections::HashMap;

use super::failure::Failure;
use super::report::{Assertion, File, Report};
use crate::dialect::Emit;
use crate::dialect::script::{cap, frame, tell_retries};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestEnd};

/// Names remembered, so that the report's repetition is known as one.
const NAMED_CAP: usize = 200_000;
/// Retried tests remembered until their result is printed.
const RETRIED_CAP: usize = 10_000;
/// Tries remembered of one test.
const TRIES_CAP: usize = 50;
/// Failures of one title that wait for the totals.
const REPEATED_CAP: usize = 1_000;

/// What is known of the run.
#[derive(Default)]
pub(super) struct Session {
    told: Counts,
    /// How many tests of each suite and name were told.
    named: HashMap<(Box<str>, Box<str>), u32>,
    /// Messages of failed tries, by full title.
    retries: HashMap<Box<str>, Vec<Box<str>>>,
    /// Failures whose title was told already, without a tree: a second test of that title, or a
    /// second error of one test. The totals decide.
    repeated: Vec<Failure>,
    /// Whether the totals were printed: what follows is another run's.
    over: bool,
    /// Tests the totals counted and nobody named, until it is clear that no report follows.
    rest: Option<(u64, Counts)>,
}

impl Session {
    /// A file's results follow.
    pub(super) fn begin(&mut self, emit: Emit<'_>) {
        self.flush(emit);
        if self.over {
            *self = Session::default();
        }
    }

    /// Tells of the tests that nobody named.
    pub(super) fn flush(&mut self, emit: Emit<'_>) {
        if let Some((line, counts)) = self.rest.take() {
            let counted = Counted {
                suite: None,
                counts,
            };
            emit(line, Body::Counted(counted));
        }
    }

    /// A test was told.
    pub(super) fn told(&mut self, suite: &str, name: &str, status: Status) {
        self.told.add(status, 1);
        let key = (suite.into(), name.into());
        if self.named.len() < NAMED_CAP || self.named.contains_key(&key) {
            *self.named.entry(key).or_default() += 1;
        }
    }

    /// A try failed.
    pub(super) fn retry(&mut self, full: &str) {
        if self.retries.len() < RETRIED_CAP || self.retries.contains_key(full) {
            let tries = self.retries.entry(full.into()).or_default();
            if tries.len() < TRIES_CAP {
                tries.push("".into());
            }
        }
    }

    /// Why the latest try failed.
    pub(super) fn retry_message(&mut self, full: &str, message: &str) {
        let tries = self.retries.get_mut(full);
        if let Some(latest) = tries.and_then(|t| t.last_mut()) {
            *latest = cap(message).into();
        }
    }

    /// The messages of the tries before a result.
    pub(super) fn take_retries(&mut self, full: &str) -> Vec<Box<str>> {
        match self.retries.is_empty() {
            true => Vec::new(),
            false => self.retries.remove(full).unwrap_or_default(),
        }
    }

    /// A failure that no tree has told.
    pub(super) fn failure(&mut self, failure: Failure, emit: Emit<'_>) {
        let (suite, name) = failure.titles();
        let known = self
            .named
            .contains_key(&(suite.as_str().into(), name.into()));
        if !known {
            self.tell(&failure, emit);
        } else if self.repeated.len() < REPEATED_CAP {
            self.repeated.push(failure);
        }
    }

    fn tell(&mut self, failure: &Failure, emit: Emit<'_>) {
        let (suite, name) = failure.titles();
        let earlier = self.take_retries(&failure.full.replace(" › ", " "));
        let attempt = tell_retries(&suite, name, &earlier, failure.line, emit);
        let end = TestEnd {
            attempt,
            message: failure.message(),
            location: failure.location(),
            ..TestEnd::new(Some(&suite), name, Status::Failed)
        };
        emit(failure.line, Body::TestEnd(end));
        self.told(&suite, name, Status::Failed);
    }

    /// The totals were printed.
    pub(super) fn totals(&mut self, printed: Printed, line: u64, emit: Emit<'_>) {
        if self.over {
            // A second run without a line for any file.
            self.begin(emit);
        }
        let missing = |of: &Session, status, printed: Option<u64>| {
            printed.unwrap_or(0).saturating_sub(of.told[status])
        };
        for failure in std::mem::take(&mut self.repeated) {
            if missing(self, Status::Failed, printed.failed) > 0 {
                self.tell(&failure, emit);
            }
        }
        let mut rest = Counts::ZERO;
        for (status, figure) in [
            (Status::Passed, printed.passed),
            (Status::Failed, printed.failed),
            (Status::Skipped, printed.skipped),
            (Status::Todo, printed.todo),
        ] {
            rest.add(status, missing(self, status, figure));
        }
        self.rest = (!rest.is_zero()).then_some((line, rest));
        self.over = true;
        tell_totals(printed, line, emit);
    }

    /// The JSON report: names what was counted, adds to what was told.
    pub(super) fn report(&mut self, report: &Report, line: u64, emit: Emit<'_>) {
        // What the totals counted is named now.
        if self.rest.take().is_none() && !self.over {
            tell_totals(report.printed(), line, emit);
        }
        self.over = true;
        for file in &report.test_results {
            for test in &file.assertion_results {
                self.report_test(test, line, emit);
            }
            if file.is_broken() {
                self.report_broken(file, line, emit);
            }
        }
    }

    fn report_test(&mut self, test: &Assertion, line: u64, emit: Emit<'_>) {
        let Some(status) = test.status() else { return };
        let suite = test.suite();
        let name = test.title.as_str();
        let failures = test.failure_messages.as_deref().unwrap_or_default();
        // Vitest keeps the errors of earlier tries on a test that passed.
        let (failures, earlier) = match status {
            Status::Passed => (&[][..], failures),
            _ => (failures, &[][..]),
        };
        let text = failures.first().map(String::as_str).unwrap_or_default();
        let recap = self.untell(&suite, name);
        let mut attempt = None;
        if !recap {
            let first = |text: &String| cap(text.lines().next().unwrap_or_default()).into();
            let reasons = test.retry_reasons.as_deref().unwrap_or_default();
            let all = if reasons.is_empty() { earlier } else { reasons };
            let earlier: Vec<Box<str>> = all.iter().take(TRIES_CAP).map(first).collect();
            attempt = tell_retries(&suite, name, &earlier, line, emit);
        }
        let end = TestEnd {
            recap,
            attempt,
            duration_s: test.seconds(),
            message: text.lines().map(str::trim).find(|l| !l.is_empty()).map(cap),
            location: text.lines().find_map(frame),
            ..TestEnd::new(Some(&suite), name, status)
        };
        emit(line, Body::TestEnd(end));
    }

    fn report_broken(&mut self, file: &File, line: u64, emit: Emit<'_>) {
        // The text has the path relative to a folder.
        let told = self
            .named
            .keys()
            .any(|(suite, name)| name.is_empty() && file.name.ends_with(&**suite));
        if told {
            return;
        }
        let text = file.message.as_deref().unwrap_or_default();
        let said = |l: &&str| !l.is_empty() && !l.starts_with('●');
        let end = TestEnd {
            message: text.lines().map(str::trim).find(said).map(cap),
            location: text.lines().find_map(frame),
            ..TestEnd::new(Some(&file.name), "", Status::Errored)
        };
        emit(line, Body::TestEnd(end));
    }

    /// Whether the text has told of a test that the report has not repeated yet.
    fn untell(&mut self, suite: &str, name: &str) -> bool {
        match self.named.get_mut(&(suite.into(), name.into())) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn tell_totals(printed: Printed, line: u64, emit: Emit<'_>) {
    let summary = Summary {
        suite: None,
        printed,
        duration_s: None,
    };
    emit(line, Body::Summary(summary));
}
