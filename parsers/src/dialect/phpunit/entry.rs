//! A result of PHPUnit while the lines about it come.

use super::lines::{is_place, is_thrown, test};
use super::testdox::Shown;
use crate::dialect::Emit;
use crate::dialect::script::cap;
use crate::event::{Body, Status, TestEnd};

/// A result, or an entry of a list.
#[derive(Debug)]
pub(super) struct Entry {
    line: u64,
    pub(super) suite: String,
    pub(super) name: String,
    /// `None`: failed or errored, which the message tells.
    status: Option<Status>,
    duration_s: Option<f64>,
    message: Option<String>,
    location: Option<String>,
    /// Whether a letter may have told it before.
    pub(super) recap: bool,
}

impl Entry {
    fn new(line: u64, suite: &str, name: &str, status: Option<Status>) -> Entry {
        Entry {
            line,
            suite: suite.to_owned(),
            name: name.to_owned(),
            status,
            duration_s: None,
            message: None,
            location: None,
            recap: false,
        }
    }

    /// A sentence. What goes wrong outside of any class has one of PHPUnit's own.
    pub(super) fn shown(line: u64, class: &str, shown: &Shown) -> Entry {
        let outside = class.ends_with("\\ErrorTestCase");
        let status = if outside {
            Some(Status::Errored)
        } else {
            shown.status
        };
        Entry {
            duration_s: shown.duration_s,
            ..Entry::new(line, class, &shown.name, status)
        }
    }

    /// An entry of a list: a test, or what went wrong outside of any.
    pub(super) fn listed(status: Status, line: u64, what: &str) -> Option<Entry> {
        let (suite, name) = match what {
            "Error" | "Warning" => ("", what),
            _ => test(what)?,
        };
        Some(Entry {
            recap: true,
            ..Entry::new(line, suite, name, Some(status))
        })
    }

    /// An event's.
    pub(super) fn event(status: Status, line: u64, what: &str) -> Option<Entry> {
        let (suite, name) = test(what)?;
        Some(Entry::new(line, suite, name, Some(status)))
    }

    /// Reads a line of the message, or of the stack below.
    pub(super) fn note(&mut self, text: &str) {
        let text = text.trim();
        if self.message.is_none() && !text.is_empty() {
            self.message = Some(cap(text).to_owned());
        } else if self.location.is_none() && is_place(text) {
            self.location = Some(cap(text).to_owned());
        }
    }

    /// Whether it is of this test.
    pub(super) fn is(&self, what: &str) -> bool {
        test(what).is_some_and(|(suite, name)| suite == self.suite && name == self.name)
    }

    /// A second result of the same test: the worse one counts.
    pub(super) fn worsen(&mut self, status: Status) {
        if status.is_failure() {
            self.status = Some(status);
        }
    }

    pub(super) fn status(&self) -> Status {
        let thrown = self.message.as_deref().is_some_and(is_thrown);
        let told = if thrown {
            Status::Errored
        } else {
            Status::Failed
        };
        self.status.unwrap_or(told)
    }

    pub(super) fn tell(&self, emit: Emit<'_>) {
        let status = self.status();
        let end = TestEnd {
            duration_s: self.duration_s,
            message: self.message.as_deref().filter(|_| status != Status::Passed),
            location: self
                .location
                .as_deref()
                .filter(|_| status != Status::Passed),
            recap: self.recap,
            ..TestEnd::new(Some(&self.suite), &self.name, status)
        };
        emit(self.line, Body::TestEnd(end));
    }
}
