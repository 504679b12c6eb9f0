//! Picks, from what a Go test printed, the line that says why it failed or was skipped.

/// Bytes kept of a message.
const MESSAGE_CAP: usize = 512;

/// A line worth telling, with its number.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    text: String,
    line: u64,
}

/// What is kept of one test's output: a few lines, however much it prints.
#[derive(Clone, Debug, Default)]
pub(in crate::dialect) struct Excerpt {
    /// First line of what is nothing else.
    plain: Option<Kept>,
    /// Most tests have nothing of it.
    told: Option<Box<Told>>,
}

/// Lines of which the form shows that they tell something.
#[derive(Clone, Debug, Default)]
struct Told {
    /// First line marked as an error (`OutputType` of the JSON format).
    error: Option<Kept>,
    /// First line with a source position, as `t.Log` and `t.Error` print them.
    log: Option<Kept>,
    /// Last such line, unless it is the first: `t.Skip` ends the test.
    last_log: Option<Kept>,
    /// Last panic.
    panic: Option<Kept>,
    /// First position in a test file of the panic's trace.
    frame: Option<String>,
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
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return;
        }
        if text.starts_with("panic: ") {
            let told = self.told.get_or_insert_default();
            told.panic = Some(keep(trimmed, line));
            told.frame = None;
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
            _ if self.plain.is_none() => self.plain = Some(keep(trimmed, line)),
            _ => {}
        }
    }

    /// Why the test failed.
    pub(in crate::dialect) fn failure(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref();
        if let Some(panic) = told.and_then(|told| told.panic.as_ref()) {
            return Some(Reason {
                message: &panic.text,
                location: told.and_then(|told| told.frame.as_deref()),
                line: panic.line,
            });
        }
        let log = told.and_then(|told| told.error.as_ref().or(told.log.as_ref()));
        log.or(self.plain.as_ref()).map(reason)
    }

    /// Why the test was skipped.
    pub(in crate::dialect) fn skip(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref();
        let last = told.and_then(|told| told.last_log.as_ref().or(told.log.as_ref()));
        last.or(self.plain.as_ref()).map(reason)
    }

    /// The panic, if one was printed.
    pub(in crate::dialect) fn panic(&self) -> Option<Reason<'_>> {
        let told = self.told.as_deref()?;
        told.panic.as_ref().and_then(|_| self.failure())
    }
}

impl Told {
    fn note_log(&mut self, trimmed: &str, line: u64, is_error: bool) {
        self.headless = trimmed.ends_with(':');
        if is_error && self.error.is_none() {
            self.error = Some(keep(trimmed, line));
        }
        match (&self.log, &mut self.last_log) {
            (None, _) => self.log = Some(keep(trimmed, line)),
            (_, None) => self.last_log = Some(keep(trimmed, line)),
            (_, Some(last)) => {
                last.text.clear();
                last.text.push_str(cap(trimmed));
                last.line = line;
            }
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
            if let Some(kept) = kept.as_mut().filter(|k| k.text.ends_with(':')) {
                kept.text.push(' ');
                kept.text.push_str(why);
            }
        }
    }

    /// `<tab>/src/x_test.go:12 +0x1f` in a trace.
    fn note_frame(&mut self, text: &str) {
        if self.frame.is_some() {
            return;
        }
        let Some(path) = text.strip_prefix('\t').and_then(|t| t.split(' ').next()) else {
            return;
        };
        if path.contains("_test.go:") && position_end(path) == Some(path.len()) {
            self.frame = Some(cap(path).to_owned());
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

fn keep(text: &str, line: u64) -> Kept {
    Kept {
        text: cap(text).to_owned(),
        line,
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
    let colon = memchr::memchr_iter(b':', bytes).find(|at| bytes[..*at].ends_with(b".go"))?;
    let name = &text[..colon - b".go".len()];
    let plain = |name: &str| !name.contains(char::is_whitespace);
    if name.is_empty() || !(name.bytes().all(|b| b.is_ascii_graphic()) || plain(name)) {
        return None;
    }
    let number = colon + 1;
    let digits = bytes[number..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    (digits > 0).then_some(number + digits)
}
