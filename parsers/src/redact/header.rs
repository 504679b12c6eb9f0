//! Secrets in HTTP headers: credentials and cookies.

use std::ops::Range;

use super::assignment::{DECIDES, VALUE_MIN};
use super::table::{Found, Rule, Shape, run, word_dash};
use super::value::{Separator, fresh, has_digit, is_placeholder, separator, unquoted, value};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "authorization",
        summary: "credentials of Authorization headers",
        needles: &["uthori", "UTHORI"],
        shape: Shape::Other(authorization),
    },
    Rule {
        id: "bearer",
        summary: "tokens behind the word Bearer",
        needles: &["earer"],
        shape: Shape::Other(bearer),
    },
    Rule {
        id: "cookie",
        summary: "Cookie and Set-Cookie headers",
        needles: &["ookie"],
        shape: Shape::Other(cookie),
    },
];

/// Schemes whose credential is one word.
const WORD_SCHEMES: [&str; 7] = [
    "basic",
    "bearer",
    "token",
    "apikey",
    "negotiate",
    "ntlm",
    "jwt",
];
/// Schemes whose credentials are a list.
const LIST_SCHEMES: [&str; 6] = [
    "digest",
    "aws4-hmac-sha256",
    "oauth",
    "hawk",
    "hmac",
    "signature",
];

/// `Authorization: Bearer ...`, in JSON, in a command, in a program.
fn authorization(bytes: &[u8], at: Range<usize>) -> Found {
    let rest: &[u8] = &bytes[at.end..bytes.len().min(at.end + 6)];
    if !rest.eq_ignore_ascii_case(b"zation") {
        return Found::No;
    }
    let Some(separator) = separator(bytes, at.end + rest.len()) else {
        return Found::No;
    };
    // Whether there are credentials is told by their beginning, for a line of such headers must not take
    // quadratic time.
    let near = &bytes[..bytes.len().min(separator.end + DECIDES)];
    match credentials(near, &separator) {
        Found::Secret(_, to) if to == near.len() => credentials(bytes, &separator),
        found => found,
    }
}

/// What is given behind the separator of such a header.
fn credentials(bytes: &[u8], separator: &Separator) -> Found {
    let whole = value(bytes, separator.end);
    let scheme = run(&bytes[whole.from..], word_dash);
    let name = bytes[whole.from..whole.from + scheme].to_ascii_lowercase();
    let is = |list: &[&str]| list.iter().any(|s| s.as_bytes() == name);
    let from = whole.from + scheme + gap(&bytes[whole.from + scheme..]);
    let (word, list) = (is(&WORD_SCHEMES), is(&LIST_SCHEMES));
    let (from, to) = match whole.quoted {
        _ if !word && !list => (whole.from, whole.to),
        true => (from.min(whole.to), whole.to),
        false if word => (from, unquoted(bytes, from)),
        false => {
            let quote = bytes[from..]
                .iter()
                .position(|b| matches!(b, b'"' | b'\\' | b'\''));
            // The list's own quotes are within it unless the whole stands in others.
            let end = match quote {
                Some(len) if bytes[from..from + len].last() != Some(&b'=') => from + len,
                _ => bytes.len(),
            };
            (from, end)
        }
    };
    let text = &bytes[from..to];
    let likely = word || list || whole.quoted || has_digit(text);
    match likely && fresh(text) >= VALUE_MIN && !is_placeholder(text) {
        true => Found::Secret(from, to),
        false => Found::No,
    }
}

/// What parts a scheme from its credential.
fn gap(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        at += match rest {
            [b' ' | b'+', ..] => 1,
            [b'%', b'2', b'0', ..] => 3,
            _ => return at,
        };
    }
}

/// `Bearer` and at least eight bytes, a digit among them.
fn bearer(bytes: &[u8], at: Range<usize>) -> Found {
    let gap = gap(&bytes[at.end..bytes.len().min(at.end + 8)]);
    if gap == 0 || at.start == 0 || !matches!(bytes[at.start - 1], b'b' | b'B') {
        return Found::No;
    }
    let at = at.start..at.end + gap;
    let in_token = |b: u8| word_dash(b) || b".~+/=".contains(&b);
    let token = &bytes[at.end..];
    let token = &token[..run(token, in_token)];
    match token.len() >= VALUE_MIN && has_digit(token) {
        true => Found::Secret(at.end, at.end + token.len()),
        // What begins later within the token is shorter and no richer in digits.
        false => Found::NoneBefore(at.end + token.len()),
    }
}

/// Pairs of name and value, parted by semicolons.
fn cookie(bytes: &[u8], at: Range<usize>) -> Found {
    let Some(separator) = separator(bytes, at.end) else {
        return Found::No;
    };
    let whole = value(bytes, separator.end);
    let mut end = whole.from;
    let mut first = true;
    loop {
        let next = end + usize::from(!first) + spaces(bytes, end, first);
        let name = run(&bytes[next..], |b| word_dash(b) || b".$:%".contains(&b));
        let pair = name > 0 && bytes.get(next + name) == Some(&b'=');
        if (first && !pair) || name == 0 {
            break;
        }
        let in_value = |b: u8| b > b' ' && !b";\"'\\,`".contains(&b);
        end = next + run(&bytes[next..], in_value);
        first = false;
        if bytes.get(end) != Some(&b';') {
            break;
        }
    }
    let text = &bytes[whole.from..end.max(whole.from)];
    match fresh(text) >= VALUE_MIN {
        true => Found::Secret(whole.from, end),
        false => Found::No,
    }
}

/// Spaces behind the semicolon at `end`.
fn spaces(bytes: &[u8], end: usize, first: bool) -> usize {
    match first {
        true => 0,
        false => run(&bytes[(end + 1).min(bytes.len())..], |b| b == b' '),
    }
}
