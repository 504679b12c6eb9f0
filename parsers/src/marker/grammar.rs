//! Finds a marker's word in a line and reads the spelling round it.

use super::fields::{self, Fields};
use super::{json, prefix};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    TestStart,
    TestPass,
    TestFail,
    TestSkip,
    SuiteStart,
    SuiteEnd,
    RunStart,
    RunEnd,
}

const WORDS: [(&str, Word); 8] = [
    ("TEST_START", Word::TestStart),
    ("TEST_PASS", Word::TestPass),
    ("TEST_FAIL", Word::TestFail),
    ("TEST_SKIP", Word::TestSkip),
    ("SUITE_START", Word::SuiteStart),
    ("SUITE_END", Word::SuiteEnd),
    ("RUN_START", Word::RunStart),
    ("RUN_END", Word::RunEnd),
];

/// A marker as it was spelt.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) word: Word,
    pub(super) fields: Fields<'a>,
}

/// The marker that `text` is, if it is nothing else.
pub(super) fn word_of(text: &str) -> Option<Word> {
    WORDS
        .iter()
        .find(|(w, _)| *w == text)
        .map(|(_, word)| *word)
}

/// Where the first marker's word stands: from, and to. Lines without underscore cost one memchr.
pub(super) fn find_word(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'_', bytes).find_map(|at| {
        let head = &bytes[..at];
        let from = match head.last()? {
            b'T' if head.ends_with(b"TEST") => at - 4,
            b'E' if head.ends_with(b"SUITE") => at - 5,
            b'N' if head.ends_with(b"RUN") => at - 3,
            _ => return None,
        };
        let (word, _) = WORDS
            .iter()
            .find(|(w, _)| bytes[from..].starts_with(w.as_bytes()))?;
        let to = from + word.len();
        let joined = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let apart = !joined(bytes.get(to)) && !joined(from.checked_sub(1).map(|i| &bytes[i]));
        apart.then_some((from, to))
    })
}

/// The line as a marker, whose word was found at `(from, to)`.
pub(super) fn record(text: &str, (from, to): (usize, usize)) -> Option<Record<'_>> {
    let before = &text[..from];
    let word = word_of(&text[from..to])?;
    let after = &text[to..];
    if let Some(open) = before.find('{') {
        return prefix::is_prefix(&before[..open]).then(|| json::record(&text[open..]))?;
    }
    spelt(before, word, after)
}

/// Plain or bracketed spelling.
pub(super) fn spelt<'a>(before: &str, word: Word, after: &'a str) -> Option<Record<'a>> {
    let fields = if let Some(before) = before.strip_suffix('[') {
        let close = closing_bracket(after)?;
        let (inside, outside) = (&after[..close], &after[close + 1..]);
        let mut fields = prefix::is_prefix(before).then(|| body(inside))??;
        fields.add(body(outside)?);
        fields
    } else if let Some(before) = quoted_message(before) {
        let quoted = after.trim_end();
        let inside = quoted.find('"').map(|end| &quoted[..end])?;
        prefix::is_prefix(before).then(|| body(inside))??
    } else {
        let before = ["event=", "type=", "marker="]
            .iter()
            .find_map(|key| before.strip_suffix(key))
            .unwrap_or(before);
        prefix::is_prefix(before).then(|| body(after))??
    };
    Some(Record { word, fields })
}

/// What stands before `msg="` or `message="`; of logfmt lines the pairs before it are dropped too.
fn quoted_message(before: &str) -> Option<&str> {
    let before = before
        .strip_suffix("message=\"")
        .or_else(|| before.strip_suffix("msg=\""))?;
    let pairs = before
        .split_ascii_whitespace()
        .all(|pair| pair.contains('='));
    Some(if pairs { "" } else { before })
}

/// What follows the word: nothing, or after a space or colon what may be a name or pairs.
fn body(text: &str) -> Option<Fields<'_>> {
    let rest = text.strip_prefix(':').unwrap_or(text);
    let begins_apart = rest.is_empty() || rest.len() < text.len() || rest.starts_with([' ', '\t']);
    let rest = rest.trim();
    if !begins_apart || !begins_like_a_name(rest) {
        return None;
    }
    Some(fields::parse(rest))
}

/// Words that go on a sentence about a marker, and begin no test's name.
const PROSE: [&str; 24] = [
    "is", "are", "was", "were", "means", "marker", "markers", "and", "or", "line", "lines",
    "event", "events", "will", "must", "should", "has", "have", "may", "can", "when", "if", "for",
    "in",
];

fn begins_like_a_name(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return true;
    };
    if !(first.is_alphanumeric() || "_\"'`/.@:<([$#".contains(first)) {
        return false;
    }
    let word = text.split([' ', '\t', ',']).next().unwrap_or(text);
    // `TEST_PASS` or `'TEST_PASS' means` quoted inside a sentence end in a lone quote.
    let lone_quote = "\"'`".contains(first) && text[1..].find(first).is_none();
    !lone_quote && !PROSE.contains(&word) && word_of(word.trim_matches(',')).is_none()
}

/// The bracket that closes the one the word stands in, with brackets in names paired.
fn closing_bracket(after: &str) -> Option<usize> {
    let mut depth = 1;
    after.bytes().position(|b| {
        depth += match b {
            b'[' => 1,
            b']' => -1,
            _ => 0,
        };
        depth == 0
    })
}
