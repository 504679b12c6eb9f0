//! The `minitest` dialect: Ruby's minitest, dots and `--verbose`.
//!
//! Format source: `Minitest::ProgressReporter` and `SummaryReporter` of minitest 5. Suite: the class;
//! name: the method. Single passes are named under `--verbose` only; without, what neither dots nor
//! the list of failures told is taken from the closing line.

#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::dialect::closing::close;
use crate::event::{Body, Counted, Counts, Printed, Status, TestEnd};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "minitest",
    summary: "minitest (Ruby)",
    sniff: |line| is_start(line.text),
    needles: &["\nRun options: ", "\n# Running"],
    lookback: 0,
    new: || Box::<Minitest>::default(),
};

#[derive(Debug, Default)]
struct Minitest {
    open: bool,
    /// Results told so far, by name, by dot or by the list of failures.
    told: Counts,
    /// Of those, the dots that no name has claimed.
    dots: Counts,
    /// Whether results are named as they come.
    verbose: bool,
    entry: Option<Entry>,
    /// Tests named while others wrote on the same line; their results come alone.
    waiting: Vec<String>,
}

/// Tests whose results may be awaited at a time.
const WAITING_CAP: usize = 64;

/// An entry of the list of failures.
#[derive(Debug)]
struct Entry {
    status: Status,
    number: u64,
    suite: String,
    name: String,
    message: String,
    location: Option<String>,
}

impl Dialect for Minitest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if is_start(line.text) {
            self.end_entry(emit);
            if !self.open {
                *self = Minitest {
                    open: true,
                    ..Minitest::default()
                };
            }
            return Claim::Own;
        }
        if !self.open {
            return Claim::Pass;
        }
        if let Some(printed) = summary(line.text) {
            self.end_entry(emit);
            self.end(&printed, line.number, emit);
            return Claim::Own;
        }
        if let Some((test, seconds, status)) = verbose(line.text)
            && self.result(test, seconds, status, line.number, emit)
        {
            return Claim::Own;
        }
        if let Some(status) = heading(line.text) {
            self.end_entry(emit);
            self.entry = Some(Entry {
                status,
                number: line.number,
                suite: String::new(),
                name: String::new(),
                message: String::new(),
                location: None,
            });
            return Claim::Own;
        }
        if let Some(entry) = &mut self.entry {
            if line.text.is_empty() {
                self.end_entry(emit);
            } else {
                entry.note(line.text);
            }
            return Claim::Text;
        }
        self.dots(line, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_entry(emit);
    }

    fn attention(&self) -> Attention {
        match self.open {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Minitest {
    /// A result by name, or the one that a test named on an earlier line waits for.
    fn result(
        &mut self,
        test: &str,
        seconds: f64,
        status: Status,
        number: u64,
        emit: Emit<'_>,
    ) -> bool {
        let last = if test.is_empty() {
            self.waiting.pop()
        } else {
            let mut tests: Vec<&str> = test.split(" = ").collect();
            let last = tests.pop().map(str::to_owned);
            let room = WAITING_CAP.saturating_sub(self.waiting.len());
            let begun = tests.iter().filter(|t| t.contains('#')).take(room);
            self.waiting.extend(begun.map(|t| (*t).to_owned()));
            last
        };
        let Some((suite, name)) = last.as_deref().and_then(|t| t.split_once('#')) else {
            return false;
        };
        self.verbose = true;
        self.told.add(status, 1);
        let end = TestEnd {
            duration_s: Some(seconds),
            ..TestEnd::new(Some(suite), name, status)
        };
        emit(number, Body::TestEnd(end));
        true
    }

    fn dots(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.verbose || line.text.is_empty() {
            return Claim::Pass;
        }
        let mut counts = Counts::ZERO;
        for c in line.text.chars() {
            let Some(status) = letter(c) else {
                return Claim::Pass;
            };
            counts.add(status, 1);
        }
        self.told.merge(&counts);
        self.dots.merge(&counts);
        let counted = Counted {
            suite: None,
            counts,
        };
        emit(line.number, Body::Counted(counted));
        Claim::Own
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        if entry.name.is_empty() {
            return;
        }
        if self.dots[entry.status] > 0 {
            self.dots.sub(entry.status, 1);
        } else if !self.verbose {
            self.told.add(entry.status, 1);
        }
        let end = TestEnd {
            message: Some(entry.message.as_str()).filter(|m| !m.is_empty()),
            location: entry.location.as_deref(),
            recap: true,
            ..TestEnd::new(Some(&entry.suite), &entry.name, entry.status)
        };
        emit(entry.number, Body::TestEnd(end));
    }

    /// The closing line: counts what nothing told of.
    fn end(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        close(*printed, &self.told, number, emit);
        *self = Minitest::default();
    }
}

impl Entry {
    fn note(&mut self, text: &str) {
        if self.name.is_empty() {
            let Some(text) = text.strip_suffix(':') else {
                return;
            };
            let (test, at) = match text.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) {
                Some((test, at)) => (test, Some(at)),
                None => (text, None),
            };
            if let Some((suite, name)) = test.split_once('#') {
                self.suite = suite.to_owned();
                self.name = name.to_owned();
                self.location = at.map(str::to_owned);
            }
        } else if self.message.is_empty() {
            self.message = text.trim().to_owned();
        } else if self.location.is_none() && self.status == Status::Errored {
            // The first frame: `    file.rb:29:in 'method'`.
            let frame = text.strip_prefix("    ").and_then(|t| t.split_once(":in "));
            self.location = frame.map(|(at, _)| at.to_owned());
        }
    }
}

/// `Run options: --seed 123`, `# Running:`, with which a run begins.
fn is_start(text: &str) -> bool {
    (text.starts_with("Run options: ") && text.contains("--seed "))
        || text == "# Running:"
        || text == "# Running tests:"
}

fn letter(c: char) -> Option<Status> {
    Some(match c {
        '.' => Status::Passed,
        'F' => Status::Failed,
        'E' => Status::Errored,
        'S' => Status::Skipped,
        _ => return None,
    })
}

/// `Class#method = 0.00 s = .`; of tests that run at once, `A#x = B#y = 0.00 s = .` and later, for
/// the first, `0.00 s = .` alone.
fn verbose(text: &str) -> Option<(&str, f64, Status)> {
    let mut letters = text.trim_end().chars();
    let status = letter(letters.next_back()?)?;
    let head = letters.as_str().strip_suffix(" s = ")?;
    let (test, seconds) = head.rsplit_once(" = ").unwrap_or(("", head));
    Some((test, seconds.parse().ok()?, status))
}

/// `  1) Failure:`
fn heading(text: &str) -> Option<Status> {
    text.starts_with(' ').then_some(())?;
    let numbered = text.trim_start();
    let what = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
    (what.len() < numbered.len()).then_some(())?;
    match what.strip_prefix(") ")? {
        "Failure:" => Some(Status::Failed),
        "Error:" => Some(Status::Errored),
        "Skipped:" => Some(Status::Skipped),
        _ => None,
    }
}

/// `242 runs, 510 assertions, 1 failures, 0 errors, 10 skips`
fn summary(text: &str) -> Option<Printed> {
    // Most lines are dots.
    text.starts_with(|c: char| c.is_ascii_digit())
        .then_some(())?;
    let mut figures = [0u64; 5];
    let words = ["run", "assertion", "failure", "error", "skip"];
    let mut parts = text.split(", ");
    for (figure, word) in figures.iter_mut().zip(words) {
        let (number, what) = parts.next()?.split_once(' ')?;
        (what.strip_suffix('s').unwrap_or(what) == word).then_some(())?;
        *figure = number.parse().ok()?;
    }
    let [tests, _, failed, errored, skipped] = figures;
    let red = failed.saturating_add(errored).saturating_add(skipped);
    Some(Printed {
        tests: Some(tests),
        passed: Some(tests.saturating_sub(red)),
        failed: Some(failed),
        errored: Some(errored),
        skipped: Some(skipped),
        ..Printed::default()
    })
}
