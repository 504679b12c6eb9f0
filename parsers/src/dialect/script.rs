//! What the runners of JavaScript share: how they write durations, stack frames and error names, and
//! the tree of titles by indentation.

use crate::dialect::Emit;
use crate::event::{Body, Status, TestEnd, TestStart};

/// Bytes kept of a message.
const MESSAGE_CAP: usize = 512;
/// Levels of titles kept; deeper ones count as the last.
const DEPTH_CAP: usize = 64;

/// The beginning of a message that is kept.
pub(super) fn cap(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_CAP)]
}

/// Columns of blanks before the text.
pub(super) fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Whether a path ends as the files of tests do that these runners load.
pub(super) fn is_script(path: &str) -> bool {
    let Some((stem, end)) = path.rsplit_once('.') else {
        return false;
    };
    let known = [
        "js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte", "coffee", "feature",
    ];
    !stem.is_empty() && known.contains(&end)
}

/// Seconds of `3 ms`, `35.48ms`, `1.2 s`, `0.003 sec`, `1m 3s`, `2.1m`, `1 h 2 m`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter(|n| *n > 0)?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        sum += match &rest[..letters] {
            "ms" => value / 1000.0,
            "s" | "sec" | "secs" | "second" | "seconds" => value,
            "m" | "min" => value * 60.0,
            "h" => value * 3600.0,
            _ => return None,
        };
        parts += 1;
        rest = rest[letters..].trim_start();
    }
    (parts > 0).then_some(sum)
}

/// Takes a duration in parentheses off the end: `adds (3 ms)`.
pub(super) fn timed(text: &str) -> (&str, Option<f64>) {
    let split = text.strip_suffix(')').and_then(|t| t.rsplit_once(" ("));
    match split.and_then(|(head, time)| Some((head, seconds(time)?))) {
        Some((head, time)) => (head, Some(time)),
        None => (text, None),
    }
}

/// Takes whole milliseconds off the end: `adds 3ms`.
pub(super) fn timed_ms(text: &str) -> (&str, Option<f64>) {
    let split = text.strip_suffix("ms").and_then(|t| t.rsplit_once(' '));
    let whole = |n: &str| n.parse::<u64>().ok().filter(|_| !n.starts_with('+'));
    match split.and_then(|(head, n)| Some((head, whole(n)?))) {
        Some((head, ms)) => (head, Some(ms as f64 / 1000.0)),
        None => (text, None),
    }
}

/// `file:line` of a stack frame of the tests' own code: `at f (a.js:1:2)`, `at a.js:1:2`.
pub(super) fn frame(text: &str) -> Option<&str> {
    let at = text.trim().strip_prefix("at ")?;
    let place = match at.strip_suffix(')') {
        Some(inner) => inner.rsplit_once('(')?.1,
        None => at.strip_prefix("async ").unwrap_or(at),
    };
    let place = place.strip_prefix("file://").unwrap_or(place);
    position(place).filter(|p| !is_foreign(p))
}

/// `file:line` of `file:line:column` or `file:line`.
pub(super) fn position(place: &str) -> Option<&str> {
    let (head, last) = place.rsplit_once(':')?;
    let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    if !is_number(last) || head.is_empty() {
        return None;
    }
    match head.rsplit_once(':') {
        Some((file, line)) if is_number(line) => (!file.is_empty()).then_some(head),
        _ => Some(place),
    }
}

/// Whether a frame lies in the runtime or in an installed package.
fn is_foreign(place: &str) -> bool {
    place.starts_with("node:")
        || place.starts_with("internal/")
        || place.contains("node_modules/")
        || place.contains("node_modules\\")
        || place.starts_with('<')
}

/// The message without the error's name: `TypeError [ERR_X]: text`. Runners' own reports give the
/// bare message, their consoles `error.stack`.
pub(super) fn bare_message(text: &str) -> &str {
    let Some((name, message)) = text.split_once(": ") else {
        return text;
    };
    let class = match name.split_once(" [") {
        Some((class, code)) if code.ends_with(']') => class,
        Some(_) => return text,
        None => name,
    };
    let word = class
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.'));
    if word && (class.ends_with("Error") || class.ends_with("Exception")) {
        message
    } else {
        text
    }
}

/// The titles that enclose a line, by level.
#[derive(Clone, Debug, Default)]
pub(super) struct Titles(Vec<Box<str>>);

impl Titles {
    /// Enters a title at a level; what was as deep or deeper is over.
    pub(super) fn enter(&mut self, level: usize, title: &str) {
        self.0.truncate(level.min(DEPTH_CAP));
        self.0.push(cap(title).into());
    }

    /// Leaves every title at the level and deeper.
    pub(super) fn leave(&mut self, level: usize) {
        self.0.truncate(level);
    }

    /// Number of levels entered.
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The title at a level.
    pub(super) fn at(&self, level: usize) -> Option<&str> {
        self.0.get(level).map(AsRef::as_ref)
    }

    /// The titles above a level, joined.
    pub(super) fn join(&self, level: usize, with: &str) -> String {
        self.0[..level.min(self.0.len())].join(with)
    }
}

/// Tells the failed attempts before a result; gives the result's own number if there were any.
pub(super) fn tell_retries(
    suite: &str,
    name: &str,
    messages: &[Box<str>],
    line: u64,
    emit: Emit<'_>,
) -> Option<u32> {
    if messages.is_empty() {
        return None;
    }
    let start = TestStart {
        suite: Some(suite),
        name,
        attempt: None,
        tags: None,
    };
    emit(line, Body::TestStart(start));
    let mut number = 1;
    for message in messages {
        let end = TestEnd {
            attempt: Some(number),
            message: Some(message).filter(|m| !m.is_empty()).map(AsRef::as_ref),
            ..TestEnd::new(Some(suite), name, Status::Failed)
        };
        emit(line, Body::TestEnd(end));
        number += 1;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_spelling() {
        let near = |text: &str, want: f64| {
            let got = seconds(text).unwrap_or(-1.0);
            assert!((got - want).abs() < 1e-9, "{text}: {got}");
        };
        near("3 ms", 0.003);
        near("35.481ms", 0.035_481);
        near("0.003 sec", 0.003);
        near("1m 3s", 63.0);
        near("2.1m", 126.0);
        assert_eq!(seconds("1"), None);
        assert_eq!(seconds("v2"), None);
        assert_eq!(timed("adds (really) (2 s)"), ("adds (really)", Some(2.0)));
        assert_eq!(timed("adds (really)"), ("adds (really)", None));
    }

    #[test]
    fn frames_of_the_runtime_are_not_locations() {
        assert_eq!(frame("  at f (/a/b.js:16:14)"), Some("/a/b.js:16"));
        assert_eq!(frame("at /a/b.js:16:14"), Some("/a/b.js:16"));
        assert_eq!(
            frame("at async f (file:///a/b.mjs:3:1)"),
            Some("/a/b.mjs:3")
        );
        assert_eq!(frame("at C:\\a\\b.js:1:2"), Some("C:\\a\\b.js:1"));
        assert_eq!(frame("at run (node:internal/x:1:2)"), None);
        assert_eq!(frame("at new Promise (<anonymous>)"), None);
        assert_eq!(frame("at f (/a/node_modules/x/i.js:1:2)"), None);
    }

    #[test]
    fn an_errors_name_is_not_its_message() {
        assert_eq!(
            bare_message("AssertionError [ERR_ASSERTION]: 1 == 2"),
            "1 == 2"
        );
        assert_eq!(bare_message("TypeError: no"), "no");
        assert_eq!(bare_message("expected: 1"), "expected: 1");
        assert_eq!(bare_message("x [y: z"), "x [y: z");
    }
}
