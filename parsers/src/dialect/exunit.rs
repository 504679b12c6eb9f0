//! The `exunit` dialect: Elixir's ExUnit, dots and `--trace`.
//!
//! Format source: `ExUnit.CLIFormatter` and `ExUnit.Formatter` of Elixir 1.4 and later. Suite: the module;
//! name: the test's without `test `; doc tests and properties keep their first word. What neither the trace
//! nor the failures name is counted at the closing line.

#[cfg(test)]
mod tests;

use super::needle::Needles;
use super::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::dialect::closing::close;
use crate::event::{Body, Counts, Printed, Status, TestEnd};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "exunit",
    summary: "ExUnit (Elixir)",
    sniff: |line| {
        let text = line.text;
        text.starts_with("  ")
            || text.ends_with(']')
            || text.starts_with("Finished in ")
            || text.starts_with("Running ExUnit ")
            || (text.starts_with(|c: char| c.is_ascii_digit()) && summary(text).is_some())
    },
    needles: NEEDLES,
    lookback: LOOKBACK,
    new: || Box::<ExUnit>::default(),
};

/// Lines before one with a needle that are shown to the closed dialect.
const LOOKBACK: u8 = 3;

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

const NEEDLES: &[&str] = &[
    "\n* test ",
    "\n* doctest ",
    "\n* property ",
    "\nFinished in ",
    "\nRunning ExUnit ",
    " failure",
    "\n1) test ",
    "\n1) doctest ",
    "\n1) property ",
];

/// Where a stream stands.
#[derive(Debug, Default)]
struct ExUnit {
    /// Whether a line was claimed: headings have no needles, so every line may be one then.
    spoken: bool,
    open: bool,
    /// Module and file of the latest heading of a trace, and its line.
    module: Option<(u64, String, String)>,
    /// Number of the line that said how long it took.
    finished: Option<u64>,
    told: Counts,
    /// The latest result of the trace; a list entry right after it says that it failed.
    traced: Option<Traced>,
    entry: Option<Entry>,
}

/// A result as the trace shows it.
#[derive(Debug)]
struct Traced {
    number: u64,
    name: String,
    seconds: f64,
}

/// A failure as it is listed.
#[derive(Debug)]
struct Entry {
    number: u64,
    suite: String,
    name: String,
    seconds: Option<f64>,
    location: Option<String>,
    message: Option<String>,
}

impl Dialect for ExUnit {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let claim = self.read(line, emit);
        self.spoken |= claim != Claim::Pass;
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_entry(emit);
        self.end_traced(emit);
    }
}

impl ExUnit {
    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        let is_old = |(at, ..): &mut (u64, String, String)| *at + u64::from(LOOKBACK) < line.number;
        if !self.spoken {
            // What stood above is known by chance.
            self.module.take_if(is_old);
        }
        // Only the first entry of a list opens the dialect: others hold no needle.
        if let Some((suite, name)) = entry(text).filter(|_| self.spoken || MARKS.stand_in(text)) {
            self.open = true;
            self.begin_entry(suite, name, line.number, emit);
            return Claim::Own;
        }
        if let Some(shown) = trace(text) {
            return self.trace(&shown, line.number, emit);
        }
        if text.starts_with("Finished in ") && text.contains(" second") {
            self.end_entry(emit);
            self.end_traced(emit);
            self.finished = Some(line.number);
            // No other runner tells these times apart.
            self.open |= text.contains("s on load") || text.contains("s async, ");
            return Claim::Pass;
        }
        if text.starts_with("Running ExUnit with seed: ") {
            self.open = true;
            return Claim::Own;
        }
        let closing = self.finished.is_some_and(|at| at + 1 == line.number);
        if let Some(printed) = summary(text).filter(|_| closing && self.open) {
            self.end(&printed, line.number, emit);
            return Claim::Own;
        }
        if let Some((module, file)) = heading(text) {
            self.end_entry(emit);
            self.end_traced(emit);
            self.module = Some((line.number, module.to_owned(), file.to_owned()));
            return if self.open { Claim::Own } else { Claim::Pass };
        }
        let Some(entry) = &mut self.entry else {
            return Claim::Pass;
        };
        if text.starts_with("     ") || text.trim().is_empty() {
            entry.note(text);
            return Claim::Text;
        }
        self.end_entry(emit);
        Claim::Pass
    }

    fn begin_entry(&mut self, suite: &str, name: &str, number: u64, emit: Emit<'_>) {
        self.end_entry(emit);
        let mut seconds = None;
        let same = |t: &&Traced| t.name == name;
        if let Some(traced) = self.traced.as_ref().filter(same) {
            seconds = Some(traced.seconds);
            self.traced = None;
        }
        self.end_traced(emit);
        self.entry = Some(Entry {
            number,
            suite: suite.to_owned(),
            name: name.to_owned(),
            seconds,
            location: None,
            message: None,
        });
    }

    fn trace(&mut self, shown: &Shown<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let Some((at, module, _)) = &self.module else {
            return Claim::Pass;
        };
        if !self.open && at + 1 != number {
            return Claim::Pass;
        }
        self.open = true;
        let module = module.clone();
        self.end_entry(emit);
        self.end_traced(emit);
        match shown.verdict {
            Verdict::Took(seconds) => {
                let name = shown.name.to_owned();
                self.traced = Some(Traced {
                    number,
                    name,
                    seconds,
                });
            }
            Verdict::Skipped => {
                self.told.add(Status::Skipped, 1);
                let end = TestEnd::new(Some(&module), shown.name, Status::Skipped);
                emit(number, Body::TestEnd(end));
            }
            Verdict::None => {}
        }
        Claim::Own
    }

    fn end_traced(&mut self, emit: Emit<'_>) {
        let (Some(traced), Some((_, module, _))) = (self.traced.take(), &self.module) else {
            return;
        };
        self.told.add(Status::Passed, 1);
        let end = TestEnd {
            duration_s: Some(traced.seconds),
            ..TestEnd::new(Some(module), &traced.name, Status::Passed)
        };
        emit(traced.number, Body::TestEnd(end));
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        self.told.add(Status::Failed, 1);
        let end = TestEnd {
            duration_s: entry.seconds,
            message: entry.message.as_deref(),
            location: entry.location.as_deref(),
            ..TestEnd::new(Some(&entry.suite), &entry.name, Status::Failed)
        };
        emit(entry.number, Body::TestEnd(end));
    }

    fn end(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        close(*printed, &self.told, number, emit);
        *self = ExUnit {
            spoken: true,
            ..ExUnit::default()
        };
    }
}

impl Entry {
    fn note(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.message.is_some() {
            return;
        }
        let at = text.rsplit_once(':').filter(|(file, line)| {
            !file.contains(' ') && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
        });
        if self.location.is_none() && at.is_some() {
            self.location = Some(text.to_owned());
            return;
        }
        let thrown = text.strip_prefix("** (").and_then(|t| t.split_once(") "));
        self.message = Some(thrown.map_or(text, |(_, message)| message).to_owned());
    }
}

/// The test's name without its kind, if that is `test`.
fn named(text: &str) -> Option<&str> {
    let kept = text.starts_with("doctest ") || text.starts_with("property ");
    text.strip_prefix("test ").or(kept.then_some(text))
}

/// `  1) test adds (FooTest)`
fn entry(text: &str) -> Option<(&str, &str)> {
    let (number, rest) = text.strip_prefix(' ')?.trim_start().split_once(") ")?;
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let (test, module) = rest.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    (numbered && is_module(module)).then(|| Some((module, named(test)?)))?
}

/// What the trace says of a test.
enum Verdict {
    /// It has begun.
    None,
    Took(f64),
    Skipped,
}

struct Shown<'a> {
    name: &'a str,
    verdict: Verdict,
}

/// `  * test adds (0.6ms) [L#40]`; before version 1.11 without the line.
fn trace(text: &str) -> Option<Shown<'_>> {
    let rest = text.strip_prefix("  * ")?.trim_end();
    let rest = match rest.rsplit_once(" [L#") {
        Some((head, _)) => head,
        None => rest,
    };
    let inside = rest.strip_suffix(')').and_then(|t| t.rsplit_once(" ("));
    let (name, verdict) = match inside {
        Some((name, "skipped")) => (name, Verdict::Skipped),
        Some((name, "excluded")) => (name, Verdict::None),
        Some((name, time)) => match time.strip_suffix("ms").and_then(|t| t.parse::<f64>().ok()) {
            Some(millis) => (name, Verdict::Took(millis / 1000.0)),
            None => (rest, Verdict::None),
        },
        None => (rest, Verdict::None),
    };
    let name = named(name)?;
    Some(Shown { name, verdict })
}

/// `FooTest [test/foo_test.exs]`
fn heading(text: &str) -> Option<(&str, &str)> {
    let (module, file) = text.strip_suffix(']')?.split_once(" [")?;
    (is_module(module) && file.ends_with(".exs")).then_some((module, file))
}

fn is_module(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    text.starts_with(char::is_uppercase) && text.chars().all(plain)
}

/// `42 doctests, 2 properties, 33 tests, 17 failures, 1 excluded, 2 invalid, 3 skipped`
fn summary(text: &str) -> Option<Printed> {
    let (mut tests, mut failed, mut skipped, mut without) = (0u64, None, 0u64, 0u64);
    for part in text.trim_end().split(", ") {
        let (number, what) = part.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match what {
            "doctest" | "doctests" | "test" | "tests" | "property" | "properties" => {
                tests = tests.saturating_add(number);
            }
            "failure" | "failures" => failed = Some(number),
            "skipped" => skipped = number,
            "excluded" | "invalid" => without = without.saturating_add(number),
            _ => return None,
        }
    }
    let others = failed?.saturating_add(skipped).saturating_add(without);
    Some(Printed {
        tests: Some(tests),
        passed: Some(tests.saturating_sub(others)),
        failed,
        skipped: Some(skipped),
        ..Printed::default()
    })
}
