//! An entry of the list of failures below Mocha's totals.

use crate::dialect::Emit;
use crate::dialect::script::{bare_message, cap, frame, indent};
use crate::event::{Body, Status, TestEnd};

/// Titles of one entry.
const TITLE_CAP: usize = 64;

/// What is kept of an entry.
pub(super) struct Failure {
    titles: Vec<Box<str>>,
    /// Whether the titles are complete.
    titled: bool,
    message: Option<Box<str>>,
    location: Option<Box<str>>,
    line: u64,
}

impl Failure {
    pub(super) fn new(title: &str, line: u64) -> Failure {
        Failure {
            titles: vec![cap(title).into()],
            titled: false,
            message: None,
            location: None,
            line,
        }
    }

    /// The titles end with an empty line.
    pub(super) fn blank(&mut self) {
        self.titled = true;
    }

    pub(super) fn note(&mut self, text: &str) {
        let inner = text.trim();
        if !self.titled {
            // The n-th title stands two columns deeper than the one before.
            let columns = (5 + 2 * self.titles.len()).min(indent(text));
            if self.titles.len() < TITLE_CAP {
                self.titles.push(cap(text[columns..].trim_end()).into());
            }
        } else if self.message.is_none() {
            let said = inner.strip_prefix("Uncaught ").unwrap_or(inner);
            self.message = Some(cap(bare_message(said)).into());
        } else if self.location.is_none() {
            self.location = frame(inner).map(|place| cap(place).into());
        }
    }

    pub(super) fn tell(&self, emit: Emit<'_>) {
        let Some((last, suites)) = self.titles.split_last() else {
            return;
        };
        let suite = suites.join(" ");
        let end = TestEnd {
            message: self.message.as_deref(),
            location: self.location.as_deref(),
            recap: true,
            ..TestEnd::new(
                Some(&suite),
                last.strip_suffix(':').unwrap_or(last),
                Status::Failed,
            )
        };
        emit(self.line, Body::TestEnd(end));
    }
}
