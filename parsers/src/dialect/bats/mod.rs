//! The `bats` dialect: the pretty formatter of the Bash Automated Testing System. Its TAP formatters
//! are read by the dialect `tap`.
//!
//! Suite: the test file as the formatter heads it (empty before bats 1.8, which printed none). Name:
//! the test's. The dialect opens on a result under such a heading, or on one that was written over
//! bats' own progress text.

#[cfg(test)]
mod tests;

use super::tap::Details;
use super::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Status, SuiteStart, Summary, TestDetail, TestEnd};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "bats",
    summary: "bats, pretty formatter",
    sniff,
    needles: &["\n✓ ", "\n✗ ", "(skipped"],
    lookback: 2,
    new: || Box::<Bats>::default(),
};

fn sniff(line: &Line<'_>) -> bool {
    heading(line.text).is_some() || result(line).is_some()
}

#[derive(Debug, Default)]
struct Bats {
    open: bool,
    /// Line and name of the latest heading.
    suite: Option<(u64, String)>,
    /// The latest result that was not a pass, while its details may follow.
    failed: Option<(u64, String)>,
    details: Details,
}

impl Dialect for Bats {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(suite) = heading(line.text) {
            self.end_details(emit);
            self.suite = Some((line.number, suite.to_owned()));
            if !self.open {
                return Claim::Pass;
            }
            self.begin_suite(emit);
            return Claim::Own;
        }
        if let Some(test) = result(line) {
            let headed = matches!(&self.suite, Some((at, _)) if at + 1 == line.number);
            let known = headed || (self.open && self.suite.is_some());
            if !known && !over_progress(line.raw) {
                return Claim::Pass;
            }
            if !self.open {
                self.open = true;
                self.suite.take_if(|_| !headed);
                self.begin_suite(emit);
            }
            self.result(&test, line.number, emit);
            return Claim::Own;
        }
        if !self.open {
            return Claim::Pass;
        }
        if let Some(summary) = summary(line.text) {
            self.end_details(emit);
            emit(line.number, Body::Summary(summary));
            (self.suite, self.open) = (None, false);
            return Claim::Own;
        }
        if self.failed.is_some() && line.text.starts_with("   ") {
            self.details.comment(line.text);
            return Claim::Text;
        }
        Claim::Pass
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_details(emit);
    }
}

impl Bats {
    fn begin_suite(&self, emit: Emit<'_>) {
        if let Some((line, suite)) = &self.suite {
            emit(*line, Body::SuiteStart(SuiteStart { suite, tags: None }));
        }
    }

    fn result(&mut self, test: &Shown<'_>, number: u64, emit: Emit<'_>) {
        self.end_details(emit);
        let suite = self.suite.as_ref().map_or("", |(_, name)| name);
        let end = TestEnd {
            duration_s: test.duration_s,
            message: test.reason,
            ..TestEnd::new(Some(suite), test.name, test.status)
        };
        emit(number, Body::TestEnd(end));
        if test.status.is_failure() {
            self.failed = Some((number, test.name.to_owned()));
        }
    }

    fn end_details(&mut self, emit: Emit<'_>) {
        let Some((number, name)) = self.failed.take() else {
            return;
        };
        let (message, location) = (self.details.message(), self.details.location());
        if message.is_some() || location.is_some() {
            emit(
                number,
                Body::TestDetail(TestDetail {
                    suite: Some(self.suite.as_ref().map_or("", |(_, name)| name)),
                    name: &name,
                    message: message.as_deref(),
                    location: location.as_deref(),
                }),
            );
        }
        self.details.clear();
    }
}

/// `file.bats` and nothing else.
fn heading(text: &str) -> Option<&str> {
    let plain = !text.contains(char::is_whitespace);
    (plain && text.len() > 5 && text.ends_with(".bats")).then_some(text)
}

/// A result as it is shown.
struct Shown<'a> {
    name: &'a str,
    status: Status,
    duration_s: Option<f64>,
    reason: Option<&'a str>,
}

/// ` ✓ name`, ` ✗ name`, ` - name (skipped: reason)`, each with ` [ms]` if times are shown.
fn result<'a>(line: &Line<'a>) -> Option<Shown<'a>> {
    let rest = line.text.strip_prefix(' ')?;
    let (status, text) = if let Some(text) = rest.strip_prefix("✓ ") {
        (Status::Passed, text)
    } else if let Some(text) = rest.strip_prefix("✗ ") {
        (Status::Failed, text)
    } else {
        (Status::Skipped, rest.strip_prefix("- ")?)
    };
    let (text, time) = without_time(text.trim_end(), line.raw);
    let (mut status, mut reason, mut name) = (status, None, text);
    if time.is_some_and(|t| t.timed_out) && status == Status::Failed {
        status = Status::TimedOut;
    }
    if status == Status::Skipped {
        let (head, tail) = text.rsplit_once(" (skipped")?;
        let tail = tail.strip_suffix(')')?;
        reason = tail.strip_prefix(": ").filter(|r| !r.is_empty());
        name = head;
    }
    Some(Shown {
        name,
        status,
        duration_s: time.map(|t| t.seconds),
        reason,
    })
}

#[derive(Clone, Copy)]
struct Time {
    seconds: f64,
    timed_out: bool,
}

/// Takes ` [33]` or ` [1034 (timeout: 1s)]` off the end of a name. Bats colours it, so that where
/// there are colours at all a name that ends in brackets is told apart.
fn without_time<'a>(text: &'a str, raw: &[u8]) -> (&'a str, Option<Time>) {
    let Some((name, inside)) = text
        .strip_suffix(']')
        .and_then(|text| text.rsplit_once(" ["))
    else {
        return (text, None);
    };
    let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    let (millis, rest) = inside.split_at(digits);
    let (Ok(millis), true) = (
        millis.parse::<u32>(),
        rest.is_empty() || rest.contains("timeout"),
    ) else {
        return (text, None);
    };
    let coloured = memchr::memchr(0x1b, raw).is_some();
    let written = &text[name.len()..];
    let at = memchr::memmem::rfind(raw, written.as_bytes());
    if coloured && !at.is_some_and(|at| at > 0 && raw[at - 1] == b'm') {
        return (text, None);
    }
    let time = Time {
        seconds: f64::from(millis) / 1000.0,
        timed_out: !rest.is_empty(),
    };
    (name, Some(time))
}

/// Whether the line overwrote `   name ESC[K ESC[66G 3/21`, as bats writes when a test begins.
fn over_progress(raw: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(raw, b"\x1b[K\x1b[") else {
        return false;
    };
    let rest = &raw[at + 5..];
    let column = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some((b'G', rest)) = rest[column..].split_first() else {
        return false;
    };
    let count = rest
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b' ');
    rest.get(count.count()) == Some(&b'/')
}

/// `21 tests, 6 failures, 1 skipped, 2 not run in 3 seconds`.
fn summary(text: &str) -> Option<Summary<'static>> {
    let (figures, time) = match text.rsplit_once(" in ") {
        Some((figures, time)) => (figures, Some(time.strip_suffix(" seconds")?)),
        None => (text, None),
    };
    let mut printed = Printed::default();
    for (i, part) in figures.split(", ").enumerate() {
        let (figure, what) = part.split_once(' ')?;
        let figure = Some(figure.parse().ok()?);
        match (i, what) {
            (0, "test" | "tests") => printed.tests = figure,
            (1, "failure" | "failures") => printed.failed = figure,
            (2.., "skipped") => printed.skipped = figure,
            (2.., _) => {}
            _ => return None,
        }
    }
    printed.failed?;
    Some(Summary {
        suite: None,
        printed,
        duration_s: time.and_then(|t| t.parse().ok()),
    })
}
