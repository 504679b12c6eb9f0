//! Answers of HTTP servers with a status from 500 to 599: access logs, status lines, structured logs.

use super::LineClass;

/// What stands before a status.
pub(super) const BEFORE: [&str; 8] = [
    "HTTP/",
    "HTTP 5",
    "status code ",
    "status_code",
    "statusCode",
    "status=",
    "status\":",
    "status: ",
];

/// What stands after one.
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
    is: |text| follows(text) || AFTER.iter().any(|after| precedes(text, after)),
};

/// A status behind what announces one, with only punctuation, or the version, between.
fn follows(text: &str) -> bool {
    BEFORE.iter().any(|before| {
        text.match_indices(before).any(|(at, _)| {
            let rest = match *before {
                "HTTP 5" => &text[at + 5..],
                "HTTP/" => {
                    text[at + 5..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                }
                _ => &text[at + before.len()..],
            };
            is_status(rest.trim_start_matches([' ', '"', '\'', ':', '=']))
        })
    })
}

fn precedes(text: &str, after: &str) -> bool {
    text.match_indices(after).any(|(at, _)| {
        let from = at.saturating_sub(3);
        let apart = from == 0 || !text.as_bytes()[from - 1].is_ascii_alphanumeric();
        apart
            && text
                .get(from..at)
                .is_some_and(|s| s.len() == 3 && is_status(s))
    })
}

/// Begins with 500 to 599 and no further digit or letter.
fn is_status(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 3
        && bytes[0] == b'5'
        && bytes[1].is_ascii_digit()
        && bytes[2].is_ascii_digit()
        && !bytes.get(3).is_some_and(u8::is_ascii_alphanumeric)
}
