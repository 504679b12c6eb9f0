//! What single lines of AVA's output say, without any state.

use crate::dialect::script::timed;
use crate::event::Status;

/// A result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) status: Status,
    /// With the file before it if there are several; of a failed test with the error's title behind.
    pub(super) title: &'a str,
    pub(super) duration_s: Option<f64>,
    /// Whether nobody but AVA writes so.
    pub(super) is_own: bool,
}

/// `  ✔ adds (150ms)`, `  ✘ [fail]: cart › breaks Error thrown in test`, `  - [skip] waits`.
pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let of = |status, title, is_own| Row {
        status,
        title,
        duration_s: None,
        is_own,
    };
    let text = text.strip_prefix("  ")?;
    if let Some(rest) = text.strip_prefix("✔ ") {
        if let Some(title) = rest.strip_prefix("[expected fail] ") {
            return Some(of(Status::Xfail, title, true));
        }
        let (title, duration_s) = timed(rest);
        return Some(Row {
            duration_s,
            ..of(Status::Passed, title, false)
        });
    }
    if let Some(rest) = text.strip_prefix("✘ ") {
        if let Some(title) = rest.strip_prefix("[fail]: ") {
            return Some(of(Status::Failed, title, true));
        }
        let (file, _) = rest.split_once(" exited with a non-zero exit code: ")?;
        return Some(of(Status::Errored, file, true));
    }
    let skipped = text.strip_prefix("- [skip] ").map(|t| (Status::Skipped, t));
    let todo = || text.strip_prefix("- [todo] ").map(|t| (Status::Todo, t));
    let (status, title) = skipped.or_else(todo)?;
    Some(of(status, title, false))
}

/// `  ─`.
pub(super) fn is_rule(text: &str) -> bool {
    text == "  ─"
}

/// The title above a failure's text.
pub(super) fn title(text: &str) -> Option<&str> {
    let title = text.strip_prefix("  ")?.trim_end();
    (!title.is_empty() && !title.starts_with(' ')).then_some(title)
}

/// File and title.
pub(super) fn names(text: &str) -> (&str, &str) {
    text.rsplit_once(" › ").unwrap_or(("", text))
}

/// `  2 tests failed`; `None` for a figure of something else than tests.
pub(super) fn total(text: &str) -> Option<(Option<Status>, u64)> {
    let (count, what) = text.strip_prefix("  ")?.trim_end().split_once(' ')?;
    let count = count.parse().ok()?;
    let status = match what {
        "test passed" | "tests passed" => Some(Status::Passed),
        "test failed" | "tests failed" => Some(Status::Failed),
        "test skipped" | "tests skipped" => Some(Status::Skipped),
        "test todo" | "tests todo" => Some(Status::Todo),
        "known failure" | "known failures" => Some(Status::Xfail),
        "uncaught exception" | "uncaught exceptions" => None,
        "unhandled rejection" | "unhandled rejections" => None,
        _ => return None,
    };
    Some((status, count))
}
