//! What single lines of GoogleTest say, without any state.

use crate::event::Status;

/// A line with a tag in brackets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tagged<'a> {
    /// `[==========] Running 84 tests from 37 test suites.`
    Running(u64),
    /// `[==========] 84 tests from 37 test suites ran. (12 ms total)`
    Ran(u64, Option<f64>),
    /// `[ RUN      ] Suite.Name`
    Began(&'a str),
    /// `[       OK ] Suite.Name (0 ms)`
    Ended(Status, Name<'a>),
    /// `[  PASSED  ] 26 tests.`, `[  FAILED  ] 57 tests, listed below:`
    Total(Status, u64),
    /// `[----------] ...` and other structure.
    Rule,
}

/// A test as lines name it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Name<'a> {
    pub(super) suite: &'a str,
    pub(super) name: &'a str,
    pub(super) seconds: Option<f64>,
}

/// The tag's inner ten characters and what follows.
fn tag(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('[')?;
    let inner = rest.get(..10)?;
    let rest = rest[10..].strip_prefix(']')?;
    Some((inner, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Reads a line with a tag.
pub(super) fn tagged(text: &str) -> Option<Tagged<'_>> {
    let (inner, rest) = tag(text)?;
    Some(match inner {
        "==========" => match (running(rest), ran(rest)) {
            (Some(tests), _) => Tagged::Running(tests),
            (_, Some((tests, seconds))) => Tagged::Ran(tests, seconds),
            _ => return None,
        },
        "----------" | " DISABLED " | "  DEATH   " => Tagged::Rule,
        " RUN      " => Tagged::Began(rest),
        "       OK " => Tagged::Ended(Status::Passed, name(rest)?),
        "  SKIPPED " => ended(Status::Skipped, rest)?,
        "  PASSED  " => ended(Status::Passed, rest)?,
        "  FAILED  " => ended(Status::Failed, rest)?,
        _ => return None,
    })
}

/// A result, or the total of its kind.
fn ended(status: Status, rest: &str) -> Option<Tagged<'_>> {
    if let Some(n) = total(rest) {
        return Some(Tagged::Total(status, n));
    }
    match name(rest) {
        Some(name) => Some(Tagged::Ended(status, name)),
        // `Suite: SetUpTestSuite or TearDownTestSuite`
        None => Some(Tagged::Rule),
    }
}

/// `26 tests.`, `1 test, listed below:`.
fn total(rest: &str) -> Option<u64> {
    let (number, rest) = rest.split_once(' ')?;
    let what = rest.trim_end().split([',', '.']).next()?;
    matches!(what, "test" | "tests").then(|| number.parse().ok())?
}

fn running(rest: &str) -> Option<u64> {
    let rest = rest.strip_prefix("Running ")?;
    count(rest).map(|(n, _)| n)
}

fn ran(rest: &str) -> Option<(u64, Option<f64>)> {
    let (tests, rest) = count(rest)?;
    let (_, time) = rest.split_once(" ran.")?;
    let seconds = time
        .trim()
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(" ms total)"))
        .and_then(millis);
    Some((tests, seconds))
}

/// `84` and the rest of `84 tests from 37 test suites...`; old versions say `test cases`.
fn count(rest: &str) -> Option<(u64, &str)> {
    let (number, rest) = rest.split_once(' ')?;
    let from = rest
        .strip_prefix("tests from ")
        .or_else(|| rest.strip_prefix("test from "))?;
    let known = from.contains(" test suite") || from.contains(" test case");
    Some((known.then(|| number.parse().ok())??, from))
}

/// `Suite.Name, where GetParam() = 2 (0 ms)`: a parameter's text may hold anything.
pub(super) fn name(rest: &str) -> Option<Name<'_>> {
    let timed = rest
        .trim_end()
        .strip_suffix(" ms)")
        .and_then(|r| r.rsplit_once(" ("))
        .and_then(|(head, ms)| Some((head, millis(ms)?)));
    let (head, seconds) = match timed {
        Some((head, seconds)) => (head, Some(seconds)),
        None => (rest.trim_end(), None),
    };
    let head = head.split(", where ").next()?;
    let (suite, name) = head.split_once('.')?;
    let plain = !suite.is_empty() && !suite.contains(' ') && !name.is_empty();
    plain.then_some(Name {
        suite,
        name,
        seconds,
    })
}

fn millis(text: &str) -> Option<f64> {
    let ms: u64 = text.parse().ok()?;
    Some(ms as f64 / 1000.0)
}

/// `FILE:LINE` of `path/file.cc:104: Failure`, of `file.cc(104): error: ...` as Visual C++ has it, and
/// of the reason of a skip; then what stands behind it.
pub(super) fn place(text: &str) -> Option<(String, &str)> {
    // Both the words behind a place begin with a colon or hold one.
    memchr::memchr(b':', text.as_bytes())?;
    for word in [": Failure", ": Skipped"] {
        if let Some(at) = text.trim_end().strip_suffix(word) {
            return Some((position(at)?, ""));
        }
    }
    for word in ["): error: ", "): error", "): Skipped"] {
        if let Some((at, rest)) = text.split_once(word) {
            let (file, line) = at.rsplit_once('(')?;
            return Some((position(&format!("{file}:{line}"))?, rest.trim()));
        }
    }
    (text.trim_end() == "unknown file: Failure").then(|| ("unknown file".to_owned(), ""))
}

fn position(at: &str) -> Option<String> {
    if at == "unknown file" {
        return Some(at.to_owned());
    }
    let (file, line) = at.rsplit_once(':')?;
    let number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (number && !file.is_empty()).then(|| at.to_owned())
}
