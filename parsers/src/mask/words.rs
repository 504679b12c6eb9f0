//! Words that say something about what follows them: a code, a secret.

use super::shapes::{is_word, run};

/// Whether a number after this word is likely a status or exit code. Some words only carry on what
/// an earlier one announced.
pub(super) fn announces_code(word: &str, before: bool) -> bool {
    const ANNOUNCE: [&str; 9] = [
        "http",
        "status",
        "code",
        "response",
        "exit",
        "exited",
        "statuscode",
        "status_code",
        "exit_code",
    ];
    const CARRY: [&str; 7] = ["with", "was", "is", "of", "error", "got", "received"];
    let among = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    among(&ANNOUNCE) || (before && among(&CARRY))
}

pub(super) fn is_method(word: &str) -> bool {
    matches!(
        word,
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS"
    )
}

/// The last word of a text, without a version number after it (`HTTP/1.1`).
pub(super) fn last_word(text: &str) -> &str {
    let versionless = text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '/'));
    let from = versionless
        .bytes()
        .rposition(|b| !is_word(b))
        .map_or(0, |i| i + 1);
    &versionless[from..]
}

/// The value of an assignment whose name (the first `name` bytes) says that it is secret; from
/// and to. After a colon and a space it must hold a digit: `unexpected token: something` is prose.
pub(super) fn secret_value(text: &str, name: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let word = &bytes[..name];
    let ends_with = |end: &str| {
        word.len() >= end.len()
            && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    let bearer = ["bearer", "basic"].iter().any(|w| ends_with(w)) && bytes.get(name) == Some(&b' ');
    let named = [
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "access_key",
    ]
    .iter()
    .any(|w| ends_with(w));
    let mut from = name;
    let mut needs_digit = bearer;
    if bearer {
        from += 1;
    } else if named {
        from += run(&bytes[from..], 1, |b| matches!(b, b'"' | b'\''));
        from += run(&bytes[from..], 1, |b| b == b' ');
        let separator = *bytes.get(from)?;
        if !matches!(separator, b'=' | b':') {
            return None;
        }
        from += 1;
        let spaces = run(&bytes[from..], 1, |b| b == b' ');
        needs_digit = separator == b':' && spaces > 0;
        from += spaces;
        from += run(&bytes[from..], 1, |b| matches!(b, b'"' | b'\''));
    } else {
        return None;
    }
    let in_value =
        |b: u8| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b',' | b';' | b')' | b'&');
    let len = run(&bytes[from..], usize::MAX, in_value);
    let value = &bytes[from..from + len];
    // A redactor has been there.
    let redacted = value.starts_with(b"[redacted:");
    let likely = len >= 8 && !redacted && (!needs_digit || value.iter().any(u8::is_ascii_digit));
    likely.then_some((from, from + len))
}
