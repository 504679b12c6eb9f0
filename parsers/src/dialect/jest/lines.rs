//! What single lines of Jest's text say, without any state.

use crate::dialect::script::{is_script, timed};
use crate::event::{Printed, Status};

/// `PASS src/a.test.js (5.2 s)`; with a project's name between, and ` PASS ` as a coloured badge.
pub(super) fn header(text: &str) -> Option<(bool, &str)> {
    let rest = text.strip_prefix(' ').unwrap_or(text);
    let (failed, rest) = match rest.strip_prefix("FAIL ") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("PASS ")?),
    };
    let rest = rest.trim();
    let rest = match rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")) {
        Some((head, detail)) if is_detail(detail) => head,
        _ => rest,
    };
    // A project's name may stand before the path.
    let path = rest.rsplit_once(' ').map_or(rest, |(_, path)| path);
    let prose = rest.contains(" > ") || rest.contains(" › ") || rest.contains(": ");
    (is_script(path) && !prose).then_some((failed, path))
}

/// `5.2 s`, `5.2 s, 80 MB heap size`.
fn is_detail(text: &str) -> bool {
    text.split(", ")
        .all(|part| part.ends_with(" heap size") || crate::dialect::script::seconds(part).is_some())
}

/// The heading of a failure: `  ● suite › test`.
pub(super) fn bullet(text: &str) -> Option<&str> {
    text.strip_prefix("  ● ").map(str::trim_end)
}

/// The bullet's full title, or what else stands behind a bullet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bullet<'a> {
    Test(&'a str),
    /// The file could not be loaded.
    Suite,
    /// Not about a test.
    Other,
}

pub(super) fn classify(title: &str) -> Bullet<'_> {
    match title.trim_start() {
        "Test suite failed to run" => Bullet::Suite,
        "Console" | "Unhandled error" => Bullet::Other,
        t if t.starts_with("process.exit called with ") => Bullet::Other,
        t if t.starts_with("Cannot log after tests are done") => Bullet::Other,
        t if t.ends_with(" Warning:") || t.is_empty() => Bullet::Other,
        _ => Bullet::Test(title),
    }
}

/// A result in the tree of a file: its status, title and duration.
pub(super) fn result(text: &str) -> Option<(Status, &str, Option<f64>)> {
    let (icon, rest) = text.split_once(' ')?;
    let status = match icon {
        "✓" | "√" => Status::Passed,
        "✕" | "×" => Status::Failed,
        "○" => Status::Skipped,
        "✎" => Status::Todo,
        _ => return None,
    };
    Some(match status {
        Status::Skipped => (status, rest.strip_prefix("skipped ").unwrap_or(rest), None),
        Status::Todo => (status, rest.strip_prefix("todo ").unwrap_or(rest), None),
        _ => {
            let (name, time) = timed(rest);
            (status, name, time)
        }
    })
}

/// `Tests:       1 failed, 11 passed, 12 total`.
pub(super) fn totals(text: &str) -> Option<Printed> {
    let rest = text.strip_prefix("Tests:")?.trim();
    let mut printed = Printed::default();
    for part in rest.split(", ") {
        let (number, what) = part.split_once(' ')?;
        let slot = match what {
            "total" => &mut printed.tests,
            "passed" => &mut printed.passed,
            "failed" => &mut printed.failed,
            "skipped" | "pending" => &mut printed.skipped,
            "todo" => &mut printed.todo,
            _ => return None,
        };
        *slot = Some(number.parse().ok()?);
    }
    printed.tests.is_some().then_some(printed)
}

/// The lines around the totals.
pub(super) fn is_foot(text: &str) -> bool {
    [
        "Test Suites: ",
        "Snapshots: ",
        "Time: ",
        "Ran all test suites",
    ]
    .iter()
    .any(|p| text.starts_with(p))
}

/// ` LOGGING RETRY ERRORS  suite test`: the titles joined with blanks.
pub(super) fn retried(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix("LOGGING RETRY ERRORS ")?;
    Some(rest.trim())
}

/// ` RETRY 1 `.
pub(super) fn is_retry(text: &str) -> bool {
    let number = text.trim().strip_prefix("RETRY ");
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
