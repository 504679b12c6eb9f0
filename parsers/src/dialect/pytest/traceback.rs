//! One failure's text in the FAILURES or ERRORS section: which line is its message, where it was.

/// Characters of a message that are kept.
const MESSAGE_CAP: usize = 400;

/// What a failure's text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A test failed.
    Test,
    /// Set-up failed.
    Setup,
    /// Tear-down failed.
    Teardown,
    /// A file could not be collected.
    Collection,
}

/// Reads a failure's text line by line, in any of the `--tb` styles but `line`.
#[derive(Clone, Debug)]
pub(super) struct Traceback {
    pub kind: Kind,
    /// The heading without the words that say the kind.
    pub title: Box<str>,
    /// Number of the heading's line.
    pub line: u64,
    message: Option<String>,
    location: Option<String>,
    /// First line of the text, the message of failures that are a text only.
    first: Option<String>,
    /// The latest `file:line` seen.
    frame: Option<String>,
    /// Whether the next message line replaces the message: a chained exception follows.
    chained: bool,
    /// Whether the text is the interpreter's own traceback (`--tb=native`).
    native: bool,
    /// Whether the captured output was reached; nothing after it matters.
    pub captured: bool,
}

impl Traceback {
    /// A traceback with this heading; in the ERRORS section the heading says the kind.
    pub(super) fn new(title: &str, line: u64) -> Traceback {
        const KINDS: [(&str, Kind); 3] = [
            ("ERROR collecting ", Kind::Collection),
            ("ERROR at setup of ", Kind::Setup),
            ("ERROR at teardown of ", Kind::Teardown),
        ];
        let (title, kind) = KINDS
            .iter()
            .find_map(|(words, kind)| Some((title.strip_prefix(words)?, *kind)))
            .unwrap_or((title, Kind::Test));
        Traceback {
            kind,
            title: title.into(),
            line,
            message: None,
            location: None,
            first: None,
            frame: None,
            chained: false,
            native: false,
            captured: false,
        }
    }

    /// A failure told in one line (`--tb=line`), without a heading.
    pub(super) fn in_one_line(kind: Kind, place: &str, message: &str, line: u64) -> Traceback {
        let mut traceback = Traceback::new("", line);
        traceback.kind = kind;
        traceback.frame = Some(place.to_owned());
        traceback.say(message);
        traceback
    }

    /// The message, or for failures that are a text only its first line.
    pub(super) fn message(&self) -> Option<&str> {
        match self.kind {
            Kind::Collection => self.first.as_deref().or(self.message.as_deref()),
            _ => self.message.as_deref().or(self.first.as_deref()),
        }
    }

    /// `file:line` where the exception came from.
    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref().or(self.frame.as_deref())
    }

    /// Reads a line of the text.
    pub(super) fn read(&mut self, text: &str) {
        if self.captured || text.is_empty() {
            return;
        }
        if is_captured(text) {
            self.captured = true;
        } else if let Some(message) = text.strip_prefix("E ").map(str::trim) {
            self.say(message);
        } else if is_chain(text) {
            self.chained = true;
            self.location = None;
        } else if text.starts_with([' ', '>']) {
            self.indented(text);
        } else if let Some((place, after)) = place(text) {
            self.at(place, after);
        } else if text.starts_with("Traceback (most recent call last):") {
            self.native = true;
        } else if self.native && (self.message.is_none() || self.chained) {
            self.say(text);
        } else {
            self.begin(text);
        }
    }

    /// A message line; only the first of the last exception of a chain counts.
    fn say(&mut self, message: &str) {
        if message.is_empty() || (self.message.is_some() && !self.chained) {
            return;
        }
        self.chained = false;
        self.message = Some(cap(message));
        self.location = self.frame.take();
    }

    /// `file:line: Exception` ends the text of an exception, `file:line: in function` leads to it.
    fn at(&mut self, place: &str, after: &str) {
        if self.message.is_some() && !self.chained && !after.is_empty() && !after.starts_with("in ")
        {
            self.location = Some(place.to_owned());
        } else {
            self.frame = Some(place.to_owned());
        }
    }

    /// Frames of the interpreter's own traceback; messages of exception groups.
    fn indented(&mut self, text: &str) {
        let text = text.trim();
        if let Some(frame) = text.strip_prefix("File \"") {
            let mut parts = frame.splitn(3, ['"', ',']);
            if let (Some(file), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next())
                && let Some(line) = rest.trim().strip_prefix("line ")
            {
                let line = line.split(',').next().unwrap_or(line);
                self.frame = Some(format!("{file}:{line}"));
            }
        } else if let Some(group) = text.strip_prefix("| ") {
            let kind = group.split(':').next().unwrap_or(group);
            if kind.ends_with("ExceptionGroup") {
                self.say(group);
            }
        }
    }

    fn begin(&mut self, text: &str) {
        // pytest-xdist says first where the worker ran.
        if self.first.is_none() && !text.starts_with("[gw") {
            self.first = Some(cap(text));
        }
    }
}

fn cap(text: &str) -> String {
    let end = text.char_indices().nth(MESSAGE_CAP).map(|(i, _)| i);
    text[..end.unwrap_or(text.len())].trim_end().to_owned()
}

fn is_chain(text: &str) -> bool {
    text.starts_with("During handling of the above exception, another")
        || text.starts_with("The above exception was the direct cause")
}

/// `----- Captured stdout call -----` and its like of plugins.
fn is_captured(text: &str) -> bool {
    text.starts_with("---")
        && text.ends_with("---")
        && text.trim_matches('-').trim().starts_with("Captured ")
}

/// Cuts `file:line: rest` into `file:line` and `rest`. The rest is empty, `in function` or a word.
fn place(text: &str) -> Option<(&str, &str)> {
    let (place, after) = place_with(text)?;
    (!after.contains(' ') || after.starts_with("in ")).then_some((place, after))
}

/// Cuts `file:line: rest`, whatever the rest (`--tb=line`).
pub(super) fn place_with(text: &str) -> Option<(&str, &str)> {
    for colon in memchr::memchr_iter(b':', text.as_bytes()) {
        let after = &text[colon + 1..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 && after[digits..].starts_with(':') {
            let end = colon + 1 + digits;
            return (colon > 0).then_some((&text[..end], text[end + 1..].trim()));
        }
    }
    None
}

/// The heading of a failure: the title between two runs of the character. Lines that part the
/// frames of a traceback (`_ _ _ _`) are none.
pub(super) fn heading(text: &str, rule: char) -> Option<&str> {
    if !text.starts_with(rule) || !text.ends_with(rule) {
        return None;
    }
    let inner = text.trim_matches(rule);
    let title = inner.strip_prefix(' ')?.strip_suffix(' ')?.trim();
    (!title.trim_matches(|c| c == rule || c == ' ').is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, lines: &str) -> (Option<String>, Option<String>) {
        let mut traceback = Traceback::new(kind, 1);
        for line in lines.lines() {
            traceback.read(line);
        }
        (
            traceback.message().map(Into::into),
            traceback.location().map(Into::into),
        )
    }

    fn both(message: &str, location: &str) -> (Option<String>, Option<String>) {
        (Some(message.into()), Some(location.into()))
    }

    #[test]
    fn the_long_style_ends_with_the_place() {
        let text = "\nx = 1\n\n    def test_a(x):\n>       assert x == 2\nE       assert 1 == 2\nE         \nE         more\n\nd/a.py:4: AssertionError\n--- Captured stdout call ---\nE   not this\n";
        assert_eq!(told("test_a", text), both("assert 1 == 2", "d/a.py:4"));
    }

    #[test]
    fn the_short_style_begins_with_the_place() {
        let text =
            "d/a.py:3: in test_a\n    f()\nsrc/f.py:9: in f\n    raise E\nE   KeyError: 'x'\n";
        assert_eq!(told("test_a", text), both("KeyError: 'x'", "src/f.py:9"));
    }

    #[test]
    fn of_a_chain_the_last_exception_counts() {
        let text = ">       f()\nE       KeyError: 'x'\n\nd/a.py:2: KeyError\n\nDuring handling of the above exception, another exception occurred:\n\n>       g()\nE       ValueError: bad\n\nd/a.py:5: ValueError\n";
        assert_eq!(told("test_a", text), both("ValueError: bad", "d/a.py:5"));
    }

    #[test]
    fn the_native_style_ends_with_the_message() {
        let text = "Traceback (most recent call last):\n  File \"/s/d/a.py\", line 4, in test_a\n    assert x\nAssertionError: no\n";
        assert_eq!(
            told("test_a", text),
            both("AssertionError: no", "/s/d/a.py:4")
        );
    }

    #[test]
    fn a_text_without_traceback_is_its_first_line() {
        let text = "[gw1] linux -- Python 3.11.7 /bin/python\nworker 'gw1' crashed while running 'd/a.py::t'\n";
        assert_eq!(
            told("d/a.py", text).0.as_deref(),
            Some("worker 'gw1' crashed while running 'd/a.py::t'")
        );
        let text = "ImportError while importing test module '/s/d/a.py'.\nTraceback:\nd/a.py:4: in <module>\n    import nope\nE   ModuleNotFoundError: No module named 'nope'\n";
        assert_eq!(
            told("ERROR collecting d/a.py", text),
            both(
                "ImportError while importing test module '/s/d/a.py'.",
                "d/a.py:4"
            )
        );
    }

    #[test]
    fn a_rule_between_frames_is_no_heading() {
        assert_eq!(
            heading("____ T.test_a[x _] ____", '_'),
            Some("T.test_a[x _]")
        );
        assert_eq!(heading("_ _ _ _ _ _", '_'), None);
        assert_eq!(heading("________", '_'), None);
        assert_eq!(heading("____ open", '_'), None);
    }
}
