//! `Event<'a>`: the one vocabulary every dialect speaks and every consumer reads.
//!
//! Events borrow from the line (or the parser's own memory) and live only for the call that hands
//! them over; whoever wants to keep one copies what it needs, for instance into a
//! [`Ledger`](crate::ledger::Ledger) or a [frame](crate::frame).
//!
//! Texts are what was printed, without line ends, escapes, envelopes and, if there is a
//! [redactor](crate::redact), secrets; they are masked only where that is said. None is longer than the line
//! or the lines it stood in ([`crate::line::LINE_CAP`]). Durations are seconds, times are milliseconds since
//! the Unix epoch, lines and attempts count from 1, offsets are bytes from 0. What is `None` was not printed.

mod kind;
#[cfg(feature = "serde")]
mod shape;
mod status;

pub use status::{Counts, Status};
/// What a parser recognised, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// Byte offset, in the logical stream, of the line that completed the event; at the end of
    /// the stream, the stream's length. `(offset, sub)` never decreases and never repeats.
    pub offset: u64,
    /// Ordinal among the events completed by the same line.
    pub sub: u32,
    /// 1-based number of the line the event is about; for a block, its first line.
    pub line: u64,
    /// When it happened in milliseconds since the Unix epoch, if known. Parsers set it only from
    /// times that stand in the log; the sidecar fills in when it read the line.
    pub time_ms: Option<i64>,
    /// Which writer of a log that several share said it, from 1 in order of appearance; 0 for no
    /// particular one. What events without a suite say belongs to others of the same lane only.
    pub lane: u32,
    /// The dialect that recognised it (`pytest`, `tap`, ...; `sentinel` for our own markers,
    /// `signature` for error signatures outside any dialect's text, `stream` for what the
    /// transport itself knows).
    pub dialect: &'a str,
    /// What was recognised.
    pub body: Body<'a>,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// A run announced itself.
    RunStart(RunStart<'a>),
    /// A run said that it is over.
    RunEnd(RunEnd<'a>),
    /// A suite began. Suites of several workers may overlap.
    SuiteStart(SuiteStart<'a>),
    /// A suite ended.
    SuiteEnd(SuiteEnd<'a>),
    /// A number of tests was announced.
    Plan(Plan<'a>),
    /// A test began.
    TestStart(TestStart<'a>),
    /// A test's result.
    TestEnd(TestEnd<'a>),
    /// More about a test whose result was, or will be, told by another event.
    TestDetail(TestDetail<'a>),
    /// Results without names (progress dots).
    Counted(Counted<'a>),
    /// Totals as the framework printed them.
    Summary(Summary<'a>),
    /// A recognised error.
    Signature(Signature<'a>),
    /// A known loss of bytes.
    Gap(Gap<'a>),
    /// The last event of a stream.
    EndOfStream(EndOfStream<'a>),
}

/// Metadata of a run as its `RUN_START` marker gives it; absent keys are `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunStart<'a> {
    /// The run's identifier.
    pub run_id: Option<&'a str>,
    /// The pipeline it belongs to.
    pub pipeline: Option<&'a str>,
    /// The environment tested.
    pub environment: Option<&'a str>,
    /// The branch tested.
    pub branch: Option<&'a str>,
    /// The commit tested.
    pub commit: Option<&'a str>,
    /// Which try of the pipeline this is, from 1.
    pub attempt: Option<u32>,
}

/// What a `RUN_END` marker says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEnd<'a> {
    /// The run's identifier.
    pub run_id: Option<&'a str>,
    /// The outcome as printed.
    pub status: Option<&'a str>,
    /// Duration in seconds.
    pub duration_s: Option<f64>,
}

/// The beginning of a suite. With the name of the test that the same dialect told last, and of which
/// nothing is known but that it began, it says that this is no test: a suite runs inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteStart<'a> {
    /// The suite's name; see the naming table of each dialect.
    pub suite: &'a str,
    /// Comma-separated tags as printed.
    pub tags: Option<&'a str>,
}

/// The end of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteEnd<'a> {
    /// The suite's name.
    pub suite: &'a str,
    /// Its own result, if the framework prints one.
    pub status: Option<Status>,
    /// Duration in seconds.
    pub duration_s: Option<f64>,
    /// Whether the tests of this dialect that were told without a suite since the last adopting
    /// end belong to this suite (go test prints the package after its tests).
    pub adopts: bool,
}

/// An announced number of tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'a> {
    /// The suite planned; `None` for the whole session of the framework.
    pub suite: Option<&'a str>,
    /// The number announced.
    pub tests: u64,
}

/// The beginning of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestStart<'a> {
    /// The suite; `None` if it is not known yet, `Some("")` if the format has none.
    pub suite: Option<&'a str>,
    /// The test's name.
    pub name: &'a str,
    /// The attempt, from 1, if the format tells.
    pub attempt: Option<u32>,
    /// Comma-separated tags as printed.
    pub tags: Option<&'a str>,
}

/// A test's result.
#[derive(Clone, Debug, PartialEq)]
pub struct TestEnd<'a> {
    /// The suite; `None` if it is not known yet, `Some("")` if the format has none.
    pub suite: Option<&'a str>,
    /// The test's name.
    pub name: &'a str,
    /// The result.
    pub status: Status,
    /// Duration in seconds, as printed.
    pub duration_s: Option<f64>,
    /// The attempt, from 1, if the format tells. Without it a second result of the same name is a
    /// second test of that name.
    pub attempt: Option<u32>,
    /// First line of the failure's or the skip's text.
    pub message: Option<&'a str>,
    /// `file:line` of the failure.
    pub location: Option<&'a str>,
    /// Comma-separated tags as printed.
    pub tags: Option<&'a str>,
    /// Whether this repeats a result already told or counted (a list of failures at the end):
    /// it then amends the test of that name, or names one of the results counted without a name.
    pub recap: bool,
    /// Whether the trouble was in tear-down, after the test's own result: counted beside it.
    pub teardown: bool,
}

impl<'a> TestEnd<'a> {
    /// A result with nothing but suite, name and status.
    #[must_use]
    pub fn new(suite: Option<&'a str>, name: &'a str, status: Status) -> TestEnd<'a> {
        TestEnd {
            suite,
            name,
            status,
            duration_s: None,
            attempt: None,
            message: None,
            location: None,
            tags: None,
            recap: false,
            teardown: false,
        }
    }
}

/// More about the latest test of that name, or about the next result of that name.
#[derive(Clone, Debug, PartialEq)]
pub struct TestDetail<'a> {
    /// The suite, if known; `None` matches any.
    pub suite: Option<&'a str>,
    /// The test's name.
    pub name: &'a str,
    /// First line of the failure's or the skip's text.
    pub message: Option<&'a str>,
    /// `file:line` of the failure.
    pub location: Option<&'a str>,
}

/// Results told without names.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<'a> {
    /// The suite, if known.
    pub suite: Option<&'a str>,
    /// How many of each status.
    pub counts: Counts,
}

/// Totals as printed; `None` where the framework did not print that figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// All tests.
    pub tests: Option<u64>,
    /// Passed.
    pub passed: Option<u64>,
    /// Failed.
    pub failed: Option<u64>,
    /// Errored.
    pub errored: Option<u64>,
    /// Skipped, ignored, pending.
    pub skipped: Option<u64>,
    /// Failed as expected.
    pub xfail: Option<u64>,
    /// Passed although expected to fail.
    pub xpass: Option<u64>,
    /// Todo.
    pub todo: Option<u64>,
}

impl Printed {
    /// The figures as a list in a fixed order, for codecs and tables.
    #[must_use]
    pub const fn to_array(self) -> [Option<u64>; 8] {
        [
            self.tests,
            self.passed,
            self.failed,
            self.errored,
            self.skipped,
            self.xfail,
            self.xpass,
            self.todo,
        ]
    }

    /// The reverse of [`Printed::to_array`].
    #[must_use]
    pub const fn from_array(a: [Option<u64>; 8]) -> Printed {
        Printed {
            tests: a[0],
            passed: a[1],
            failed: a[2],
            errored: a[3],
            skipped: a[4],
            xfail: a[5],
            xpass: a[6],
            todo: a[7],
        }
    }

    /// The sum, figure by figure; a figure only one side has is kept.
    #[must_use]
    pub fn plus(self, other: Printed) -> Printed {
        let (mut sum, b) = (self.to_array(), other.to_array());
        for (x, y) in sum.iter_mut().zip(b) {
            *x = match (*x, y) {
                (Some(x), Some(y)) => Some(x.saturating_add(y)),
                (x, y) => x.or(y),
            };
        }
        Printed::from_array(sum)
    }
}

/// A printed summary. Summaries of one stream add up: a dialect emits one per session or binary
/// and none for figures that repeat earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'a> {
    /// The suite summed up; `None` for the whole session of the framework.
    pub suite: Option<&'a str>,
    /// The figures.
    pub printed: Printed,
    /// Duration in seconds.
    pub duration_s: Option<f64>,
}

/// Frames of a stack a [`Signature`] tells.
pub const FRAMES: usize = 3;

/// One occurrence of a known kind of error, with its whole block of lines, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature<'a> {
    /// The error class (`python_traceback`, `go_panic`, `rust_panic`, `java_exception`, ...).
    pub class: &'a str,
    /// The type of the exception that is the deepest cause, if the format has types.
    pub exception: Option<&'a str>,
    /// The first line of that exception's message, raw.
    pub message: &'a str,
    /// 1-based number of the block's last line; its first is the event's `line`.
    pub end_line: u64,
    /// The stable, anonymised hash of the occurrence, with its version (`f1:...`).
    pub fingerprint: &'a str,
    /// The hash it has in common with variants of the same fault (`g1:...`); empty if the sender
    /// told none.
    pub group: &'a str,
    /// Type and message of the outermost exception, masked, if another than the deepest.
    pub outer: Option<&'a str>,
    /// If this is a part of an occurrence (a cause, an exception of a group, the line that states a
    /// cause), the occurrence's first line: it is told itself, and counts once.
    pub within: Option<u64>,
    /// The frames nearest to the error that are the user's own code, not a runtime's or a library's:
    /// `function (file:line)`, masked.
    pub frames: [Option<&'a str>; FRAMES],
}

/// A known loss: bytes `from..to` of the logical stream were never seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap<'a> {
    /// First lost byte.
    pub from: u64,
    /// First byte after the loss.
    pub to: u64,
    /// `rotated_away`, `truncated`, `cap`, `write_failed`, `oversize`, `corrupt`, `rejected`, `killed`,
    /// `sidecar_absent`; and `forgotten`, of bytes that were seen, but not by the parser that read on behind them.
    pub reason: &'a str,
}

impl Gap<'_> {
    /// The reason of a gap of which every event was told, by one whose state is gone: whoever read on behind it may have
    /// told what comes otherwise than he would.
    pub const FORGOTTEN: &'static str = "forgotten";

    /// Bytes of which nothing is known.
    #[must_use]
    pub fn lost_bytes(&self) -> u64 {
        match self.reason {
            Gap::FORGOTTEN => 0,
            _ => self.to.saturating_sub(self.from),
        }
    }
}

/// The end of a stream, as whoever made the stream knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EndOfStream<'a> {
    /// Length of the logical stream in bytes.
    pub total_bytes: u64,
    /// Hash of all bytes of the stream with its method (`crc32c:e3069283`); `None` when bytes were
    /// lost.
    pub hash: Option<&'a str>,
    /// Exit code of the command, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Number of the signal that ended the command, if one did.
    pub signal: Option<i32>,
    /// How the end is known: `exit` (the wrapper saw it), `eof` (end of file or pipe), `killed`.
    pub cause: &'a str,
}
