//! CTest's progress output: `1/6 Test #1: name .....   Passed    0.01 sec`, in all levels of detail.
//!
//! Suite: none. Name: the test's. A test that is not run is skipped, as in CTest's own report; a
//! time-out timed out. Format source: `Source/CTest/cmCTestRunTest.cxx` (`EndTest`, `WriteLogOutputTop`,
//! `StartTest`) and `cmCTestTestHandler.cxx` of CMake. Output of tests is not read again, whatever framework
//! wrote it: what it says belongs to the one test. With `-V` it bears the test's number; with
//! `--output-on-failure` it stands as it is under the result of the test that failed.

#[cfg(test)]
mod tests;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Status, Summary, TestEnd, TestStart};

/// Bytes of output that may stand under a failed test; CTest cuts it at 300 KiB unless told otherwise.
const OUTPUT_CAP: usize = 512 * 1024;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "ctest",
    summary: "CTest",
    sniff: |line| {
        line.text.starts_with("Test project ")
            || result(line.text).is_some()
            || started(line.text).is_some()
    },
    needles: &[
        "\nTest project ",
        "\nStart ",
        " Test #",
        " Test  #",
        " Test   #",
        " Test    #",
        " Test     #",
        " tests passed, ",
        "The following tests FAILED",
        "Total Test time",
    ],
    lookback: 0,
    new: || Box::<Ctest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Ctest {
    /// Whether CTest is running tests.
    running: bool,
    /// Whether the list of failed tests is being told.
    listing: bool,
    /// What CTest said of a test that it could not start.
    unable: Option<String>,
    /// How much of what follows may be output of the test that failed.
    output: usize,
}

/// A result line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome<'a> {
    name: &'a str,
    status: Status,
    seconds: Option<f64>,
    message: Option<&'a str>,
}

impl Dialect for Ctest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text.starts_with("Test project ") {
            *self = Ctest {
                running: true,
                ..Ctest::default()
            };
            return Claim::Own;
        }
        if let Some(outcome) = result(text) {
            self.running = true;
            self.output = match outcome.status {
                Status::Passed | Status::Skipped => 0,
                _ => OUTPUT_CAP,
            };
            self.end(&outcome, line.number, emit);
            return Claim::Own;
        }
        if let Some(name) = started(text) {
            // In an unopened stream such a line may be anybody's.
            if self.running {
                self.output = 0;
                emit(line.number, Body::TestStart(start(name)));
                return Claim::Own;
            }
            return Claim::Pass;
        }
        if !self.running {
            return Claim::Pass;
        }
        if let Some(printed) = summary(text) {
            self.output = 0;
            emit(line.number, Body::Summary(printed));
            return Claim::Own;
        }
        if text.starts_with("Unable to find executable: ") {
            self.unable = Some(text[..text.floor_char_boundary(512)].to_owned());
            return Claim::Own;
        }
        self.rest(text)
    }

    fn finish(&mut self, _emit: Emit<'_>) {}

    fn attention(&self) -> Attention {
        match self.running || self.listing {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Ctest {
    fn end(&mut self, outcome: &Outcome<'_>, number: u64, emit: Emit<'_>) {
        let unable = self.unable.take();
        let message = match outcome.status {
            Status::Passed => None,
            Status::Skipped => unable.as_deref().or(outcome.message),
            _ => outcome.message,
        };
        emit(
            number,
            Body::TestEnd(TestEnd {
                duration_s: outcome.seconds,
                message,
                ..TestEnd::new(Some(""), outcome.name, outcome.status)
            }),
        );
    }

    /// A line of the list of failed tests, of a test's output, or nobody's.
    fn rest(&mut self, text: &str) -> Claim {
        if text.starts_with("The following tests ") {
            self.listing = true;
            return Claim::Own;
        }
        if self.listing && text.starts_with(['\t', ' ']) && text.contains(" - ") {
            return Claim::Own;
        }
        if text.starts_with("Total Test time (real) =") {
            return Claim::Own;
        }
        let left = self.output.saturating_sub(text.len() + 1);
        let under_a_failure = std::mem::replace(&mut self.output, left) > 0;
        match under_a_failure || output(text) {
            true => Claim::Text,
            false => Claim::Pass,
        }
    }
}

fn start(name: &str) -> TestStart<'_> {
    TestStart {
        suite: Some(""),
        name,
        attempt: None,
        tags: None,
    }
}

/// `NAME` of `    Start 12: NAME`.
fn started(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix(' ')?
        .trim_start()
        .strip_prefix("Start ")?;
    let (number, name) = rest.trim_start().split_once(": ")?;
    let number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (number && !name.is_empty()).then_some(name)
}

/// ` 1/12 Test  #1: NAME ......***Failed  Required regular expression not found.    0.01 sec`.
fn result(text: &str) -> Option<Outcome<'_>> {
    let text = text.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?.strip_prefix('/')?;
    let total = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest.get(total..)?.strip_prefix(" Test ")?.trim_start();
    let (number, rest) = rest.strip_prefix('#')?.split_once(": ")?;
    let numbers = digits > 0 && total > 0 && number.trim().bytes().all(|b| b.is_ascii_digit());
    if !numbers {
        return None;
    }
    let (head, seconds) = match rest.trim_end().strip_suffix(" sec") {
        Some(timed) => {
            let (head, time) = timed.rsplit_once(' ')?;
            (head.trim_end(), Some(time.parse().ok()?))
        }
        None => (rest.trim_end(), None),
    };
    let (name, word) = named(head)?;
    let (status, message) = status_of(word)?;
    Some(Outcome {
        name,
        status,
        seconds,
        message,
    })
}

/// Name and result around the dots; a name may hold dots and blanks itself.
fn named(head: &str) -> Option<(&str, &str)> {
    let (name, word) = match head.rsplit_once("***") {
        Some((name, word)) => (name, word.trim()),
        None => {
            let name = head.strip_suffix("Passed")?;
            (name.trim_end(), "Passed")
        }
    };
    let name = name.trim_end_matches(['.', ' ']);
    (!name.is_empty()).then_some((name, word))
}

/// What the word after the dots says, and the reason that may follow it.
fn status_of(word: &str) -> Option<(Status, Option<&str>)> {
    let known = [
        ("Passed", Status::Passed),
        ("Failed", Status::Failed),
        ("Not Run", Status::Skipped),
        ("Skipped", Status::Skipped),
        ("Disabled", Status::Skipped),
        ("Timeout", Status::TimedOut),
        ("Exception: ", Status::Failed),
        ("Bad Command", Status::Errored),
        ("Unable to find ", Status::Skipped),
    ];
    let (begin, status) = known.iter().find(|(begin, _)| word.starts_with(begin))?;
    let message = match *begin {
        "Exception: " => Some(word),
        _ => Some(word[begin.len()..].trim()).filter(|m| !m.is_empty()),
    };
    Some((*status, message))
}

/// `33% tests passed, 4 tests failed out of 6`, or `100% tests passed, 0 tests failed out of 6`.
fn summary(text: &str) -> Option<Summary<'static>> {
    let rest = text.split_once("% tests passed, ")?.1;
    let (failed, total) = rest.split_once(" failed out of ")?;
    let failed: u64 = failed.split(' ').next()?.parse().ok()?;
    let tests: u64 = total.trim().parse().ok()?;
    // Tests not run count as failed here, tests that skipped themselves as passed.
    let printed = Printed {
        tests: Some(tests),
        failed: Some(failed),
        ..Printed::default()
    };
    Some(Summary {
        suite: None,
        printed,
        duration_s: None,
    })
}

/// `3: output of a test`, with `-V`.
fn output(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[digits..].starts_with(": ")
}
