//! What TAP producers print after a result: YAML blocks, comments, or indented raw text. Read for
//! the failure's message and place, the duration, and whether the result is a mere suite's.

/// Characters of a message that are kept.
const MESSAGE_CAP: usize = 400;

/// Gathers the details of one result.
#[derive(Debug, Default)]
pub(crate) struct Details {
    message: String,
    /// Used when nothing better comes: `Failed test 'x'`, the first line of a stack.
    headline: String,
    error_name: String,
    file: String,
    line: Option<u64>,
    pub(crate) duration_s: Option<f64>,
    /// `type: 'suite'` of node's runner.
    pub(crate) is_suite: bool,
    /// The block scalar being read: what it is, and the column of its key.
    block: Option<(Field, usize)>,
    /// Column of an `error:` or `at:` that opens a mapping.
    mapping: Option<(Field, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Message,
    Stack,
    Error,
    At,
    Ignored,
}

impl Details {
    pub(crate) fn clear(&mut self) {
        self.message.clear();
        self.headline.clear();
        self.error_name.clear();
        self.file.clear();
        (self.line, self.duration_s) = (None, None);
        self.is_suite = false;
        (self.block, self.mapping) = (None, None);
    }

    /// The message, if there is any.
    pub(crate) fn message(&self) -> Option<String> {
        if !self.message.is_empty() && !self.error_name.is_empty() {
            return Some(format!("{}: {}", self.error_name, self.message));
        }
        [&self.message, &self.headline]
            .into_iter()
            .find(|m| !m.is_empty())
            .cloned()
    }

    /// `file:line`, if both are known.
    pub(crate) fn location(&self) -> Option<String> {
        let line = self.line?;
        (!self.file.is_empty()).then(|| format!("{}:{line}", self.file))
    }

    /// A line of a YAML block. Only the keys that common producers write are understood; anything
    /// else is skipped, however it is nested.
    pub(crate) fn yaml(&mut self, text: &str) {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return;
        }
        let column = text.len() - text.trim_start().len();
        if let Some((field, of)) = self.block {
            if column > of {
                return self.value(field, trimmed);
            }
            self.block = None;
        }
        if self.mapping.is_some_and(|(_, of)| column <= of) {
            self.mapping = None;
        }
        let Some((key, value)) = trimmed.split_once(':') else {
            return;
        };
        let value = value.trim();
        let inside = self.mapping.map(|(field, _)| field);
        let field = match (key, inside) {
            ("message", _) => Field::Message,
            ("name", Some(Field::Error)) => return set(&mut self.error_name, unquote(value)),
            ("error", None) if value.is_empty() => Field::Error,
            ("error", None) => Field::Message,
            ("stack", _) => Field::Stack,
            ("at" | "location", None) => Field::At,
            ("file", _) => return set(&mut self.file, unquote(value)),
            ("line", _) => return self.line = self.line.or(value.parse().ok()),
            ("duration_ms", None) => {
                return self.duration_s = value.parse().ok().map(|ms: f64| ms / 1000.0);
            }
            ("type", None) => return self.is_suite = unquote(value) == "suite",
            _ => Field::Ignored,
        };
        match value.as_bytes() {
            [] if matches!(field, Field::Error | Field::At) => self.mapping = Some((field, column)),
            [] | [b'|' | b'>', ..] => self.block = Some((field, column)),
            _ => self.value(field, unquote(value)),
        }
    }

    fn value(&mut self, field: Field, text: &str) {
        match field {
            Field::Message => set(&mut self.message, text),
            Field::At => self.place(text),
            Field::Stack => {
                if self.headline.is_empty() && position(text).is_none() {
                    set(&mut self.headline, text);
                }
                self.place(text);
            }
            Field::Error | Field::Ignored => {}
        }
    }

    /// A comment line after a result, without its `#`: Test::More's and bats' diagnostics.
    pub(crate) fn comment(&mut self, text: &str) {
        let text = text.trim();
        // Test::More's last words about the whole file.
        if text.starts_with("Looks like you") {
            return;
        }
        let bats = text
            .strip_prefix("(in test file ")
            .or_else(|| text.strip_prefix("in test file "))
            .and_then(|rest| rest.trim_end_matches([')', ',']).rsplit_once(", line "));
        if let Some((file, line)) = bats {
            set(&mut self.file, file);
            self.line = self.line.or(line.parse().ok());
        } else if let Some((head, file, line)) = perl_place(text) {
            if self.line.is_none() {
                set(&mut self.file, file);
                self.line = Some(line);
            }
            set(&mut self.headline, head);
            return;
        } else if text.starts_with("Failed ") {
            return set(&mut self.headline, text);
        } else if is_word(text, "expected") && is_word(&self.message, "got") {
            if !self.message.contains(", expected") {
                self.message.push_str(", ");
                self.message.push_str(cut(text));
            }
            return;
        }
        set(&mut self.message, text);
    }

    /// An indented line after a failure (mocha): the message, then the stack.
    pub(crate) fn raw(&mut self, text: &str) {
        let text = text.trim();
        if text.starts_with("at ") {
            self.place(text);
        } else {
            set(&mut self.message, text);
        }
    }

    fn place(&mut self, text: &str) {
        if let (None, Some((file, line))) = (self.line, position(text)) {
            set(&mut self.file, file);
            self.line = Some(line);
        }
    }
}

/// `got: '1'` of Test::More, `got '1'` of Perl's own tests.
fn is_word(text: &str, word: &str) -> bool {
    let rest = text.strip_prefix(word);
    rest.is_some_and(|rest| rest.starts_with([':', ' ']))
}

/// Sets a text that is still empty.
fn set(slot: &mut String, text: &str) {
    if slot.is_empty() {
        slot.push_str(cut(text));
    }
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(MESSAGE_CAP) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.strip_suffix(quote).unwrap_or(inner);
        }
    }
    value
}

/// File and line of a JavaScript stack frame or of a bare `file:line[:column]`.
fn position(text: &str) -> Option<(&str, u64)> {
    let place = match (text.rfind('('), text.ends_with(')')) {
        (Some(open), true) => &text[open + 1..text.len() - 1],
        _ => text.strip_prefix("at ").unwrap_or(text),
    };
    let (rest, last) = place.rsplit_once(':')?;
    let last: u64 = last.parse().ok()?;
    let (file, line) = match rest.rsplit_once(':').map(|(f, n)| (f, n.parse())) {
        Some((file, Ok(line))) => (file, line),
        _ => (rest, last),
    };
    let file = file.strip_prefix("file://").unwrap_or(file);
    (!file.is_empty() && !file.starts_with("node:")).then_some((file, line))
}

/// `Failed test 'x' at t/a.t line 3.` or `at t/a.t line 3.`: what stands before, file, line.
pub(crate) fn perl_place(text: &str) -> Option<(&str, &str, u64)> {
    let (rest, line) = text.rsplit_once(" line ")?;
    let line = line.strip_suffix('.').unwrap_or(line).parse().ok()?;
    match rest.strip_prefix("at ") {
        Some(file) => Some(("", file, line)),
        None => {
            let (head, file) = rest.rsplit_once(" at ")?;
            Some((head, file, line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> (Option<String>, Option<String>) {
        let mut details = Details::default();
        text.lines().for_each(|l| details.yaml(l));
        (details.message(), details.location())
    }

    fn some(message: &str, location: &str) -> (Option<String>, Option<String>) {
        (Some(message.to_owned()), Some(location.to_owned()))
    }

    #[test]
    fn yaml_of_common_producers_gives_message_and_place() {
        let tape = "  operator: equal\n  expected: |-\n    message: no\n  at: T.<anonymous> (/a/b.js:26:12)\n  stack: |-\n    Error: should be equal\n        at x (/c.js:1:2)";
        assert_eq!(yaml(tape), some("Error: should be equal", "/a/b.js:26"));
        let node = "  duration_ms: 0.4\n  location: '/a/t.js:25:5'\n  error: 'hang up'\n  stack: |-\n    f (/a/i.js:1:2)";
        assert_eq!(yaml(node), some("hang up", "/a/t.js:25"));
        let vitest = "    error:\n        name: \"TypeError\"\n        message: \"no\"\n    at: \"/a/t.js:6:11\"";
        assert_eq!(yaml(vitest), some("TypeError: no", "/a/t.js:6"));
        let tap = "  at:\n    line: 7\n    file: t/x.js\n  message: >-\n    not\n    good";
        assert_eq!(yaml(tap), some("not", "t/x.js:7"));
    }

    #[test]
    fn comments_of_perl_and_bats_give_message_and_place() {
        let read = |text: &str| {
            let mut details = Details::default();
            text.lines().for_each(|l| details.comment(l));
            (details.message(), details.location())
        };
        let more = "  Failed test 'sum'\n  at t/a.t line 4.\n         got: '1'\n    expected: '2'";
        assert_eq!(read(more), some("got: '1', expected: '2'", "t/a.t:4"));
        let bats = "(from function `f' in file h.bash, line 9,\n in test file t/a.bats, line 3)\n  `f' failed";
        assert_eq!(
            read(bats),
            some("(from function `f' in file h.bash, line 9,", "t/a.bats:3")
        );
        let last = "  Failed test 'sum'\n  at t/a.t line 4.\nLooks like you failed 1 test of 1.";
        assert_eq!(read(last), some("Failed test 'sum'", "t/a.t:4"));
        let one = "Failed test 138 - ref at op/l.t line 463";
        assert_eq!(read(one), some("Failed test 138 - ref", "op/l.t:463"));
    }
}
