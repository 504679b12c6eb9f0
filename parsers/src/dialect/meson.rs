//! `meson test`: ` 1/10 suite - project:name   OK    0.02s   1 subtests passed`.
//!
//! Suite: none, for what stands before the name cannot be told from it. Name: as printed. The message
//! is the result's word with what follows the time, for Meson's own report has the word. Format
//! source: `mesonbuild/mtest.py` (`ConsoleLogger`, `TestResult`).

#[cfg(test)]
mod tests;

use super::needle::Needles;
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Status, Summary, TestEnd};

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "meson",
    summary: "meson test",
    // The first row of all is the first one.
    sniff: |line| MARKS.stand_in(line.text) && row(line.text).is_some(),
    needles: NEEDLES,
    lookback: 0,
    new: || Box::<Meson>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

const NEEDLES: &[&str] = &[
    "\n1/",
    "\n2/",
    "\n3/",
    "\n4/",
    "\n5/",
    "\n6/",
    "\n7/",
    "\n8/",
    "\n9/",
    "\nOk: ",
    "\nFail: ",
    "\nSummary of Failures",
];

/// State over one stream.
#[derive(Default)]
struct Meson {
    open: bool,
    /// Whether rows repeat: they do below `Summary of Failures:`.
    recap: bool,
    /// Whether what failed tests printed is being shown.
    shown: bool,
    printed: Printed,
    /// Number of the latest line of totals.
    totals: Option<u64>,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row<'a> {
    name: &'a str,
    word: &'a str,
    status: Status,
    seconds: f64,
    more: &'a str,
}

impl Dialect for Meson {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(row) = row(line.text) {
            self.sum_up(emit);
            (self.open, self.shown) = (true, false);
            self.row(&row, line.number, emit);
            return Claim::Own;
        }
        if !self.open {
            return Claim::Pass;
        }
        if let Some((status, n)) = total(line.text) {
            self.recap = false;
            self.totals = Some(line.number);
            self.add(status, n);
            return Claim::Own;
        }
        self.sum_up(emit);
        let text = line.text.trim_end();
        if text == "Summary of Failures:" {
            (self.recap, self.shown) = (true, false);
            return Claim::Own;
        }
        if is_rule(text) {
            self.shown = text.contains('✀') || text.contains("8<");
            return Claim::Own;
        }
        if is_structure(text) {
            return Claim::Own;
        }
        match self.shown {
            true => Claim::Text,
            false => Claim::Pass,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.sum_up(emit);
    }

    fn attention(&self) -> Attention {
        match self.open {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Meson {
    fn row(&self, row: &Row<'_>, number: u64, emit: Emit<'_>) {
        let failed = !matches!(row.status, Status::Passed);
        let said = match row.more {
            "" => row.word.to_owned(),
            more => format!("{} {more}", row.word),
        };
        emit(
            number,
            Body::TestEnd(TestEnd {
                duration_s: Some(row.seconds),
                message: failed.then_some(said.as_str()),
                recap: self.recap,
                ..TestEnd::new(Some(""), row.name, row.status)
            }),
        );
    }

    fn add(&mut self, status: Status, n: u64) {
        let p = &mut self.printed;
        let slot = match status {
            Status::Passed => &mut p.passed,
            Status::Skipped => &mut p.skipped,
            Status::Xfail => &mut p.xfail,
            Status::Xpass => &mut p.xpass,
            _ => &mut p.failed,
        };
        *slot = Some(slot.unwrap_or(0).saturating_add(n));
    }

    /// The totals are over: tells them as one summary.
    fn sum_up(&mut self, emit: Emit<'_>) {
        let Some(number) = self.totals.take() else {
            return;
        };
        let printed = std::mem::take(&mut self.printed);
        let summary = Summary {
            suite: None,
            printed,
            duration_s: None,
        };
        emit(number, Body::Summary(summary));
    }
}

/// Reads a row: place, name, result, time, remark. Rows of sub-tests begin with `▶` and have no time.
fn row(text: &str) -> Option<Row<'_>> {
    let text = text.trim_start();
    let (place, rest) = text.split_once(' ')?;
    let (number, all) = place.split_once('/')?;
    let digits = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    // Rows are numbered from 1.
    if !digits(number) || number.starts_with('0') || !digits(all) {
        return None;
    }
    // The last word that is a result and is followed by a time; blanks in sequence are one.
    let blanks = rest.rmatch_indices(' ').map(|(at, _)| at);
    let mut gaps = blanks.filter(|at| !rest[..*at].ends_with(' '));
    gaps.find_map(|at| {
        let (word, after) = rest[at..].trim_start().split_once(' ')?;
        let status = status_of(word)?;
        let (seconds, more) = time(after)?;
        let name = rest[..at].trim();
        (!name.is_empty()).then_some(Row {
            name,
            word,
            status,
            seconds,
            more,
        })
    })
}

fn status_of(word: &str) -> Option<Status> {
    Some(match word {
        "OK" => Status::Passed,
        "FAIL" => Status::Failed,
        "ERROR" | "INTERRUPT" => Status::Errored,
        "TIMEOUT" => Status::TimedOut,
        "SKIP" | "IGNORED" => Status::Skipped,
        "EXPECTEDFAIL" => Status::Xfail,
        "UNEXPECTEDPASS" => Status::Xpass,
        _ => return None,
    })
}

/// `0.02s` (in old versions `0.02 s`) and the remark behind it.
fn time(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start();
    let digits = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let (number, rest) = text.split_at(digits);
    let rest = rest.strip_prefix(' ').unwrap_or(rest).strip_prefix('s')?;
    let ends = rest.is_empty() || rest.starts_with(' ');
    let seconds = (number.contains('.') && ends).then(|| number.parse().ok())??;
    Some((seconds, rest.trim()))
}

/// `Ok:                0   `: the figures at the end. Errors and time-outs are their own figures.
fn total(text: &str) -> Option<(Status, u64)> {
    let (what, number) = text.split_once(':')?;
    let status = match what.trim_end() {
        "Ok" => Status::Passed,
        "Fail" | "Timeout" => Status::Failed,
        "Expected Fail" => Status::Xfail,
        "Unexpected Pass" => Status::Xpass,
        "Skipped" | "Ignored" => Status::Skipped,
        _ => return None,
    };
    number
        .starts_with(' ')
        .then(|| number.trim().parse().ok())
        .flatten()
        .map(|n| (status, n))
}

fn is_rule(text: &str) -> bool {
    text.starts_with("――――") || text.starts_with("----- ") || text.starts_with("--- command ---")
}

/// The command of a test, the row of one that began, the row of a sub-test.
fn is_structure(text: &str) -> bool {
    text.starts_with(">>> ")
        || text.starts_with('▶')
        || text.ends_with(" RUNNING")
        || text.starts_with("Full log written to ")
}
