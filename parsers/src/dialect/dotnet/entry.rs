//! A result of `dotnet test` while the lines about it come.

use super::lines::{frame, split};
use crate::dialect::Emit;
use crate::dialect::script::cap;
use crate::event::{Body, Status, TestEnd};

/// A result whose message may follow.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) status: Status,
    pub(super) name: Box<str>,
    line: u64,
    duration_s: Option<f64>,
    message: Option<Box<str>>,
    location: Option<String>,
}

impl Entry {
    pub(super) fn new(status: Status, name: &str, line: u64, duration_s: Option<f64>) -> Entry {
        Entry {
            status,
            name: cap(name).into(),
            line,
            duration_s,
            message: None,
            location: None,
        }
    }

    /// It failed there.
    pub(super) fn at(&mut self, location: Option<String>) {
        self.location = location;
    }

    /// A line of the message.
    pub(super) fn message(&mut self, text: &str) {
        let text = text.trim();
        if self.message.is_none() && !text.is_empty() {
            self.message = Some(cap(text).into());
        }
    }

    /// A line of the stack; gives whether it is a frame.
    pub(super) fn stack(&mut self, text: &str) -> bool {
        if self.location.is_none() {
            self.location = frame(text);
        }
        text.trim_start().starts_with("at ")
    }

    pub(super) fn tell(&self, emit: Emit<'_>) {
        let (suite, name) = split(&self.name);
        let end = TestEnd {
            duration_s: self.duration_s,
            message: self.message.as_deref(),
            location: self.location.as_deref(),
            ..TestEnd::new(Some(suite), name, self.status)
        };
        emit(self.line, Body::TestEnd(end));
    }
}
