//! What single lines of Robot Framework's console say, without any state.

use crate::event::{Printed, Status};

/// Columns of the narrowest line of dashes that is read; Robot's own default is 78.
const RULE: usize = 40;
/// Columns of `| PASS |`.
const STATUS: usize = 8;

/// A line of `=` or of `-` across the console: the character and the columns.
pub(super) fn rule(text: &str) -> Option<(u8, usize)> {
    let (first, rest) = text.as_bytes().split_first()?;
    let whole = text.len() >= RULE && matches!(first, b'=' | b'-');
    (whole && rest.iter().all(|b| b == first)).then_some((*first, text.len()))
}

/// `Adds      | PASS |`: what stands before it, and the status.
pub(super) fn status(text: &str) -> Option<(&str, Status)> {
    let (head, word) = text.trim_end().strip_suffix(" |")?.rsplit_once("| ")?;
    let status = match word {
        "PASS" => Status::Passed,
        "FAIL" => Status::Failed,
        "SKIP" => Status::Skipped,
        _ => return None,
    };
    Some((head, status))
}

/// The name of what is `Adds :: documentation`, or `Adds      output`: names hold no two blanks.
pub(super) fn name(text: &str) -> &str {
    let text = text.trim_start();
    let text = text.split("  ").next().unwrap_or(text);
    text.split(" :: ").next().unwrap_or(text).trim_end()
}

/// The name that a line begins with and that is filled up to where its status will stand. Of wide
/// characters fewer fit, so the line where one is expected may be shorter.
pub(super) fn begun(text: &str, columns: usize, expected: bool) -> Option<&str> {
    if text.starts_with([' ', '[']) {
        return None;
    }
    let field = text.char_indices().nth(columns.saturating_sub(STATUS));
    let field = field.map_or(text, |(at, _)| &text[..at]);
    let full = field.ends_with(' ') && field.chars().count() + STATUS >= columns;
    let name = match full || (expected && text.contains("  ")) {
        true => name(field),
        false => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// Whether a title fills the console, or, of wide characters, most of it.
pub(super) fn is_title(text: &str, columns: usize) -> bool {
    let shown = text.chars().count();
    shown == columns || (text.ends_with("  ") && shown < columns && 2 * shown >= columns)
}

/// `11 tests, 5 passed, 5 failed, 1 skipped`, and before version 4 `11 tests total, 6 passed, 5 failed`.
pub(super) fn totals(text: &str) -> Option<Printed> {
    let mut parts = text.trim_end().split(", ");
    let (tests, word) = parts.next()?.split_once(' ')?;
    if !matches!(word, "test" | "tests" | "test total" | "tests total") {
        return None;
    }
    let mut printed = Printed {
        tests: Some(tests.parse().ok()?),
        ..Printed::default()
    };
    for part in parts {
        let (count, word) = part.split_once(' ')?;
        let slot = match word {
            "passed" => &mut printed.passed,
            "failed" => &mut printed.failed,
            "skipped" => &mut printed.skipped,
            _ => return None,
        };
        *slot = Some(count.parse().ok()?);
    }
    (printed.passed.is_some() && printed.failed.is_some()).then_some(printed)
}

/// `Running suite 'Cart' with 15 tests.`, the opening of the dotted console: the number of tests.
pub(super) fn announced(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("Running suite '")?;
    let (_, count) = rest.rsplit_once("' with ")?;
    let count = count
        .strip_suffix(" tests.")
        .or(count.strip_suffix(" test."))?;
    count.parse().ok()
}

/// `Run suite 'Cart' with 15 tests in 270 milliseconds.`, before the totals of the dotted console.
pub(super) fn is_over(text: &str) -> bool {
    text.starts_with("Run suite '") && text.contains("' with ")
}

/// `FAIL: Suites.Cart.Breaks` below the dots: suite and test.
pub(super) fn listed(text: &str) -> Option<(&str, &str)> {
    let full = text.strip_prefix("FAIL: ")?;
    // A dot within a name is followed by a blank more often than not.
    let dots = full.rmatch_indices('.').map(|(at, _)| at);
    let ends = |at: &usize| {
        let after = full[at + 1..].chars().next();
        after.is_some_and(|c| !c.is_whitespace())
    };
    let at = dots.into_iter().find(ends)?;
    Some((&full[..at], &full[at + 1..]))
}
