//! The text of one failure below its bullet.

use crate::dialect::script::{cap, frame};

/// Lines of a failure's text that are looked at.
const LINE_CAP: u32 = 2_000;

/// What is kept of it.
#[derive(Default)]
pub(super) struct Failure {
    /// The titles as printed, joined with ` › `.
    pub(super) full: String,
    /// Whether the file could not be loaded.
    pub(super) is_suite: bool,
    /// The bullet's line.
    pub(super) line: u64,
    message: Option<Box<str>>,
    /// First frame of the tests' own code.
    first: Option<Box<str>>,
    /// First frame in the file of tests.
    own: Option<Box<str>>,
    lines: u32,
}

impl Failure {
    pub(super) fn of_test(full: &str, line: u64) -> Failure {
        Failure {
            full: full.to_owned(),
            line,
            ..Failure::default()
        }
    }

    pub(super) fn of_suite(line: u64) -> Failure {
        Failure {
            is_suite: true,
            line,
            ..Failure::default()
        }
    }

    /// Takes a line into account.
    pub(super) fn note(&mut self, text: &str, file: &str) {
        let text = text.trim();
        self.lines += 1;
        if text.is_empty() || self.lines > LINE_CAP {
            return;
        }
        if self.message.is_none() {
            self.message = Some(cap(text).into());
            return;
        }
        let Some(place) = frame(text) else { return };
        if self.first.is_none() {
            self.first = Some(cap(place).into());
        }
        let of_file = place.rsplit_once(':').is_some_and(|(path, _)| path == file);
        if of_file && self.own.is_none() {
            self.own = Some(cap(place).into());
        }
    }

    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.own.as_deref().or(self.first.as_deref())
    }

    /// Suite and name as far as the bullet shows them.
    pub(super) fn titles(&self) -> (String, &str) {
        match self.full.rsplit_once(" › ") {
            Some((suite, name)) => (suite.replace(" › ", " > "), name),
            None => (String::new(), &self.full),
        }
    }
}
