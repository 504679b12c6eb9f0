//! One binary's tests, from `running N tests` to its `test result:` line.

mod captured;

use hashbrown::{HashMap, HashSet};

use super::block::{Block, doc_location};
use super::lines::{self, DOC_SUITE, Figures, Outcome, TestLine};
use super::panics::{Panic, PanicReader};
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Counted, Counts, Status, TestEnd, TestStart};

/// Panics of uncaptured output, names of failed tests and such that are remembered at a time.
const KEPT_CAP: usize = 10_000;

/// Which part of a binary's output is being printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Results, one by one.
    Running,
    /// Captured output of tests.
    Blocks,
    /// The list of the tests' names below a second `failures:` or `successes:`.
    List,
}

/// A name that was told without its result.
struct Pending {
    name: Box<str>,
    /// Whether it was told as begun. One behind other output is not, until its result is seen.
    begun: bool,
    /// The result that seems to stand at the end of a line of the test's output.
    guess: Option<Status>,
    line: u64,
}

/// State within one binary's output.
pub(super) struct Run {
    suite: Option<Box<str>>,
    planned: u64,
    place: Place,
    /// Whether the sections are about passed tests.
    successes: bool,
    /// Results seen, named or counted.
    seen: Counts,
    /// Failures counted by a progress letter that no name has claimed yet.
    unnamed_failures: u64,
    /// Whether a result was named in full, which `--quiet` never does.
    named: bool,
    /// Whether libtest colours its results here.
    coloured: bool,
    pending: Option<Pending>,
    /// Begun tests whose results could not be made out.
    unresolved: Vec<Box<str>>,
    /// Tests told as begun before their results.
    begun: HashSet<Box<str>>,
    failed: HashSet<Box<str>>,
    reader: PanicReader,
    /// Uncaptured panics by thread.
    panics: HashMap<String, Panic>,
    block: Option<Block>,
}

impl Run {
    pub(super) fn new(suite: Option<Box<str>>, planned: u64) -> Run {
        Run {
            suite,
            planned,
            place: Place::Running,
            successes: false,
            seen: Counts::ZERO,
            unnamed_failures: 0,
            named: false,
            coloured: false,
            pending: None,
            unresolved: Vec::new(),
            begun: HashSet::new(),
            failed: HashSet::new(),
            reader: PanicReader::default(),
            panics: HashMap::new(),
            block: None,
        }
    }

    pub(super) fn suite(&self) -> Option<&str> {
        self.suite.as_deref()
    }

    /// Whether lines may be what a test printed about anything, such as another cargo.
    pub(super) fn is_in_captured_output(&self) -> bool {
        self.place != Place::Running
    }

    /// Whether these figures can be this binary's: those a test prints about something else do not
    /// add up to what was announced.
    pub(super) fn closes(&self, figures: &Figures) -> bool {
        let all = figures.tests();
        let stopped_early = all < self.planned && figures.failed > 0 && !self.failed.is_empty();
        self.place != Place::Blocks && (all == self.planned || stopped_early)
    }

    /// Reads a line that is no heading and no result line.
    pub(super) fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        match self.place {
            Place::Running => self.running(line, emit),
            Place::Blocks => self.blocks(line, emit),
            Place::List => self.list(line, emit),
        }
    }

    /// The result line has come: begun tests whose results were torn apart by other output passed
    /// if the figures leave no other way.
    pub(super) fn close(&mut self, number: u64, figures: &Figures, emit: Emit<'_>) {
        self.settle(emit);
        self.end_block(emit);
        let missing = (figures.passed + figures.measured).checked_sub(self.seen[Status::Passed]);
        let skipped = figures.ignored == self.seen[Status::Skipped];
        let names = std::mem::take(&mut self.unresolved);
        if skipped && missing == Some(names.len() as u64) {
            for name in names {
                let outcome = passed();
                self.result(number, &name, &outcome, emit);
            }
        }
    }

    /// The output ended without a result line.
    pub(super) fn finish(&mut self, emit: Emit<'_>) {
        self.settle(emit);
        self.end_block(emit);
    }

    fn running(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if captured::is_section(text) {
            self.settle(emit);
            self.enter(Place::Blocks, text);
            return Claim::Own;
        }
        if let Some(name) = lines::long_running(text) {
            self.slow(name, line.number, emit);
            return Claim::Own;
        }
        let colour = match memchr::memchr(0x1b, line.raw) {
            Some(_) => lines::coloured_outcome(line.raw),
            None => None,
        };
        self.coloured |= colour.is_some();
        if let Some(test) = lines::test_line(text).filter(|t| self.believes(t)) {
            return self.test_line(line, &test, colour, emit);
        }
        if self.quiet(line, emit) {
            return Claim::Own;
        }
        if let Some(panic) = self.reader.line(text, line.number)
            && self.panics.len() < KEPT_CAP
        {
            self.panics.insert(panic.thread.clone(), panic);
        }
        self.after_pending(line, colour, emit)
    }

    /// Reads a line without colours if it is a test with its result; whether it was.
    pub(super) fn at_once(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        let text = line.text;
        let usual = self.place == Place::Running
            && !self.coloured
            && text.starts_with("test ")
            && !text.starts_with("test result: ")
            && !text.ends_with(" seconds");
        if !usual {
            return false;
        }
        let Some(test) = lines::test_line(text).filter(|t| self.believes(t)) else {
            return false;
        };
        let Some(outcome) = lines::outcome(test.rest) else {
            return false;
        };
        self.told(line.number, test.name, &outcome, emit);
        true
    }

    /// A test's name and result stood in a line.
    fn told(&mut self, number: u64, name: &str, outcome: &Outcome<'_>, emit: Emit<'_>) {
        self.settle(emit);
        self.named = true;
        self.result(number, name, outcome, emit);
    }

    /// Whether a line that looks like a test's may be one.
    fn believes(&self, test: &TestLine<'_>) -> bool {
        let documentation = self.suite.as_deref().is_none_or(|s| s == DOC_SUITE);
        self.seen.total() < self.planned
            && (documentation || !lines::is_source_file(test.name))
            && !self.failed.contains(test.name)
    }

    /// `test NAME ... `, with its result, or with output that came between.
    fn test_line(
        &mut self,
        line: &Line<'_>,
        test: &TestLine<'_>,
        colour: Option<Status>,
        emit: Emit<'_>,
    ) -> Claim {
        let outcome = lines::outcome(test.rest);
        if self.coloured && colour.is_none() && outcome.is_some() {
            return Claim::Text;
        }
        if let Some(outcome) = outcome {
            self.told(line.number, test.name, &outcome, emit);
            return Claim::Own;
        }
        self.settle(emit);
        if let Some(status) = colour {
            let outcome = Outcome { status, ..passed() };
            self.result(line.number, test.name, &outcome, emit);
            return Claim::Own;
        }
        let mut pending = Pending {
            name: test.name.into(),
            begun: test.at_start,
            guess: None,
            line: line.number,
        };
        if pending.begun && !self.begin(test.name, line.number, emit) {
            return Claim::Text;
        }
        if !self.coloured {
            pending.guess = lines::glued_outcome(test.rest);
        }
        self.pending = Some(pending);
        Claim::Own
    }

    /// Tells a test as begun; not twice.
    fn begin(&mut self, name: &str, number: u64, emit: Emit<'_>) -> bool {
        if self.begun.len() >= KEPT_CAP || !self.begun.insert(name.into()) {
            return self.begun.contains(name);
        }
        let start = TestStart {
            suite: self.suite_of(name),
            name,
            attempt: None,
            tags: None,
        };
        emit(number, Body::TestStart(start));
        true
    }

    fn slow(&mut self, name: &str, number: u64, emit: Emit<'_>) {
        // Under --quiet the test will end as a dot, which no name can be matched with.
        let letters = !self.named && !self.seen.is_zero();
        if !letters && self.seen.total() < self.planned {
            self.begin(name, number, emit);
        }
    }

    /// A line below a name without result: the result, or output.
    fn after_pending(&mut self, line: &Line<'_>, colour: Option<Status>, emit: Emit<'_>) -> Claim {
        let Some(pending) = &mut self.pending else {
            return Claim::Pass;
        };
        let plain = lines::outcome(line.text).filter(|_| !self.coloured);
        if let Some(outcome) = plain {
            self.end_pending(&outcome, line.number, emit);
            return Claim::Own;
        }
        if let Some(status) = colour {
            let outcome = Outcome { status, ..passed() };
            self.end_pending(&outcome, line.number, emit);
            return Claim::Own;
        }
        pending.guess = lines::glued_outcome(line.text).or(pending.guess);
        Claim::Text
    }

    fn end_pending(&mut self, outcome: &Outcome<'_>, number: u64, emit: Emit<'_>) {
        if let Some(pending) = self.pending.take() {
            self.result(number, &pending.name, outcome, emit);
        }
    }

    /// The next line of libtest has come, so a pending test is over.
    fn settle(&mut self, emit: Emit<'_>) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        match pending.guess.filter(|_| !self.coloured) {
            Some(status) => {
                let outcome = Outcome { status, ..passed() };
                self.result(pending.line, &pending.name, &outcome, emit);
            }
            None if self.unresolved.len() < KEPT_CAP => self.unresolved.push(pending.name),
            None => {}
        }
    }

    fn result(&mut self, number: u64, name: &str, outcome: &Outcome<'_>, emit: Emit<'_>) {
        self.seen.add(outcome.status, 1);
        let panic = match self.panics.is_empty() {
            true => None,
            false => self.panics.remove(name),
        };
        let failed = outcome.status.is_failure();
        if failed && self.failed.len() < KEPT_CAP {
            self.failed.insert(name.into());
        }
        let panic = panic.as_ref().filter(|_| failed);
        let location = failed.then(|| doc_location(name)).flatten();
        let end = TestEnd {
            duration_s: outcome.seconds,
            message: panic.map(|p| p.message.as_str()).or(outcome.message),
            location: location
                .as_deref()
                .or(panic.and_then(|p| p.location.as_deref())),
            ..TestEnd::new(self.suite_of(name), name, outcome.status)
        };
        emit(number, Body::TestEnd(end));
    }

    /// The suite of a test: without headings (`--quiet`) only documentation tests show theirs.
    fn suite_of(&self, name: &str) -> Option<&str> {
        let doc = || lines::is_doc_name(name).then_some(DOC_SUITE);
        self.suite.as_deref().or_else(doc)
    }

    /// Progress letters and `NAME --- FAILED`.
    fn quiet(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        if self.named || self.seen.total() >= self.planned {
            return false;
        }
        if let Some(name) = line
            .text
            .strip_suffix(" --- FAILED")
            .and_then(lines::test_name)
        {
            let outcome = Outcome {
                status: Status::Failed,
                ..passed()
            };
            self.result(line.number, name, &outcome, emit);
            return true;
        }
        let Some(counts) = letters(line.text, self.planned) else {
            return false;
        };
        if self.seen.total() + counts.total() > self.planned {
            return false;
        }
        self.seen.merge(&counts);
        self.unnamed_failures += counts[Status::Failed];
        let counted = Counted {
            suite: self.suite(),
            counts,
        };
        if !counts.is_zero() {
            emit(line.number, Body::Counted(counted));
        }
        true
    }
}

fn passed() -> Outcome<'static> {
    Outcome {
        status: Status::Passed,
        seconds: None,
        message: None,
    }
}

/// `.....F..i.. 88/263`, and a note about a slow test behind the letters.
fn letters(text: &str, planned: u64) -> Option<Counts> {
    let text = match text.find("test ") {
        Some(at) if lines::long_running(&text[at..]).is_some() => &text[..at],
        _ => text,
    };
    let letters = match text.split_once(' ') {
        Some((letters, of)) => {
            let (_, all) = of.split_once('/')?;
            if all.parse() != Ok(planned) {
                return None;
            }
            letters
        }
        None => text,
    };
    let mut counts = Counts::ZERO;
    for letter in letters.bytes() {
        let status = match letter {
            b'.' => Status::Passed,
            b'F' => Status::Failed,
            b'i' => Status::Skipped,
            _ => return None,
        };
        counts.add(status, 1);
    }
    (!letters.is_empty()).then_some(counts)
}
