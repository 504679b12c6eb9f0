//! Takes out of error text what varies or must not be kept: the form that is stored and compared.
//!
//! [`anonymise`] is for text that people read: what identifies machines, people or moments, and
//! what looks like a secret, becomes a placeholder; short numbers stay, so `assert 3 == 4` still
//! says what happened. [`template`] goes on to numbers and quoted text, so that occurrences of one
//! fault give one text; [`fingerprint`] hashes it. All are single passes in linear time.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `<time>` | ISO dates and times, `hh:mm:ss` |
//! | `<uuid>` | 8-4-4-4-12 hex digits |
//! | `<addr>` | IPv4, IPv6 and MAC addresses with their port |
//! | `<ptr>` | `0x` and at least four hex digits |
//! | `<hex>` | at least eight hex digits |
//! | `<n>` | numbers: of six digits and more; for templates all but HTTP status and exit codes |
//! | `<email>` | e-mail addresses |
//! | `<path>/x.py` | absolute paths of two and more components; the last one is kept |
//! | `<secret>` | tokens with a well-known beginning, values of `password=` and the like, long mixed tokens |
//! | `<str>` | quoted text (templates only) |
//!
//! What a [redactor](crate::redact) put in the place of a secret stays; in templates it is `<secret>` too.

mod shapes;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use shapes::{Found, is_word};

/// Bytes in which a closing quote is looked for.
const QUOTED_CAP: usize = 512;

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
    Masker::new(text, false).run()
}

/// The text with everything masked that differs between occurrences of one fault.
///
/// ```
/// use sentinel_parsers::mask::template;
/// assert_eq!(template("row 17 of 'users': HTTP 503"), "row <n> of <str>: HTTP 503");
/// ```
#[must_use]
pub fn template(text: &str) -> Cow<'_, str> {
    Masker::new(text, true).run()
}

/// The stable name of a fault: `f1:` and 16 hex digits of the 64-bit FNV-1a hash of class,
/// exception type and the message's [`template`], with a NUL after each. `f1` changes whenever
/// the hash or the template's rules do.
#[must_use]
pub fn fingerprint(class: &str, exception: Option<&str>, message: &str) -> String {
    let parts = [class, exception.unwrap_or(""), &template(message.trim())];
    let bytes = parts
        .iter()
        .flat_map(|part| part.bytes().chain(std::iter::once(0)));
    // Offset basis and prime of the published 64-bit variant.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("f1:{hash:016x}")
}

/// One pass over a text; copies only once something was masked.
struct Masker<'a> {
    text: &'a str,
    template: bool,
    out: String,
    /// Where the part of the text begins that is not in `out` yet.
    copied: usize,
    /// The words just read make a status or exit code likely.
    code_expected: bool,
    /// The word just read is an HTTP method, so a path is a route.
    method: bool,
    /// Up to where no closing quote of these kinds (`"`, `'`, `` ` ``) stands: what was looked
    /// through once is not looked through again.
    unclosed: [usize; 3],
}

impl<'a> Masker<'a> {
    fn new(text: &'a str, template: bool) -> Masker<'a> {
        Masker {
            text,
            template,
            out: String::new(),
            copied: 0,
            code_expected: false,
            method: false,
            unclosed: [0; 3],
        }
    }

    fn run(mut self) -> Cow<'a, str> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut before = b' ';
        while at < bytes.len() {
            let next = match bytes[at] {
                b if is_word(b) && !is_word(before) => self.word(at, before),
                b'[' if bytes[at..].starts_with(b"[redacted:") => self.redacted(at),
                b'/' | b'~' => self.path(at, before),
                b':' if bytes[at..].starts_with(b"::") && !is_word(before) => {
                    shapes::ipv6(&bytes[at..]).map_or(at + 1, |found| self.found(at, &found))
                }
                b'"' | b'\'' | b'`' if self.template && !is_word(before) => self.quoted(at),
                _ => at + 1,
            };
            before = bytes[next - 1];
            at = next;
        }
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }

    /// Puts a placeholder in the place of a part of the text.
    fn replace(&mut self, from: usize, to: usize, with: &str) {
        self.out.push_str(&self.text[self.copied..from]);
        self.out.push_str(with);
        self.copied = to;
    }

    /// What a redactor put in the place of a secret stays, its hash included; in a template all are one.
    fn redacted(&mut self, at: usize) -> usize {
        let Some(len) = crate::redact::replacement(&self.text.as_bytes()[at..]) else {
            return at + 1;
        };
        if self.template {
            self.replace(at, at + len, "<secret>");
        }
        at + len
    }

    /// Masks what was found at a place; gives where it ends.
    fn found(&mut self, at: usize, found: &Found) -> usize {
        self.replace(at, at + found.len, found.mask);
        at + found.len
    }

    /// A letter, digit or underscore after something else: the beginning of most that is masked.
    fn word(&mut self, at: usize, before: u8) -> usize {
        let rest = &self.text.as_bytes()[at..];
        if let Some(found) = shapes::at_word(rest, before) {
            self.code_expected = false;
            return self.found(at, &found);
        }
        if rest[0].is_ascii_digit() {
            return self.number(at);
        }
        let len = rest.iter().take_while(|b| is_word(**b)).count();
        let word = &self.text[at..at + len];
        self.code_expected = words::announces_code(word, self.code_expected);
        self.method = words::is_method(word);
        if let Some((from, to)) = words::secret_value(&self.text[at..], len) {
            self.replace(at + from, at + to, "<secret>");
            return at + to;
        }
        self.digits_within(at, len);
        at + len
    }

    /// A number, perhaps with decimals and a unit.
    fn number(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        let (len, digits, whole) = shapes::number(rest);
        let code = self.code_expected && digits <= 3;
        // `HTTP/1.1` still awaits its status.
        self.code_expected &= !whole;
        if !code && (self.template || digits >= 6) {
            self.replace(at, at + len, "<n>");
        }
        let unit = rest[len..].iter().take_while(|b| is_word(**b)).count();
        at + len + unit
    }

    /// Long runs of digits inside a word, and in templates those after an underscore.
    fn digits_within(&mut self, at: usize, len: usize) {
        let word = &self.text.as_bytes()[at..at + len];
        let mut i = 0;
        while i < len {
            let run = word[i..].iter().take_while(|b| b.is_ascii_digit()).count();
            let apart = self.template && i > 0 && word[i - 1] == b'_';
            let most = if self.template { 3 } else { 5 };
            if run > most || (run > 0 && apart) {
                self.replace(at + i, at + i + run, "<n>");
            }
            i += run.max(1);
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
        match shapes::directory(rest) {
            None => at + 1,
            Some(len) => {
                self.replace(at, at + len, "<path>/");
                at + len
            }
        }
    }

    /// An opening quote in a template.
    fn quoted(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let kind = usize::from(quote == b'\'') + 2 * usize::from(quote == b'`');
        let from = self.unclosed[kind].max(at + 1);
        let to = bytes.len().min(at + 1 + QUOTED_CAP).max(from);
        let closes = |i: &usize| !bytes.get(from + i + 1).is_some_and(|b| is_word(*b));
        let Some(end) = memchr::memchr_iter(quote, &bytes[from..to]).find(closes) else {
            self.unclosed[kind] = to;
            return at + 1;
        };
        let len = from + end - (at + 1);
        let inside = &self.text[at + 1..at + 1 + len];
        self.code_expected = words::announces_code(words::last_word(inside), false);
        self.replace(at, at + len + 2, "<str>");
        at + len + 2
    }
}
