//! What single lines of Playwright's reporters say, without any state.

use crate::dialect::script::{position, seconds, timed};
use crate::event::{Counts, Status};

/// A test as the reporters title it: `[project] › file:line:column › suite › test`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Titled<'a> {
    /// All of it, which tells tests apart.
    pub(super) id: &'a str,
    pub(super) project: Option<&'a str>,
    /// `file:line`.
    pub(super) place: &'a str,
    /// The titles from the outermost suite to the test.
    titles: &'a str,
    /// The number of the retry, from 1.
    pub(super) retry: Option<u32>,
    pub(super) duration_s: Option<f64>,
}

impl<'a> Titled<'a> {
    fn parse(text: &'a str) -> Option<Titled<'a>> {
        let (text, duration_s) = timed(text.trim());
        let (id, retry) = match text
            .strip_suffix(')')
            .and_then(|t| t.rsplit_once(" (retry #"))
        {
            Some((head, number)) => (head, Some(number.parse().ok()?)),
            None => (text, None),
        };
        let (first, rest) = id.split_once(" › ")?;
        let project = first.strip_prefix('[').and_then(|p| p.strip_suffix(']'));
        let (place, titles) = match project {
            Some(_) => rest.split_once(" › ")?,
            None => (first, rest),
        };
        let place = position(place)?;
        Some(Titled {
            id,
            project,
            place,
            titles,
            retry,
            duration_s,
        })
    }

    /// Suite and name.
    pub(super) fn names(&self) -> (String, &'a str) {
        let (suite, name) = match self.titles.rsplit_once(" › ") {
            Some((suite, name)) => (suite, name),
            None => ("", self.titles),
        };
        let suite = match self.project {
            None => suite.to_owned(),
            Some(project) if suite.is_empty() => format!("[{project}]"),
            Some(project) => format!("[{project}] › {suite}"),
        };
        (suite, name)
    }
}

/// `Running 12 tests using 4 workers, shard 1 of 3`: the number of tests.
pub(super) fn running(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("Running ")?;
    let (tests, rest) = rest.split_once(' ')?;
    let rest = rest
        .strip_prefix("tests using ")
        .or(rest.strip_prefix("test using "))?;
    let (workers, rest) = rest.split_once(' ')?;
    workers.parse::<u64>().ok()?;
    (rest.starts_with("worker")).then(|| tests.parse().ok())?
}

/// `  ✓   1 a.spec.ts:26:3 › suite › test (42ms)` of the list reporter; `ok`, `x` on Windows.
pub(super) fn result(text: &str) -> Option<(Status, Titled<'_>)> {
    let rest = text.strip_prefix("  ")?;
    let (mark, rest) = rest.split_once(' ')?;
    let status = match mark {
        "✓" | "ok" => Status::Passed,
        "✘" | "x" => Status::Failed,
        "-" => Status::Skipped,
        _ => return None,
    };
    let (number, rest) = rest.trim_start().split_once(' ')?;
    number.parse::<u64>().ok()?;
    Some((status, Titled::parse(rest)?))
}

/// `[3/12] (retries) a.spec.ts:4:1 › test` of the line reporter.
pub(super) fn is_progress(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|t| t.split_once("] "));
    let Some((numbers, rest)) = inner else {
        return false;
    };
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    let counted = numbers
        .split_once('/')
        .is_some_and(|(n, of)| number(n) && number(of));
    let rest = rest.strip_prefix("(retries) ").unwrap_or(rest);
    counted && Titled::parse(rest).is_some()
}

/// `·F±°T` of the dot reporter. A failure to be tried again and a flaky test are told later.
pub(super) fn letters(text: &str) -> Option<Counts> {
    let mut counts = Counts::ZERO;
    for letter in text.chars() {
        let status = match letter {
            '·' => Status::Passed,
            // `T` ran out of time; the lists at the end have both among the failed.
            'F' | 'T' => Status::Failed,
            '°' => Status::Skipped,
            '×' | '±' => continue,
            _ => return None,
        };
        counts.add(status, 1);
    }
    Some(counts)
}

/// `  1) a.spec.ts:4:1 › test ────`: the heading of a failure's text.
pub(super) fn failure(text: &str) -> Option<Titled<'_>> {
    let (number, rest) = text.strip_prefix("  ")?.split_once(") ")?;
    number.trim_start().parse::<u64>().ok()?;
    Titled::parse(ruled(rest))
}

/// `    a.spec.ts:4:1 › test ────`: a line of a list at the end.
pub(super) fn listed(text: &str) -> Option<Titled<'_>> {
    Titled::parse(ruled(text.strip_prefix("    ")?))
}

/// Without the rule that fills the line.
fn ruled(text: &str) -> &str {
    text.trim_end().trim_end_matches('─').trim_end()
}

/// `    Retry #1 ────`: the heading of a further try in a failure's text.
pub(super) fn is_retry(text: &str) -> bool {
    let number = ruled(text.trim_start()).strip_prefix("Retry #");
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// What a line of the totals counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Failed,
    Flaky,
    Skipped,
    Passed,
    Other,
}

/// `  2 failed`, `  11 passed (16.0s)`; whether it is the last one.
pub(super) fn total(text: &str) -> Option<(Place, u64, bool)> {
    let (count, what) = text.strip_prefix("  ")?.trim_end().split_once(' ')?;
    let count = count.parse().ok()?;
    let place = match what {
        "failed" | "interrupted" => Place::Failed,
        "flaky" => Place::Flaky,
        "skipped" | "did not run" => Place::Skipped,
        "error was not a part of any test, see above for details"
        | "errors were not a part of any test, see above for details" => Place::Other,
        _ => {
            let time = what.strip_prefix("passed (")?.strip_suffix(')')?;
            seconds(time)?;
            return Some((Place::Passed, count, true));
        }
    };
    Some((place, count, false))
}
