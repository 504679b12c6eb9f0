//! The `dotnet` dialect: `dotnet test` with VSTest's console logger, the terminal logger of .NET 9 and later,
//! or Microsoft.Testing.Platform; with the lines of xUnit.net's adapter.
//!
//! Format source: `ConsoleLogger` of microsoft/vstest, the terminal logger of dotnet/msbuild and the terminal
//! reporter of microsoft/testfx, with output shown in issues, documentation and published logs of CI. Suite: the
//! class with its namespace, where the name has one (xUnit.net's do; MSTest and NUnit show the bare method);
//! name: the rest.
//!
//! ```text
//!   Failed Shop.CartTests.Adds [12 ms]
//!   Error Message:
//!    Assert.Equal() Failure
//!   Stack Trace:
//!      at Shop.CartTests.Adds() in /app/CartTests.cs:line 12
//! Failed!  - Failed:     1, Passed:     2, Skipped:     0, Total:     3, Duration: 5 ms - Shop.dll (net8.0)
//! ```
//!
//! - The loggers say passed tests only when asked to; at the totals those that no name was told for are counted.
//! - Test assemblies that run at once write between each other; each one's totals take up its results.
//! - xUnit.net's `[FAIL]` lines repeat results: they are told only if the totals count more than was told.
//! - Only English output is read.

mod entry;
mod lines;
#[cfg(test)]
mod tests;
mod totals;

use std::collections::VecDeque;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Counts, Printed, Status};
use entry::Entry;
use lines::Shown;

const STARTING: &str = "Starting test execution, please wait";
const SUMMARY: &str = "Test summary: total: ";
const PLATFORM_SUMMARY: &str = "Test run summary: ";
const RUNNING: &str = "Running tests from ";
const FAILED_BUILD: &str = "Build FAILED.";

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "dotnet",
    summary: "dotnet test: VSTest, terminal logger, Microsoft.Testing.Platform",
    sniff: |line| NEEDLES.iter().any(|needle| line.text.contains(needle)),
    needles: NEEDLES,
    lookback: 0,
    new: || Box::<Dotnet>::default(),
};

const NEEDLES: &[&str] = &[
    STARTING,
    lines::XUNIT,
    lines::ERROR,
    SUMMARY,
    PLATFORM_SUMMARY,
    RUNNING,
    FAILED_BUILD,
    lines::RUNNER,
    lines::RUNTIME,
    " - Failed: ",
];

/// Results of xUnit.net's adapter kept until VSTest repeats them.
const HELD_CAP: usize = 1024;
/// Lines over which the terminal logger may break a name.
const NAME_LINES: usize = 4;

/// State over one stream.
#[derive(Default)]
struct Dotnet {
    /// Test assemblies that have begun and not printed their totals.
    runs: u64,
    /// Whether lower-case results are results.
    platform: bool,
    section: Section,
    entry: Option<Entry>,
    /// Results told that no totals have taken up.
    told: Counts,
    /// Totals since the last summary over all of them.
    seen: Printed,
    held: VecDeque<Entry>,
    /// Totals of several lines, while they come, and the lines they began on.
    totals: Vec<(u64, Printed)>,
    /// The status of a result whose name another's came before.
    waiting: Option<Status>,
    /// Place and text of a failed test of the terminal logger, up to the end of its name.
    error: Option<Pending>,
    /// Whether the build has failed, which tells its errors once more.
    failed_build: bool,
}

/// What comes next below a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    /// Nothing that belongs to it.
    #[default]
    None,
    Message,
    Stack,
    /// What the test printed.
    Output,
    /// Whatever is indented, of Microsoft.Testing.Platform.
    Indented,
    /// What xUnit.net's adapter says of its latest failure.
    Xunit,
}

/// A failed test of the terminal logger whose name is not complete.
#[derive(Debug)]
struct Pending {
    number: u64,
    location: Option<String>,
    text: String,
    lines: usize,
}

impl Dialect for Dotnet {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if !self.totals.is_empty() && self.more_totals(text, emit) {
            return Claim::Own;
        }
        if let Some(rest) = lines::xunit(text) {
            self.xunit(rest, number, emit);
            return Claim::Own;
        }
        if let Some(claim) = self.head(text, number, emit) {
            return claim;
        }
        if let Some((location, rest)) = lines::error(text).filter(|_| !self.failed_build) {
            self.end_entry(emit);
            self.begin(0);
            self.error = Some(Pending {
                number,
                location,
                text: String::new(),
                lines: 0,
            });
            if !rest.is_empty() {
                self.error_line(rest);
            }
            return Claim::Own;
        }
        if self.error.is_some() {
            return self.error_line(text);
        }
        if self.runs == 0 {
            return Claim::Pass;
        }
        self.inside(text, number, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_entry(emit);
        self.end_totals(emit);
        for entry in std::mem::take(&mut self.held) {
            entry.tell(emit);
        }
    }

    fn attention(&self) -> Attention {
        let idle = self.runs == 0 && self.totals.is_empty() && self.error.is_none();
        match idle {
            true => Attention::Needles,
            false => Attention::Every,
        }
    }
}

impl Dotnet {
    /// An assembly begins, or shows that it has begun.
    fn begin(&mut self, runs: u64) {
        if self.runs == 0 && runs > 0 {
            self.told = Counts::ZERO;
        }
        self.failed_build = false;
        self.runs = self.runs.saturating_add(runs).max(1);
    }

    /// Lines that begin or end a run.
    fn head(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Option<Claim> {
        // Several assemblies may begin on one line.
        if text.contains(STARTING) {
            self.end_entry(emit);
            self.begin(text.matches(STARTING).count() as u64);
            return Some(Claim::Own);
        }
        if text.starts_with(RUNNING) || lines::is_platform(text) {
            self.end_entry(emit);
            self.begin(0);
            self.platform = true;
            return Some(Claim::Own);
        }
        if text == FAILED_BUILD {
            self.end_entry(emit);
            self.failed_build = true;
            return Some(Claim::Pass);
        }
        if text
            .strip_prefix(PLATFORM_SUMMARY)
            .is_some_and(lines::is_verdict)
        {
            self.end_entry(emit);
            self.end_totals(emit);
            self.totals.push((number, Printed::default()));
            self.runs = 0;
            return Some(Claim::Own);
        }
        let printed = lines::totals(text, self.runs > 0)?;
        self.end_entry(emit);
        if text.starts_with(SUMMARY) {
            self.summary(&printed, number, emit);
        } else {
            self.assembly(&printed, number, emit);
        }
        Some(Claim::Own)
    }

    /// A line within a run.
    fn inside(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        let platform = if self.platform {
            lines::platform_result(text)
        } else {
            None
        };
        if let Some(shown) = platform {
            self.result(&shown, number, Section::Indented, emit);
            return Claim::Own;
        }
        let (waiting, rest) = match lines::doubled(text) {
            Some((status, rest)) => (Some(status), rest),
            None => (None, text),
        };
        if let Some(shown) = lines::result(rest) {
            self.result(&shown, number, Section::None, emit);
            self.waiting = waiting;
            return Claim::Own;
        }
        if let Some(status) = self.waiting.take()
            && let Some((name, seconds)) = lines::timed(text)
        {
            let shown = Shown {
                status,
                name,
                duration_s: Some(seconds),
            };
            self.result(&shown, number, Section::None, emit);
            return Claim::Own;
        }
        if text.starts_with("Total tests: ")
            && let Some((_, tests)) = lines::figure(text)
        {
            self.end_entry(emit);
            self.begin_totals(tests, number);
            return Claim::Own;
        }
        match text.trim() {
            "Error Message:" => self.section = Section::Message,
            "Stack Trace:" => self.section = Section::Stack,
            "Standard Output Messages:"
            | "Standard Error Messages:"
            | "Debug Traces Messages:"
            | "Additional Information Messages:" => self.section = Section::Output,
            _ => return self.text(text, emit),
        }
        Claim::Own
    }

    /// A line below a result.
    fn text(&mut self, text: &str, emit: Emit<'_>) -> Claim {
        // VSTest puts a blank before each line that a test printed.
        if self.section == Section::Output && !text.is_empty() && !text.starts_with(' ') {
            self.end_entry(emit);
        }
        let Some(entry) = &mut self.entry else {
            return match self.section {
                Section::None | Section::Xunit => Claim::Pass,
                _ => Claim::Text,
            };
        };
        match self.section {
            Section::Message => entry.message(text),
            Section::Stack => {
                // A blank line ends it, unless what the test printed follows.
                if !entry.stack(text) && text.is_empty() {
                    self.end_entry(emit);
                }
            }
            Section::Output => {}
            Section::Indented if text.starts_with(' ') || text.is_empty() => {
                if !entry.stack(text) && !text.starts_with("  from ") {
                    entry.message(text);
                }
            }
            _ => {
                self.end_entry(emit);
                return Claim::Pass;
            }
        }
        Claim::Text
    }

    fn result(&mut self, shown: &Shown<'_>, number: u64, section: Section, emit: Emit<'_>) {
        self.end_entry(emit);
        self.section = section;
        let entry = Entry::new(shown.status, shown.name, number, shown.duration_s);
        if shown.status == Status::Passed {
            self.tell(&entry, emit);
        } else {
            self.entry = Some(entry);
        }
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        self.section = Section::None;
        self.error = None;
        if let Some(entry) = self.entry.take() {
            self.tell(&entry, emit);
        }
    }

    fn tell(&mut self, entry: &Entry, emit: Emit<'_>) {
        let same = |held: &Entry| held.status == entry.status && held.name == entry.name;
        if let Some(at) = self.held.iter().position(same) {
            self.held.remove(at);
        }
        self.told.add(entry.status, 1);
        entry.tell(emit);
    }

    /// A line of xUnit.net's adapter, without its time.
    fn xunit(&mut self, rest: &str, number: u64, emit: Emit<'_>) {
        if let Some((name, status)) = lines::xunit_result(rest) {
            self.end_entry(emit);
            self.begin(0);
            self.section = Section::Xunit;
            if self.held.len() < HELD_CAP {
                self.held.push_back(Entry::new(status, name, number, None));
            }
        } else if self.section == Section::Xunit
            && let Some(held) = self.held.back_mut()
            && rest.starts_with("       ")
        {
            held.message(rest);
        } else {
            self.begin(0);
        }
    }

    /// A line of a failed test of the terminal logger, whose name may be broken over several.
    fn error_line(&mut self, text: &str) -> Claim {
        let Some(mut pending) = self.error.take() else {
            return Claim::Pass;
        };
        pending.text.push_str(text.trim_start());
        pending.lines += 1;
        if let Some((name, seconds, message)) = lines::error_head(&pending.text) {
            let mut entry = Entry::new(Status::Failed, name, pending.number, Some(seconds));
            entry.at(pending.location);
            entry.message(message);
            self.entry = Some(entry);
            self.section = Section::Message;
        } else if pending.lines < NAME_LINES {
            self.error = Some(pending);
        }
        Claim::Own
    }
}
