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
    // By their first letter, for nearly every word is asked; and none is longer.
    let may = match word.as_bytes() {
        [first, ..] if word.len() <= "status_code".len() => match first | 0x20 {
            b'h' | b's' | b'c' | b'r' | b'e' => true,
            b'w' | b'i' | b'o' | b'g' => before,
            _ => false,
        },
        _ => false,
    };
    let among = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
    may && (among(&ANNOUNCE) || (before && among(&CARRY)))
}

pub(super) fn is_method(word: &str) -> bool {
    let may = matches!(
        word.as_bytes(),
        [b'G' | b'P' | b'D' | b'H' | b'O', b'A'..=b'Z', ..]
    );
    may && matches!(
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
    // Nearly all words end here: nothing that a value may follow stands behind them.
    if !matches!(bytes.get(name), Some(b' ' | b'=' | b':' | b'"' | b'\'')) {
        return None;
    }
    let word = &bytes[..name];
    let ends_with = |end: &str| {
        word.len() >= end.len()
            && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    // By their last letter: nearly every word is asked.
    let (bearers, names): (&[&str], &[&str]) = match word.last()?.to_ascii_lowercase() {
        b'r' => (&["bearer"], &[]),
        b'c' => (&["basic"], &[]),
        b'd' => (&[], &["password", "passwd"]),
        b't' => (&[], &["secret"]),
        b'n' => (&[], &["token"]),
        b'y' => (&[], &["api_key", "apikey", "access_key"]),
        _ => return None,
    };
    let bearer = bearers.iter().any(|w| ends_with(w)) && bytes.get(name) == Some(&b' ');
    let named = names.iter().any(|w| ends_with(w));
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
    let known = placeholder(value);
    let likely = match needs_digit {
        // What was masked or redacted already stays as it is.
        _ if value == b"<secret>" => true,
        _ if value.starts_with(b"[redacted:") => false,
        true => len >= 8 && value.iter().any(u8::is_ascii_digit) && !value.contains(&b'<'),
        false => {
            len > 0 && known.is_none() && !NOTHING.iter().any(|n| value.eq_ignore_ascii_case(n))
        }
    };
    likely.then_some((from, from + len))
}

/// Values that say that there is no secret.
const NOTHING: [&[u8]; 8] = [
    b"none",
    b"null",
    b"nil",
    b"undefined",
    b"true",
    b"false",
    b"empty",
    b"{}",
];

/// Placeholders, as they may stand in a text that was masked before.
const PLACEHOLDERS: [&str; 14] = [
    "<n>", "<str>", "<time>", "<path>", "<addr>", "<dur>", "<id>", "<hex>", "<ptr>", "<uuid>",
    "<email>", "<secret>", "<b64>", "<status>",
];

/// The placeholder at the beginning of some bytes.
pub(super) fn placeholder(bytes: &[u8]) -> Option<&'static str> {
    let found = PLACEHOLDERS
        .iter()
        .find(|p| bytes.starts_with(p.as_bytes()));
    found.copied()
}

/// Length of a value after `name=`.
pub(super) fn value(bytes: &[u8]) -> Option<usize> {
    let ends = |b: u8| {
        b.is_ascii_whitespace()
            || matches!(
                b,
                b'"' | b'\'' | b'`' | b',' | b';' | b'(' | b')' | b'&' | b']' | b'}' | b'<' | b'>'
            )
    };
    let len = run(bytes, usize::MAX, |b| !ends(b));
    (len > 0).then_some(len)
}

/// The part between `scheme://` and the path of a URL whose scheme is the first `scheme` bytes, from
/// and to: all of it, or only a name with its password before the `@`.
pub(super) fn authority(text: &str, scheme: usize, all: bool) -> Option<(usize, usize)> {
    let from = scheme + 3;
    let rest = text[scheme..].strip_prefix("://")?.as_bytes();
    let within = |b: u8| {
        !b.is_ascii_whitespace()
            && !matches!(
                b,
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b')' | b',' | b';'
            )
    };
    let len = run(rest, usize::MAX, within);
    if all {
        return (len > 0).then_some((from, from + len));
    }
    let user = rest[..len].iter().rposition(|b| *b == b'@')?;
    (user > 0).then_some((from, from + user))
}
