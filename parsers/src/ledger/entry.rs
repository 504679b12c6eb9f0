//! What a ledger keeps: attempts, tests, suites.

use std::sync::Arc;

use crate::event::{Counts, Status};

/// One execution of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// The result; [`Status::Unfinished`] until one is seen.
    pub status: Status,
    /// Duration in seconds as printed.
    pub duration_s: Option<f64>,
    /// First line of the failure's or the skip's text.
    pub message: Option<Box<str>>,
    /// `file:line` of the failure.
    pub location: Option<Box<str>>,
    /// 1-based line of the result, or of the start while there is no result.
    pub line: u64,
    /// Time of the start event, Unix milliseconds.
    pub started_ms: Option<i64>,
    /// Time of the result, Unix milliseconds.
    pub ended_ms: Option<i64>,
}

/// A test with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Place in the order of first appearance in the stream, from 0; the test's key.
    pub ordinal: u32,
    /// The suite; `None` while it is not known.
    pub suite: Option<Arc<str>>,
    /// The name.
    pub name: Box<str>,
    /// The dialect that told it.
    pub dialect: Arc<str>,
    /// The writer that told it, see [`Event::lane`](crate::Event::lane).
    pub lane: u32,
    /// Comma-separated tags as printed.
    pub tags: Option<Box<str>>,
    /// At least one, oldest first.
    pub attempts: Vec<Attempt>,
    /// Whether its tear-down failed beside its own result.
    pub teardown_error: bool,
}

impl Test {
    /// The latest attempt.
    #[must_use]
    pub fn last(&self) -> &Attempt {
        // Created with one attempt; none is ever removed.
        &self.attempts[self.attempts.len() - 1]
    }

    /// The status of the latest attempt.
    #[must_use]
    pub fn status(&self) -> Status {
        self.last().status
    }

    /// Whether it passed after an attempt that did not.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.status() == Status::Passed && self.attempts.iter().any(|a| a.status.is_failure())
    }

    /// Whether it has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status() == Status::Unfinished
    }

    pub(super) fn last_mut(&mut self) -> &mut Attempt {
        let end = self.attempts.len() - 1;
        &mut self.attempts[end]
    }
}

/// A suite seen in the stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suite {
    /// Results told with this suite.
    pub counts: Counts,
    /// Number of tests announced.
    pub planned: Option<u64>,
    /// Time of the first event naming it, Unix milliseconds.
    pub first_ms: Option<i64>,
    /// Time of its end event, Unix milliseconds.
    pub ended_ms: Option<i64>,
    /// Its own printed result.
    pub status: Option<Status>,
    /// Printed duration in seconds.
    pub duration_s: Option<f64>,
    /// Comma-separated tags as printed.
    pub tags: Option<Box<str>>,
}
