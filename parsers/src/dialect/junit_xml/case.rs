//! A `testcase` element while its children are read, and the results it stands for.

use super::scan::{Tag, decoded};
use crate::dialect::Emit;
use crate::event::{Body, Status, TestEnd, TestStart};

/// Bytes kept of a name, and of a message.
pub(super) const NAME_CAP: usize = 4096;
const TEXT_CAP: usize = 512;
/// Earlier or later tries kept of a test.
const TRIES_CAP: usize = 32;

/// What an element inside a test case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// The result: failure, error, skip.
    Result,
    /// A try before the one that passed, or after the one that failed.
    Try,
    /// Output and properties: nothing to read.
    Other,
}

/// How the test case ended.
#[derive(Debug)]
struct Ending {
    status: Status,
    message: Option<String>,
    seconds: Option<f64>,
}

/// The test case.
#[derive(Debug)]
pub(super) struct Case {
    suite: String,
    name: String,
    seconds: Option<f64>,
    /// Whether the framework listed it without running it.
    not_run: bool,
    result: Option<Ending>,
    /// Tries that failed besides; those of a flaky test came before its result.
    tries: Vec<Ending>,
    flaky: bool,
    /// Line of its tag.
    line: u64,
}

impl Case {
    pub(super) fn new(tag: &Tag<'_>, suite: String, name: String, line: u64) -> Case {
        Case {
            suite,
            name,
            seconds: tag.get("time").and_then(seconds),
            not_run: tag.get("status") == Some("notrun"),
            result: None,
            tries: Vec::new(),
            flaky: false,
            line,
        }
    }

    /// Takes an element inside it into account.
    pub(super) fn child(&mut self, tag: &Tag<'_>) -> Child {
        let status = match tag.name {
            "failure" | "rerunFailure" | "flakyFailure" => Status::Failed,
            // A test with a warning is PHPUnit's word for one that could not be run rightly.
            "error" | "rerunError" | "flakyError" | "warning" => Status::Errored,
            "skipped" if tag.get("type") == Some("pytest.xfail") => Status::Xfail,
            "skipped" => Status::Skipped,
            _ => return Child::Other,
        };
        let ending = Ending {
            status,
            message: tag.get("message").and_then(message),
            seconds: tag.get("time").and_then(seconds),
        };
        if tag.name.starts_with("rerun") || tag.name.starts_with("flaky") {
            self.flaky |= tag.name.starts_with("flaky");
            if self.tries.len() < TRIES_CAP {
                self.tries.push(ending);
            }
            return Child::Try;
        }
        // Of several failures the first counts; an error before all.
        let weight = |s: Status| match s {
            Status::Errored => 2,
            Status::Failed => 1,
            _ => 0,
        };
        let beats = |old: &Ending| weight(status) > weight(old.status);
        match &self.result {
            Some(old) if !beats(old) => Child::Other,
            _ => {
                self.result = Some(ending);
                Child::Result
            }
        }
    }

    /// Text inside an element of its own.
    pub(super) fn text(&mut self, child: Child, text: &str, escaped: bool) {
        let ending = match child {
            Child::Result => self.result.as_mut(),
            Child::Try => self.tries.last_mut(),
            Child::Other => None,
        };
        let Some(ending) = ending.filter(|e| e.message.is_none()) else {
            return;
        };
        let line = match escaped {
            true => first_line(&decoded(text, 4 * TEXT_CAP)),
            false => first_line(text),
        };
        // PHPUnit leads with the test's title.
        let title = |line: &String| {
            let rest = line
                .strip_prefix(&*self.suite)
                .and_then(|r| r.strip_prefix("::"));
            rest.is_some_and(|r| r.starts_with(&*self.name))
        };
        ending.message = line.filter(|l| !title(l));
    }

    /// The element was closed: tells its results.
    pub(super) fn tell(self, emit: Emit<'_>) {
        let Case {
            suite, name, line, ..
        } = self;
        let told = |ending: &Ending, attempt: Option<u32>, emit: Emit<'_>| {
            let end = TestEnd {
                duration_s: ending.seconds,
                attempt,
                message: ending.message.as_deref(),
                ..TestEnd::new(Some(&suite), &name, ending.status)
            };
            emit(line, Body::TestEnd(end));
        };
        let known = self.result.is_some() || !self.tries.is_empty();
        if self.not_run && !known {
            return;
        }
        let mut last = self.result.unwrap_or(Ending {
            status: Status::Passed,
            message: None,
            seconds: None,
        });
        last.seconds = self.seconds;
        if self.tries.is_empty() {
            return told(&last, None, emit);
        }
        let mut all = self.tries;
        match self.flaky {
            true => all.push(last),
            false => all.insert(0, last),
        }
        for (number, ending) in (1..).zip(&all) {
            told(ending, Some(number), emit);
        }
    }

    /// The document broke off inside it: what is known is told, else it has merely begun.
    pub(super) fn break_off(self, emit: Emit<'_>) {
        if self.result.is_some() {
            return self.tell(emit);
        }
        emit(
            self.line,
            Body::TestStart(TestStart {
                suite: Some(&self.suite),
                name: &self.name,
                attempt: None,
                tags: None,
            }),
        );
    }
}

/// The first line of a `message`; the text inside the element says more where pytest only says when.
fn message(attribute: &str) -> Option<String> {
    let line = first_line(&decoded(attribute, 4 * TEXT_CAP))?;
    let wrapped = line
        .strip_prefix("failed on setup with \"")
        .or_else(|| line.strip_prefix("failed on teardown with \""));
    match wrapped {
        Some(inner) => Some(inner.strip_suffix('"').unwrap_or(inner).to_owned()),
        None => Some(line).filter(|l| l != "collection failure"),
    }
}

/// `0.017`, `1,234.5` as old Surefires write.
fn seconds(text: &str) -> Option<f64> {
    let plain: f64 = match text.contains(',') {
        true => text.replace(',', "").parse().ok()?,
        false => text.trim().parse().ok()?,
    };
    (plain.is_finite() && plain >= 0.0).then_some(plain)
}

fn first_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty())?;
    Some(line[..line.floor_char_boundary(TEXT_CAP)].to_owned())
}
