//! What single lines of `go test` text say, without any state.

use crate::decimal::decimal_from_digit;
use crate::event::Status;

/// A line of `go test` text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GoLine<'a> {
    /// `=== RUN   TestA`: the test begins.
    Run(&'a str),
    /// `=== PAUSE TestA`: the test waits for the serial ones.
    Pause,
    /// `=== CONT  TestA`, `=== NAME  TestA`: what follows is this test's output.
    Switch(&'a str),
    /// `--- FAIL: TestA (0.01s)`, indented by four columns per level of sub-tests.
    Result(Outcome<'a>),
    /// `ok  <tab>pkg<tab>0.1s`, `FAIL<tab>pkg<tab>0.1s`, `FAIL<tab>pkg [build failed]`,
    /// `?   <tab>pkg<tab>[no test files]`.
    Package(Package<'a>),
    /// `panic: test timed out after 10m0s`.
    TimedOut,
    /// Frame without meaning for tests: `PASS`, `FAIL`, `exit status 1`, benchmark figures, ...
    Frame,
    /// Anything else.
    Text,
}

/// A test's result line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome<'a> {
    /// Columns before the line's dashes; `None` if other output stands before them.
    pub(super) indent: Option<usize>,
    /// What stands before the dashes when that is not only white space.
    pub(super) before: &'a str,
    pub(super) status: Status,
    pub(super) name: &'a str,
    pub(super) seconds: Option<f64>,
}

/// A package's line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Package<'a> {
    pub(super) path: &'a str,
    pub(super) status: Status,
    pub(super) seconds: Option<f64>,
    /// Whether a test binary ran, so that tests told before are its own.
    pub(super) ran: bool,
}

/// Reads a line.
pub(super) fn classify(text: &str) -> GoLine<'_> {
    // With -test.v=test2json a control character marks the frame's lines.
    let text = text.strip_prefix('\u{16}').unwrap_or(text);
    if let Some(rest) = text.strip_prefix("=== ") {
        return heading(rest).unwrap_or(GoLine::Text);
    }
    if let Some(outcome) = result(text) {
        return GoLine::Result(outcome);
    }
    if let Some(package) = package(text) {
        return GoLine::Package(package);
    }
    if text.starts_with("panic: test timed out after ") {
        return GoLine::TimedOut;
    }
    if is_frame(text) {
        return GoLine::Frame;
    }
    GoLine::Text
}

/// Whether a line could only be go test's, and so may open the dialect.
pub(super) fn opens(text: &str) -> bool {
    let prefixes = ["Test", "Example", "Fuzz", "Benchmark"];
    let named = |name: &str| prefixes.iter().any(|p| name.starts_with(p));
    match classify(text) {
        GoLine::Run(name) | GoLine::Switch(name) => named(name),
        GoLine::Result(outcome) => outcome.indent == Some(0) && named(outcome.name),
        GoLine::Package(_) | GoLine::TimedOut => true,
        _ => false,
    }
}

fn heading(rest: &str) -> Option<GoLine<'_>> {
    let (word, name) = rest.split_once(' ')?;
    let name = name.trim_start();
    let whole = is_name(name);
    match word {
        "RUN" if whole => Some(GoLine::Run(name)),
        "PAUSE" if whole => Some(GoLine::Pause),
        "CONT" | "NAME" if whole => Some(GoLine::Switch(name)),
        "ATTR" | "ARTIFACTS" => Some(GoLine::Frame),
        _ => None,
    }
}

/// Test names hold no white space: `testing` rewrites it in names of sub-tests.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace())
}

fn result(text: &str) -> Option<Outcome<'_>> {
    // Ends with `(0.00s)`, in old versions `(0.00 seconds)`; benchmarks have no duration.
    let timed = text.strip_suffix("s)").and_then(|t| t.rsplit_once(" ("));
    let (head, seconds) = match timed {
        Some((head, seconds)) => {
            let seconds = seconds.strip_suffix(" second").unwrap_or(seconds);
            (head, Some(decimal_from_digit(seconds)?))
        }
        None if text.starts_with("--- ") => (text, None),
        None => return None,
    };
    let (before, dashes) = head.rsplit_once("--- ")?;
    let (word, name) = dashes.split_once(": ")?;
    let status = match word {
        "PASS" | "BENCH" => Status::Passed,
        "FAIL" => Status::Failed,
        "SKIP" => Status::Skipped,
        _ => return None,
    };
    if !is_name(name) || (seconds.is_none() && !name.starts_with("Benchmark")) {
        return None;
    }
    let blank = before.bytes().all(|b| b == b' ');
    Some(Outcome {
        indent: blank.then_some(before.len()),
        before: if blank { "" } else { before },
        status,
        name,
        seconds,
    })
}

fn package(text: &str) -> Option<Package<'_>> {
    let of = |path, status, seconds, ran| Package {
        path,
        status,
        seconds,
        ran,
    };
    if let Some(rest) = text.strip_prefix("ok  \t") {
        let mut parts = rest.split('\t');
        let path = parts.next().filter(|p| is_name(p))?;
        let time = parts.next()?.trim();
        let seconds = time.strip_suffix('s').and_then(decimal_from_digit);
        let told = seconds.is_some() || time == "(cached)";
        return told.then(|| of(path, Status::Passed, seconds, true));
    }
    if let Some(rest) = text.strip_prefix("FAIL\t") {
        if let Some((path, why)) = rest.split_once([' ', '\t'])
            && is_name(path)
        {
            let why = why.trim();
            if why == "[build failed]" || why == "[setup failed]" {
                return Some(of(path, Status::Errored, None, false));
            }
            let seconds = why.strip_suffix('s').and_then(decimal_from_digit);
            return seconds.map(|s| of(path, Status::Failed, Some(s), true));
        }
        return None;
    }
    let (path, why) = text.strip_prefix("?   \t")?.split_once('\t')?;
    (is_name(path) && why.starts_with("[no test files]"))
        .then(|| of(path, Status::Skipped, None, false))
}

fn is_frame(text: &str) -> bool {
    match text {
        "PASS" | "FAIL" | "testing: warning: no tests to run" => true,
        _ if text.starts_with("Benchmark") => is_benchmark(text),
        _ => {
            text.strip_prefix("exit status ")
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
                || text
                    .strip_prefix("coverage: ")
                    .is_some_and(|c| c == "[no statements]" || c.contains("% of statements"))
        }
    }
}

/// `BenchmarkX`, or `BenchmarkX-8  <tab>  20<tab>  123 ns/op ...`.
fn is_benchmark(text: &str) -> bool {
    match text.split_once(char::is_whitespace) {
        None => true,
        Some((_, figures)) => {
            let count = figures.split_whitespace().next();
            count.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) && figures.contains("/op")
        }
    }
}
