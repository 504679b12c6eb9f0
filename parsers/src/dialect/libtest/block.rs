//! The captured output of one failed test, as libtest shows it below `---- NAME stdout ----`.

use super::lines::is_doc_name;
use super::panics::{Panic, PanicReader, cap, position};

/// What is kept of the block, however long it is.
#[derive(Debug)]
pub(in crate::dialect) struct Block {
    /// The test.
    pub(in crate::dialect) name: Box<str>,
    /// Number of the block's first line.
    line: u64,
    reader: PanicReader,
    /// The last panic of the test's own thread: the one that ended it.
    own: Option<Panic>,
    /// The first panic of any thread.
    any: Option<Panic>,
    /// What libtest says about a test that should have panicked.
    said: Option<String>,
    /// The error a test returned.
    error: Option<String>,
    /// First line that is neither blank nor a heading.
    first: Option<String>,
}

impl Block {
    pub(in crate::dialect) fn new(name: &str, line: u64) -> Block {
        Block {
            name: name.into(),
            line,
            reader: PanicReader::default(),
            own: None,
            any: None,
            said: None,
            error: None,
            first: None,
        }
    }

    /// Takes a line of the block into account.
    pub(in crate::dialect) fn note(&mut self, text: &str, number: u64) {
        if let Some(panic) = self.reader.line(text, number) {
            self.take(panic);
        }
        let trimmed = text.trim();
        let heading = matches!(trimmed, "" | "stderr:" | "stdout:");
        if self.first.is_none() && !heading {
            self.first = Some(cap(trimmed));
        }
        let note = trimmed.starts_with("note: test did not panic as expected")
            || trimmed.starts_with("note: panic did not contain expected string");
        if note && self.said.is_none() {
            self.said = Some(cap(trimmed));
        }
        if self.error.is_none() && trimmed.starts_with("Error: ") {
            self.error = Some(cap(trimmed));
        }
    }

    fn take(&mut self, panic: Panic) {
        // Tests that run one at a time, and documentation tests, run on the main thread.
        let own = panic.thread == *self.name || panic.thread == "main";
        if self.any.is_none() {
            self.any = Some(panic.clone());
        }
        if own {
            self.own = Some(panic);
        }
    }

    /// Message, location and the number of the line they come from.
    pub(in crate::dialect) fn reason(&mut self) -> Option<(&str, Option<String>, u64)> {
        if let Some(panic) = self.reader.finish() {
            self.take(panic);
        }
        let own = self.own.as_ref();
        let panic = own
            .or(self.any.as_ref())
            .filter(|_| own.is_some() || self.error.is_none());
        let line = panic.map_or(self.line, |p| p.line);
        // Positions within a documentation test are those of a file nobody has.
        let said = self.said.as_ref().and_then(|s| s.split_once(" at "));
        let location = doc_location(&self.name)
            .or(panic.and_then(|p| p.location.clone()))
            .or(said.and_then(|(_, at)| position(at)));
        let message = self
            .said
            .as_ref()
            .or(panic.map(|p| &p.message).filter(|m| !m.is_empty()))
            .or(self.error.as_ref())
            .or(self.first.as_ref())?;
        Some((message, location, line))
    }
}

/// `src/lib.rs:12` of `src/lib.rs - item (line 12)`.
pub(in crate::dialect) fn doc_location(name: &str) -> Option<String> {
    if !is_doc_name(name) {
        return None;
    }
    let (path, _) = name.split_once(" - ")?;
    let (_, line) = name.strip_suffix(')')?.rsplit_once("(line ")?;
    Some(format!("{path}:{line}"))
}
