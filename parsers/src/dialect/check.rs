//! Check, the unit test framework for C: `37%: Checks: 8, Failures: 4, Errors: 1` and a line per
//! result, `file.c:37:F:Case:test_name:0: message`.
//!
//! Suite: unknown, for a result names its test case only. Name: the test function; in a loop it
//! occurs once per iteration. With `CK_NORMAL` passed tests are counted, not named. Format source:
//! `src/check_print.c` and `src/check_str.c` (`tr_str`, `sr_stat_str`) of Check.

#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestEnd};

/// Lines a result's test case may be spread over.
const PARTS: u32 = 4;
/// Lines without a result after which the results are over.
const GAP: u64 = 20;
/// Bytes kept of a message and of a result that goes on.
const TEXT_CAP: usize = 512;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "check",
    summary: "Check (C)",
    sniff: |line| figures(line.text).is_some(),
    needles: &["%: Checks: "],
    lookback: 0,
    new: || Box::<Check>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Check {
    run: Option<Run>,
}

/// The results of one runner.
#[derive(Debug)]
struct Run {
    /// Results announced and not named yet.
    left: Counts,
    /// Number of the latest line that belongs to the results.
    latest: u64,
    /// A result whose end stands on a later line, its first line, and lines of it.
    begun: Option<(String, u64, u32)>,
}

impl Dialect for Check {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(counts) = figures(line.text) {
            self.finish(emit);
            self.run = Some(Run {
                left: counts,
                latest: line.number,
                begun: None,
            });
            let printed = Printed {
                tests: Some(counts.total()),
                passed: Some(counts[Status::Passed]),
                failed: Some(counts[Status::Failed]),
                errored: Some(counts[Status::Errored]),
                ..Printed::default()
            };
            let summary = Summary {
                suite: None,
                printed,
                duration_s: None,
            };
            emit(line.number, Body::Summary(summary));
            return Claim::Own;
        }
        let Some(run) = &mut self.run else {
            return Claim::Pass;
        };
        let claim = run.line(line, emit);
        if run.left.is_zero() || line.number - run.latest > GAP {
            self.finish(emit);
        }
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        let Some(run) = self.run.take() else { return };
        if !run.left.is_zero() {
            let counted = Counted {
                suite: None,
                counts: run.left,
            };
            emit(run.latest, Body::Counted(counted));
        }
    }

    fn attention(&self) -> Attention {
        match self.run.is_some() {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Run {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let number = line.number;
        let (text, first, parts) = match self.begun.take() {
            _ if begins(line.text) => (line.text.to_owned(), number, 1),
            Some((begun, first, parts)) => (format!("{begun}\n{}", line.text), first, parts + 1),
            None => return Claim::Pass,
        };
        self.latest = number;
        match result(&text) {
            Some(end) if self.left[end.status] > 0 => {
                self.left.sub(end.status, 1);
                emit(first, Body::TestEnd(end));
                Claim::Own
            }
            Some(_) => Claim::Pass,
            None => {
                if parts < PARTS && text.len() < TEXT_CAP {
                    self.begun = Some((text, first, parts));
                }
                Claim::Own
            }
        }
    }
}

/// The counts of `37%: Checks: 8, Failures: 4, Errors: 1`.
fn figures(text: &str) -> Option<Counts> {
    let (percent, rest) = text.trim_end().split_once("%: Checks: ")?;
    let (checks, rest) = rest.split_once(", Failures: ")?;
    let (failures, errors) = rest.split_once(", Errors: ")?;
    let number = |n: &str| n.parse::<u64>().ok();
    number(percent)?;
    let (checks, failures, errors) = (number(checks)?, number(failures)?, number(errors)?);
    let passed = checks.checked_sub(failures)?.checked_sub(errors)?;
    let mut counts = Counts::of(Status::Passed, passed);
    counts.add(Status::Failed, failures);
    counts.add(Status::Errored, errors);
    Some(counts)
}

/// Whether the line begins a result.
fn begins(text: &str) -> bool {
    head(text).is_some()
}

/// `file.c:37`, the result and the rest of `file.c:37:F:rest`.
fn head(text: &str) -> Option<(&str, Status, &str)> {
    let known = [
        (":P:", Status::Passed),
        (":F:", Status::Failed),
        (":E:", Status::Errored),
    ];
    let first = known
        .iter()
        .filter_map(|(mark, status)| Some((text.find(mark)?, *status)));
    let (at, status) = first.min_by_key(|(at, _)| *at)?;
    let (file, line) = text[..at].rsplit_once(':')?;
    let number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (number && !file.is_empty()).then_some((&text[..at], status, &text[at + 3..]))
}

/// Reads a whole result.
fn result(text: &str) -> Option<TestEnd<'_>> {
    let (location, status, rest) = head(text)?;
    // The test case may hold anything; test and iteration are an identifier and a number.
    let (name, message) = rest.match_indices(':').find_map(|(at, _)| {
        let (name, rest) = rest[at + 1..].split_once(':')?;
        let (iteration, message) = rest.split_once(": ")?;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let numbered = !iteration.is_empty() && iteration.bytes().all(|b| b.is_ascii_digit());
        (numbered && !name.is_empty() && name.chars().all(word)).then_some((name, message))
    })?;
    let message = message.lines().next().unwrap_or_default();
    let message = message
        .strip_prefix("(after this point) ")
        .unwrap_or(message)
        .trim();
    let message = &message[..message.floor_char_boundary(TEXT_CAP)];
    let failed = status != Status::Passed;
    Some(TestEnd {
        message: Some(message).filter(|m| failed && !m.is_empty()),
        location: Some(location).filter(|_| failed),
        ..TestEnd::new(None, name, status)
    })
}
