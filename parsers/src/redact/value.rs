//! What is assigned to a name: the separator behind it and the value behind that, in the spellings of
//! environments, JSON, YAML, logfmt, source code, URLs and JSON within JSON.

use super::span::replacement;
use super::table::{run, run_back, word, word_dash};

/// Bytes of a value that can be a placeholder; beyond, it is a value.
const PLACEHOLDER_CAP: usize = 64;
/// Bytes looked at behind `,` and the like for a name of the next assignment.
const NAME_CAP: usize = 64;
/// Spaces round a separator.
const SPACES: usize = 8;

/// What stands between a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    /// Where the value begins.
    pub(super) end: usize,
    /// Whether spaces stand round it, as in prose.
    pub(super) spaced: bool,
    /// Whether the name was in quotes.
    pub(super) quoted: bool,
    /// Whether it is a colon, as in prose.
    pub(super) colon: bool,
}

/// The separator at `from`, where a name ends.
pub(super) fn separator(bytes: &[u8], from: usize) -> Option<Separator> {
    let mut at = from;
    let mut quoted = false;
    for _ in 0..3 {
        let Some(len) = closes_name(&bytes[at..]) else {
            break;
        };
        quoted |= bytes[at] != b']';
        at += len;
    }
    let before = spaces(&bytes[at..]);
    at += before;
    let colon = bytes.get(at) == Some(&b':');
    at += operator(&bytes[at..])?;
    let after = spaces(&bytes[at..]);
    Some(Separator {
        end: at + after,
        spaced: before + after > 0,
        quoted,
        colon,
    })
}

fn spaces(bytes: &[u8]) -> usize {
    let end = bytes.len().min(SPACES);
    run(&bytes[..end], |b| matches!(b, b' ' | b'\t'))
}

/// A quote or bracket that ends a name, perhaps escaped.
fn closes_name(bytes: &[u8]) -> Option<usize> {
    let escapes = run(&bytes[..bytes.len().min(8)], |b| matches!(b, b'\\' | b'|'));
    match bytes.get(escapes)? {
        b'"' | b'\'' | b'`' => Some(escapes + 1),
        b']' if escapes == 0 => Some(1),
        b'%' if bytes.starts_with(b"%22") || bytes.starts_with(b"%27") => Some(3),
        _ => None,
    }
}

fn operator(bytes: &[u8]) -> Option<usize> {
    const OPERATORS: [&[u8]; 11] = [
        b"===", b"==", b"=>", b"=", b"!==", b"!=", b":=", b"%3D", b"%3d", b"%3A", b"\\u003d",
    ];
    match bytes {
        [b'=' | b'!' | b'%' | b'\\', ..] | [b':', b'=', ..] => {
            let operator = OPERATORS.iter().find(|op| bytes.starts_with(op));
            operator.map(|op| op.len())
        }
        [b':', b':' | b'/', ..] => None,
        [b':', ..] => Some(1),
        _ => None,
    }
}

/// A value as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) quoted: bool,
}

/// The value that begins at `from`, behind a separator.
pub(super) fn value(bytes: &[u8], from: usize) -> Value {
    let mut at = from;
    let rest = &bytes[from..];
    // A string's prefix, or the first of a list of strings.
    if let [
        b'b' | b'f' | b'r' | b'u' | b'[' | b'(',
        b'"' | b'\'' | b'\\',
        ..,
    ] = rest
    {
        at += 1;
    }
    if bytes[at..].starts_with(b"%22") {
        let from = at + 3;
        let len = memchr::memmem::find(&bytes[from..], b"%22");
        return Value {
            from,
            to: len.map_or(from + run(&bytes[from..], |b| b > b' '), |len| from + len),
            quoted: true,
        };
    }
    let escapes = run(&bytes[at..bytes.len().min(at + 8)], |b| {
        matches!(b, b'\\' | b'|')
    });
    if let Some(quote @ (b'"' | b'\'' | b'`')) = bytes.get(at + escapes) {
        let from = at + escapes + 1;
        return Value {
            from,
            to: closing(bytes, from, *quote, escapes),
            quoted: true,
        };
    }
    Value {
        from,
        to: unquoted(bytes, from),
        quoted: false,
    }
}

/// Where the text in quotes ends that begins at `from`, its quotes behind so many escapes.
fn closing(bytes: &[u8], from: usize, quote: u8, escapes: usize) -> usize {
    for found in memchr::memchr_iter(quote, &bytes[from..]) {
        let at = from + found;
        let before = run_back(&bytes[from..at], usize::MAX, |b| matches!(b, b'\\' | b'|'));
        let closes = match escapes {
            0 => run_back(&bytes[from..at], usize::MAX, |b| b == b'\\') % 2 == 0,
            n => before <= n,
        };
        if closes {
            return at - before.min(escapes);
        }
    }
    bytes.len()
}

/// Where a value without quotes ends: at a space or quote, or at a comma and the like behind which
/// nothing or another assignment follows.
pub(super) fn unquoted(bytes: &[u8], from: usize) -> usize {
    let escaped = matches!(bytes.first(), Some(b'{' | b'['));
    let teamcity = bytes.starts_with(b"##teamcity[");
    let mut at = from;
    while let Some(b) = bytes.get(at) {
        if let Some(len) = (*b == b'[').then(|| replacement(&bytes[at..])).flatten() {
            at += len;
            continue;
        }
        let next = bytes.get(at + 1);
        let ends = match b {
            0..=b' ' | 0x7f | b'"' | b'\'' | b'`' => true,
            b'\\' if escaped => matches!(next, Some(b'n' | b'r' | b't' | b'"')),
            b'\\' => matches!(next, Some(b'"' | b'\'')),
            b'|' if teamcity => next.is_some_and(|b| b"nr]'|".contains(b)),
            b'<' => next == Some(&b'/'),
            b',' | b';' | b'&' | b')' | b']' | b'}' | b'>' | b'|' => ends_here(&bytes[at..]),
            b'%' => bytes[at..].starts_with(b"%22") || bytes[at..].starts_with(b"%26"),
            _ => false,
        };
        if ends {
            break;
        }
        at += if *b == b'\\' && next.is_some() { 2 } else { 1 };
    }
    at = at.min(bytes.len());
    match bytes[from..at].last() {
        // The end of a sentence.
        Some(b'.' | b':') => at - 1,
        _ => at,
    }
}

/// Whether behind commas, brackets and quotes nothing follows, or a name that something is assigned to.
fn ends_here(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(NAME_CAP)];
    let skipped = run(bytes, |b| b",;&)]}>|\"'\\".contains(&b));
    let rest = &bytes[skipped..];
    let Some(first) = rest.first() else {
        return true;
    };
    if *first <= b' ' {
        return true;
    }
    let in_name = |b: u8| word_dash(b) || matches!(b, b'.' | b'$' | b'"' | b'\'');
    let mut name = run(rest, in_name);
    // What was replaced may have been part of the name.
    while let Some(len) = replacement(&rest[name..]) {
        name += len + run(&rest[name + len..], in_name);
    }
    // `User Id=`
    if bytes[0] == b';' && rest.get(name) == Some(&b' ') {
        name += 1 + run(&rest[name + 1..], word);
    }
    name > 0 && matches!(rest.get(name), Some(b'=' | b':'))
}

/// Bytes of the value that are not replaced already.
pub(super) fn fresh(value: &[u8]) -> usize {
    let mut fresh = 0;
    let mut at = 0;
    while at < value.len() {
        match replacement(&value[at..]) {
            Some(len) => at += len,
            None => {
                at += 1;
                fresh += 1;
            }
        }
    }
    fresh
}

/// Whether a digit stands in the value outside of what is replaced already.
pub(super) fn has_digit(value: &[u8]) -> bool {
    let mut at = 0;
    while at < value.len() {
        match replacement(&value[at..]) {
            Some(len) => at += len,
            None if value[at].is_ascii_digit() => return true,
            None => at += 1,
        }
    }
    false
}

/// Whether the value stands for one: a variable, a mask, a word that says there is none.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > PLACEHOLDER_CAP {
        return false;
    }
    // What says that there is no value, and what only names what would stand here.
    const WORDS: [&str; 21] = [
        "undefined",
        "required",
        "redacted",
        "filtered",
        "masked",
        "hidden",
        "placeholder",
        "incorrect",
        "expected",
        "unexpected",
        "mismatch",
        "optional",
        "not-set",
        "disabled",
        "nonexistent",
        "pass",
        "password",
        "passwd",
        "pwd",
        "secret",
        "token",
    ];
    let text = String::from_utf8_lossy(value);
    let inside = text.trim_matches(['[', ']', '(', ')', '<', '>', ',']);
    if WORDS.iter().any(|w| w.eq_ignore_ascii_case(inside)) {
        return true;
    }
    match value {
        [b'<', .., b'>'] | [b'{', .., b'}'] | [b'%', .., b'%'] | [b'$', b'{' | b'(', ..] => true,
        [b'<', name @ ..] => name.iter().all(|b| word_dash(*b)),
        [b'$', name @ ..] | [b'%', b'(', name @ .., b')', b's'] => name.iter().all(|b| word(*b)),
        [first, rest @ ..] if rest.iter().all(|b| b == first) => true,
        _ => false,
    }
}

/// Whether it is a call or a member: `create_token(user)`, `self.token`, `process.env.TOKEN`.
pub(super) fn is_code(value: &[u8]) -> bool {
    const ROOTS: [&[u8]; 9] = [
        b"self.",
        b"this.",
        b"process.env",
        b"os.environ",
        b"os.getenv",
        b"env.",
        b"secrets.",
        b"req.",
        b"config.",
    ];
    if ROOTS.iter().any(|root| value.starts_with(root)) {
        return true;
    }
    let name = run(value, |b| {
        b.is_ascii_lowercase() || matches!(b, b'_' | b'.')
    });
    let name = name + run(&value[name..], |b| b.is_ascii_alphabetic() || b == b'_');
    name >= 3 && value.get(name) == Some(&b'(')
}
