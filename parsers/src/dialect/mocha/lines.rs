//! What single lines of Mocha's output say, without any state.

use crate::dialect::script::{seconds, timed};
use crate::event::Status;

/// A result in the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome<'a> {
    pub(super) status: Status,
    pub(super) name: &'a str,
    pub(super) duration_s: Option<f64>,
    /// The number of a failure.
    pub(super) failure: Option<u64>,
}

/// `✔ adds (12ms)`, `1) breaks`, `- is not ready`, without the columns before.
pub(super) fn result(text: &str) -> Option<Outcome<'_>> {
    let (mark, rest) = text.split_once(' ')?;
    let of = |status, name, duration_s, failure| Outcome {
        status,
        name,
        duration_s,
        failure,
    };
    match mark {
        "✔" | "✓" | "√" => {
            let (name, time) = timed(rest);
            Some(of(Status::Passed, name, time, None))
        }
        "-" => Some(of(Status::Skipped, rest, None, None)),
        _ => {
            let number = mark.strip_suffix(')')?.parse().ok()?;
            Some(of(Status::Failed, rest, None, Some(number)))
        }
    }
}

/// `(Attempt 1 of 3) adds`: a failed try, as Cypress prints it.
pub(super) fn attempt(text: &str) -> Option<&str> {
    let (numbers, title) = text.strip_prefix("(Attempt ")?.split_once(") ")?;
    let (number, of) = numbers.split_once(" of ")?;
    let number: u32 = number.parse().ok()?;
    (number < of.parse().ok()?).then_some(title)
}

/// `  11 passing (164ms)`, `  1 pending`, `  2 failing`.
pub(super) fn total(text: &str) -> Option<(Status, u64)> {
    let (count, rest) = text.trim_start().split_once(' ')?;
    let count = count.parse().ok()?;
    match rest.trim_end() {
        "pending" => Some((Status::Skipped, count)),
        "failing" => Some((Status::Failed, count)),
        rest => {
            let time = rest.strip_prefix("passing (")?.strip_suffix(')')?;
            seconds(time)?;
            text.starts_with("  ").then_some((Status::Passed, count))
        }
    }
}

/// `  1) suite` in the list of failures.
pub(super) fn listed(text: &str) -> Option<(u64, &str)> {
    let (number, title) = text.strip_prefix("  ")?.split_once(") ")?;
    Some((number.parse().ok()?, title))
}

/// Whether a line may be a suite's title before anything is sure: it begins like a word.
pub(super) fn is_title(text: &str) -> bool {
    text.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '#' | '.' | '_' | '"' | '\'' | '`')
    })
}
