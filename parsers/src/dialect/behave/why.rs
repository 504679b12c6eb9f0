//! Why a step failed: the text below it, of which the assertion's or the exception's line is kept.

use crate::dialect::script::cap;
use crate::event::Status;

/// What has been read of it.
#[derive(Debug, Default)]
pub(super) struct Why {
    message: Option<Box<str>>,
    /// Columns at which an open traceback stands.
    frames: Option<usize>,
}

/// How a text says that an assertion does not hold, by version.
const ASSERTED: [&str; 2] = ["ASSERT FAILED: ", "Assertion Failed: "];

impl Why {
    /// The kind of failure a line begins to tell, if it does: an assertion, or an exception.
    pub(super) fn begins(text: &str) -> Option<Status> {
        let text = text.trim_start();
        if text == "Traceback (most recent call last):" {
            return Some(Status::Errored);
        }
        let asserted = |p: &str| text.starts_with(p.trim_end());
        ASSERTED
            .iter()
            .any(|p| asserted(p))
            .then_some(Status::Failed)
    }

    /// Takes a line into account; whether it was part of the reason.
    pub(super) fn note(&mut self, text: &str) -> bool {
        let inner = text.trim();
        let columns = text.len() - text.trim_start().len();
        if let Some(margin) = self.frames {
            if !inner.is_empty() && columns <= margin {
                self.frames = None;
                self.message = Some(cap(inner).into());
            }
            return true;
        }
        match Why::begins(text) {
            Some(Status::Errored) => self.frames = Some(columns),
            Some(_) if self.message.is_none() => {
                let said = ASSERTED.iter().find_map(|p| inner.strip_prefix(p));
                self.message = Some(cap(said.unwrap_or(inner)).into());
            }
            _ => return false,
        }
        true
    }

    /// A step that nobody wrote, or a hook's failure, says it in one line.
    pub(super) fn say(&mut self, text: &str) {
        self.message.get_or_insert_with(|| cap(text).into());
    }

    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}
