//! What single lines of Jasmine's reporters say, without any state.

use crate::dialect::script::{seconds, timed};
use crate::event::{Counts, Printed, Status};

/// `..F.*`: one letter per spec.
pub(super) fn dots(text: &str) -> Option<Counts> {
    let mut counts = Counts::ZERO;
    for letter in text.chars() {
        let status = match letter {
            '.' => Status::Passed,
            'F' => Status::Failed,
            '*' => Status::Skipped,
            _ => return None,
        };
        counts.add(status, 1);
    }
    (!text.is_empty()).then_some(counts)
}

/// The heading of a list of the console reporter.
pub(super) fn list(text: &str) -> Option<Status> {
    match text {
        "Failures:" => Some(Status::Failed),
        "Pending:" => Some(Status::Skipped),
        _ => None,
    }
}

/// `1) Cart adds`.
pub(super) fn entry(text: &str, number: u64) -> Option<&str> {
    let (found, title) = text.split_once(") ")?;
    (found.parse() == Ok(number)).then_some(title)
}

/// A line of the box around a heading of the spec reporter.
pub(super) fn is_box(text: &str) -> bool {
    text.len() >= 20 && text.starts_with('*') && text.ends_with('*')
}

/// The heading in the box.
pub(super) fn boxed(text: &str) -> Option<Status> {
    match text.trim_matches('*').trim() {
        "Failures" | "Errors" => Some(Status::Failed),
        "Pending" => Some(Status::Skipped),
        _ => None,
    }
}

/// `✓ adds (0.003 sec)`, `✗ breaks`, `* waits`.
pub(super) fn result(text: &str) -> Option<(Status, &str, Option<f64>)> {
    let (mark, rest) = text.split_once(' ')?;
    let status = match mark {
        "✓" | "√" | "✔" => Status::Passed,
        "✗" | "×" | "✖" => Status::Failed,
        "*" => Status::Skipped,
        _ => return None,
    };
    let (name, time) = timed(rest);
    Some((status, name, time))
}

/// A suite's title without its duration.
pub(super) fn untimed(text: &str) -> &str {
    timed(text.trim_end()).0
}

/// `12 specs, 1 failure, 2 pending specs`, `Executed 12 of 12 specs (1 FAILED) (2 PENDING) in 0.1 sec.`
pub(super) fn totals(text: &str) -> Option<Printed> {
    match text.as_bytes().first()? {
        b'E' => executed(text),
        b'0'..=b'9' => specs(text),
        _ => None,
    }
}

fn specs(text: &str) -> Option<Printed> {
    let mut printed = Printed::default();
    for part in text.split(", ") {
        let (count, what) = part.split_once(' ')?;
        let count = Some(count.parse().ok()?);
        match what {
            "spec" | "specs" => printed.tests = count,
            "failure" | "failures" => printed.failed = count,
            "pending spec" | "pending specs" => printed.skipped = count,
            _ => return None,
        }
    }
    (printed.tests.is_some() && printed.failed.is_some()).then_some(printed)
}

fn executed(text: &str) -> Option<Printed> {
    let rest = text.strip_prefix("Executed ")?;
    let (run, rest) = rest.split_once(" of ")?;
    let (_, rest) = rest.split_once(" spec")?;
    let mut printed = Printed {
        tests: Some(run.parse().ok()?),
        ..Printed::default()
    };
    for part in rest.split('(').skip(1) {
        let (count, what) = part.split_once(')')?.0.split_once(' ')?;
        let count = Some(count.parse().ok()?);
        match what {
            "FAILED" => printed.failed = count,
            "PENDING" => printed.skipped = count,
            _ => {}
        }
    }
    let time = rest.rsplit_once(" in ")?.1;
    seconds(time.strip_suffix('.').unwrap_or(time))?;
    Some(printed)
}
