//! The error below a failed result: the inspected error with its stack.

use crate::dialect::script::{bare_message, cap, frame, indent};

/// Lines of an error that are looked at.
const LINE_CAP: u32 = 2_000;

/// What is kept of it.
pub(super) struct ErrorText {
    /// Columns of the result above.
    columns: usize,
    message: Option<Box<str>>,
    location: Option<Box<str>>,
    /// Where the test itself stands; the weaker location.
    place: Option<Box<str>>,
    lines: u32,
}

impl ErrorText {
    /// Below a result of the tree.
    pub(super) fn new(columns: usize) -> ErrorText {
        ErrorText {
            columns,
            message: None,
            location: None,
            place: None,
            lines: 0,
        }
    }

    /// Below an entry of the list at the end.
    pub(super) fn listed(place: Option<Box<str>>) -> ErrorText {
        ErrorText {
            place,
            ..ErrorText::new(0)
        }
    }

    /// Takes a line into account; tells whether it belongs to the text.
    pub(super) fn note(&mut self, text: &str) -> bool {
        let inner = text.trim();
        if inner.is_empty() {
            return true;
        }
        if indent(text) <= self.columns {
            return false;
        }
        self.lines += 1;
        if self.lines > LINE_CAP {
            return true;
        }
        if self.message.is_none() {
            self.message = Some(cap(message(inner)).into());
        } else if self.location.is_none() {
            self.location = frame(inner.trim_end_matches(" {")).map(|place| cap(place).into());
        }
        true
    }

    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref().or(self.place.as_deref())
    }
}

/// The message in an inspected error: `'test failed'`, `[Error: no]`, `TypeError: no`.
fn message(text: &str) -> &str {
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(inner) = ['\'', '"', '`'].into_iter().find_map(quoted) {
        return inner;
    }
    let text = text
        .strip_prefix('[')
        .map_or(text, |t| t.strip_suffix(']').unwrap_or(t));
    bare_message(text.trim_end_matches(" {"))
}
