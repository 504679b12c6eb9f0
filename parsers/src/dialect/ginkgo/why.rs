//! Why a spec failed or was skipped, and where.

use super::lines;
use crate::dialect::script::cap;

/// Bytes kept of a message.
const MESSAGE_CAP: usize = 512;
/// What both versions say of a panic before its value.
const PANICKED: &str = "Test Panicked";

/// What has been read of the reason.
#[derive(Debug, Default)]
pub(super) struct Why {
    message: String,
    location: Option<Box<str>>,
    reading: Reading,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    /// The reason has not begun.
    #[default]
    Before,
    /// Its lines come.
    Message,
    /// A panic's value may follow.
    Panic,
    Done,
}

impl Why {
    /// Version 1 gives the reason and its place, below the name, without any word before them.
    pub(super) fn first(&mut self, text: &str) {
        let inner = text.trim();
        match self.reading {
            Reading::Done => {}
            _ if inner == "Full Stack Trace" => self.reading = Reading::Done,
            Reading::Before if inner.is_empty() => {}
            _ => match lines::place(inner) {
                Some(place) if !self.message.is_empty() => {
                    self.location = Some(cap(place).into());
                    self.reading = Reading::Done;
                }
                _ => self.push(inner),
            },
        }
    }

    /// Version 2 says `[FAILED] reason`, then `In [It] at: place @ time`.
    pub(super) fn second(&mut self, text: &str) {
        let inner = text.trim();
        if let Some(reason) = reason(inner) {
            self.message.clear();
            self.push(reason);
            return;
        }
        match self.reading {
            Reading::Message => match inner
                .strip_prefix("In [")
                .and_then(|t| t.split_once(" at: "))
            {
                Some((_, place)) => {
                    let place = place.split(" @ ").next().unwrap_or(place);
                    self.location = Some(cap(place).into());
                    self.reading = match &*self.message {
                        PANICKED => Reading::Panic,
                        _ => Reading::Done,
                    };
                }
                None => self.push(inner),
            },
            Reading::Panic if !inner.is_empty() => {
                if inner != "Full Stack Trace" {
                    self.push(inner);
                }
                self.reading = Reading::Done;
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        self.reading = Reading::Message;
        if text.is_empty() {
            return;
        }
        if self.message == PANICKED {
            self.message.push(':');
        }
        // Where nothing fits, a space for each line would.
        if self.message.len() >= MESSAGE_CAP {
            return;
        }
        if !self.message.is_empty() {
            self.message.push(' ');
        }
        let room = MESSAGE_CAP.saturating_sub(self.message.len());
        self.message
            .push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// A try failed and another follows.
    pub(super) fn forget(&mut self) {
        *self = Why::default();
    }

    pub(super) fn message(&self) -> Option<&str> {
        (!self.message.is_empty()).then_some(self.message.as_str())
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }
}

/// `[FAILED] reason`, but not `[FAILED] in [It] - place`, which only announces one.
fn reason(text: &str) -> Option<&str> {
    let (word, reason) = text.strip_prefix('[')?.split_once("] ")?;
    let known = matches!(
        word,
        "FAILED" | "PANICKED" | "TIMEDOUT" | "SKIPPED" | "INTERRUPTED" | "ABORTED"
    );
    (known && !reason.starts_with("in [")).then_some(reason)
}
