//! What single lines of the `spec` reporter say, without any state.

use crate::dialect::script::{position, seconds};
use crate::event::Status;

/// A result line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome<'a> {
    pub(super) status: Status,
    pub(super) name: &'a str,
    /// The duration as printed.
    pub(super) time: &'a str,
    pub(super) duration_s: Option<f64>,
    /// Why it was skipped or is to be done.
    pub(super) reason: Option<&'a str>,
}

impl Outcome<'_> {
    /// Node prints its clock's fractions of milliseconds, which nobody else does.
    pub(super) fn is_exact(&self) -> bool {
        self.time.ends_with("ms") && self.time.contains('.')
    }
}

/// Whether a line could open the dialect.
pub(super) fn opens(text: &str) -> bool {
    heading(text).is_some() || result(text).is_some() || figure(text).is_some()
}

/// `▶ suite`.
pub(super) fn heading(text: &str) -> Option<&str> {
    let title = text.trim_start_matches(' ').strip_prefix("▶ ")?;
    // A failed suite is closed by `▶ suite (12.3ms)` in Node 18 to 20.
    (!title.is_empty() && result_of(title).is_none()).then_some(title)
}

/// `✔ adds (1.23ms)`, `✖ breaks (0.5ms)`, `﹣ waits (0.1ms) # SKIP reason`.
pub(super) fn result(text: &str) -> Option<Outcome<'_>> {
    let (mark, rest) = text.trim_start_matches(' ').split_once(' ')?;
    let status = match mark {
        "✔" => Status::Passed,
        "✖" => Status::Failed,
        "﹣" => Status::Skipped,
        // Todo in Node 24; the end of a suite before.
        "⚠" | "▶" => Status::Passed,
        _ => return None,
    };
    let (rest, note) = match rest.rsplit_once(") # ") {
        Some((head, note)) => (&rest[..head.len() + 1], Some(note)),
        None => (rest, None),
    };
    let (name, time, duration_s) = result_of(rest)?;
    let word = |w: &str| {
        let reason = note?.strip_prefix(w)?.trim();
        Some(Some(reason).filter(|r| !r.is_empty()))
    };
    let (status, reason) = match (word("SKIP"), word("TODO")) {
        (Some(reason), _) => (Status::Skipped, reason),
        (_, Some(reason)) => (Status::Todo, reason),
        _ => (status, None),
    };
    Some(Outcome {
        status,
        name,
        time,
        duration_s,
        reason,
    })
}

fn result_of(text: &str) -> Option<(&str, &str, Option<f64>)> {
    let (name, time) = text.strip_suffix(')')?.rsplit_once(" (")?;
    let duration = seconds(time).filter(|_| time.ends_with("ms"));
    (!name.is_empty() && duration.is_some()).then_some((name, time, duration))
}

/// `ℹ tests 12`: a figure of the totals.
pub(super) fn figure(text: &str) -> Option<(&str, u64)> {
    let (key, value) = text.strip_prefix("ℹ ")?.split_once(' ')?;
    let keys = [
        "tests",
        "suites",
        "pass",
        "fail",
        "cancelled",
        "skipped",
        "todo",
    ];
    if key == "duration_ms" {
        return Some((key, 0));
    }
    keys.contains(&key)
        .then(|| value.trim().parse().ok().map(|n| (key, n)))?
}

/// `✖ failing tests:`.
pub(super) fn is_listing(text: &str) -> bool {
    text == "✖ failing tests:"
}

/// `test at test/a.js:56:3`: `test/a.js:56`.
pub(super) fn place(text: &str) -> Option<&str> {
    position(text.strip_prefix("test at ")?)
}
