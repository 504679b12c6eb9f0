//! Answers of HTTP servers with a status from 500 to 599: access logs, status lines, structured logs.

use super::LineClass;

/// What announces a status, with only spaces, quotes, `:` and `=` between.
pub(super) const BEFORE: [&str; 5] = ["HTTP", "status", "status code", "status_code", "statusCode"];

/// What a status means, after it.
pub(super) const AFTER: [&str; 4] = [
    " Internal Server Error",
    " Bad Gateway",
    " Service Unavailable",
    " Gateway Time",
];

pub(super) const CLASS: LineClass = LineClass {
    class: "http_5xx",
    keywords: &[
        "HTTP",
        "status",
        "Internal Server",
        "Bad Gateway",
        "Service Unavail",
        "Gateway Time",
    ],
    is,
};

fn is(text: &str) -> bool {
    memchr::memchr_iter(b'5', text.as_bytes()).any(|at| {
        let (before, status) = text.split_at(at);
        is_status(before.as_bytes(), status.as_bytes())
            && (announced(before) || AFTER.iter().any(|a| status[3..].starts_with(a)))
    })
}

/// 500 to 599 and no digit or letter beside it.
fn is_status(before: &[u8], status: &[u8]) -> bool {
    status.len() >= 3
        && status[1..3].iter().all(u8::is_ascii_digit)
        && !status.get(3).is_some_and(u8::is_ascii_alphanumeric)
        && !before.last().is_some_and(u8::is_ascii_alphanumeric)
}

fn announced(before: &str) -> bool {
    let words = before.trim_end_matches([' ', '"', '\'', ':', '=']);
    let version = words.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let versioned = version.len() < words.len() && version.ends_with("HTTP/");
    words.len() < before.len() && (versioned || BEFORE.iter().any(|b| words.ends_with(b)))
}
