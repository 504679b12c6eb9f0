//! Refused connections and time-outs, as operating systems, runtimes and proxies word them.

use super::LineClass;

pub(super) const REFUSED_WORDS: [&str; 4] = [
    "onnection refused",
    "ECONNREFUSED",
    "ConnectionRefused",
    "actively refused it",
];

pub(super) const TIMEOUT_WORDS: [&str; 9] = [
    "timed out",
    "Timed out",
    "ETIMEDOUT",
    "deadline exceeded",
    "statement timeout",
    "TimeoutError",
    "TimeoutException",
    "Gateway Timeout",
    "i/o timeout",
];

pub(super) const REFUSED: LineClass = LineClass {
    class: "connection_refused",
    keywords: &["efused", "ECONNREFUSED"],
    is: |text| REFUSED_WORDS.iter().any(|w| text.contains(w)),
};

pub(super) const TIMEOUT: LineClass = LineClass {
    class: "timeout",
    keywords: &["imed out", "ETIMEDOUT", "deadline exceeded", "imeout"],
    is: |text| {
        TIMEOUT_WORDS
            .iter()
            .any(|w| text.find(w).is_some_and(|at| !is_count(&text[..at])))
    },
};

/// `0 timed out` is a figure of a summary, no occurrence.
fn is_count(before: &str) -> bool {
    before.trim_end().ends_with(|c: char| c.is_ascii_digit())
}
