//! What single lines of `cargo test` and of a libtest binary say, without any state.

use crate::decimal::decimal_from_digit;
use crate::event::{Printed, Status};
use crate::places::{all_graphic, places_of};

/// Suite of documentation tests, which have no binary of their own.
pub(in crate::dialect) const DOC_SUITE: &str = "doc";

/// The suite a heading of cargo announces: `Running unittests src/lib.rs (target/.../NAME-hash)`,
/// in old versions `Running target/.../NAME-hash`, with `-v` the command line in backticks, or
/// `Doc-tests CRATE`.
pub(in crate::dialect) fn suite_heading(text: &str) -> Option<&str> {
    if !text.starts_with(' ') {
        return None;
    }
    let text = text.trim_ascii_start();
    if let Some(name) = text.strip_prefix("Doc-tests ") {
        return (!name.contains(' ') && !name.is_empty()).then_some(DOC_SUITE);
    }
    let rest = text.strip_prefix("Running ")?;
    if let Some(command) = rest.strip_prefix('`') {
        return command
            .trim_end_matches('`')
            .split(' ')
            .filter(|word| word.contains(['/', '\\']))
            .find_map(binary);
    }
    match rest.strip_suffix(')').and_then(|r| r.rsplit_once('(')) {
        Some((_, path)) => binary(path),
        None => binary(rest),
    }
}

/// `NAME` of `dir/NAME-0123456789abcdef`.
fn binary(path: &str) -> Option<&str> {
    let file = path.rsplit(['/', '\\']).next()?;
    let file = file.strip_suffix(".exe").unwrap_or(file);
    let (name, hash) = file.rsplit_once('-')?;
    let hashed = hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    (hashed && !name.is_empty() && !name.contains('=')).then_some(name)
}

/// `N` of `running N tests`, with or without the seed of a shuffled order.
pub(in crate::dialect) fn running(text: &str) -> Option<u64> {
    let (number, rest) = text.strip_prefix("running ")?.split_once(' ')?;
    let what = match rest.split_once(" (shuffle seed: ") {
        Some((what, seed)) if seed.ends_with(')') => what,
        _ => rest,
    };
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    (digits && (what == "tests" || what == "test")).then(|| number.parse().ok())?
}

/// The figures of a `test result:` line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::dialect) struct Figures {
    pub(in crate::dialect) passed: u64,
    pub(in crate::dialect) failed: u64,
    pub(in crate::dialect) ignored: u64,
    /// Benchmarks that ran; they are tests that passed.
    pub(in crate::dialect) measured: u64,
    pub(in crate::dialect) seconds: Option<f64>,
    pub(in crate::dialect) ok: bool,
}

impl Figures {
    /// All tests of the binary that were not filtered out.
    pub(in crate::dialect) fn tests(&self) -> u64 {
        [self.passed, self.failed, self.ignored, self.measured]
            .iter()
            .fold(0, |sum, n| sum.saturating_add(*n))
    }

    pub(in crate::dialect) fn printed(&self) -> Printed {
        Printed {
            tests: Some(self.tests()),
            passed: Some(self.passed.saturating_add(self.measured)),
            failed: Some(self.failed),
            skipped: Some(self.ignored),
            ..Printed::default()
        }
    }
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s`.
pub(super) fn test_result(text: &str) -> Option<Figures> {
    let (word, rest) = text.strip_prefix("test result: ")?.split_once(". ")?;
    let mut figures = Figures {
        ok: word == "ok",
        ..Figures::default()
    };
    if !figures.ok && word != "FAILED" {
        return None;
    }
    let mut passed = None;
    for part in rest.split("; ") {
        if let Some(time) = part.strip_prefix("finished in ") {
            figures.seconds = time.strip_suffix('s').and_then(decimal_from_digit);
            continue;
        }
        let (number, what) = part.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match what.split(' ').next() {
            Some("passed") => passed = Some(number),
            Some("failed") => figures.failed = number,
            Some("ignored") => figures.ignored = number,
            Some("measured") => figures.measured = number,
            _ => {}
        }
    }
    figures.passed = passed?;
    Some(figures)
}

/// A result behind `test NAME ... `.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome<'a> {
    pub(super) status: Status,
    pub(super) seconds: Option<f64>,
    /// Why the test is ignored.
    pub(super) message: Option<&'a str>,
}

/// `ok`, `FAILED`, `ignored, reason`, `bench:  1,234 ns/iter (+/- 56)`, each with ` <0.001s>` under
/// `--report-time`.
pub(super) fn outcome(text: &str) -> Option<Outcome<'_>> {
    let text = text.trim_end();
    let timed = text
        .strip_suffix("s>")
        .and_then(|t| t.rsplit_once(" <"))
        .and_then(|(head, seconds)| Some((head, decimal_from_digit(seconds)?)));
    let (word, seconds) = match timed {
        Some((word, seconds)) => (word, Some(seconds)),
        None => (text, None),
    };
    let (status, message) = match word {
        "ok" => (Status::Passed, None),
        "FAILED" | "failed" => (Status::Failed, None),
        "FAILED (time limit exceeded)" => (Status::TimedOut, None),
        "ignored" => (Status::Skipped, None),
        _ if word.starts_with("bench: ") && word.contains("ns/iter") => (Status::Passed, None),
        _ => (Status::Skipped, Some(word.strip_prefix("ignored, ")?)),
    };
    Some(Outcome {
        status,
        seconds,
        message,
    })
}

/// The result word that stands at the very end, glued to other output.
pub(super) fn glued_outcome(text: &str) -> Option<Status> {
    let text = text.trim_end();
    if text.ends_with("ok") {
        Some(Status::Passed)
    } else if text.ends_with("FAILED") {
        Some(Status::Failed)
    } else {
        text.ends_with("ignored").then_some(Status::Skipped)
    }
}

/// The result word that libtest coloured in these raw bytes. A test's own output may hold the same
/// word; with colours only libtest's is one coloured word between two escapes.
pub(super) fn coloured_outcome(raw: &[u8]) -> Option<Status> {
    let words: [(&[u8], Status); 3] = [
        (b"ok", Status::Passed),
        (b"FAILED", Status::Failed),
        (b"ignored", Status::Skipped),
    ];
    memchr::memmem::find_iter(raw, b"\x1b[3").find_map(|at| {
        let rest = &raw[at + 3..];
        let colour = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let rest = rest.get(colour..)?.strip_prefix(b"m")?;
        words.iter().find_map(|(word, status)| {
            let after = rest.strip_prefix(*word)?;
            (after.first() == Some(&0x1b)).then_some(*status)
        })
    })
}

/// `NAME` and what stands behind `test NAME ... `, and whether the line begins with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TestLine<'a> {
    pub(super) name: &'a str,
    pub(super) rest: &'a str,
    pub(super) at_start: bool,
}

/// Finds `test NAME ... ` in a line; other output may stand before it.
pub(super) fn test_line(text: &str) -> Option<TestLine<'_>> {
    let (head, rest) = match dots(text) {
        Some(at) => (&text[..at], &text[at + DOTS.len()..]),
        None => (text.strip_suffix(" ...")?, ""),
    };
    if let Some(name) = head.strip_prefix("test ").and_then(test_name) {
        return Some(TestLine {
            name,
            rest,
            at_start: true,
        });
    }
    let at = head.rfind("test ")?;
    let name = test_name(&head[at + 5..])?;
    Some(TestLine {
        name,
        rest,
        at_start: head[..at].bytes().all(|b| b == b' '),
    })
}

/// What stands between a test's name and its result.
const DOTS: &str = " ... ";

/// Where that stands first. Names rarely have dots, so looking for one is quicker than for all five bytes.
fn dots(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let before = |dot: usize| {
        dot.checked_sub(1)
            .filter(|at| bytes[*at..].starts_with(DOTS.as_bytes()))
    };
    places_of(bytes, b'.').find_map(before)
}

/// The test's path without what libtest says about it, if it can be one.
pub(in crate::dialect) fn test_name(text: &str) -> Option<&str> {
    // Names are padded to one width where benchmarks are among them.
    if !text.is_empty() && all_graphic(text.as_bytes()) {
        return Some(text);
    }
    let mut name = text.trim_end();
    for about in [" - should panic", " - compile fail", " - compile"] {
        name = name.strip_suffix(about).unwrap_or(name);
    }
    let one_word = !name.is_empty() && !name.contains(char::is_whitespace);
    // Harnesses that imitate libtest print `[kind] name`.
    (one_word || is_doc_name(name) || (name.starts_with('[') && name.contains("] ")))
        .then_some(name)
}

/// `src/lib.rs - item (line 12)`.
pub(in crate::dialect) fn is_doc_name(name: &str) -> bool {
    let line = name.strip_suffix(')').and_then(|n| n.rsplit_once("(line "));
    line.is_some_and(|(item, n)| {
        item.contains(" - ") && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())
    })
}

/// `trybuild` prints its own cases past the capture, each named by a source file.
pub(super) fn is_source_file(name: &str) -> bool {
    name.ends_with(".rs") && !name.contains("::") && !name.starts_with('[')
}

/// `NAME` of `test NAME has been running for over 60 seconds`.
pub(super) fn long_running(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("test ")?.strip_suffix(" seconds")?;
    let (name, _) = rest.split_once(" has been running for over ")?;
    test_name(name)
}

/// `NAME` of `---- NAME stdout ----`.
pub(super) fn block_heading(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("---- ")?.strip_suffix(" ----")?;
    inner
        .strip_suffix(" stdout")
        .or_else(|| inner.strip_suffix(" stderr"))
}

/// Cargo's line about a binary that failed, after which the next one begins.
pub(super) fn is_cargo_failure(text: &str) -> bool {
    let failed = [
        "error: test failed",
        "error: doctest failed",
        "error: bench failed",
    ];
    failed.iter().any(|f| text.starts_with(f))
        || text
            .strip_prefix("error: ")
            .is_some_and(|t| t.ends_with("targets failed:") || t.ends_with("target failed:"))
}

/// `    Starting 63 tests across 1 binary`, with which nextest begins.
pub(super) fn is_nextest_start(text: &str) -> bool {
    let Some(rest) = text.trim_ascii_start().strip_prefix("Starting ") else {
        return false;
    };
    let mut words = rest.split(' ');
    let numbers = |n: Option<&str>| n.is_some_and(|n| n.parse::<u64>().is_ok());
    numbers(words.next())
        && matches!(words.next(), Some("test" | "tests"))
        && words.next() == Some("across")
        && numbers(words.next())
}

/// `     Summary [   0.918s] 63 tests run: ...`, with which nextest ends.
pub(super) fn is_nextest_summary(text: &str) -> bool {
    text.trim_ascii_start().starts_with("Summary [")
}
