//! What is known of the session in progress, and what its end settles.

use std::collections::{HashMap, VecDeque};

use super::failures::{Expected, Held};
use super::node;
use super::report::Report;
use super::slowest::Slowest;
use super::traceback::Traceback;
use crate::dialect::Emit;
use crate::event::{Body, Counted, Counts, Printed, Status, TestDetail, TestEnd};

/// How the session shows its results; the first one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A line per test.
    Verbose,
    /// A letter per test.
    Letters,
}

/// A test whose name was shown and whose result was not, because its output came between.
#[derive(Debug)]
pub(super) struct Pending {
    pub id: Box<str>,
    /// Number of the line that named it.
    pub line: u64,
    /// A status word at the end of its output, and the line: its result unless a better one comes.
    pub hint: Option<(Status, u64)>,
    /// Whether pytest-timeout ended it, and the whole process with it.
    pub timed_out: bool,
}

/// One session of pytest.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Whether a header opened it; a quiet session has neither header nor final banner.
    pub headed: bool,
    /// Whether pytest-sugar writes its progress.
    pub sugar: bool,
    /// Whether workers run the tests.
    pub workers: bool,
    pub style: Option<Style>,
    /// Whether text that is not pytest's stood among the letters: some may have been missed.
    pub muddled: bool,
    /// The terminal's width in characters, 0 while unknown.
    pub width: usize,
    /// The file that letters belong to; empty if none was named.
    pub file: Box<str>,
    pub pending: Option<Pending>,
    /// Tests that are tried again, with the tries so far.
    pub reruns: HashMap<Box<str>, u32>,
    /// Per worker the test that had its result last.
    pub last: Vec<(Box<str>, String)>,
    /// Failures and errors reported whose texts have not come yet.
    pub failed: VecDeque<Expected>,
    pub errored: VecDeque<Expected>,
    /// The failure text being read.
    pub reading: Option<Traceback>,
    /// Whose text it is, if that is known.
    pub target: Option<Expected>,
    /// Whether the block being read is that of errors.
    pub in_errors: bool,
    /// Failure texts whose tests are named later, in the list.
    pub held: VecDeque<Held>,
    /// Whether the list named failed and errored tests.
    pub listed: (bool, bool),
    /// Results told so far, and those of them that no name has claimed.
    pub seen: Counts,
    pub unnamed: Counts,
    /// How many sessions shown in a test's captured output are open.
    pub nested: u32,
    pub slowest: Slowest,
    /// Files that could not be collected, told by their text and not listed yet.
    pub uncollected: u32,
}

impl Session {
    pub(super) fn new(headed: bool, sugar: bool, width: usize) -> Session {
        Session {
            headed,
            sugar,
            width,
            ..Session::default()
        }
    }

    /// Results without names.
    pub(super) fn count(&mut self, suite: Option<&str>, counts: Counts, line: u64, emit: Emit<'_>) {
        if counts.is_zero() {
            return;
        }
        self.seen.merge(&counts);
        self.unnamed.merge(&counts);
        emit(line, Body::Counted(Counted { suite, counts }));
    }

    /// A name was given to a result: one of those counted, or one not told before.
    pub(super) fn claim(&mut self, status: Status) {
        if self.unnamed[status] > 0 {
            self.unnamed.sub(status, 1);
        } else {
            self.seen.add(status, 1);
        }
    }

    /// The test whose result is missing is left: the hint was its result.
    pub(super) fn settle(&mut self, emit: Emit<'_>) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        if let Some((status, line)) = pending.hint {
            self.result(&Report::of(&pending.id, status), line, emit);
        } else if pending.timed_out {
            let (suite, name) = node::split(&pending.id);
            let detail = TestDetail {
                suite: Some(suite),
                name,
                message: Some("Timeout"),
                location: None,
            };
            emit(pending.line, Body::TestDetail(detail));
        }
    }

    /// The session is over: what was held back is told.
    pub(super) fn close(&mut self, emit: Emit<'_>) {
        self.settle(emit);
        self.leave_block(emit);
        while let Some(held) = self.held.pop_front() {
            let known = match held.is_error() {
                true => self.listed.1,
                false => self.listed.0,
            };
            // A list that names its like has named it too, if under a title we do not know.
            if !known && held.is_titled() {
                self.claim(held.status());
                held.tell_by_title(emit);
            }
        }
    }

    /// Where letters were not seen, or not all of them, the printed figures are the better count.
    pub(super) fn fill_up(&mut self, printed: &Printed, line: u64, emit: Emit<'_>) {
        let blind = self.style.is_none() && !self.headed;
        if self.style == Some(Style::Verbose) || !(blind || self.muddled) {
            return;
        }
        let figures = [
            (Status::Passed, printed.passed),
            (Status::Failed, printed.failed),
            (Status::Errored, printed.errored),
            (Status::Skipped, printed.skipped),
            (Status::Xfail, printed.xfail),
            (Status::Xpass, printed.xpass),
        ];
        let mut missing = Counts::ZERO;
        for (status, figure) in figures {
            missing.add(
                status,
                figure.unwrap_or(0).saturating_sub(self.seen[status]),
            );
        }
        self.count(None, missing, line, emit);
    }
}

/// A result of a test named by id, with nothing else known.
pub(super) fn end<'a>(suite: &'a str, name: &'a str, status: Status) -> TestEnd<'a> {
    TestEnd::new(Some(suite), name, status)
}
