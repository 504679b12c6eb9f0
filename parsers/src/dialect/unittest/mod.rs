//! The `unittest` dialect: Python's standard runner, verbose or with dots, and those that print as it
//! does (Django's, regrtest, nose2).
//!
//! Suite: `module.Class`. Name: the method. A failed or skipped sub-test is a result of its own under
//! its test's name. Results told without names (dots) are counted when the run says how many there
//! were; the sections at the end name the failures among them.
//!
//! The dialect opens on a result line with a dotted class, on a section or on the `Ran` line under
//! its line of dashes.

mod describe;
mod known;
mod needles;
mod nose2;
mod section;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::needle::Needles;
use super::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Plan, Status, TestEnd, TestStart};
use describe::{Described, Outcome};
use known::{Known, Open};
use section::Section;
use summary::Session;

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "unittest",
    summary: "Python unittest, Django, regrtest and nose2, verbose or with dots",
    sniff,
    needles: needles::NEEDLES,
    lookback: 0,
    new: || Box::<Unittest>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(needles::NEEDLES);

/// Tests of which it is remembered that their failure was told.
const TOLD_CAP: usize = 50_000;

/// Descriptions that one line may begin with: of tests whose sub-tests failed.
const DESCRIPTIONS: u8 = 16;

fn sniff(line: &Line<'_>) -> bool {
    let text = line.text;
    match text.as_bytes() {
        [b'=' | b'-', ..] => describe::separator(text, b'=') || describe::separator(text, b'-'),
        [b'.' | b'F' | b'E' | b's' | b'x' | b'u', ..] if text.len() < 70 => true,
        [] | [b'0'..=b'9' | b'[' | b'{', ..] => false,
        _ => {
            text.contains(" (")
                || text.contains(" ... ")
                || text.starts_with("Ran ")
                || nose2::generated(text).is_some()
                || describe::progress(text).is_some()
                || describe::verdict(text).is_some()
        }
    }
}

#[derive(Debug, Default)]
struct Unittest {
    /// Whether a line was claimed.
    spoken: bool,
    /// The test that began and has no result yet, and the result its output may end with.
    open: Option<Open>,
    /// A description on a line of its own: its docstring and result follow.
    heading: Option<Known>,
    /// The latest result, for results that follow it without a name.
    latest: Option<Known>,
    /// Failures told by a result line that no section has repeated yet.
    told: HashMap<(String, String, Status), u32>,
    section: Option<Section>,
    /// Whether the latest line was a separator of `=`, and whether of `-`.
    double: bool,
    single: bool,
    session: Session,
    planned: Option<(u64, u64)>,
}

impl Dialect for Unittest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        // Descriptions look like any text.
        let known = self.spoken || self.is_waiting();
        if !known && !MARKS.stand_in(line.text) {
            return Claim::Pass;
        }
        let claim = self.read(line, emit);
        self.spoken |= claim != Claim::Pass;
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.settle(emit);
        self.end_section(emit);
        self.session.finish(emit);
    }

    fn is_waiting(&self) -> bool {
        self.double || self.single || self.heading.is_some() || self.open.is_some()
    }
}

impl Unittest {
    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        let double = std::mem::take(&mut self.double);
        let single = std::mem::take(&mut self.single);
        if describe::separator(text, b'=') {
            self.settle(emit);
            self.end_section(emit);
            self.double = true;
            return self.claim(Claim::Own);
        }
        if double && let Some(claim) = self.section_head(text, number, emit) {
            return claim;
        }
        if describe::separator(text, b'-') {
            self.single = true;
            if let Some(section) = &mut self.section {
                section.in_body = true;
                return Claim::Own;
            }
            return self.claim(Claim::Own);
        }
        if single && let Some((tests, seconds)) = describe::ran(text) {
            self.settle(emit);
            self.end_section(emit);
            self.session.ran(number, tests, seconds);
            return Claim::Own;
        }
        if self.session.verdict(text, emit) {
            self.end_session();
            return Claim::Own;
        }
        if text == "Slowest test durations" && self.session.is_begun() {
            self.settle(emit);
            self.end_section(emit);
            return Claim::Own;
        }
        if let Some(section) = &mut self.section {
            section.line(text);
            return Claim::Text;
        }
        self.result(text, number, emit)
    }

    /// Own only once anything was told: a separator alone may be anybody's.
    fn claim(&self, claim: Claim) -> Claim {
        if self.session.is_begun() {
            claim
        } else {
            Claim::Pass
        }
    }

    /// A line that may tell a result or the beginning of a test.
    fn result(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        let heading = self.heading.take().filter(|h| h.line + 1 == number);
        if let Some(heading) = heading {
            if let Some(suite) = nose2::suite_of(text, &heading.name) {
                let (suite, line) = (suite.to_owned(), number);
                self.heading = Some(Known {
                    suite,
                    line,
                    ..heading
                });
                return self.claim(Claim::Own);
            }
            if let Some(at) = text.find(" ... ") {
                match describe::dotted(text) {
                    Some(outcome) => self.end(heading, number, outcome, emit),
                    None => self.begin(heading, number, &text[at + 5..], emit),
                }
                return Claim::Own;
            }
        }
        let indented = text.strip_prefix("  ").filter(|t| !t.starts_with(' '));
        if let Some(claim) = self.description(indented.unwrap_or(text), number, emit) {
            return claim;
        }
        if let Some(open) = &mut self.open {
            if let Some(outcome) = describe::outcome(text) {
                let test = open.test.clone();
                self.open = None;
                self.end(test, number, outcome, emit);
                return Claim::Own;
            }
            if let Some((status, reason)) = describe::glued(text) {
                open.glued = Some((number, status, reason.map(str::to_owned)));
            }
            return Claim::Pass;
        }
        self.loose(text, number, emit)
    }

    /// Lines outside of any test.
    fn loose(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        // Before Python 3.11 a test whose sub-tests are skipped has several results.
        if let Some(latest) = &self.latest
            && latest.line + 1 == number
            && text.starts_with("skipped ")
            && let Some(outcome) = describe::outcome(text)
        {
            let latest = latest.clone();
            self.session.uneven = true;
            self.end(latest, number, outcome, emit);
            return Claim::Own;
        }
        if let Some(file) = text.strip_prefix("Doctest: ")
            && let (Some(outcome), Some((name, _))) =
                (describe::dotted(text), file.rsplit_once(" ... "))
        {
            let test = Described {
                name,
                suite: "",
                subtest: false,
            };
            self.end(Known::of(&test, number), number, outcome, emit);
            return Claim::Own;
        }
        if self.session.is_verbose()
            && let Some((seconds, test)) = describe::slow(text)
        {
            // The status is the result's; a recap only adds to it.
            let end = TestEnd::new(Some(test.suite), test.name, Status::Passed);
            emit(
                number,
                Body::TestEnd(TestEnd {
                    duration_s: Some(seconds),
                    recap: true,
                    ..end
                }),
            );
            return Claim::Own;
        }
        if let Some(counts) = describe::progress(text) {
            self.session.progress(&counts);
            return self.claim(Claim::Own);
        }
        let found = text
            .strip_prefix("Found ")
            .and_then(|t| t.strip_suffix(" test(s)."));
        if let Some(tests) = found.and_then(|n| n.parse().ok()) {
            self.planned = Some((number, tests));
        }
        Claim::Pass
    }

    fn description(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Option<Claim> {
        self.descriptions(text, DESCRIPTIONS, number, emit)
    }

    /// Reads a line that begins with descriptions, at most so many.
    fn descriptions(&mut self, text: &str, most: u8, number: u64, emit: Emit<'_>) -> Option<Claim> {
        let (test, rest) = describe::described(text)?;
        // Layers of nose2 put the docstring between.
        let docstring = rest.find(" ... ").filter(|_| test.is_certain());
        let rest = docstring.map_or(rest, |at| &rest[at..]);
        if rest.is_empty() {
            // Only its docstring can prove it, on the next line.
            if test.is_certain() || test.suite.is_empty() {
                self.heading = Some(Known::of(&test, number));
            }
            return (test.is_certain() && self.session.is_begun()).then(|| {
                self.settle(emit);
                Claim::Own
            });
        }
        let after = rest.strip_prefix(" ...")?;
        let after = after.strip_prefix(' ').unwrap_or(after);
        let outcome = describe::outcome(after).or_else(|| describe::dotted(rest));
        if !test.is_certain() && (outcome.is_none() || !self.session.is_begun()) {
            return None;
        }
        self.settle(emit);
        self.session.uneven |= test.subtest || test.is_fixture();
        let known = Known::of(&test, number);
        // Before Python 3.11 a test with failed sub-tests gets no result: the next test follows.
        if most > 1 && describe::described(after).is_some_and(|(next, _)| next.is_certain()) {
            return self.descriptions(after, most - 1, number, emit);
        }
        match describe::outcome(after) {
            Some(outcome) => self.end(known, number, outcome, emit),
            None => self.begin(known, number, after, emit),
        }
        Some(Claim::Own)
    }

    fn begin(&mut self, test: Known, number: u64, output: &str, emit: Emit<'_>) {
        self.begun(emit);
        emit(
            number,
            Body::TestStart(TestStart {
                suite: Some(&test.suite),
                name: &test.name,
                attempt: None,
                tags: None,
            }),
        );
        let glued = describe::glued(output).or_else(|| nose2::skipped(output));
        self.open = Some(Open {
            test,
            glued: glued.map(|(status, reason)| (number, status, reason.map(str::to_owned))),
        });
    }

    fn end(&mut self, test: Known, number: u64, outcome: Outcome<'_>, emit: Emit<'_>) {
        self.begun(emit);
        let (status, reason) = outcome;
        let message = reason.filter(|r| !r.is_empty());
        let end = TestEnd::new(Some(&test.suite), &test.name, status);
        emit(number, Body::TestEnd(TestEnd { message, ..end }));
        self.session.named(status, true);
        let repeated = status.is_failure() || status == Status::Xpass;
        if repeated && self.told.len() < TOLD_CAP {
            let key = (test.suite.clone(), test.name.clone(), status);
            *self.told.entry(key).or_default() += 1;
        }
        let line = number;
        self.latest = Some(Known { line, ..test });
    }

    fn begun(&mut self, emit: Emit<'_>) {
        self.session.begin();
        if let Some((line, tests)) = self.planned.take() {
            emit(line, Body::Plan(Plan { suite: None, tests }));
        }
    }

    /// What the open test's output ended with was its result, if anything was.
    fn settle(&mut self, emit: Emit<'_>) {
        let Some(open) = self.open.take() else { return };
        if let Some((line, status, reason)) = open.glued {
            self.end(open.test, line, (status, reason.as_deref()), emit);
        }
    }

    /// The line under a separator of `=`.
    fn section_head(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Option<Claim> {
        if let Some(rest) = text.strip_prefix("UNEXPECTED SUCCESS: ") {
            let mut section = section::of(Status::Xpass, rest, number);
            section.in_body = true;
            self.section = Some(section);
            self.end_section(emit);
            // They follow each other without separators.
            self.double = true;
            return Some(Claim::Own);
        }
        let (status, rest) = match text.strip_prefix("FAIL: ") {
            Some(rest) => (Status::Failed, rest),
            None => (Status::Errored, text.strip_prefix("ERROR: ")?),
        };
        let test = describe::headed(rest)?;
        self.session.uneven |= test.subtest || test.is_fixture();
        self.session.fixtures += u64::from(test.is_fixture());
        self.begun(emit);
        self.section = Some(section::of(status, rest, number));
        Some(Claim::Own)
    }

    /// Tells what a section says: about a failure already told, or a failure nothing else names.
    fn end_section(&mut self, emit: Emit<'_>) {
        let Some(section) = self.section.take() else {
            return;
        };
        let key = (section.suite.clone(), section.name.clone(), section.status);
        let told = self.told.get_mut(&key).filter(|n| **n > 0);
        let recap = told.is_some();
        match told {
            Some(n) => *n -= 1,
            None => self.session.named(section.status, false),
        }
        let location = section.location();
        emit(
            section.line,
            Body::TestEnd(TestEnd {
                message: section.message(),
                location: location.as_deref(),
                recap,
                ..TestEnd::new(Some(&section.suite), &section.name, section.status)
            }),
        );
    }

    fn end_session(&mut self) {
        self.told.clear();
        (self.heading, self.latest) = (None, None);
    }
}
