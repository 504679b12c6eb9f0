//! What single lines of Catch2's console say, without any state.

use crate::event::Status;

/// Characters a rule has at least; Catch2 draws 79 unless it was compiled for another width.
const RULE: usize = 20;
/// What a name may be broken behind where no blank was.
const BREAK_AFTER: &[char] = &['-', '/', '\\', '>', '*', '+', '=', '&', '.', ')', ']', '}'];

/// Totals of test cases; what was not printed is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    /// Failed as expected (`[!mayfail]`, `[!shouldfail]`).
    pub(super) expected: u64,
    /// Whether those not named here are known to be zero: the compact reporter of version 2 tells
    /// of a failed run only what failed.
    pub(super) complete: bool,
}

/// How an assertion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Failed,
    Skipped,
    /// Passed, a warning, information.
    Fine,
}

/// `NAME is a Catch v2.13.10 host application.`, `... is a Catch2 v3.4.0 host application.`
pub(super) fn banner(text: &str) -> bool {
    text.trim_end().ends_with(" host application.") && text.contains(" is a Catch")
}

/// Length of the rule of that character which ends the line; output without a line feed may stand
/// before it.
pub(in crate::dialect) fn rule(text: &str, of: u8) -> Option<usize> {
    let text = text.trim_end().as_bytes();
    let length = text.iter().rev().take_while(|b| **b == of).count();
    (length >= RULE).then_some(length)
}

/// Whether the text is `path/file.cpp:12`, or `file.cpp(12)` as Visual C++ has it.
pub(in crate::dialect) fn place(text: &str) -> bool {
    let (path, number) = match text.strip_suffix(')') {
        Some(rest) => rest.rsplit_once('(').unwrap_or_default(),
        None => text.rsplit_once(':').unwrap_or_default(),
    };
    let known = !path.is_empty() && !path.starts_with([' ', '\t']);
    known && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Place and outcome of `path/file.cpp:12: FAILED:`.
pub(super) fn assertion(text: &str) -> Option<(&str, Outcome)> {
    let kinds = [
        (": FAILED:", Outcome::Failed),
        (": SKIPPED:", Outcome::Skipped),
        (": PASSED:", Outcome::Fine),
        (": FAILED - but was ok:", Outcome::Fine),
        (": warning:", Outcome::Fine),
        (": info:", Outcome::Fine),
    ];
    let text = text.trim_end();
    let (at, outcome) = kinds
        .iter()
        .find_map(|(end, outcome)| Some((text.strip_suffix(end)?, *outcome)))?;
    place(at).then_some((at, outcome))
}

/// Seconds and name of `0.013 s: name`.
pub(in crate::dialect) fn duration(text: &str) -> Option<(f64, &str)> {
    let (number, name) = text.split_once(" s: ")?;
    let figures = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (figures && !name.is_empty()).then_some((number.parse().ok()?, name))
}

/// The name of the test case in the lines of a heading: those that wrap it, joined; what is further in
/// are sections. A wrapped name with `: ` in it goes on in the column behind that.
pub(super) fn name(lines: &[String]) -> Option<String> {
    let first = lines.first()?;
    let hanging = first.find(": ").map_or(0, |i| i + 2);
    let mut name = first.trim_end().to_owned();
    for line in &lines[1..] {
        let rest = line.trim_start();
        let column = line.len() - rest.len();
        // The sections' own columns: 2, and 6 to 8 for Given, When, Then.
        let section = column > 0 && (column != hanging || hanging <= 8);
        if section || rest.is_empty() {
            break;
        }
        join(&mut name, rest.trim_end());
    }
    (!name.is_empty()).then_some(name)
}

/// Joins what was wrapped. Blanks at the break are lost, and a break may stand where none was: before a
/// bracket, behind most punctuation.
fn join(name: &mut String, rest: &str) {
    let mut last = name.chars().rev();
    let (end, before) = (last.next(), last.next());
    // The end of a sentence or of a bracket, before a word, had its blank; so had what stands alone.
    let word = matches!(end, Some('.' | ')' | ']' | '}' | '>')) && starts_word(rest);
    let alone = before == Some(' ');
    let behind = name.ends_with(BREAK_AFTER) && !word && !alone;
    if !(behind || name.ends_with("::") || rest.starts_with('<')) {
        name.push(' ');
    }
    name.push_str(rest);
}

fn starts_word(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
}

/// The totals of a run, by the console or the compact reporter.
pub(super) fn totals(text: &str) -> Option<Totals> {
    let text = text.trim_end();
    all_passed(text)
        .or_else(|| row(text))
        .or_else(|| compact(text))
}

/// `All tests passed (674 assertions in 143 test cases)`.
fn all_passed(text: &str) -> Option<Totals> {
    let rest = text.strip_prefix("All tests passed (")?.strip_suffix(')')?;
    let (assertions, cases) = rest.split_once(" in ")?;
    counted(assertions, "assertion")?;
    Some(Totals {
        passed: counted(cases, "test case")?,
        complete: true,
        ..Totals::default()
    })
}

/// `test cases: 229 | 165 passed | 59 failed |  5 failed as expected`.
fn row(text: &str) -> Option<Totals> {
    let rest = text.strip_prefix("test cases: ")?;
    let mut cells = rest.split(" | ");
    let tests: u64 = cells.next()?.trim().parse().ok()?;
    let mut totals = Totals {
        complete: true,
        ..Totals::default()
    };
    for cell in cells {
        let (number, word) = cell.trim_start().split_once(' ')?;
        let figure = match word.trim_end() {
            "passed" => &mut totals.passed,
            "failed" => &mut totals.failed,
            "skipped" => &mut totals.skipped,
            "failed as expected" => &mut totals.expected,
            _ => return None,
        };
        *figure = number.parse().ok()?;
    }
    let sum = [totals.failed, totals.skipped, totals.expected]
        .iter()
        .fold(totals.passed, |sum, n| sum.saturating_add(*n));
    (sum == tests && tests > 0).then_some(totals)
}

/// `Passed all 3 test cases with 5 assertions.`, `Failed 2 test cases, failed both 2 assertions.`
fn compact(text: &str) -> Option<Totals> {
    let text = text.strip_suffix('.')?;
    if let Some(rest) = text.strip_prefix("Passed ") {
        let cases = match rest.strip_suffix(" (no assertions)") {
            Some(cases) => cases,
            None => {
                let (cases, assertions) = rest.split_once(" with ")?;
                counted(assertions, "assertion")?;
                cases
            }
        };
        return Some(Totals {
            passed: counted(cases, "test case")?,
            complete: true,
            ..Totals::default()
        });
    }
    let (cases, assertions) = text.strip_prefix("Failed ")?.split_once(", failed ")?;
    counted(assertions, "assertion")?;
    Some(Totals {
        failed: counted(cases, "test case")?,
        // All of them, or nobody knows how many there were.
        complete: cases.starts_with(['a', 'b']),
        ..Totals::default()
    })
}

/// The number in `all 12 things`, `both 2 things`, `1 thing`.
fn counted(text: &str, thing: &str) -> Option<u64> {
    let text = text.strip_prefix("all ").unwrap_or(text);
    let text = text.strip_prefix("both ").unwrap_or(text);
    let (number, what) = text.split_once(' ')?;
    let known = what
        .strip_prefix(thing)
        .is_some_and(|s| matches!(s, "" | "s"));
    known.then(|| number.parse().ok())?
}

/// The status of a test case whose assertions ended so.
pub(super) fn status(failed: bool, skipped: bool) -> Status {
    match (failed, skipped) {
        (true, _) => Status::Failed,
        (false, true) => Status::Skipped,
        (false, false) => Status::Passed,
    }
}
