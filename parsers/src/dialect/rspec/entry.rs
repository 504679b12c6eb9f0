//! An entry of RSpec's lists of pending and failed examples.

use super::lines::{FAILURE, is_exception, place};
use crate::dialect::script::cap;
use crate::event::Status;

/// An entry while its lines come.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) status: Status,
    pub(super) number: u64,
    /// The whole description, or the file that could not be loaded.
    pub(super) what: Box<str>,
    pub(super) message: Option<Box<str>>,
    pub(super) location: Option<Box<str>>,
    part: Part,
}

/// What comes next in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The failure, or the reason.
    Reason,
    /// The code that failed, up to a blank line.
    Code,
    /// The message, below an exception's name if there is one.
    Message,
    Rest,
}

impl Entry {
    pub(super) fn new(status: Status, number: u64, what: &str) -> Entry {
        Entry {
            status,
            number,
            what: cap(what).into(),
            message: None,
            location: None,
            part: Part::Reason,
        }
    }

    /// Reads a line of the entry.
    pub(super) fn note(&mut self, text: &str) {
        let text = text.trim();
        if self.location.is_none()
            && let Some(at) = place(text)
        {
            self.location = Some(cap(at).into());
            self.part = Part::Rest;
            return;
        }
        match self.part {
            Part::Reason if text.is_empty() => {}
            Part::Reason if text.contains(FAILURE) => self.part = Part::Code,
            // Several failures of one example, each with its own code.
            Part::Reason if text.starts_with("Got ") && text.ends_with(" failures:") => {}
            Part::Reason => self.tell(text.strip_prefix("# ").unwrap_or(text)),
            Part::Code if text.is_empty() => self.part = Part::Message,
            Part::Message if !text.is_empty() && !is_exception(text) => self.tell(text),
            Part::Code | Part::Message | Part::Rest => {}
        }
    }

    fn tell(&mut self, text: &str) {
        self.message = Some(cap(text).into());
        self.part = Part::Rest;
    }

    /// Whether the place of the failure, with which an entry ends, has been seen.
    pub(super) fn placed(&self) -> bool {
        self.location.is_some()
    }
}
