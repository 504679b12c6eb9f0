//! A borrowing scanner for one-line JSON objects, as machine formats print one per event.
//!
//! A test log is millions of such lines and most carry no event, so strings stay escaped slices
//! until somebody asks for their text.

use std::borrow::Cow;

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

/// A string between its quotes, escapes still in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RawStr<'a>(&'a str);

impl<'a> RawStr<'a> {
    /// The escaped text.
    pub(super) fn escaped(self) -> &'a str {
        self.0
    }

    /// The text meant; U+FFFD for an escape that means nothing.
    pub(super) fn text(self) -> Cow<'a, str> {
        let Some(first) = memchr::memchr(b'\\', self.0.as_bytes()) else {
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
pub(super) fn object<'a>(text: &'a str, member: &mut dyn FnMut(&'a str, Value<'a>)) -> Option<()> {
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    if rest == "}" {
        return Some(());
    }
    loop {
        let (key, after) = string(rest.strip_prefix('"')?)?;
        rest = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = match rest.strip_prefix('"') {
            Some(inner) => string(inner).map(|(s, after)| (Value::Str(RawStr(s)), after))?,
            None => other(rest).map(|(s, after)| (Value::Other(s), after))?,
        };
        member(key, value);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => return (rest == "}").then_some(()),
        }
    }
}

/// Splits behind the quote that ends a string; `text` begins behind the one that opens it.
fn string(text: &str) -> Option<(&str, &str)> {
    /// Keys and most values are shorter: a look at each byte is cheaper than to set up a search.
    const SHORT: usize = 16;
    let bytes = text.as_bytes();
    let short = &bytes[..bytes.len().min(SHORT)];
    let mut from = match short.iter().position(|b| matches!(b, b'"' | b'\\')) {
        Some(at) if bytes[at] == b'"' => return Some((&text[..at], &text[at + 1..])),
        Some(at) => at,
        None => short.len(),
    };
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
        if bytes[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        from = at + 2;
    }
}

/// Splits behind a value that is no string: up to the comma or brace that ends it.
fn other(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut depth = 0u32;
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'"' => {
                let (_, after) = string(&text[at + 1..])?;
                at = text.len() - after.len();
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => {
                let value = text[..at].trim_end();
                return (!value.is_empty()).then(|| (value, &text[at..]));
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}
