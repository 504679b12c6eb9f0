//! Picks, from what a Go test printed, the line that says why it failed or was skipped.

use crate::places::{all_graphic, places_of, trim};

/// Bytes kept of a message.
const MESSAGE_CAP: usize = 512;

/// A line worth telling, with its number; none while it has no text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kept {
    text: String,
    line: u64,
}

impl Kept {
    fn is_some(&self) -> bool {
        !self.text.is_empty()
    }

    fn told(&self) -> Option<&Kept> {
        self.is_some().then_some(self)
    }

    fn replace(&mut self, text: &str, line: u64) {
        self.text.clear();
        self.text.push_str(cap(text));
        self.line = line;
    }
}

/// What is kept of one test's output: a few lines, however much it prints.
#[derive(Clone, Debug, Default)]
pub(in crate::dialect) struct Excerpt {
    /// First line of what is nothing else.
    plain: Kept,
    /// Most tests have nothing of it.
    told: Option<Box<Told>>,
}

/// Lines of which the form shows that they tell something.
#[derive(Clone, Debug, Default)]
struct Told {
    /// First line marked as an error (`OutputType` of the JSON format).
    error: Kept,
    /// First line with a source position, as `t.Log` and `t.Error` print them.
    log: Kept,
    /// Last such line, unless it is the first: `t.Skip` ends the test.
    last_log: Kept,
    /// Last panic.
    panic: Kept,
    /// First position in a test file of the panic's trace.
    frame: String,
    /// Whether the last line with a position had no text of its own (an assertion library puts
    /// its explanation on lines below).
    headless: bool,
}

/// The chosen line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) struct Reason<'a> {
    pub(in crate::dialect) message: &'a str,
    /// `file.go:12`.
    pub(in crate::dialect) location: Option<&'a str>,
    pub(in crate::dialect) line: u64,
}

impl Excerpt {
    /// Takes one line of the test's output into account.
    pub(in crate::dialect) fn note(&mut self, text: &str, line: u64, is_error: bool) {
        let trimmed = trim(text);
        if trimmed.is_empty() {
            return;
        }
        if text.starts_with("panic: ") {
            let told = self.told.get_or_insert_default();
            told.panic.replace(trimmed, line);
            told.frame.clear();
            return;
        }
        if let Some(told) = &mut self.told
            && told.panic.is_some()
        {
            return told.note_frame(text);
        }
        if text.starts_with("    ") && position(trimmed).is_some() {
            let told = self.told.get_or_insert_default();
            return told.note_log(trimmed, line, is_error);
        }
        match &mut self.told {
            Some(told) if told.headless => told.explain(trimmed),
            _ if self.plain.is_some() => {}
            _ => self.plain.replace(trimmed, line),
        }
    }

    /// Forgets all lines, and keeps room for others.
    pub(in crate::dialect) fn clear(&mut self) {
        self.plain.text.clear();
        if let Some(told) = &mut self.told {
            let lines = [
                &mut told.error,
                &mut told.log,
                &mut told.last_log,
                &mut told.panic,
            ];
            lines.into_iter().for_each(|kept| kept.text.clear());
            told.frame.clear();
            told.headless = false;
        }
    }

    /// Why the test failed.
    pub(in crate::dialect) fn failure(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref();
        if let Some((told, panic)) = told.and_then(|told| Some((told, told.panic.told()?))) {
            return Some(Reason {
                message: &panic.text,
                location: (!told.frame.is_empty()).then_some(&told.frame),
                line: panic.line,
            });
        }
        let log = told.and_then(|told| told.error.told().or(told.log.told()));
        log.or(self.plain.told()).map(reason)
    }

    /// Why the test was skipped.
    pub(in crate::dialect) fn skip(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref();
        let last = told.and_then(|told| told.last_log.told().or(told.log.told()));
        last.or(self.plain.told()).map(reason)
    }

    /// The panic, if one was printed.
    pub(in crate::dialect) fn panic(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref()?;
        told.panic.told().and_then(|_| self.failure())
    }
}

impl Told {
    fn note_log(&mut self, trimmed: &str, line: u64, is_error: bool) {
        self.headless = trimmed.ends_with(':');
        if is_error && !self.error.is_some() {
            self.error.replace(trimmed, line);
        }
        match self.log.is_some() {
            false => self.log.replace(trimmed, line),
            true => self.last_log.replace(trimmed, line),
        }
    }

    /// `Error: Not equal:` below a position without text.
    fn explain(&mut self, trimmed: &str) {
        let Some(why) = trimmed.strip_prefix("Error:") else {
            return;
        };
        self.headless = false;
        let why = cap(why.trim());
        for kept in [&mut self.error, &mut self.log, &mut self.last_log] {
            if kept.text.ends_with(':') {
                kept.text.push(' ');
                kept.text.push_str(why);
            }
        }
    }

    /// `<tab>/src/x_test.go:12 +0x1f` in a trace.
    fn note_frame(&mut self, text: &str) {
        if !self.frame.is_empty() {
            return;
        }
        let Some(path) = text.strip_prefix('\t').and_then(|t| t.split(' ').next()) else {
            return;
        };
        if path.contains("_test.go:") && position_end(path) == Some(path.len()) {
            self.frame.push_str(cap(path));
        }
    }
}

fn reason(kept: &Kept) -> Reason<'_> {
    Reason {
        message: &kept.text,
        location: position(&kept.text),
        line: kept.line,
    }
}

fn cap(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_CAP)]
}

/// `file.go:12` at the start of a line `file.go:12: text`.
fn position(text: &str) -> Option<&str> {
    let end = position_end(text)?;
    let rest = &text[end..];
    (rest == ":" || rest.starts_with(": ")).then(|| &text[..end])
}

/// Where a leading `file.go:12` ends. File names hold no white space in practice.
fn position_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // Quicker than to look for all four bytes: most lines that have the colon have them.
    let colon = places_of(bytes, b':').find(|at| bytes[..*at].ends_with(b".go"))?;
    let name = &text[..colon - b".go".len()];
    let plain = |name: &str| !name.contains(char::is_whitespace);
    if name.is_empty() || !(all_graphic(name.as_bytes()) || plain(name)) {
        return None;
    }
    let number = colon + 1;
    let digits = bytes[number..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    (digits > 0).then_some(number + digits)
}
