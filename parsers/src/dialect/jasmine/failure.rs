//! An entry of the console reporter's lists.

use crate::dialect::Emit;
use crate::dialect::script::{cap, frame};
use crate::event::{Body, Status, TestEnd};

/// What is kept of an entry.
pub(super) struct Failure {
    /// The titles, joined with blanks.
    title: Box<str>,
    status: Status,
    line: u64,
    /// Whether the next line is the message.
    awaits: bool,
    message: Option<Box<str>>,
    location: Option<Box<str>>,
}

impl Failure {
    pub(super) fn new(title: &str, status: Status, line: u64) -> Failure {
        Failure {
            title: title.into(),
            status,
            line,
            // A pending spec's reason stands below it without a heading.
            awaits: status == Status::Skipped,
            message: None,
            location: None,
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        let inner = text.trim();
        if inner.is_empty() {
            return;
        }
        if inner == "Message:" {
            self.awaits = self.message.is_none();
        } else if std::mem::take(&mut self.awaits) {
            self.message = Some(cap(inner).into());
        } else if self.location.is_none() {
            self.location = frame(inner).map(|place| cap(place).into());
        }
    }

    pub(super) fn tell(&self, emit: Emit<'_>) {
        let end = TestEnd {
            message: self.message.as_deref(),
            location: self.location.as_deref(),
            recap: true,
            ..TestEnd::new(None, &self.title, self.status)
        };
        emit(self.line, Body::TestEnd(end));
    }
}
