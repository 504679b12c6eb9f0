//! The `testng` dialect: what TestNG itself prints, from `verbose=1` (totals) to `verbose=10`.
//!
//! Format source: `TextReporter`, `VerboseReporter` and `SuiteRunnerWorker` of TestNG 6 and 7; seen: 6.9, verbose 1 to 10.
//!
//! ```text
//! PASSED: adds("a", 1)                                                  verbose 2 and above, at the end of a <test>
//! FAILED: a.b.SumTest.adds                                              with the class since 7
//! [TestNG] PASSED: "unit" - a.b.SumTest.adds(int) finished in 3 ms      verbose 5 and above, live
//! Total tests run: 210, Failures: 19, Skips: 0
//! ```
//!
//! Suite: the full class name; name: the method without parameters, so that the rows of a data provider share
//! it. Version 6 prints the method only: its class is known from the classes listed before (`verbose=3`)
//! or from the failure's own frame; where several classes have such a method the suite stays open. The live
//! lines come first, the list at the end only repeats them. Ambiguous: Surefire running TestNG with
//! `verbose` counts the same tests in its own words.

mod lines;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::closing::close;
use super::java::{Thrown, frame};
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counts, Status, TestEnd, TestStart};

use lines::{Reported, Word};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "testng",
    summary: "TestNG's own console output",
    sniff: |line| lines::is_known(line.text),
    needles: &[
        "... TestNG ",
        "[TestNG] ",
        "[VerboseTestNG] ",
        "===== Test class",
        "PASSED: ",
        "FAILED: ",
        "SKIPPED: ",
        "Total tests run: ",
    ],
    lookback: 0,
    new: || Box::<TestNg>::default(),
};

/// Methods whose class is remembered.
const METHODS: usize = 20_000;

#[derive(Debug, Default)]
struct TestNg {
    /// TestNG announced itself: bare names are tests.
    open: bool,
    /// Totals were printed: what comes after them may be somebody else's.
    done: bool,
    /// A list of a class's methods.
    listing: Listing,
    /// The class of each listed method; none where several have it.
    classes: HashMap<Box<str>, Option<Box<str>>>,
    /// A result that may be followed by what was thrown.
    held: Option<Held>,
    /// Results are told as they happen; the list at the end repeats them.
    live: bool,
    told: Counts,
}

/// Where a list of methods stands.
#[derive(Debug, Default)]
enum Listing {
    #[default]
    None,
    /// Its heading was the line before.
    Begun,
    Of(Box<str>),
}

#[derive(Debug)]
struct Held {
    number: u64,
    suite: Option<String>,
    name: String,
    status: Status,
    seconds: Option<f64>,
    thrown: Option<Thrown>,
}

impl Dialect for TestNg {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.list(line.text) {
            return Claim::Own;
        }
        if let Some(reported) = lines::reported(line.text) {
            return self.reported(&reported, line.number, emit);
        }
        if let Some(printed) = lines::totals(line.text) {
            self.end_held(emit);
            close(printed, &self.told, line.number, emit);
            *self = TestNg {
                open: true,
                done: true,
                ..TestNg::default()
            };
            return Claim::Own;
        }
        if lines::is_heading(line.text) {
            self.end_held(emit);
            (self.open, self.done) = (true, false);
            if line.text == lines::LIST {
                self.listing = Listing::Begun;
            }
            return Claim::Own;
        }
        self.follows(line.text, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_held(emit);
    }

    fn attention(&self) -> Attention {
        match (&self.held, &self.listing) {
            (None, Listing::None) => Attention::Needles,
            _ => Attention::Every,
        }
    }
}

impl TestNg {
    /// Reads a list of a class's methods.
    fn list(&mut self, text: &str) -> bool {
        match &self.listing {
            Listing::None => false,
            Listing::Begun => {
                let class = lines::listed_class(text);
                self.listing = class.map_or(Listing::None, |class| Listing::Of(class.into()));
                class.is_some()
            }
            Listing::Of(class) => match lines::listed_method(text) {
                Some(method) if self.classes.len() < METHODS => {
                    let known = self
                        .classes
                        .entry(method.into())
                        .or_insert_with(|| Some(class.clone()));
                    if known.as_ref() != Some(class) {
                        *known = None;
                    }
                    true
                }
                Some(_) => true,
                None if text.starts_with("    ") => true,
                None => {
                    self.listing = Listing::None;
                    text == "======"
                }
            },
        }
    }

    fn reported(&mut self, reported: &Reported<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let strict = !self.open || self.done;
        if strict && !reported.is_certain() && !(self.open && reported.is_method()) {
            return Claim::Pass;
        }
        self.end_held(emit);
        if reported.live {
            self.live = true;
        } else if self.live {
            return Claim::Own;
        }
        let known = || self.classes.get(reported.name).cloned().flatten();
        let suite = reported.class.map(str::to_owned);
        let suite = suite.or_else(|| known().map(String::from));
        let status = match reported.word {
            Word::Invoking => {
                let start = TestStart {
                    suite: suite.as_deref(),
                    name: reported.name,
                    attempt: None,
                    tags: None,
                };
                emit(number, Body::TestStart(start));
                return Claim::Own;
            }
            Word::Ended(status) => status,
        };
        let held = Held {
            number,
            suite,
            name: reported.name.to_owned(),
            status,
            seconds: reported.seconds,
            thrown: None,
        };
        self.held = Some(held);
        if status == Status::Passed {
            self.end_held(emit);
        }
        Claim::Own
    }

    /// What was thrown stands behind a result that is not a pass, behind its description.
    fn follows(&mut self, text: &str, emit: Emit<'_>) -> Claim {
        let Some(held) = &mut self.held else {
            return Claim::Pass;
        };
        let text = lines::without_prefix(text).unwrap_or(text);
        let described = text.starts_with("      ") || text.starts_with("Test Attributes: ");
        match &mut held.thrown {
            _ if text.is_empty() => {}
            None if described => return Claim::Own,
            None => {
                let thrown = Thrown::new(text);
                if thrown.class.contains('.') {
                    held.thrown = Some(thrown);
                    return Claim::Text;
                }
            }
            Some(thrown) => {
                let own = frame(text).filter(|f| f.method == held.name);
                if let (None, Some(own)) = (&held.suite, own) {
                    held.suite = Some(own.class.to_owned());
                }
                thrown.note(text, held.suite.as_deref().unwrap_or_default());
                return Claim::Text;
            }
        }
        self.end_held(emit);
        Claim::Pass
    }

    fn end_held(&mut self, emit: Emit<'_>) {
        let Some(held) = self.held.take() else { return };
        self.told.add(held.status, 1);
        let thrown = held.thrown.as_ref();
        let end = TestEnd {
            duration_s: held.seconds,
            message: thrown.and_then(Thrown::message),
            location: thrown.and_then(Thrown::location),
            ..TestEnd::new(held.suite.as_deref(), &held.name, held.status)
        };
        emit(held.number, Body::TestEnd(end));
    }
}
