//! k6's summary at the end of a load test: each check is a test, its group the suite.
//!
//! Format source: <https://grafana.com/docs/k6/latest/results-output/end-of-test/> (compact, full and
//! legacy); no corpus has it, the fixtures are made by hand after that page. A check fails if it failed
//! in any iteration. Figures count iterations, not checks, so no totals are told. Thresholds are
//! judgements on metrics and are left to the exit code.

#[cfg(test)]
mod tests;

use crate::dialect::script::{cap, indent};
use crate::dialect::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, TestEnd};

/// Checks held back until the line that counts them.
const HELD_CAP: usize = 10_000;
/// Lines from one line of the summary to the next: only empty ones stand between.
const REACH: u64 = 3;
/// Groups that may nest.
const DEPTH_CAP: usize = 32;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "k6",
    summary: "k6, checks of the summary",
    sniff: |line| kind(line.text).is_some(),
    needles: &["\n█ ", "\n✓ ", "\n✗ ", "\n↳ ", "\nchecks"],
    lookback: 0,
    new: || Box::<K6>::default(),
};

/// State over one stream.
#[derive(Default)]
struct K6 {
    /// Groups with their columns, outermost first.
    groups: Vec<(usize, Box<str>)>,
    held: Vec<Held>,
    /// Since k6 1.0 the checks stand below the lines that count them: their columns.
    below: Option<usize>,
    /// Number of the summary's latest line.
    latest: u64,
}

/// A check.
struct Held {
    suite: String,
    name: Box<str>,
    failed: bool,
    rate: Option<Box<str>>,
    line: u64,
}

/// What a line is.
enum Kind<'a> {
    /// `█ name`.
    Heading(&'a str),
    /// `✓ name`, `✗ name`.
    Check(bool, &'a str),
    /// `↳  66% — ✓ 2 / ✗ 1`.
    Rate(&'a str),
    /// `checks....: 83.33% ✓ 5 ✗ 1`, behind the checks.
    Counted,
    /// `checks_failed....: 0.00% 0 out of 90`, before the checks.
    Counts,
}

fn kind(text: &str) -> Option<Kind<'_>> {
    if !text.starts_with("  ") {
        return None;
    }
    let inner = text.trim();
    let (mark, rest) = inner.split_once(' ')?;
    Some(match mark {
        "█" => Kind::Heading(rest),
        "✓" => Kind::Check(false, rest),
        "✗" => Kind::Check(true, rest),
        "↳" if rest.contains("% — ") => Kind::Rate(rest.trim()),
        _ => {
            let (name, dots) = mark.strip_suffix(':')?.split_once("...")?;
            let share = rest.trim_start().split_once('%')?.0;
            share.parse::<f64>().ok()?;
            match (name, dots.trim_matches('.')) {
                ("checks", "") => Kind::Counted,
                ("checks_failed", "") => Kind::Counts,
                _ => return None,
            }
        }
    })
}

impl Dialect for K6 {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        let columns = indent(text);
        let Some(kind) = kind(text) else {
            if !text.trim().is_empty() && self.below.is_some() {
                self.flush(emit);
            }
            return Claim::Pass;
        };
        if line.number - self.latest > REACH && self.below.is_none() {
            self.held.clear();
            self.groups.clear();
        }
        self.latest = line.number;
        match kind {
            Kind::Heading(name) => {
                self.flush_below(emit);
                self.heading(name, columns);
                Claim::Pass
            }
            Kind::Check(failed, name) => {
                self.check(failed, name, columns, line.number);
                match self.below {
                    Some(_) => Claim::Own,
                    None => Claim::Pass,
                }
            }
            Kind::Rate(rate) => {
                if let Some(check) = self.held.last_mut().filter(|c| c.line + 1 == line.number) {
                    check.rate = Some(cap(rate).into());
                }
                Claim::Pass
            }
            Kind::Counted => {
                self.flush(emit);
                Claim::Own
            }
            Kind::Counts => {
                self.held.clear();
                self.groups.clear();
                self.below = Some(columns);
                Claim::Own
            }
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.flush_below(emit);
    }
}

impl K6 {
    fn heading(&mut self, name: &str, columns: usize) {
        self.groups.retain(|(at, _)| *at < columns);
        if self.groups.is_empty() && columns < 5 {
            // A part of the summary, not a group: what was held before it was something else.
            self.held.clear();
        } else if self.groups.len() < DEPTH_CAP {
            self.groups.push((columns, cap(name).into()));
        }
    }

    fn check(&mut self, failed: bool, name: &str, columns: usize, line: u64) {
        if self.below.is_some_and(|at| at != columns) || self.held.len() >= HELD_CAP {
            return;
        }
        self.groups.retain(|(at, _)| *at < columns);
        let names: Vec<&str> = self.groups.iter().map(|(_, name)| &**name).collect();
        self.held.push(Held {
            suite: names.join(" > "),
            name: cap(name).into(),
            failed,
            rate: None,
            line,
        });
    }

    fn flush_below(&mut self, emit: Emit<'_>) {
        if self.below.is_some() {
            self.flush(emit);
        }
    }

    /// Tells the checks held.
    fn flush(&mut self, emit: Emit<'_>) {
        for check in &self.held {
            let status = match check.failed {
                true => Status::Failed,
                false => Status::Passed,
            };
            let end = TestEnd {
                message: check.rate.as_deref(),
                ..TestEnd::new(Some(&check.suite), &check.name, status)
            };
            emit(check.line, Body::TestEnd(end));
        }
        *self = K6::default();
    }
}
