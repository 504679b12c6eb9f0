//! What the output of one failed test says about the failure.

use super::lines::exit_note;
use crate::dialect::Emit;
use crate::dialect::libtest::{Block, running};
use crate::event::{Body, TestDetail};

/// Bytes kept of a line.
const TEXT_CAP: usize = 512;

/// The output of a test, shown below its row, or above it with `--no-capture`.
#[derive(Debug)]
pub(super) struct Output {
    suite: Box<str>,
    name: Box<str>,
    /// Its first line.
    line: u64,
    block: Block,
    /// The line `thread 'NAME' panicked at ...` of the test's own last panic, or of the first.
    panic: Option<String>,
    own: bool,
    /// How the process ended, where nextest says it.
    exit: Option<String>,
}

impl Output {
    pub(super) fn new(suite: &str, name: &str, number: u64) -> Output {
        Output {
            suite: suite.into(),
            name: name.into(),
            line: number,
            block: Block::new(name, number),
            panic: None,
            own: false,
            exit: None,
        }
    }

    pub(super) fn is_of(&self, suite: &str, name: &str) -> bool {
        *self.suite == *suite && *self.name == *name
    }

    /// Takes a line into account.
    pub(super) fn note(&mut self, text: &str, number: u64) {
        let line = text.trim();
        if let Some(note) = exit_note(line) {
            self.exit.get_or_insert_with(|| note.to_owned());
            return;
        }
        if line.ends_with(" ───") || heading(line) || running(line).is_some() {
            return;
        }
        if let Some(rest) = line.strip_prefix("thread '")
            && line.contains("panicked at ")
        {
            let own = rest
                .strip_prefix(&*self.name)
                .is_some_and(|r| r.starts_with('\''));
            if own || self.panic.is_none() {
                self.own |= own;
                self.panic = Some(line[..line.floor_char_boundary(TEXT_CAP)].to_owned());
            }
        }
        self.block.note(line, number);
    }

    /// Message and location, if the output tells them.
    pub(super) fn reason(&mut self) -> (Option<String>, Option<String>) {
        let told = self.block.reason();
        let (message, location) = match told {
            Some((message, location, _)) => (Some(message.to_owned()), location),
            None => (None, None),
        };
        // Nextest's own report leads with the panic's line; what it says stands on the next one.
        let message = match (&self.panic, message) {
            (Some(panic), Some(message)) if panic.ends_with(':') => {
                Some(format!("{panic} {message}"))
            }
            (Some(panic), _) => Some(panic.clone()),
            (None, message) => self.exit.clone().or(message),
        };
        (message, location)
    }

    /// Tells more about the result that stood above the output.
    pub(super) fn tell(mut self, emit: Emit<'_>) {
        let (message, location) = self.reason();
        if message.is_none() && location.is_none() {
            return;
        }
        let detail = TestDetail {
            suite: Some(&self.suite),
            name: &self.name,
            message: message.as_deref(),
            location: location.as_deref(),
        };
        emit(self.line, Body::TestDetail(detail));
    }
}

/// `--- STDOUT:              crate path::of::test ---`, in older versions.
pub(super) fn heading(line: &str) -> bool {
    let line = line.trim_matches(['-', '─', ' ']);
    ["STDOUT:", "STDERR:", "OUTPUT:"]
        .iter()
        .any(|h| line.starts_with(h))
        || line.starts_with("TRY ") && (line.contains(" STDOUT:") || line.contains(" STDERR:"))
}
