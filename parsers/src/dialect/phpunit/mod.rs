//! The `phpunit` dialect: PHPUnit's progress dots, `--testdox`, `--debug` and its lists of failures.
//!
//! Format source: `DefaultResultPrinter` and `CliTestDoxPrinter` of PHPUnit 9, of which runs were seen; the
//! result printers, `EventLogger` and end-to-end tests of PHPUnit 10 to 13. Suite: the class; name: the method,
//! with the name of its data set. The TeamCity format is another dialect's.
//!
//! ```text
//! PHPUnit 9.6.7 by Sebastian Bergmann and contributors.
//! ..F.                                              4 / 4 (100%)
//! 1) Shop\CartTest::testAdds with data set #0 (1, 2)
//! Tests: 4, Assertions: 4, Failures: 1.
//! ```
//!
//! - Incomplete tests count as skipped, risky ones as passed; a test with a warning is an error up to
//!   PHPUnit 9 and has passed from 10 on.
//! - `--testdox` prints sentences; names are made of them again, see [`testdox`].
//! - `--debug` of PHPUnit 9 does not say how a test ended: those that no list names are told at the totals.

mod entry;
mod events;
mod lines;
mod testdox;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::dialect::closing::close;
use crate::event::{Body, Counted, Counts, Plan, Printed, Status, TestEnd, TestStart};
use entry::Entry;
use events::Event;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "phpunit",
    summary: "PHPUnit: dots, --testdox, --debug",
    sniff: |line| line.text.contains(lines::BY) || line.text.starts_with(events::STARTED),
    needles: &[lines::BY, events::STARTED],
    lookback: 0,
    new: || Box::<PhpUnit>::default(),
};

/// Tests of `--debug` kept until the totals tell which of them passed.
const ENDED_CAP: usize = 20_000;

/// State over one stream.
#[derive(Default)]
struct PhpUnit {
    place: Place,
    /// First number of the version.
    major: u32,
    told: Counts,
    /// Of those told, the letters that no name has claimed.
    letters: Counts,
    /// Letters of a line without a number, which a test may have printed.
    held: Counts,
    /// Results up to the latest numbered line.
    so_far: u64,
    planned: bool,
    /// Number of the latest blank line.
    blank: u64,
    /// What may be the heading of a class, and its line.
    heading: (u64, String),
    class: Option<String>,
    entry: Option<Entry>,
    /// Number of the latest entry of a list.
    number: u64,
    /// The test that has begun and not ended.
    begun: Option<(u64, String)>,
    ended: Vec<(u64, String)>,
    listed: HashSet<String>,
}

/// Where in the output the next line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a run, or after one.
    #[default]
    Idle,
    Run,
    /// In a list of tests of this status, or of what is not told.
    List(Option<Status>),
    /// Where results are repeated.
    Summary,
    /// In a log of events.
    Events,
}

impl Dialect for PhpUnit {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(major) = lines::banner(text) {
            self.restart(Place::Run, emit);
            self.major = major;
            self.blank = line.number;
            return Claim::Own;
        }
        if text.starts_with(events::STARTED) {
            self.restart(Place::Events, emit);
            return Claim::Own;
        }
        match self.place {
            Place::Idle => Claim::Pass,
            Place::Events => self.event(line, emit),
            // Others tell the results.
            _ if text.starts_with("##teamcity[") => {
                self.restart(Place::Idle, emit);
                Claim::Pass
            }
            _ => self.session(line, emit),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.restart(Place::Idle, emit);
    }

    fn attention(&self) -> Attention {
        match self.place {
            Place::Idle => Attention::Needles,
            _ => Attention::Every,
        }
    }
}

impl PhpUnit {
    /// What came before is over, finished or not.
    fn restart(&mut self, place: Place, emit: Emit<'_>) {
        self.end_entry(emit);
        if !self.held.is_zero() {
            self.count(0, self.held, emit);
        }
        if let Some((number, test)) = &self.begun {
            start(*number, test, emit);
        }
        *self = PhpUnit {
            place,
            ..PhpUnit::default()
        };
    }

    fn session(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if let Some(printed) = lines::totals(text, self.major) {
            self.end(&printed, number, emit);
            return Claim::Own;
        }
        if lines::is_verdict(text) {
            self.end_entry(emit);
            return Claim::Own;
        }
        if let Some(status) = lines::list(text, self.major) {
            self.end_entry(emit);
            // The sentences have told it already.
            let status = status.filter(|_| self.class.is_none());
            (self.place, self.number) = (Place::List(status), 0);
            return Claim::Own;
        }
        if text.starts_with("Summary of ") && text.ends_with(':') {
            self.end_entry(emit);
            self.place = Place::Summary;
            return Claim::Own;
        }
        match self.place {
            Place::List(status) => self.list(status, line, emit),
            Place::Summary if text.starts_with(' ') => Claim::Text,
            Place::Summary => Claim::Pass,
            _ => self.run(line, emit),
        }
    }

    fn run(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if text.is_empty() {
            self.blank = number;
            self.end_entry(emit);
            return Claim::Pass;
        }
        if let Some(shown) = testdox::result(text, line.raw, self.major) {
            self.end_entry(emit);
            if self.heading.0 + 1 == number {
                self.class = Some(testdox::class(&self.heading.1));
            }
            if let Some(class) = &self.class {
                self.entry = Some(Entry::shown(number, class, &shown));
            }
            return Claim::Own;
        }
        if let Some(entry) = &mut self.entry
            && let Some(inside) = testdox::boxed(text)
        {
            entry.note(inside);
            return Claim::Text;
        }
        if let Some((test, ended)) = lines::debug(text) {
            self.debug(test, ended, number);
            return Claim::Own;
        }
        if let Some((counts, place)) = lines::progress(text, self.major) {
            self.progress(counts, place, number, emit);
            return Claim::Own;
        }
        if !text.starts_with(' ') && self.blank + 1 == number {
            self.heading = (number, text.to_owned());
        }
        Claim::Pass
    }

    fn progress(&mut self, counts: Counts, at: Option<(u64, u64)>, number: u64, emit: Emit<'_>) {
        self.held.merge(&counts);
        let Some((so_far, all)) = at else { return };
        if !self.planned {
            self.planned = true;
            let plan = Plan {
                suite: None,
                tests: all,
            };
            emit(number, Body::Plan(plan));
        }
        // Letters that do not fit the number were printed by tests.
        let room = so_far.saturating_sub(self.so_far);
        for counts in [self.held, counts] {
            if counts.total() == room {
                self.count(number, counts, emit);
                break;
            }
        }
        (self.held, self.so_far) = (Counts::ZERO, so_far);
    }

    fn count(&mut self, number: u64, counts: Counts, emit: Emit<'_>) {
        self.told.merge(&counts);
        self.letters.merge(&counts);
        let counted = Counted {
            suite: None,
            counts,
        };
        emit(number, Body::Counted(counted));
    }

    fn debug(&mut self, test: &str, ended: bool, number: u64) {
        self.begun = (!ended).then(|| (number, test.to_owned()));
        if ended && self.ended.len() < ENDED_CAP {
            self.ended.push((number, test.to_owned()));
        }
    }

    fn list(&mut self, status: Option<Status>, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text == "--" {
            self.end_entry(emit);
            return Claim::Own;
        }
        if let Some((number, what)) = lines::head(text)
            && number == self.number + 1
        {
            self.end_entry(emit);
            self.number = number;
            self.entry = status.and_then(|status| Entry::listed(status, line.number, what));
            return Claim::Own;
        }
        if let Some(entry) = &mut self.entry {
            entry.note(text);
        }
        match self.number {
            0 => Claim::Pass,
            _ => Claim::Text,
        }
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        let status = entry.status();
        if entry.recap && self.letters[status] > 0 {
            self.letters.sub(status, 1);
        } else {
            self.told.add(status, 1);
        }
        entry.tell(emit);
        if entry.recap && !self.ended.is_empty() && self.listed.len() < ENDED_CAP {
            self.listed
                .insert(format!("{}::{}", entry.suite, entry.name));
        }
    }

    /// A line of the log of events.
    fn event(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if text.starts_with("PHPUnit Finished (") {
            self.restart(Place::Idle, emit);
            return Claim::Own;
        }
        let Some((event, test)) = events::event(text) else {
            let open = self.entry.as_mut().filter(|_| !text.starts_with("Test "));
            let Some(entry) = open else {
                return Claim::Pass;
            };
            entry.note(text);
            return Claim::Text;
        };
        let same = self.entry.as_ref().is_some_and(|entry| entry.is(&test));
        match event {
            Event::Began => {
                self.end_entry(emit);
                start(number, &test, emit);
            }
            Event::Ended(status) if same => {
                if let Some(entry) = &mut self.entry {
                    entry.worsen(status);
                }
            }
            Event::Ended(status) => {
                self.end_entry(emit);
                self.entry = Entry::event(status, number, &test);
            }
            Event::Finished => self.end_entry(emit),
        }
        Claim::Own
    }

    /// The totals: tells what was waiting for them.
    fn end(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        self.end_entry(emit);
        let passed = printed.passed.unwrap_or(0);
        let left = passed.saturating_sub(self.told[Status::Passed]);
        let listed = &self.listed;
        self.ended.retain(|(_, test)| {
            lines::test(test)
                .is_some_and(|(class, name)| !listed.contains(&format!("{class}::{name}")))
        });
        // If there are more, some were skipped, and nothing says which.
        if self.ended.len() as u64 <= left {
            for (number, test) in std::mem::take(&mut self.ended) {
                if let Some((class, name)) = lines::test(&test) {
                    self.told.add(Status::Passed, 1);
                    let end = TestEnd::new(Some(class), name, Status::Passed);
                    emit(number, Body::TestEnd(end));
                }
            }
        }
        close(*printed, &self.told, number, emit);
        *self = PhpUnit::default();
    }
}

fn start(number: u64, test: &str, emit: Emit<'_>) {
    if let Some((class, name)) = lines::test(test) {
        let start = TestStart {
            suite: Some(class),
            name,
            attempt: None,
            tags: None,
        };
        emit(number, Body::TestStart(start));
    }
}
