//! Answers of HTTP servers with a status from 500 to 599: access logs (common, combined, nginx, envoy,
//! structured ones), status lines, what clients say of the answers they got.

use super::table::LineClass;
use crate::cut::cut_at_boundary;

/// What announces a status, with only spaces, quotes, `:`, `=` and `(` between.
const BEFORE: [&str; 14] = [
    "HTTP",
    "HTTP Error",
    "HTTP error",
    "status",
    "Status",
    "status code",
    "status_code",
    "statusCode",
    "StatusCode",
    "response_code",
    "responseCode",
    "response code",
    "returned error",
    "indicate success",
];

/// What a status means, after it.
const AFTER: [&str; 12] = [
    " Internal Server Error",
    " Bad Gateway",
    " Service Unavailable",
    " Service Temporarily Unavailable",
    " Gateway Time",
    " Server Error",
    " (Internal Server Error",
    " (Bad Gateway",
    " (Service Unavailable",
    " (Gateway Time",
    ": Service Unavailable",
    " error responses",
];

/// Of these the first digit belongs to the status.
pub(super) const CLASS: LineClass = LineClass {
    class: "http_5xx",
    keywords: &[
        "HTTP/1.1\" 5",
        "HTTP/1.0\" 5",
        "HTTP/2.0\" 5",
        "HTTP/2\" 5",
        "HTTP/3\" 5",
        "HTTP/3.0\" 5",
        "HTTP/1.1 5",
        "HTTP/1.0 5",
        "HTTP/2 5",
        "HTTP/2.0 5",
        "HTTP 5",
        "HTTP Error 5",
        "HTTP error 5",
        "tatus=5",
        "tatus=\"5",
        "tatus\":5",
        "tatus\":\"5",
        "tatus\": 5",
        "tatus\": \"5",
        "tatus: 5",
        "tatus 5",
        "tatus:5",
        "tatus code 5",
        "tatus code: 5",
        "tatus code=5",
        "atus_code=5",
        "atus_code\":5",
        "atus_code\": 5",
        "atus_code: 5",
        "tatusCode\":5",
        "tatusCode\": 5",
        "tatusCode: 5",
        "tatusCode=5",
        "nse_code\":5",
        "nse_code\":\"5",
        "nse_code\": 5",
        "nse_code=5",
        "nse code 5",
        "nse code: 5",
        "nseCode\":5",
        "returned error: 5",
        "indicate success: 5",
        "Internal Server Error",
        "Bad Gateway",
        "Service Unavailable",
        "Service Temporarily Unavailable",
        "Gateway Time",
        "0 Server Error",
        "3 Server Error",
        "2 Server Error",
        "4 Server Error",
        " error responses",
        " 500 ",
        " 502 ",
        " 503 ",
        " 504 ",
    ],
    is,
};

fn is(text: &str) -> bool {
    if text.starts_with("Internal Server Error: /") {
        return true;
    }
    memchr::memchr_iter(b'5', text.as_bytes()).any(|at| {
        let (before, status) = text.split_at(at);
        is_status(before.as_bytes(), status.as_bytes())
            && (announced(before)
                || AFTER.iter().any(|a| status[3..].starts_with(a))
                || in_short_log(before, &status[3..]))
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
    let words = before.trim_end_matches([' ', '"', '\'', ':', '=', '(']);
    let version = words.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let versioned = version.len() < words.len() && version.ends_with("HTTP/");
    words.len() < before.len() && (versioned || BEFORE.iter().any(|b| words.ends_with(b)))
}

/// Formats that announce nothing: morgan's `GET /x 500 12.3 ms - 20`, gin's `| 500 |`, chi's
/// `"GET http://x/ HTTP/1.1" from 10.0.0.1:80 - 500 33B in 1ms`.
fn in_short_log(before: &str, after: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    // What follows is short, and lines may be long.
    let within = |what: &str| cut_at_boundary(after, 40).contains(what);
    let gin = before.ends_with("| ") && after.starts_with(" |");
    let mut words = before.rsplit(' ').skip(1);
    let (path, method) = (words.next(), words.next());
    let morgan = before.ends_with(' ')
        && after.starts_with(' ')
        && path.is_some_and(|p| p.starts_with('/'))
        && method.is_some_and(|m| METHODS.contains(&m))
        && within(" ms");
    let chi = before.ends_with(" - ") && before.contains("\" from ") && within("B in ");
    gin || morgan || chi
}
