//! Where the message begins behind a level: beyond threads, process numbers and the logger's name,
//! as far as something sets them apart from the text.

use super::{Rest, WORDS};

/// Letters of `ERROR`.
pub(super) const WIDTH: usize = 5;

/// Steps beyond the level, which takes so many letters.
pub(super) fn behind_level<'a>(rest: &mut Rest<'a>, level: usize) -> &'a [u8] {
    if let Some(columns) = rest.0.strip_prefix(b"\t") {
        return behind_columns(columns);
    }
    let mut best = rest.plain();
    // Levels are often padded to the length of the longest common one.
    for _ in level..=WIDTH.max(level) {
        best = best.strip_prefix(b" ").unwrap_or(best);
    }
    for _ in 0..WORDS {
        let blanks = rest.blanks();
        if blanks > 0 && rest.eat(b"--- ") {
            continue;
        }
        if blanks > 0 && rest.eat(b"- ") {
            return rest.0;
        }
        if rest.eat(b"| ") {
            best = rest.0;
            continue;
        }
        let before = rest.0;
        if let Some(group) = rest.group() {
            if !is_thread(group) || !rest.plain().starts_with(b" ") {
                break;
            }
            best = &rest.0[1..];
            continue;
        }
        let word = rest.word();
        rest.0 = &before[word.len()..];
        if word.is_empty() || !named(word, rest) {
            break;
        }
        best = rest.0;
        if !word.iter().all(u8::is_ascii_digit) {
            return rest.0;
        }
    }
    best
}

/// zap's columns: perhaps a name, perhaps a place, the message.
fn behind_columns(columns: &[u8]) -> &[u8] {
    let mut rest = columns;
    for _ in 0..2 {
        let Some(tab) = memchr::memchr(b'\t', rest) else {
            return columns;
        };
        let column = &rest[..tab];
        rest = &rest[tab + 1..];
        if memchr::memmem::find(column, b".go:").is_some() {
            return rest;
        }
    }
    columns
}

/// `main`, `http-nio-8080-exec-1`, padded on the left; not `[ RUN      ]` and the like, which are
/// text.
fn is_thread(group: &[u8]) -> bool {
    let word = group.trim_ascii_start();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:#/@, ".contains(b);
    word.last().is_some_and(u8::is_ascii_alphanumeric)
        && word[0].is_ascii_alphanumeric()
        && word.iter().all(plain)
}

/// Whether the word is set apart as a logger's name or a process number; steps over what sets it
/// apart.
fn named(word: &[u8], rest: &mut Rest<'_>) -> bool {
    if word.iter().all(u8::is_ascii_digit) {
        return rest.plain().starts_with(b" ---");
    }
    let bare = word.strip_suffix(b":").unwrap_or(word);
    if !like_a_logger(bare) {
        return false;
    }
    if bare.len() < word.len() {
        return rest.eat(b" ");
    }
    if rest.eat(b": ") {
        return true;
    }
    rest.blanks() > 0 && (rest.eat(b"- ") || rest.eat(b": "))
}

/// A name with parts (`c.e.Class`, `mod::part`) or humps (`SparkContext`), for a mere word and a
/// colon or dash may begin a sentence. What is thrown belongs to the text.
fn like_a_logger(word: &[u8]) -> bool {
    let parts = word.iter().any(|b| b"._$/-:#".contains(b));
    let hump = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    let thrown = word.ends_with(b"Error") || word.ends_with(b"Exception");
    let capitals = word.iter().any(u8::is_ascii_uppercase);
    let shouted = capitals && !word.iter().any(u8::is_ascii_lowercase);
    (parts || word.windows(2).any(hump)) && !thrown && !shouted
}
