//! What a line means that a pattern matches, and what its groups say.

use crate::event::{Printed, Status};
use crate::marker;

/// What a line means that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A test begins.
    TestStart,
    /// A test ended; without a status the group `status` tells it.
    TestEnd(Option<Status>),
    /// A suite begins.
    SuiteStart,
    /// A suite ended, the named one or the one that began last.
    SuiteEnd,
    /// Totals.
    Summary,
    /// A line that tells of an error, of the class with the pattern's name.
    Signature,
}

/// Groups that tell totals, in the order of [`Printed::to_array`].
const COUNTS: [&str; 8] = [
    "tests", "passed", "failed", "errored", "skipped", "xfail", "xpass", "todo",
];

impl Meaning {
    /// Each word of the configuration with its meaning.
    pub const WORDS: &'static [(&'static str, Meaning)] = &[
        ("test_start", Meaning::TestStart),
        ("test_end", Meaning::TestEnd(None)),
        ("test_pass", Meaning::TestEnd(Some(Status::Passed))),
        ("test_fail", Meaning::TestEnd(Some(Status::Failed))),
        ("test_error", Meaning::TestEnd(Some(Status::Errored))),
        ("test_skip", Meaning::TestEnd(Some(Status::Skipped))),
        ("suite_start", Meaning::SuiteStart),
        ("suite_end", Meaning::SuiteEnd),
        ("summary", Meaning::Summary),
        ("signature", Meaning::Signature),
    ];

    /// The groups it takes.
    fn groups(self) -> &'static [&'static str] {
        match self {
            Meaning::TestStart => &["name", "suite", "attempt", "tags"],
            Meaning::TestEnd(None) => &[
                "name",
                "suite",
                "status",
                "duration",
                "duration_ms",
                "message",
                "location",
                "attempt",
                "tags",
            ],
            Meaning::TestEnd(Some(_)) => &[
                "name",
                "suite",
                "duration",
                "duration_ms",
                "message",
                "location",
                "attempt",
                "tags",
            ],
            Meaning::SuiteStart => &["name", "suite", "tags"],
            Meaning::SuiteEnd => &["name", "suite", "status", "duration", "duration_ms"],
            Meaning::Summary => &[
                "suite",
                "duration",
                "duration_ms",
                "tests",
                "passed",
                "failed",
                "errored",
                "skipped",
                "xfail",
                "xpass",
                "todo",
            ],
            Meaning::Signature => &["message", "exception"],
        }
    }

    /// Whether the expression's groups fit.
    pub(super) fn check(self, names: &[&str]) -> Result<(), String> {
        let groups = self.groups();
        if let Some(name) = names.iter().find(|name| !groups.contains(name)) {
            let known = groups.join(", ");
            return Err(format!("no group `{name}` here; known are {known}"));
        }
        let lacks = |name: &str| !names.contains(&name);
        let missing = match self {
            Meaning::TestStart | Meaning::TestEnd(_) if lacks("name") => "`name`",
            Meaning::TestEnd(None) if lacks("status") => "`status`",
            Meaning::SuiteStart if lacks("suite") && lacks("name") => "`suite`",
            Meaning::Summary if COUNTS.iter().all(|name| lacks(name)) => {
                "`tests`, `passed` or the like"
            }
            _ => return Ok(()),
        };
        Err(format!(
            "the expression lacks a group {missing}, as (?P<name>...)"
        ))
    }
}

/// The status that a word tells.
pub(super) fn status(word: &str) -> Option<Status> {
    const WORDS: [(&[&str], Status); 5] = [
        (
            &[
                "ok",
                "pass",
                "passed",
                "success",
                "succeeded",
                "successful",
                "done",
                "✓",
                "✔",
            ],
            Status::Passed,
        ),
        (
            &[
                "ko", "fail", "failed", "failure", "not ok", "✗", "✘", "✖", "×",
            ],
            Status::Failed,
        ),
        (&["error", "errored", "broken", "crashed"], Status::Errored),
        (
            &[
                "skip",
                "skipped",
                "ignored",
                "pending",
                "disabled",
                "inconclusive",
            ],
            Status::Skipped,
        ),
        (&["timeout", "timed out", "timedout"], Status::TimedOut),
    ];
    let lower = word.to_lowercase();
    let known = WORDS
        .iter()
        .find(|(words, _)| words.contains(&lower.as_str()));
    known
        .map(|(_, status)| *status)
        .or_else(|| Status::parse(&lower))
}

/// The group `duration`, seconds unless it has a unit, or `duration_ms`.
pub(super) fn duration<'t>(group: &impl Fn(&str) -> Option<&'t str>) -> Option<f64> {
    let seconds = group("duration").and_then(marker::duration);
    let millis = || marker::duration(group("duration_ms")?);
    seconds.or_else(|| millis().map(|ms| ms / 1e3))
}

/// The totals, if any is a number.
pub(super) fn counts<'t>(group: &impl Fn(&str) -> Option<&'t str>) -> Option<Printed> {
    let figures = COUNTS.map(|name| group(name).and_then(|text| text.parse().ok()));
    let printed = figures.iter().any(Option::is_some);
    printed.then(|| Printed::from_array(figures))
}
