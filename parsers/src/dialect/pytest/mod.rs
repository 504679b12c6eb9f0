//! pytest's terminal output: plain, verbose and quiet, alone or with the workers of pytest-xdist,
//! with pytest-sugar, repeated tries, sub-tests, and failures told at once or at the end.
//!
//! A session is a row of phases: progress lines (results with or without names), blocks of
//! failure texts, lists, and the final figures. Names come from verbose lines where there are
//! any, else from the list at the end; messages and places come from the failure texts, which
//! stand in the same order as the failures were reported.

mod failures;
mod letters;
mod node;
mod progress;
mod report;
mod session;
mod slowest;
mod summary;
#[cfg(test)]
mod tests;
mod traceback;

use session::Session;

use super::needle::{Needles, with_letters};
use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Printed, Summary};

/// Where in a session the stream is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Before the first session, or after one.
    Idle,
    /// Header and results.
    Progress,
    /// Failure texts.
    Failures,
    /// The list of tests at the end (`short test summary info`).
    List,
    /// The list of the slowest tests.
    Slowest,
    /// A block that tells nothing about results (warnings, output of passed tests).
    Other,
    /// pytest-sugar's final figures, a line each.
    Figures,
}

/// The state over one stream.
#[derive(Debug)]
struct Pytest {
    phase: Phase,
    session: Session,
    /// pytest-sugar's figures so far, with their line and the duration.
    figures: (Printed, u64, Option<f64>),
}

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "pytest",
    summary: "pytest's terminal output (verbose, letters, quiet; xdist, sugar, reruns, sub-tests)",
    sniff,
    needles: NEEDLES,
    lookback: 0,
    new,
};

/// What shows that a line means something. Of the letters' lines those are enough that begin with these: a
/// session's other lines are read once it is open.
const NEEDLES: &[&str] = with_letters![
    "test session starts",
    "= FAILURES =",
    "= ERRORS =",
    "short test summary info",
    "Test session starts",
    "passed in ",
    "failed in ",
    "skipped in ",
    "error in ",
    "errors in ",
    "warnings in ",
    "warning in ",
    "xfailed in ",
    "deselected in ",
    "rerun in ",
    "no tests ran in ",
    "\n. [",
    "\nF [",
    "\nE [",
    "\ns [",
    "\nx [",
    "\nX [",
    ".py::test",
    ".py::Test",
    " PASSED [",
    " FAILED [",
    " SKIPPED [",
    " ERROR [",
    " XFAIL [",
    " XPASS [",
    "\n.X",
    "\nX.",
    "\nXX",
    "\nX\n",
];

/// Whether one of them stands in a line.
static MARKS: Needles = Needles::of(NEEDLES);

/// A fresh state.
fn new() -> Box<dyn Dialect> {
    Box::new(Pytest {
        phase: Phase::Idle,
        session: Session::default(),
        figures: (summary::zeros(), 0, None),
    })
}

/// Whether the line could open a session: a banner, pytest-sugar's header, letters with a
/// percentage, or the figures of a quiet session.
fn sniff(line: &Line<'_>) -> bool {
    opening(line.text).is_some()
}

/// How a session shows itself.
enum Opening<'a> {
    Banner(&'a str),
    Sugar,
    Letters,
    Figures,
}

fn opening(text: &str) -> Option<Opening<'_>> {
    match text.as_bytes().first()? {
        b'=' => summary::banner(text)
            .filter(|t| summary::is_start(t) || matches!(*t, "FAILURES" | "ERRORS" | LIST))
            .filter(|_| MARKS.stand_in(text))
            .map(Opening::Banner),
        b'T' => summary::is_sugar_start(text).then_some(Opening::Sugar),
        b'0'..=b'9' => summary::figures(text)
            .filter(|(printed, _)| *printed != summary::zeros() && MARKS.stand_in(text))
            .map(|_| Opening::Figures),
        b'.' | b'F' | b'E' | b's' | b'x' | b'X' if text.ends_with("%]") => letters::letters(text)
            .filter(|l| l.confirmed && l.file.is_none() && MARKS.stand_in(text))
            .map(|_| Opening::Letters),
        _ => None,
    }
}

const LIST: &str = "short test summary info";

impl Dialect for Pytest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.phase == Phase::Idle {
            return self.idle(line, emit);
        }
        if line.text.starts_with('=')
            && let Some(title) = summary::banner(line.text)
            && let Some(claim) = self.banner(title, line, emit)
        {
            return claim;
        }
        if self.session.nested > 0 {
            return Claim::Text;
        }
        if self.is_quiet_end(line.text) {
            self.end(line.text, line.number, emit);
            return Claim::Own;
        }
        if self.figures_begin(line, emit) {
            return Claim::Own;
        }
        match self.phase {
            Phase::Progress => self.session.progress_line(line, emit),
            Phase::Failures => self.session.failure_line(line, emit),
            Phase::List => match summary::listed(line.text) {
                Some(listed) => {
                    self.session.listed(&listed, line.number, emit);
                    Claim::Own
                }
                None => self.session.after_list(line.text),
            },
            Phase::Slowest => self.session.slowest_line(line.text, line.number),
            Phase::Figures => self.figure(line, emit),
            Phase::Other | Phase::Idle => Claim::Text,
        }
    }

    fn at_once(&mut self, line: &Line<'_>, _known: usize, emit: Emit<'_>) -> bool {
        self.phase == Phase::Progress
            && !line.text.starts_with('=')
            && self.session.result_at_once(line, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.leave(emit);
    }

    fn attention(&self) -> Attention {
        match self.phase != Phase::Idle {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Pytest {
    /// A line outside any session.
    fn idle(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let Some(opening) = opening(line.text) else {
            return Claim::Pass;
        };
        match opening {
            Opening::Banner(title) if summary::is_start(title) => self.open(line, true, false),
            Opening::Sugar => self.open(line, true, true),
            Opening::Banner(title) => {
                self.open(line, false, false);
                self.banner(title, line, emit);
            }
            Opening::Letters => {
                self.open(line, false, false);
                self.session.progress_line(line, emit);
            }
            Opening::Figures => {
                self.open(line, false, false);
                self.end(line.text, line.number, emit);
            }
        }
        Claim::Own
    }

    fn open(&mut self, line: &Line<'_>, headed: bool, sugar: bool) {
        let width = if line.text.starts_with('=') {
            line.text.chars().count()
        } else {
            0
        };
        self.session = Session::new(headed, sugar, width);
        self.phase = Phase::Progress;
    }

    /// A banner in an open session; `None` when it is not pytest's own.
    fn banner(&mut self, title: &str, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        if summary::is_start(title) {
            if self.phase == Phase::Failures && self.session.in_captured_output() {
                // A test that runs pytest itself, and whose captured output is shown.
                self.session.nested += 1;
                return Some(Claim::Text);
            }
            self.leave(emit);
            self.open(line, true, false);
            return Some(Claim::Own);
        }
        let figures = summary::figures(title).is_some();
        if self.session.nested > 0 {
            self.session.nested -= u32::from(figures);
            return Some(Claim::Text);
        }
        if figures {
            self.end(title, line.number, emit);
            return Some(Claim::Own);
        }
        let phase = match title {
            "FAILURES" | "ERRORS" => {
                self.session.widen(line.text);
                Phase::Failures
            }
            LIST => Phase::List,
            "PASSES"
            | "XFAILURES"
            | "XPASSES"
            | "warnings summary"
            | "warnings summary (final)"
            | "rerun test summary info" => Phase::Other,
            _ if title.starts_with("slowest ") => Phase::Slowest,
            _ => return None,
        };
        self.session.leave_block(emit);
        self.session.enter_block(title == "ERRORS");
        self.phase = phase;
        Some(Claim::Own)
    }

    /// pytest-sugar's final figures begin; tells whether the line says so.
    fn figures_begin(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        let time = match line.text.strip_prefix("Results (") {
            Some(rest) if self.session.sugar => rest.strip_suffix("):"),
            _ => None,
        };
        let Some(time) = time else {
            return false;
        };
        self.session.close(emit);
        let seconds = time.strip_suffix('s').and_then(|t| t.parse().ok());
        self.figures = (summary::zeros(), line.number, seconds);
        self.phase = Phase::Figures;
        true
    }

    /// One of pytest-sugar's final figures: `     255 passed`.
    fn figure(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text.trim();
        if text.starts_with("- ") {
            return Claim::Own;
        }
        if let Some((number, word)) = text.split_once(' ')
            && let Ok(number) = number.parse()
        {
            summary::set(&mut self.figures.0, word, number);
            return Claim::Own;
        }
        self.leave(emit);
        self.idle(line, emit)
    }

    /// Whether the line has the final figures of a session that runs quietly, without banners.
    fn is_quiet_end(&self, text: &str) -> bool {
        !self.session.headed && summary::figures(text).is_some()
    }

    /// The final figures: the session is over.
    fn end(&mut self, text: &str, number: u64, emit: Emit<'_>) {
        if let Some((printed, seconds)) = summary::figures(text) {
            self.session.close(emit);
            self.session.fill_up(&printed, number, emit);
            emit(number, figures_event(printed, Some(seconds)));
        }
        self.phase = Phase::Idle;
        self.session = Session::default();
    }

    /// The session is over without (further) figures.
    fn leave(&mut self, emit: Emit<'_>) {
        self.session.close(emit);
        if self.phase == Phase::Figures {
            let (printed, number, seconds) = self.figures;
            emit(number, figures_event(printed, seconds));
        }
        self.phase = Phase::Idle;
        self.session = Session::default();
    }
}

fn figures_event(printed: Printed, duration_s: Option<f64>) -> Body<'static> {
    Body::Summary(Summary {
        suite: None,
        printed,
        duration_s,
    })
}
