//! One run of Vitest: what was told of it, by name and by number.

use std::collections::HashMap;

use super::lines::{self, Bare, FileLine};
use crate::dialect::Emit;
use crate::dialect::script::{cap, tell_retries};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestDetail, TestEnd};

/// Names remembered, and files.
const NAMED_CAP: usize = 200_000;
/// Tries told of one test.
const TRIES_CAP: usize = 50;

/// What is known of the run.
#[derive(Default)]
pub(super) struct Run {
    told: Counts,
    /// Failed tests by file and titles, with the reason that stood below the result until the text
    /// of the error is read.
    failed: HashMap<(Box<str>, Box<str>), Failed>,
    /// The latest of them, whose reason may follow.
    latest: Option<(Box<str>, Box<str>)>,
    /// Tests named per file, before the file's own line.
    named: HashMap<Box<str>, Counts>,
    /// The file whose line was the latest, and what of its figures nobody named.
    file: Option<(Box<str>, u64, Counts)>,
    /// The path of that file.
    path: Box<str>,
    /// Tests that files counted as skipped: some are to be done, as the totals tell.
    skipped: u64,
    line: u64,
}

/// A failed test.
#[derive(Default)]
struct Failed {
    reason: Option<Box<str>>,
    line: u64,
    /// Whether the text of its error was read.
    explained: bool,
}

/// A result by name.
pub(super) struct Result<'a> {
    pub(super) file: &'a str,
    pub(super) titles: Bare<'a>,
    pub(super) status: Status,
    pub(super) line: u64,
}

impl Run {
    /// A test's result.
    pub(super) fn result(&mut self, result: &Result<'_>, emit: Emit<'_>) {
        let titles = &result.titles;
        let (suite, name) = lines::names(titles.title);
        let none: Box<str> = "".into();
        let tries = vec![none; titles.retries.min(TRIES_CAP)];
        let attempt = tell_retries(suite, name, &tries, result.line, emit);
        let end = TestEnd {
            duration_s: titles.duration_s,
            message: titles.note,
            attempt,
            ..TestEnd::new(Some(suite), name, result.status)
        };
        emit(result.line, Body::TestEnd(end));
        self.told.add(result.status, 1);
        match &mut self.file {
            Some((path, _, left)) if **path == *result.file => take(left, result.status, 1),
            _ if self.named.len() < NAMED_CAP => {
                let named = self.named.entry(result.file.into()).or_default();
                named.add(result.status, 1);
            }
            _ => {}
        }
        if result.status == Status::Failed && self.failed.len() < NAMED_CAP {
            let key: (Box<str>, Box<str>) = (result.file.into(), titles.title.into());
            self.latest = Some(key.clone());
            let failed = self.failed.entry(key).or_default();
            failed.line = result.line;
        } else {
            self.latest = None;
        }
    }

    /// A result in a suite that was not named. A failed one stays counted: its error has all titles.
    pub(super) fn without_suite(
        &mut self,
        status: Option<Status>,
        text: &str,
        line: u64,
        emit: Emit<'_>,
    ) {
        self.latest = None;
        let Some(status) = status.filter(|s| *s != Status::Failed) else {
            return;
        };
        let bare = lines::bare(text);
        let end = TestEnd {
            duration_s: bare.duration_s,
            message: bare.note,
            ..TestEnd::new(None, bare.title, status)
        };
        emit(line, Body::TestEnd(end));
        self.told.add(status, 1);
        if let Some((_, _, left)) = &mut self.file {
            take(left, status, 1);
        }
    }

    /// Whether a reason may follow.
    pub(super) fn has_failed(&self) -> bool {
        self.latest.is_some() || self.file.is_some()
    }

    /// `→ reason` below a result.
    pub(super) fn reason(&mut self, reason: &str) {
        let failed = self
            .latest
            .as_ref()
            .and_then(|key| self.failed.get_mut(key));
        if let Some(failed) = failed.filter(|f| f.reason.is_none()) {
            failed.reason = Some(cap(reason).into());
        }
    }

    /// A file's line.
    pub(super) fn file(&mut self, file: &FileLine<'_>, line: u64) {
        let named = self.named.remove(file.path).unwrap_or_default();
        let passed = file
            .tests
            .saturating_sub(file.failed + file.skipped + file.todo);
        let mut left = Counts::of(Status::Passed, passed);
        left.add(Status::Failed, file.failed);
        left.add(Status::Skipped, file.skipped);
        left.add(Status::Todo, file.todo);
        for status in Status::ALL {
            take(&mut left, status, named[status]);
        }
        self.path = file.path.into();
        self.file = Some((file.path.into(), line, left));
        self.latest = None;
    }

    /// Whether the lines stand below a file's.
    pub(super) fn in_file(&self) -> bool {
        self.file.is_some()
    }

    /// The file of the latest file's line.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// No further line belongs to the file's: tells of the tests that nobody named.
    pub(super) fn end_file(&mut self, emit: Emit<'_>) {
        let Some((_, line, mut left)) = self.file.take() else {
            return;
        };
        let skipped = left[Status::Skipped];
        left.sub(Status::Skipped, skipped);
        self.skipped += skipped;
        self.line = line;
        self.count(left, line, emit);
    }

    fn count(&mut self, counts: Counts, line: u64, emit: Emit<'_>) {
        if !counts.is_zero() {
            self.told.merge(&counts);
            let counted = Counted {
                suite: None,
                counts,
            };
            emit(line, Body::Counted(counted));
        }
    }

    /// A test's error was explained after the results.
    pub(super) fn explain(
        &mut self,
        file: &str,
        titles: &str,
        message: Option<&str>,
        location: Option<&str>,
        line: u64,
        emit: Emit<'_>,
    ) {
        let key = (file.into(), titles.into());
        let (suite, name) = lines::names(titles);
        let known = self.failed.get_mut(&key);
        let is_new = known.is_none();
        if let Some(failed) = known {
            failed.explained = true;
        } else if self.failed.len() < NAMED_CAP {
            let failed = Failed {
                explained: true,
                line,
                reason: None,
            };
            self.failed.insert(key, failed);
        }
        let end = TestEnd {
            message,
            location,
            recap: true,
            ..TestEnd::new(Some(suite), name, Status::Failed)
        };
        emit(line, Body::TestEnd(end));
        // It names one that the file's line has counted, if there was such a line.
        if is_new && self.counted_failures() == 0 {
            self.told.add(Status::Failed, 1);
        }
    }

    /// Failures that files' lines have counted and nobody named.
    fn counted_failures(&self) -> u64 {
        let named = self.failed.len() as u64;
        self.told[Status::Failed].saturating_sub(named.saturating_sub(1))
    }

    /// The totals were printed.
    pub(super) fn totals(&mut self, printed: Printed, line: u64, emit: Emit<'_>) {
        self.tell_reasons(emit);
        self.skipped = 0;
        let total = printed.tests.unwrap_or(0);
        let mut room = total.saturating_sub(self.told.total());
        let mut rest = Counts::ZERO;
        for (status, figure) in [
            (Status::Failed, printed.failed),
            (Status::Skipped, printed.skipped),
            (Status::Todo, printed.todo),
            (Status::Passed, printed.passed),
        ] {
            let missing = figure.unwrap_or(0).saturating_sub(self.told[status]);
            rest.add(status, missing.min(room));
            room -= missing.min(room);
        }
        self.count(rest, line, emit);
        let summary = Summary {
            suite: None,
            printed,
            duration_s: None,
        };
        emit(line, Body::Summary(summary));
    }

    /// The run is over: what waited for the totals is told without them.
    pub(super) fn end(&mut self, emit: Emit<'_>) {
        self.tell_reasons(emit);
        let skipped = std::mem::take(&mut self.skipped);
        let counts = Counts::of(Status::Skipped, skipped);
        self.count(counts, self.line, emit);
    }

    /// Tells the reasons below the results of tests whose errors no text explained.
    fn tell_reasons(&mut self, emit: Emit<'_>) {
        let mut left: Vec<_> = std::mem::take(&mut self.failed)
            .into_iter()
            .filter(|(_, f)| !f.explained && f.reason.is_some())
            .collect();
        left.sort_by_key(|(_, f)| f.line);
        for ((_, titles), failed) in &left {
            let (suite, name) = lines::names(titles);
            let detail = TestDetail {
                suite: Some(suite),
                name,
                message: failed.reason.as_deref(),
                location: None,
            };
            emit(failed.line, Body::TestDetail(detail));
        }
    }
}

/// Takes named tests off a file's figures. Some versions print only the number of all tests, which
/// then count as passed until they are named.
fn take(left: &mut Counts, status: Status, count: u64) {
    let known = left[status].min(count);
    left.sub(status, known);
    left.sub(Status::Passed, count - known);
}
