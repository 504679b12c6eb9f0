//! Passwords in URLs and in what resembles them: `scheme://user:password@host`,
//! `user:password@tcp(host)`, `jdbc:oracle:thin:user/password@host`.

use std::ops::Range;

use super::table::{Found, Rule, Shape, run, run_back};
use super::value::{fresh, has_digit, is_placeholder};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "url-password",
        summary: "passwords in URLs and data source names",
        needles: &["@"],
        shape: Shape::Other(at_sign),
    },
    Rule {
        id: "encoded-url-password",
        summary: "passwords in URLs within URLs",
        needles: &["%3A%2F%2F", "%3a%2f%2f"],
        shape: Shape::Other(encoded),
    },
    Rule {
        id: "oracle-password",
        summary: "passwords in data source names of Oracle",
        needles: &[":thin:", ":oci:"],
        shape: Shape::Other(oracle),
    },
];

/// Bytes of user and password.
const CAP: usize = 1024;
/// Least bytes of a user without password that is a token.
const TOKEN: usize = 16;

fn ends_user(b: u8) -> bool {
    b <= b' ' || b"\"'`<>/\\?#".contains(&b)
}

/// What stands between `//` and the last `@` of a host's text, or before `@tcp(`.
fn at_sign(bytes: &[u8], at: Range<usize>) -> Found {
    let start = at.start - run_back(&bytes[..at.start], CAP, |b| !ends_user(b));
    let end = at.end + run(&bytes[at.end..], |b| !ends_user(b));
    let text = &bytes[start..end];
    let before = &bytes[..start];
    let in_url = before.ends_with(b"://") || before.ends_with(b":\\/\\/");
    let Some(sign) = memchr::memrchr(b'@', text) else {
        return Found::NoneBefore(end);
    };
    let rest = &text[sign + 1..];
    if !in_url && !rest.starts_with(b"tcp(") && !rest.starts_with(b"unix(") {
        return Found::NoneBefore(end);
    }
    let user = &text[..sign];
    let (from, likely) = match memchr::memchr(b':', user) {
        Some(colon) => (colon + 1, fresh(&user[colon + 1..]) > 0),
        None => (0, in_url && fresh(user) >= TOKEN && has_digit(user)),
    };
    match likely && !is_placeholder(&user[from..]) {
        true => Found::Secret(start + from, start + sign),
        false => Found::NoneBefore(end),
    }
}

/// The same with percent signs.
fn encoded(bytes: &[u8], at: Range<usize>) -> Found {
    let rest = &bytes[at.end..bytes.len().min(at.end + CAP)];
    let is = |at: usize, hex: &[u8]| {
        rest.get(at + 1..at + 3)
            .is_some_and(|h| h.eq_ignore_ascii_case(hex))
    };
    let ends = |at: &usize| match rest[*at] {
        b'%' => is(*at, b"2f") || is(*at, b"3f") || is(*at, b"22") || is(*at, b"23"),
        b => b == b'&' || ends_user(b),
    };
    let end = (0..rest.len()).find(ends).unwrap_or(rest.len());
    let Some(sign) = memchr::memmem::rfind(&rest[..end], b"%40") else {
        return Found::No;
    };
    let colon = (0..sign).find(|at| rest[*at] == b'%' && is(*at, b"3a"));
    match colon {
        Some(colon) if colon + 3 < sign && !is_placeholder(&rest[colon + 3..sign]) => {
            Found::Secret(at.end + colon + 3, at.end + sign)
        }
        _ => Found::No,
    }
}

/// `user/password@` behind the driver's name.
fn oracle(bytes: &[u8], at: Range<usize>) -> Found {
    let rest = &bytes[at.end..bytes.len().min(at.end + CAP)];
    let end = rest.iter().position(|b| *b <= b' ' || b"\"'@".contains(b));
    let Some(sign) = end.filter(|end| rest[*end] == b'@') else {
        return Found::No;
    };
    match memchr::memchr(b'/', &rest[..sign]) {
        Some(slash) if !is_placeholder(&rest[slash + 1..sign]) && slash + 1 < sign => {
            Found::Secret(at.end + slash + 1, at.end + sign)
        }
        _ => Found::No,
    }
}
