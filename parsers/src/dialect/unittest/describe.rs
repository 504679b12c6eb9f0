//! How `unittest` writes tests and results: `test_x (mod.C.test_x) [msg] (i=1) ... ok`.

use super::nose2;
use crate::event::Status;

/// A test as its description names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Described<'a> {
    /// The method, or what stands for one (`setUpClass`).
    pub(super) name: &'a str,
    /// `module.Class`, or the module for module fixtures; empty for a doctest of a module.
    pub(super) suite: &'a str,
    /// Whether it is a part of a test (`subTest`).
    pub(super) subtest: bool,
}

/// Splits a line that begins with a description; the rest follows it, unless that is all.
pub(super) fn described(text: &str) -> Option<(Described<'_>, &str)> {
    if let Some(name) = nose2::generated(text) {
        // Its class follows on the next line.
        let (suite, subtest) = ("", false);
        return Some((
            Described {
                name,
                suite,
                subtest,
            },
            "",
        ));
    }
    plain(text).or_else(|| nose2::described(text))
}

/// The description that a section is headed by.
pub(super) fn headed(text: &str) -> Option<Described<'_>> {
    let found = described(text).or_else(|| nose2::headed(text));
    found.map(|(test, _)| test)
}

/// What stands before the first ` (`, and what behind it. To look is much cheaper than to prepare for a split.
pub(super) fn parenthesised(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memmem::find(text.as_bytes(), b" (")?;
    Some((&text[..at], &text[at + 2..]))
}

fn plain(text: &str) -> Option<(Described<'_>, &str)> {
    let (name, inside) = parenthesised(text)?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '(') {
        return None;
    }
    let close = inside.find(')')?;
    let (dotted, rest) = (&inside[..close], &inside[close + 1..]);
    let named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>' | '-');
    if !dotted.chars().all(named) {
        return None;
    }
    // Since Python 3.11 the method follows its class.
    let suite = dotted
        .strip_suffix(name)
        .and_then(|s| s.strip_suffix('.'))
        .unwrap_or(dotted);
    let subtest = rest.starts_with(" (") || rest.starts_with(" [");
    let known = Described {
        name,
        suite,
        subtest,
    };
    let rest = match subtest {
        true => rest.find(" ... ").map_or("", |at| &rest[at..]),
        false => rest,
    };
    Some((known, rest))
}

impl Described<'_> {
    /// Whether it can hardly be anything else: a dotted class, or the name of a test.
    pub(super) fn is_certain(&self) -> bool {
        self.suite.contains('.') || (!self.suite.is_empty() && self.name.starts_with("test"))
    }
}

impl Described<'_> {
    /// Whether it stands for a fixture, which is no test that is counted.
    pub(super) fn is_fixture(&self) -> bool {
        let own = self.name.starts_with("setUp") || self.name.starts_with("tearDown");
        own || self.name == "_ErrorHolder"
    }
}

/// A result and the reason of a skip.
pub(super) type Outcome<'a> = (Status, Option<&'a str>);

/// A text that is a result and nothing else.
pub(super) fn outcome(text: &str) -> Option<Outcome<'_>> {
    let status = match text.trim_end() {
        "ok" => Status::Passed,
        "FAIL" => Status::Failed,
        "ERROR" => Status::Errored,
        "expected failure" => Status::Xfail,
        "unexpected success" => Status::Xpass,
        skip => {
            let reason = skip.strip_prefix("skipped ")?;
            return quoted(reason).map(|reason| (Status::Skipped, Some(reason)));
        }
    };
    Some((status, None))
}

/// The inside of a Python string literal.
fn quoted(text: &str) -> Option<&str> {
    ['\'', '"'].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(inner)
    })
}

/// A result at the end of a line, glued to what the test printed before it.
pub(super) fn glued(text: &str) -> Option<Outcome<'_>> {
    let text = text.trim_end();
    for word in [
        "ok",
        "FAIL",
        "ERROR",
        "expected failure",
        "unexpected success",
    ] {
        if text.ends_with(word) {
            return outcome(word);
        }
    }
    let at = text
        .rfind("skipped '")
        .or_else(|| text.rfind("skipped \""))?;
    outcome(&text[at..])
}

/// The result of a line that ends in ` ... RESULT`.
pub(super) fn dotted(text: &str) -> Option<Outcome<'_>> {
    // Reasons and docstrings may hold dots of their own.
    let skip = text.find(" ... skipped ").map(|at| &text[at + 5..]);
    let last = text.rfind(" ... ").map(|at| &text[at + 5..]);
    skip.and_then(outcome).or_else(|| last.and_then(outcome))
}

/// A line of progress characters, counted: `.F.E.s`.
pub(super) fn progress(text: &str) -> Option<crate::event::Counts> {
    let mut counts = crate::event::Counts::ZERO;
    if text.is_empty() {
        return None;
    }
    for c in text.bytes() {
        let status = match c {
            b'.' => Status::Passed,
            b'F' => Status::Failed,
            b'E' => Status::Errored,
            b's' => Status::Skipped,
            b'x' => Status::Xfail,
            b'u' => Status::Xpass,
            _ => return None,
        };
        counts.add(status, 1);
    }
    Some(counts)
}

/// Whether the line is a separator of at least 70 of the character.
pub(super) fn separator(text: &str, of: u8) -> bool {
    text.len() >= 70 && text.bytes().all(|b| b == of)
}

/// `Ran 12 tests in 0.345s`: the number and the seconds.
pub(super) fn ran(text: &str) -> Option<(u64, Option<f64>)> {
    let rest = text.strip_prefix("Ran ")?;
    let (count, rest) = rest.split_once(" test")?;
    let rest = rest.strip_prefix('s').unwrap_or(rest);
    let seconds = rest.strip_prefix(" in ")?.strip_suffix('s')?;
    Some((count.parse().ok()?, Some(seconds.parse().ok()?)))
}

/// `0.101s     test_x (mod.C.test_x)` of `--durations`: seconds and test.
pub(super) fn slow(text: &str) -> Option<(f64, Described<'_>)> {
    let (seconds, rest) = text.split_once("s ")?;
    let seconds = seconds.parse().ok()?;
    match described(rest.trim_start())? {
        (test, "") if test.is_certain() => Some((seconds, test)),
        _ => None,
    }
}

/// `FAILED (failures=1, skipped=2)`, `OK`: failures, errors, skipped, expected failures, unexpected
/// successes.
pub(super) fn verdict(text: &str) -> Option<[u64; 5]> {
    if !text.starts_with(['O', 'F', 'N']) {
        return None;
    }
    let (word, rest) = match parenthesised(text) {
        Some((word, rest)) => (word, rest.strip_suffix(')')?),
        None => (text, ""),
    };
    if !matches!(word, "OK" | "FAILED" | "NO TESTS RAN") {
        return None;
    }
    let mut figures = [0; 5];
    for part in rest.split(", ").filter(|p| !p.is_empty()) {
        let (key, value) = part.split_once('=')?;
        let slot = match key {
            "failures" => 0,
            "errors" => 1,
            "skipped" => 2,
            "expected failures" => 3,
            "unexpected successes" => 4,
            _ => continue,
        };
        figures[slot] = value.parse().ok()?;
    }
    Some(figures)
}
