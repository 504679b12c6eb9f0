//! Steps through the members of a JSON object without building anything: a quiet log consists of
//! such lines, of which only a key or two matter.

use std::borrow::Cow;

/// Members looked at, and how deep a value may nest.
const MEMBERS: u8 = 48;

/// A member's value, not read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// What stands between the quotes, escapes and all.
    Text(&'a [u8]),
    /// A number, a word, or what nests.
    Other(&'a [u8]),
}

/// The members of an object, as long as they are well formed.
pub(super) struct Members<'a> {
    text: &'a [u8],
    at: usize,
    left: u8,
    /// Whether the closing brace was reached.
    closed: bool,
}

impl<'a> Members<'a> {
    /// Of the object that the text begins with.
    pub(super) fn of(text: &'a [u8]) -> Members<'a> {
        Members {
            text,
            at: 1,
            left: MEMBERS,
            closed: text.first() != Some(&b'{'),
        }
    }

    fn blank(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' => self.at += 1,
                other => return Some(*other),
            }
        }
        None
    }

    /// The text between the quotes that open at the place.
    fn quoted(&mut self) -> Option<&'a [u8]> {
        let inside = self.text.get(self.at + 1..)?;
        let end = closing_quote(inside)?;
        self.at += end + 2;
        Some(&inside[..end])
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let from = self.at;
        match self.blank()? {
            b'"' => return self.quoted().map(Value::Text),
            b'{' | b'[' => self.nested()?,
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.iter().position(|b| matches!(b, b',' | b'}' | b' '))?;
                self.at += length;
            }
        }
        Some(Value::Other(&self.text[from..self.at]))
    }

    /// Steps over an object or a list.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0u32;
        loop {
            match self.text.get(self.at)? {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn member(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        match self.blank()? {
            b'"' => {}
            b',' if self.left < MEMBERS => {
                self.at += 1;
                self.blank().filter(|b| *b == b'"')?;
            }
            _ => return None,
        }
        self.left = self.left.checked_sub(1)?;
        let key = self.quoted()?;
        self.blank().filter(|b| *b == b':')?;
        self.at += 1;
        self.blank()?;
        Some((key, self.value()?))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        if self.closed {
            return None;
        }
        let member = self.member();
        self.closed = member.is_none();
        member
    }
}

/// Where the quotes close that opened right before the text.
pub(super) fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The text with its escapes resolved, as JSON, Go and logfmt write them; what is no escape stays.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', text) else {
        return Cow::Borrowed(text);
    };
    let mut plain = Vec::with_capacity(text.len());
    plain.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = memchr::memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let taken = escape(rest, &mut plain);
        rest = &rest[taken..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Resolves the escape that the text begins with; gives its length.
fn escape(text: &[u8], plain: &mut Vec<u8>) -> usize {
    let short = match text.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'a') => 7,
        Some(b'v') => 11,
        Some(byte @ (b'"' | b'\\' | b'/' | b'\'')) => *byte,
        Some(b'x') => {
            return match hex(text, 2, 2) {
                Some(byte) => {
                    plain.push(byte as u8);
                    4
                }
                None => as_it_is(plain),
            };
        }
        Some(b'u') => return unicode(text, plain),
        _ => return as_it_is(plain),
    };
    plain.push(short);
    2
}

/// A backslash that begins no escape.
fn as_it_is(plain: &mut Vec<u8>) -> usize {
    plain.push(b'\\');
    1
}

/// `\u` with four digits, or two of them that are one character.
fn unicode(text: &[u8], plain: &mut Vec<u8>) -> usize {
    let Some(first) = hex(text, 2, 4) else {
        return as_it_is(plain);
    };
    let mut code = first;
    let mut length = 6;
    if (0xd800..0xdc00).contains(&first)
        && text.get(6..8) == Some(b"\\u")
        && let Some(second) = hex(text, 8, 4)
        && (0xdc00..0xe000).contains(&second)
    {
        code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        length = 12;
    }
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    length
}

fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    text.get(at..at + digits)?.iter().try_fold(0, |n, b| {
        char::from(*b).to_digit(16).map(|digit| n * 16 + digit)
    })
}
