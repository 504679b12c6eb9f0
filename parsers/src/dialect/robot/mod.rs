//! Robot Framework's console: verbose, and dotted.
//!
//! Format source: `src/robot/output/console` of Robot Framework; seen: 7.5, run for the fixtures. A
//! test's suite is the title above it, `Suites.Login.Enter`; titles and names that do not fit into the
//! console are cut there and end in `...`. A name stands on its line before the test runs, its status
//! follows when it has, so whatever the test prints comes between. Only the line of dashes below a
//! result tells a test from a suite, which has one of `=`.
//!
//! A suite's tear-down that fails makes its tests that had passed fail, too.

mod lines;
#[cfg(test)]
mod tests;

use crate::dialect::closing::close;
use crate::dialect::needle::Needles;
use crate::dialect::script::cap;
use crate::dialect::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counts, Plan, Printed, Status, SuiteEnd, SuiteStart, Summary, TestEnd};

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "robot",
    summary: "Robot Framework, verbose and dotted console",
    sniff,
    needles: NEEDLES,
    lookback: 1,
    new: || Box::<Robot>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

const NEEDLES: &[&str] = &[
    "========================================",
    "| PASS |",
    "| FAIL |",
    "| SKIP |",
    "Running suite '",
];

/// Bytes of a title at most.
const LONG: usize = 4096;
/// Suites that nest.
const DEPTH_CAP: usize = 64;
/// Tests remembered that passed in suites that run.
const PASSED_CAP: usize = 20_000;

/// Any line may be a title, which only the lines round it tell.
fn sniff(line: &Line<'_>) -> bool {
    !line.text.is_empty() && !line.text.starts_with(' ')
}

/// State over one stream.
#[derive(Default)]
struct Robot {
    /// Whether a line was claimed.
    spoken: bool,
    /// Before: the latest line without a needle, for the next one may show whose it is.
    before: Option<(Box<str>, u64)>,
    /// Whether a suite has begun and the outermost has not ended.
    running: bool,
    /// Columns of the console.
    columns: usize,
    /// The character of the latest line across the console.
    below: u8,
    /// The latest other line, and its number: a suite's title, if `=` follow.
    latest: Option<(Box<str>, u64)>,
    suites: Vec<Suite>,
    /// A name whose status has not come yet.
    name: Option<Box<str>>,
    /// A result whose line of dashes has not come yet.
    held: Option<Held>,
    /// The tests that passed, for the tear-downs of their suites: suite and name.
    passed: Vec<(Box<str>, Box<str>)>,
    /// Whether such a tear-down failed.
    torn: bool,
    told: Counts,
    dotted: bool,
}

struct Suite {
    title: Box<str>,
    /// How many tests had passed before it.
    passed: usize,
}

/// A result and what stands below it.
struct Held {
    suite: Option<Box<str>>,
    name: Box<str>,
    status: Status,
    line: u64,
    message: String,
    totals: Option<Printed>,
}

impl Held {
    fn note(&mut self, text: &str) {
        if let Some(totals) = lines::totals(text) {
            self.totals = Some(totals);
            return;
        }
        let inner = cap(text.trim());
        // `Teardown failed:` and its like say nothing without the next line.
        if self.message.is_empty() || (self.message.ends_with(':') && !inner.is_empty()) {
            if !self.message.is_empty() {
                self.message.push(' ');
            }
            self.message.push_str(inner);
        }
    }

    fn message(&self) -> Option<&str> {
        (!self.message.is_empty()).then_some(cap(&self.message))
    }
}

impl Dialect for Robot {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let before = self.before.take().filter(|(_, at)| at + 1 == line.number);
        if !self.spoken && !MARKS.stand_in(line.text) {
            let short = line.text.len() <= LONG;
            self.before = short.then(|| (line.text.into(), line.number));
            return Claim::Pass;
        }
        if let Some((text, number)) = before {
            let kept = Line {
                text: &text,
                raw: text.as_bytes(),
                number,
                cut: false,
            };
            self.read(&kept, emit);
        }
        let claim = self.read(line, emit);
        self.spoken |= claim != Claim::Pass;
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if self.dotted {
            self.tell(emit);
            return;
        }
        // Without its line of dashes it may be a suite's.
        let of_a_suite = |held: &Held| {
            let suite = self.suites.iter().any(|s| *s.title == *held.name);
            suite || held.totals.is_some()
        };
        if !self.held.as_ref().is_some_and(of_a_suite) {
            self.tell(emit);
        }
    }
}

impl Robot {
    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(tests) = lines::announced(text) {
            *self = Robot {
                spoken: self.spoken,
                running: true,
                dotted: true,
                ..Robot::default()
            };
            emit(line.number, Body::Plan(Plan { suite: None, tests }));
            return Claim::Own;
        }
        if self.dotted {
            return self.dots(line, emit);
        }
        if let Some((kind, columns)) = lines::rule(text)
            && (!self.running || columns == self.columns)
        {
            return self.rule(kind, columns, line.number, emit);
        }
        if let Some((head, status)) = lines::status(text)
            && self.held.is_none()
            && self.below != 0
        {
            return self.result(head, status, line.number);
        }
        self.text(line)
    }

    /// A line across the console ends what stands above it.
    fn rule(&mut self, kind: u8, columns: usize, line: u64, emit: Emit<'_>) -> Claim {
        self.name = None;
        let latest = self.latest.take();
        let before = std::mem::replace(&mut self.below, kind);
        self.columns = columns;
        let totals = self.held.as_ref().map(|held| held.totals.is_some());
        match (kind, totals, latest) {
            (b'=', Some(true), _) => self.end_suite(emit),
            (_, Some(_), _) => self.tell(emit),
            (b'=', None, Some((title, at))) if before == b'=' && at + 1 == line => {
                self.begin_suite(&title, at, emit);
            }
            _ => {}
        }
        match self.running {
            true => Claim::Own,
            false => Claim::Pass,
        }
    }

    /// A title between two lines of `=`. It fills the console with blanks; if they were cut off, only a
    /// result tells it from any other banner.
    fn begin_suite(&mut self, title: &str, line: u64, emit: Emit<'_>) {
        let suite = lines::name(title);
        let inside = |outer: &Suite| {
            let rest = suite.strip_prefix(&*outer.title);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        if !self.running && !self.suites.last().is_some_and(inside) {
            self.suites.clear();
        }
        self.running |= lines::is_title(title, self.columns);
        if self.suites.len() < DEPTH_CAP {
            self.suites.push(Suite {
                title: suite.into(),
                passed: self.passed.len(),
            });
        }
        if self.running {
            let start = SuiteStart { suite, tags: None };
            emit(line, Body::SuiteStart(start));
        }
    }

    fn result(&mut self, head: &str, status: Status, line: u64) -> Claim {
        let known = self.name.take();
        let name = match &known {
            Some(name) => name,
            None => lines::begun(head, self.columns, true).unwrap_or(lines::name(head)),
        };
        if name.is_empty() {
            return Claim::Pass;
        }
        self.running = true;
        self.held = Some(Held {
            suite: self.suites.last().map(|s| s.title.clone()),
            name: cap(name).into(),
            status,
            line,
            message: String::new(),
            totals: None,
        });
        Claim::Own
    }

    fn text(&mut self, line: &Line<'_>) -> Claim {
        let text = line.text;
        if let Some(held) = &mut self.held {
            held.note(text);
            return Claim::Text;
        }
        if text.trim().is_empty() {
            return Claim::Pass;
        }
        let first = self.latest.is_none();
        if !self.running && (!first || self.below == 0) {
            self.below = 0;
            return Claim::Pass;
        }
        self.latest = Some((cap(text).into(), line.number));
        if self.name.is_none() {
            let name = lines::begun(text, self.columns, first);
            self.name = name.map(|name| cap(name).into());
        }
        match self.name {
            Some(_) if self.running => Claim::Text,
            _ => Claim::Pass,
        }
    }

    /// Tells the test that is held.
    fn tell(&mut self, emit: Emit<'_>) {
        let Some(held) = self.held.take() else { return };
        let suite = held.suite.as_deref().unwrap_or_default();
        let end = TestEnd {
            message: held.message().filter(|_| held.status != Status::Passed),
            ..TestEnd::new(Some(suite), &held.name, held.status)
        };
        emit(held.line, Body::TestEnd(end));
        self.told.add(held.status, 1);
        if held.status == Status::Passed && self.passed.len() < PASSED_CAP {
            self.passed.push((suite.into(), held.name));
        }
    }

    /// What is held is the result of the innermost suite.
    fn end_suite(&mut self, emit: Emit<'_>) {
        let Some(held) = self.held.take() else { return };
        let suite = self.suites.pop();
        let title = suite.as_ref().map_or(&*held.name, |s| &*s.title);
        if held.message.starts_with("Suite teardown failed:") {
            self.torn = true;
            let from = suite.as_ref().map_or(0, |s| s.passed);
            for (suite, name) in self.passed.drain(from.min(self.passed.len())..) {
                let end = TestEnd {
                    message: held.message(),
                    teardown: true,
                    ..TestEnd::new(Some(&suite), &name, Status::Errored)
                };
                emit(held.line, Body::TestEnd(end));
            }
        }
        let end = SuiteEnd {
            suite: title,
            status: Some(held.status),
            duration_s: None,
            adopts: false,
        };
        emit(held.line, Body::SuiteEnd(end));
        if !self.suites.is_empty() {
            return;
        }
        if let Some(mut printed) = held.totals {
            if self.torn {
                // Those of whom the tear-down was told as an error of its own.
                printed.passed = None;
            }
            let summary = Summary {
                suite: None,
                printed,
                duration_s: None,
            };
            emit(held.line, Body::Summary(summary));
        }
        *self = Robot {
            spoken: self.spoken,
            below: b'=',
            columns: self.columns,
            ..Robot::default()
        };
    }

    /// The dotted console: letters, then the failures, then the totals.
    fn dots(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if lines::rule(text).is_some() || lines::is_over(text) {
            self.tell(emit);
            return Claim::Own;
        }
        if let Some((suite, name)) = lines::listed(text).filter(|_| self.held.is_none()) {
            self.held = Some(Held {
                suite: Some(cap(suite).into()),
                name: cap(name).into(),
                status: Status::Failed,
                line: line.number,
                message: String::new(),
                totals: None,
            });
            return Claim::Own;
        }
        if let Some(held) = &mut self.held {
            held.note(text);
            return Claim::Text;
        }
        if let Some(printed) = lines::totals(text) {
            close(printed, &self.told, line.number, emit);
            *self = Robot {
                spoken: self.spoken,
                ..Robot::default()
            };
            return Claim::Own;
        }
        Claim::Pass
    }
}
