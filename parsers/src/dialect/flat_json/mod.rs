//! A borrowing scanner for one-line JSON objects, as machine formats print one per event.
//!
//! A test log is millions of such lines and most carry no event, so strings stay escaped slices
//! until somebody asks for their text.

use std::borrow::Cow;

use crate::places::{find_any, quote_or_escape};

#[cfg(test)]
mod tests;

/// A member's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A string.
    Str(RawStr<'a>),
    /// A number, `true`, `false`, `null`, an array or an object, as it stands.
    Other(&'a str),
}

impl<'a> Value<'a> {
    /// The string, if it is one.
    pub(super) fn str(self) -> Option<RawStr<'a>> {
        match self {
            Value::Str(s) => Some(s),
            Value::Other(_) => None,
        }
    }

    /// The number, if it is one.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Value::Other(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
            Value::Str(_) => None,
        }
    }

    /// The number, if it is a whole one that is not negative.
    pub(super) fn count(self) -> Option<u64> {
        match self {
            Value::Other(text) => text.parse().ok(),
            Value::Str(_) => None,
        }
    }
}

/// A string between its quotes, escapes still in place, and whether there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RawStr<'a>(&'a str, bool);

impl<'a> RawStr<'a> {
    /// A string without escapes.
    pub(super) fn plain(text: &'a str) -> RawStr<'a> {
        RawStr(text, false)
    }

    /// The escaped text.
    pub(super) fn escaped(self) -> &'a str {
        self.0
    }

    /// Without the line feed it ends with, if it does.
    pub(super) fn without_line_end(self) -> RawStr<'a> {
        match self.0.strip_suffix("\\n") {
            Some(rest) if !rest.ends_with('\\') => RawStr(rest, self.1),
            _ => self,
        }
    }

    /// The text meant; U+FFFD for an escape that means nothing.
    #[inline]
    pub(super) fn text(self) -> Cow<'a, str> {
        match self.1 {
            false => Cow::Borrowed(self.0),
            true => self.unescaped(),
        }
    }

    fn unescaped(self) -> Cow<'a, str> {
        let Some(first) = find_any(self.0.as_bytes(), *b"\\") else {
            return Cow::Borrowed(self.0);
        };
        let mut plain = String::with_capacity(self.0.len());
        plain.push_str(&self.0[..first]);
        let mut rest = &self.0[first..];
        while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
            plain.push_str(&rest[..at]);
            rest = unescape(&rest[at + 1..], &mut plain);
        }
        plain.push_str(rest);
        Cow::Owned(plain)
    }
}

/// Reads what follows a backslash; gives what comes after it.
fn unescape<'a>(rest: &'a str, plain: &mut String) -> &'a str {
    let mut chars = rest.chars();
    let c = match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('u') => return unicode(chars.as_str(), plain),
        Some(c @ ('"' | '\\' | '/')) => c,
        _ => char::REPLACEMENT_CHARACTER,
    };
    plain.push(c);
    chars.as_str()
}

/// Reads the digits of `\uXXXX`, and a second such escape when the first is a high surrogate.
fn unicode<'a>(rest: &'a str, plain: &mut String) -> &'a str {
    let hex = |text: &str| -> Option<u32> {
        let digits = text.get(..4)?;
        let all_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        all_hex.then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let Some(high) = hex(rest) else {
        plain.push(char::REPLACEMENT_CHARACTER);
        return rest;
    };
    let after = &rest[4..];
    if (0xd800..0xdc00).contains(&high) {
        let low = after.strip_prefix("\\u").and_then(hex);
        if let Some(low) = low.filter(|l| (0xdc00..0xe000).contains(l)) {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            return &after[6..];
        }
    }
    plain.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

/// Hands over the members of the object that `text` consists of, in order; `None` if it is not an
/// object from its first to its last character. Members seen before a fault are handed over.
///
/// Every index that text is cut at is the place of an ASCII byte, or the one behind it.
pub(super) fn object<'a>(text: &'a str, mut member: impl FnMut(&'a str, Value<'a>)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = blanks(bytes, expect(bytes, blanks(bytes, 0), b'{')?);
    if bytes.get(at) == Some(&b'}') {
        return (blanks(bytes, at + 1) == bytes.len()).then_some(());
    }
    loop {
        let from = expect(bytes, at, b'"')?;
        let end = string_end(bytes, from)?;
        let key = &text[from..end];
        at = blanks(bytes, expect(bytes, blanks(bytes, end + 1), b':')?);
        let value = match bytes.get(at)? {
            b'"' => {
                let (inner, end) = string(text, at + 1)?;
                at = end;
                Value::Str(inner)
            }
            _ => {
                let end = other_end(bytes, at)?;
                let value = text[at..end].trim_end();
                at = end;
                Value::Other(Some(value).filter(|v| !v.is_empty())?)
            }
        };
        member(key, value);
        at = blanks(bytes, at);
        match bytes.get(at)? {
            b',' => at = blanks(bytes, at + 1),
            b'}' => return (blanks(bytes, at + 1) == bytes.len()).then_some(()),
            _ => return None,
        }
    }
}

/// The string that begins at this place of the text, behind the quote that opens it, and the place behind
/// the quote that ends it.
#[inline]
pub(super) fn string(text: &str, from: usize) -> Option<(RawStr<'_>, usize)> {
    let bytes = text.as_bytes();
    let first = quote_or_escape(bytes, from)?;
    let escaped = bytes[first] != b'"';
    let end = match escaped {
        true => string_end(bytes, first)?,
        false => first,
    };
    Some((RawStr(&text[from..end], escaped), end + 1))
}

/// The place behind blanks.
#[inline]
fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The place behind the byte that has to stand here.
#[inline]
fn expect(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// The place of the quote that ends a string which begins here.
#[inline]
fn string_end(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = quote_or_escape(bytes, from)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Where a value that is no string ends: at the comma or brace behind it.
fn other_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0u32;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}
