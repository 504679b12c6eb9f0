//! Takes out of error text what varies or must not be kept: the form that is stored and compared.
//!
//! There are three levels, each masking more than the one before:
//!
//! * [`anonymise`] is for text that people read: what identifies machines, people or moments, and what
//!   looks like a secret, becomes a placeholder; short numbers stay, so `assert 3 == 4` still says what
//!   happened.
//! * [`exact`] leaves nothing that differs from run to run, host to host or workspace to workspace: no
//!   numbers but HTTP status and exit codes, no durations, no generated names.
//! * [`template`] also takes out quoted text, values and all digits, so that variants of one fault give
//!   one text.
//!
//! [`fingerprint`] hashes the exact form with the nearest frames of the stack, [`group`] the template.
//! Masking is idempotent: what was masked once is not changed by doing it again. All are single passes
//! in linear time.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `<time>` | dates and times as ISO 8601, syslog, access logs and mail write them, `hh:mm:ss` |
//! | `<dur>` | `12ms`, `1m30.5s` (from exact on) |
//! | `<uuid>` | 8-4-4-4-12 hex digits |
//! | `<addr>` | IPv4, IPv6 and MAC addresses with their port; from exact on the host of a URL |
//! | `<ptr>` | `0x` and at least four hex digits |
//! | `<hex>` | at least eight hex digits |
//! | `<id>` | letters and digits in turn, the random ends of pod names (from exact on) |
//! | `<n>` | numbers: of six digits and more; from exact on all but HTTP status and exit codes |
//! | `<email>` | e-mail addresses |
//! | `<path>/x.py` | absolute paths of two and more components; the last one is kept |
//! | `<secret>` | tokens with a well-known beginning, values of `password=` and the like, long mixed tokens, names and passwords in URLs |
//! | `<b64>` | at least 24 characters of Base64 |
//! | `<str>` | quoted text, values after `=` (templates only) |
//! | `<status>` | quoted text that announces an HTTP status (templates only) |
//!
//! What a [redactor](crate::redact) put in the place of a secret stays; from exact on it is `<secret>` too.

mod addresses;
mod hash;
mod kinds;
mod moments;
mod runs;
mod shapes;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use hash::{fingerprint, group};

use runs::Runs;
use shapes::{Found, Memo, is_word};

/// The text with identities, moments and secrets masked; for storing and reading.
///
/// ```
/// use sentinel_parsers::mask::anonymise;
/// assert_eq!(anonymise("assert 3 == 4"), "assert 3 == 4");
/// assert_eq!(
///     anonymise("/home/ann/app/x.py:12: connect to 10.0.0.7:5432 failed"),
///     "<path>/x.py:12: connect to <addr> failed"
/// );
/// ```
#[must_use]
pub fn anonymise(text: &str) -> Cow<'_, str> {
    Masker::new(text, Level::Reading).run()
}

/// The text with everything masked that differs from run to run; names and quoted text stay.
///
/// ```
/// use sentinel_parsers::mask::exact;
/// assert_eq!(
///     exact("pod web-7d9f8b6c5d-x2x9z: 'login' took 1m30.5s, HTTP 503 after 12 tries"),
///     "pod web-<hex>-<id>: 'login' took <dur>, HTTP 503 after <n> tries"
/// );
/// ```
#[must_use]
pub fn exact(text: &str) -> Cow<'_, str> {
    Masker::new(text, Level::Exact).run()
}

/// The text with everything masked that differs between variants of one fault.
///
/// ```
/// use sentinel_parsers::mask::template;
/// assert_eq!(template("row 17 of 'users': HTTP 503"), "row <n> of <str>: HTTP 503");
/// ```
#[must_use]
pub fn template(text: &str) -> Cow<'_, str> {
    Masker::new(text, Level::Template).run()
}

/// How much is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Reading,
    Exact,
    Template,
}

/// One pass over a text; copies only once something was masked.
struct Masker<'a> {
    text: &'a str,
    level: Level,
    out: String,
    /// Where the part of the text begins that is not in `out` yet.
    copied: usize,
    /// The words just read make a status or exit code likely.
    code_expected: bool,
    /// The word just read is an HTTP method, so a path is a route.
    method: bool,
    /// From where on no closing quote of these kinds (`"`, `'`, `` ` ``) stands.
    unclosed: [bool; 3],
    memo: Memo,
    runs: Runs,
}

impl<'a> Masker<'a> {
    fn new(text: &'a str, level: Level) -> Masker<'a> {
        Masker {
            text,
            level,
            out: String::new(),
            copied: 0,
            code_expected: false,
            method: false,
            unclosed: [false; 3],
            memo: Memo::default(),
            runs: Runs::default(),
        }
    }

    fn run(mut self) -> Cow<'a, str> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut before = b' ';
        while at < bytes.len() {
            let next = match bytes[at] {
                b'<' => self.placeholder(at),
                b if is_word(b) && is_word(before) => self.tail(at),
                b if is_word(b) => self.word(at, before),
                b'[' if bytes[at..].starts_with(b"[redacted:") => self.redacted(at),
                b'/' | b'~' => self.path(at, before),
                b':' if bytes[at..].starts_with(b"::") && !is_word(before) => {
                    addresses::ipv6(&bytes[at..]).map_or(at + 1, |found| self.found(at, &found))
                }
                b'"' | b'\'' | b'`' if self.level == Level::Template && !is_word(before) => {
                    self.quoted(at)
                }
                _ => at + 1,
            };
            // A placeholder counts as a word, so that what follows it is read alike whether it stood in
            // the text or was put there.
            before = match bytes[next - 1] {
                _ if self.copied == next && self.out.ends_with('/') => b'/',
                _ if self.copied == next => b'x',
                b'>' if bytes[at] == b'<' && next > at + 1 => b'x',
                byte => byte,
            };
            at = next;
        }
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }

    /// Puts a placeholder in the place of a part of the text.
    fn replace(&mut self, from: usize, to: usize, with: &str) -> usize {
        if self.out.capacity() == 0 {
            // Most placeholders are shorter than what they stand for.
            self.out.reserve(self.text.len() + with.len());
        }
        self.out.push_str(&self.text[self.copied..from]);
        self.out.push_str(with);
        self.copied = to;
        self.code_expected = with == "<status>";
        self.method = false;
        to
    }

    /// What a redactor put in the place of a secret stays, its hash included; from exact on all are one.
    fn redacted(&mut self, at: usize) -> usize {
        let Some(len) = crate::redact::replacement(&self.text.as_bytes()[at..]) else {
            return at + 1;
        };
        if self.level > Level::Reading {
            return self.replace(at, at + len, "<secret>");
        }
        at + len
    }

    /// Masks what was found at a place; gives where it ends.
    fn found(&mut self, at: usize, found: &Found) -> usize {
        self.replace(at, at + found.len, found.mask)
    }

    /// A `<`: steps over a placeholder that stands there.
    fn placeholder(&mut self, at: usize) -> usize {
        match words::placeholder(&self.text.as_bytes()[at..]) {
            None => at + 1,
            Some(placeholder) => {
                self.code_expected = placeholder == "<status>";
                self.method = false;
                at + placeholder.len()
            }
        }
    }

    /// A letter, digit or underscore after something else: the beginning of most that is masked.
    fn word(&mut self, at: usize, before: u8) -> usize {
        let text = &self.text[at..];
        let rest = text.as_bytes();
        let plain = shapes::plain_word(rest, self.runs.run(self.text.as_bytes(), at));
        if plain.is_none()
            && let Some(found) = shapes::at_word(rest, before, at, &mut self.memo)
        {
            return self.found(at, &found);
        }
        if plain.is_none()
            && self.level > Level::Reading
            && let Some(found) = shapes::varying(rest, before)
        {
            return self.found(at, &found);
        }
        if self.level == Level::Template && before == b'=' && !self.code_expected {
            let named = at >= 2 && is_word(self.text.as_bytes()[at - 2]);
            if let Some(len) = words::value(rest).filter(|_| named) {
                return self.replace(at, at + len, "<str>");
            }
        }
        if rest[0].is_ascii_digit() {
            return self.number(at);
        }
        let len = plain.unwrap_or_else(|| rest.iter().take_while(|b| is_word(**b)).count());
        let word = &text[..len];
        if plain.is_none() {
            self.digits_within(at, len);
        }
        self.code_expected = words::announces_code(word, self.code_expected);
        self.method = words::is_method(word);
        if let Some((from, to)) = words::secret_value(text, len) {
            return self.replace(at + from, at + to, "<secret>");
        }
        if let Some((from, to)) = words::authority(text, len, self.level > Level::Reading) {
            let mask = if self.level > Level::Reading {
                "<addr>"
            } else {
                "<secret>"
            };
            return self.replace(at + from, at + to, mask);
        }
        at + len
    }

    /// What goes on behind a placeholder or a number as part of the same word.
    fn tail(&mut self, at: usize) -> usize {
        let text = &self.text[at..];
        let len = text.bytes().take_while(|b| is_word(*b)).count();
        self.digits_within(at, len);
        match words::secret_value(text, len) {
            Some((from, to)) => self.replace(at + from, at + to, "<secret>"),
            None => at + len,
        }
    }

    /// A number, perhaps with decimals.
    fn number(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let (len, digits, whole) = shapes::number(rest, self.level > Level::Reading);
        let code = self.code_expected && digits <= 3;
        // `HTTP/1.1` still awaits its status.
        self.code_expected &= !whole;
        if !code && (self.level > Level::Reading || digits >= 6) {
            return self.replace(at, at + len, "<n>");
        }
        at + len
    }

    /// Long runs of digits inside a word: in templates all, from exact on those after an underscore.
    fn digits_within(&mut self, at: usize, len: usize) {
        let word = &self.text.as_bytes()[at..at + len];
        let most = match self.level {
            Level::Reading => 5,
            Level::Exact => 3,
            Level::Template => 0,
        };
        let mut i = 0;
        while let Some(others) = word[i..].iter().position(u8::is_ascii_digit) {
            i += others;
            let run = word[i..].iter().take_while(|b| b.is_ascii_digit()).count();
            let apart = self.level > Level::Reading && i > 0 && word[i - 1] == b'_';
            if run > most || apart {
                self.replace(at + i, at + i + run, "<n>");
            }
            i += run;
        }
    }

    /// A slash or tilde: masks all but the last component of an absolute path.
    fn path(&mut self, at: usize, before: u8) -> usize {
        let head = &self.text.as_bytes()[..at];
        let opens = !(is_word(before) || matches!(before, b'.' | b'/' | b'-' | b'<' | b'*'))
            || head.ends_with(b"file://");
        let rest = &self.text.as_bytes()[at..];
        if !opens || self.method || rest.starts_with(b"//") {
            self.method = false;
            return at + 1;
        }
        match shapes::directory(rest, at, &mut self.memo) {
            None => at + 1,
            Some(len) => self.replace(at, at + len, "<path>/"),
        }
    }

    /// An opening quote in a template.
    fn quoted(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let kind = usize::from(quote == b'\'') + 2 * usize::from(quote == b'`');
        if self.unclosed[kind] {
            return at + 1;
        }
        let inside = &bytes[at + 1..];
        // Before a placeholder it would not close either, had the placeholder been a number.
        let closes = |i: &usize| !inside.get(i + 1).is_some_and(|b| is_word(*b) || *b == b'<');
        let Some(len) = memchr::memchr_iter(quote, inside).find(closes) else {
            self.unclosed[kind] = true;
            return at + 1;
        };
        let inside = &self.text[at + 1..at + 1 + len];
        let mask = match words::announces_code(words::last_word(inside), false) {
            true => "<status>",
            false => "<str>",
        };
        self.replace(at, at + len + 2, mask)
    }
}
