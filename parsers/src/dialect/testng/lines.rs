//! The lines of TestNG's console output, one by one.

use crate::dialect::java::{is_class, simple};
use crate::dialect::script::cap;
use crate::event::{Printed, Status};

/// Begins the list of a class's methods.
pub(super) const LIST: &str = "===== Test class";

/// What a line says of a test.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Invoking,
    Ended(Status),
}

/// A result, or a test's beginning.
pub(super) struct Reported<'a> {
    pub(super) word: Word,
    pub(super) class: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) seconds: Option<f64>,
    /// Printed when it happened.
    pub(super) live: bool,
}

impl Reported<'_> {
    /// Whether nobody else prints such a line: a class in a package, with its method.
    pub(super) fn is_certain(&self) -> bool {
        let upper = |class: &str| simple(class).starts_with(|c: char| c.is_uppercase());
        let class = self
            .class
            .is_some_and(|class| class.contains('.') && upper(class));
        self.live || (class && self.is_method())
    }

    /// Whether the name is a method's in most languages.
    pub(super) fn is_method(&self) -> bool {
        is_class(self.name) && !self.name.contains('.')
    }
}

/// Whether the line could open the dialect.
pub(super) fn is_known(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'[' | b'.' | b'=') => {
            is_heading(text) || reported(text).is_some_and(|reported| reported.live)
        }
        Some(b'P' | b'F' | b'S') => reported(text).is_some(),
        Some(b'T') => totals(text).is_some(),
        _ => false,
    }
}

/// A line with which TestNG announces itself.
pub(super) fn is_heading(text: &str) -> bool {
    let banner = text.strip_prefix("... TestNG ");
    text == LIST
        || text == "[TestNG] Running:"
        || banner.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || without_prefix(text).is_some_and(|rest| rest.starts_with("RUNNING: Suite: "))
}

/// Takes the prefix of the live reporter off.
pub(super) fn without_prefix(text: &str) -> Option<&str> {
    let prefixes = ["[TestNG] ", "[VerboseTestNG] "];
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix))
}

/// `PASSED: adds(1)`, `[TestNG] FAILED: "unit" - a.B.adds(int)(value(s): 1) finished in 3 ms`.
pub(super) fn reported(text: &str) -> Option<Reported<'_>> {
    let live = without_prefix(text);
    let (word, rest) = live.unwrap_or(text).split_once(": ")?;
    let word = match (word, live.is_some()) {
        ("INVOKING", true) => Word::Invoking,
        ("PASSED", _) => Word::Ended(Status::Passed),
        ("FAILED" | "PASSED with failures", true) | ("FAILED", false) => {
            Word::Ended(Status::Failed)
        }
        ("SKIPPED", _) => Word::Ended(Status::Skipped),
        _ => return None,
    };
    let mut seconds = None;
    let mut test = rest;
    if live.is_some() {
        let (_, method) = rest.strip_prefix('"')?.split_once("\" - ")?;
        let (method, time) = match method.rsplit_once(" finished in ") {
            Some((method, time)) => (method, Some(time)),
            None => (method, None),
        };
        seconds = time
            .and_then(|time| time.split(' ').next()?.parse::<u32>().ok())
            .map(|n| f64::from(n) / 1000.0);
        // An annotation may stand before the method.
        test = match method.strip_prefix('@') {
            Some(rest) => rest.split_once(' ')?.1,
            None => method,
        };
    }
    let head = test.split('(').next().unwrap_or(test).trim_end();
    let head = cap(head);
    let (class, name) = match head.rsplit_once('.') {
        Some((class, name)) if is_class(class) => (Some(class), name),
        _ => (None, head),
    };
    let fits = !name.is_empty() && !name.starts_with(' ');
    fits.then_some(Reported {
        word,
        class,
        name,
        seconds,
        live: live.is_some(),
    })
}

/// The class whose methods are listed.
pub(super) fn listed_class(text: &str) -> Option<&str> {
    is_class(text).then(|| cap(text))
}

/// `    @Test SumTest.adds(int)[pri:0, instance:a.SumTest@59fa1d9b]`.
pub(super) fn listed_method(text: &str) -> Option<&str> {
    let test = text.trim_start().strip_prefix("@Test ")?;
    let (head, _) = test.split_once('(')?;
    Some(cap(head.rsplit_once('.')?.1))
}

/// `Total tests run: 210, Passes: 191, Failures: 19, Skips: 0, Retries: 2`; before 7 without passes, and
/// tries that were repeated are skips. The number of tests includes the repeated tries, which are none.
pub(super) fn totals(text: &str) -> Option<Printed> {
    let mut figures = text.strip_prefix("Total tests run: ")?.split(", ");
    let tests: u64 = figures.next()?.parse().ok()?;
    let (mut passes, mut failures, mut skips, mut retries) = (None, None, None, 0);
    for figure in figures {
        let (word, number) = figure.split_once(": ")?;
        let number: u64 = number.trim_end().parse().ok()?;
        match word {
            "Passes" => passes = Some(number),
            "Failures" => failures = Some(number),
            "Skips" => skips = Some(number),
            "Retries" => retries = number,
            _ => return None,
        }
    }
    let (failures, skips) = (failures?, skips?);
    let tests = tests.saturating_sub(retries);
    let rest = tests.saturating_sub(failures.saturating_add(skips));
    Some(Printed {
        tests: Some(tests),
        passed: Some(passes.unwrap_or(rest)),
        failed: Some(failures),
        skipped: Some(skips),
        ..Printed::default()
    })
}
