//! The `prove` dialect: Perl's `TAP::Harness`, verbose with the files' TAP inside, or quiet.
//!
//! Suite: the test file. Name: the description, as in the dialect `tap`. Without `-v` only the number
//! of tests is printed, and which failed; skipped and todo tests are then counted as passed.
//!
//! The dialect opens on a heading `file.t .. `, on any heading that TAP follows, or on headings that
//! the `Files=` line closes.

mod session;
mod syntax;

#[cfg(test)]
mod tests;

use super::needle::Needles;
use super::tap::{Stream, is_version, plan, test_line};
use super::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, SuiteEnd, SuiteStart};
use crate::remembered::Remembered;
use session::Session;
use syntax::Outcome;

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "prove",
    summary: "prove and make test of Perl (TAP::Harness), verbose or quiet",
    sniff,
    needles: NEEDLES,
    lookback: LOOKBACK,
    new: || Box::<Prove>::default(),
};

/// What shows that a line means something.
static MARKS: Needles = Needles::of(NEEDLES);

/// Headings without a needle that far above the line that shows whose they are count.
const LOOKBACK: u8 = 2;

const NEEDLES: &[&str] = &[
    ".t ....",
    ".t .. ok",
    ".t .. s",
    ".t .. F",
    ".t .. D",
    ".t .. N",
    ".t .. A",
    ".t ... o",
    ".t ... s",
    ".t ... F",
    ".t ... D",
    ".t ... N",
    ".t ... A",
    " ........",
    " ... ok",
    "\nok ",
    "\nok\n",
    "\nnot ok",
    "\n1..",
    "\nTAP version ",
    "\n#",
    "\nFiles=",
    "\nAll tests successful",
    "\nTest Summary Report",
    "\nResult: ",
];

/// Headings held back until the run is recognised; beyond it the oldest is forgotten. Those of files called `.t`
/// are not held, they show themselves whose they are.
const HELD_CAP: usize = 512;
/// Bytes of them together.
const HELD_ROOM: usize = 16 * 1024;

fn sniff(line: &Line<'_>) -> bool {
    match line.text.as_bytes() {
        [b'#' | b'1' | b'T' | b'F', ..] => true,
        [b'o', b'k', ..] | [b'n', b'o', b't', ..] => true,
        _ => line.text.contains(" .."),
    }
}

#[derive(Debug, Default)]
struct Prove {
    open: bool,
    /// Headings before the dialect was recognised.
    held: Remembered<Heading, HELD_CAP, HELD_ROOM>,
    file: Option<File>,
    /// Whether files are called `.t`.
    dot_t: bool,
    session: Session,
    /// In the report at the end.
    in_report: bool,
}

/// A line that may be a heading; its text is the file's name.
#[derive(Debug)]
struct Heading {
    line: u64,
    outcome: Outcome,
    /// Whether a needle stands in it.
    marked: bool,
}

/// The file whose output is being read.
#[derive(Debug)]
struct File {
    name: String,
    stream: Stream,
    /// Line of an `ok` that is a result without a number, or closes the file.
    bare_ok: Option<u64>,
    dubious: bool,
}

impl Dialect for Prove {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if self.open {
            return self.spoken(text, number, emit);
        }
        if let Some(comment) = text.strip_prefix('#') {
            self.session.diagnostic(comment, number);
            return Claim::Pass;
        }
        let opens = self.opens(text, number);
        if !opens {
            return Claim::Pass;
        }
        self.open = true;
        self.forget(number);
        let held = std::mem::take(&mut self.held);
        for (heading, name) in held.iter() {
            self.begin(heading.line, name, heading.outcome, emit);
        }
        self.spoken(text, number, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.leave(emit);
    }
}

impl Prove {
    /// Headings without a needle count only shortly before a line with one.
    fn forget(&mut self, number: u64) {
        let reach = number.saturating_sub(LOOKBACK.into());
        self.held.retain(|held| held.marked || held.line >= reach);
    }

    /// Whether the line proves that this is prove's output; else a heading is held.
    fn opens(&mut self, text: &str, number: u64) -> bool {
        if let Some((name, outcome)) = syntax::heading(text) {
            let bare = !name.contains(char::is_whitespace);
            let marked = MARKS.stand_in(text);
            if bare && name.ends_with(".t") && marked {
                return true;
            }
            if test_line(text).is_none() {
                let heading = Heading {
                    line: number,
                    outcome,
                    marked,
                };
                self.held.push(heading, name);
            }
            return false;
        }
        if !MARKS.stand_in(text) {
            return false;
        }
        self.forget(number);
        let Some(held) = self.held.last() else {
            return false;
        };
        if syntax::totals(text).is_some() {
            return true;
        }
        let tap = is_version(text)
            || plan(text).is_some()
            || test_line(text).is_some_and(|t| t.number == Some(1));
        held.outcome == Outcome::Running && held.line + 1 == number && tap
    }

    fn spoken(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if text.starts_with("Files=")
            && let Some(totals) = syntax::totals(text)
        {
            self.leave(emit);
            self.session.close(number, totals, emit);
            self.in_report = true;
            return Claim::Own;
        }
        if let Some((name, outcome)) = syntax::heading(text)
            && self.is_file(name, text)
        {
            self.begin(number, name, outcome, emit);
            return Claim::Own;
        }
        match self.file.is_some() {
            true => self.inside(text, number, emit),
            false => self.between(text, number, emit),
        }
    }

    /// Whether a heading's name can be a file's: what tests print may look like headings.
    fn is_file(&self, name: &str, text: &str) -> bool {
        let plain = !name.contains(char::is_whitespace) && test_line(text).is_none();
        plain && (self.file.is_none() || !self.dot_t || name.ends_with(".t"))
    }

    /// A heading: the next file, or the same one again with its outcome.
    fn begin(&mut self, number: u64, name: &str, outcome: Outcome, emit: Emit<'_>) {
        self.in_report = false;
        if self.file.as_ref().is_none_or(|f| f.name != name) {
            self.leave(emit);
            self.dot_t |= name.ends_with(".t");
            emit(
                number,
                Body::SuiteStart(SuiteStart {
                    suite: name,
                    tags: None,
                }),
            );
            self.file = Some(File {
                name: name.to_owned(),
                stream: Stream::of_suite(name),
                bare_ok: None,
                dubious: false,
            });
        }
        self.outcome(number, outcome, emit);
    }

    /// A line of the current file.
    fn inside(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        let Some(file) = &mut self.file else {
            return Claim::Pass;
        };
        if let Some(line) = file.bare_ok.take() {
            // More TAP after it: it was a result.
            if test_line(text).is_none() && plan(text).is_none() {
                self.outcome(line, Outcome::Passed(None), emit);
                return self.spoken(text, number, emit);
            }
            self.feed("ok", line, emit);
            return self.inside(text, number, emit);
        }
        if let Some(outcome) = syntax::closing(text) {
            let unnumbered = !file.stream.is_over() && !file.stream.is_numbered();
            if outcome == Outcome::Passed(None) && unnumbered {
                file.bare_ok = Some(number);
            } else {
                self.outcome(number, outcome, emit);
            }
            return Claim::Own;
        }
        let ends = ["Test Summary Report", "All tests successful.", "Result: "];
        if ends.iter().any(|end| text.starts_with(end)) {
            self.leave(emit);
            return self.between(text, number, emit);
        }
        let claim = self.feed(text, number, emit);
        if claim != Claim::Text
            && let Some(comment) = text.strip_prefix('#')
        {
            self.session.diagnostic(comment, number);
        }
        claim
    }

    /// Gives a line to the file's stream and keeps count of what it tells.
    fn feed(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        let Some(file) = &mut self.file else {
            return Claim::Pass;
        };
        let session = &mut self.session;
        file.stream.line(text, number, &mut |line, body| {
            let counts = match &body {
                Body::TestEnd(end) if !end.recap => Some(end.clone()),
                _ => None,
            };
            emit(line, body);
            if let Some(end) = counts {
                session.named(&file.name, &end, emit, line);
            }
        })
    }

    /// A line outside of any file.
    fn between(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if let Some(comment) = text.strip_prefix('#') {
            self.session.diagnostic(comment, number);
            return Claim::Pass;
        }
        if text.starts_with("Result: ") {
            *self = Prove::default();
            return Claim::Own;
        }
        if let Some(report) = syntax::report(text) {
            self.session.report(number, report, emit);
            self.in_report = true;
            return Claim::Own;
        }
        let own = text == "Test Summary Report"
            || text == "All tests successful."
            || text.starts_with("FAILED--Further testing stopped")
            || text.starts_with("\t(less ")
            || syntax::closing(text).is_some() && !text.starts_with("ok")
            || (self.in_report && text.starts_with("  "));
        if own { Claim::Own } else { Claim::Pass }
    }

    fn outcome(&mut self, number: u64, outcome: Outcome, emit: Emit<'_>) {
        let Some(file) = &mut self.file else { return };
        let (status, duration_s) = match outcome {
            Outcome::Running => return,
            Outcome::Dubious => {
                file.dubious = true;
                return;
            }
            Outcome::Passed(seconds) => (Status::Passed, seconds),
            Outcome::Skipped => (Status::Skipped, None),
            Outcome::AllPassed if !file.dubious => (Status::Passed, None),
            Outcome::AllPassed | Outcome::Failed => (Status::Failed, None),
        };
        let end = SuiteEnd {
            suite: &file.name.clone(),
            status: Some(status),
            duration_s,
            adopts: false,
        };
        self.leave(emit);
        emit(number, Body::SuiteEnd(end));
    }

    /// The current file is over.
    fn leave(&mut self, emit: Emit<'_>) {
        if let Some(mut file) = self.file.take() {
            file.stream.finish(emit);
        }
    }
}
