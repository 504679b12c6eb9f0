//! Refused connections, time-outs and names that cannot be resolved, as operating systems, runtimes,
//! proxies, test runners and CI systems word them.

use super::table::LineClass;

pub(super) const REFUSED: LineClass = LineClass::of(
    "connection_refused",
    &[
        "onnection refused",
        "ECONNREFUSED",
        "ConnectionRefused",
        "actively refused it",
        "Couldn't connect to server",
    ],
);

const TIMEOUT_WORDS: &[&str] = &[
    "timed out",
    "Timed out",
    "ETIMEDOUT",
    "ESOCKETTIMEDOUT",
    "eadline exceeded",
    "DEADLINE_EXCEEDED",
    "statement timeout",
    "TimeoutError",
    "TimeoutException",
    "Gateway Timeout",
    "i/o timeout",
    "Client.Timeout exceeded",
    "ReadTimeout",
    "ConnectTimeout",
    "Exceeded timeout of",
    "Timeout of ",
    "imeout - Async ",
    "Timeout >",
    "exceeded the maximum execution time",
    "execution took longer than",
    "canceling statement due to lock timeout",
    "upstream request timeout",
];

pub(super) const TIMEOUT: LineClass = LineClass {
    class: "timeout",
    keywords: TIMEOUT_WORDS,
    is: |text| TIMEOUT_WORDS.iter().any(|word| says_timeout(text, word)),
};

fn says_timeout(text: &str, word: &str) -> bool {
    let Some(at) = text.find(word) else {
        return false;
    };
    let (before, after) = (text[..at].trim_end(), &text[at + word.len()..]);
    match word {
        // `0 timed out` is a figure of a summary, no occurrence.
        "timed out" | "Timed out" => !before.ends_with(|c: char| c.is_ascii_digit()),
        // With its status it is an answer like others.
        "Gateway Timeout" => !before.ends_with("504"),
        // Mocha: `Timeout of 2000ms exceeded`.
        "Timeout of " => after.contains(" exceeded"),
        // pytest-timeout: `Failed: Timeout >3.0s`.
        "Timeout >" => after.starts_with(|c: char| c.is_ascii_digit()),
        _ => true,
    }
}

pub(super) const DNS: LineClass = LineClass {
    class: "dns",
    keywords: &[
        "no such host",
        "No such host is known",
        "Name or service not known",
        "nodename nor servname provided",
        "Temporary failure in name resolution",
        "Name does not resolve",
        "No address associated with hostname",
        "getaddrinfo failed",
        "EAI_AGAIN",
        "EAI_NONAME",
        "ENOTFOUND",
        "UnknownHostException",
        "ould not resolve host",
        "NameResolutionError",
        "ERR_NAME_NOT_RESOLVED",
        "failed to lookup address information",
        "host not found in upstream",
        "could not be resolved (",
        "server misbehaving",
        "DNS resolution failed",
        "could not translate host name",
    ],
    is: |_| true,
};
