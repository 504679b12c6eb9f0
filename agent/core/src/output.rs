//! What the core asks for. The shell carries outputs out in the order persist, reply, notify.

use std::sync::Arc;

use sentinel_parsers::event::{Counts, Printed};
use sentinel_parsers::frame::Frame;
use sentinel_parsers::ledger::Attempt;
use sentinel_parsers::wire::{OpenStream, RunContext, ToRead};

use crate::anomaly::Anomaly;
use crate::correlate::Cause;
use crate::input::{Millis, StreamId};
use crate::run::RunStatus;

/// Everything one step asks for.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Rows to store, in one transaction, before anything else.
    pub persist: Vec<Persist>,
    /// What to answer whoever sent the input, once the rows are durable.
    pub reply: Option<Reply>,
    /// What to tell people and open views, once the rows are durable.
    pub notify: Vec<Notice>,
}

impl Outputs {
    /// Asks for what a later part of the same step asks for as well, and answers as that does.
    pub(crate) fn absorb(&mut self, later: Outputs) {
        if self.persist.is_empty() && self.notify.is_empty() {
            *self = later;
            return;
        }
        self.persist.extend(later.persist);
        self.notify.extend(later.notify);
        self.reply = later.reply.or(self.reply.take());
    }
}

/// The answer to an input. Positions are those reached by this step; they may be told only after
/// the step's rows, and those of every step before it, are durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The stream stands here: opened, asked, contiguous or overlapping frame taken, or duplicate.
    At {
        /// First byte not taken yet.
        committed: u64,
        /// Whether the last frame was taken.
        closed: bool,
        /// Whether the frame told nothing new.
        duplicate: bool,
    },
    /// The frame begins beyond the position: send from `committed`.
    Hole {
        /// First byte not taken yet.
        committed: u64,
    },
    /// No such stream: open it first.
    UnknownStream,
    /// What the collector that asked is to read.
    ToRead(ToRead),
    /// Over a limit; the reason names it.
    Refused(&'static str),
}

/// A row to write; each is an upsert by its natural key.
#[derive(Clone, Debug)]
pub enum Persist {
    /// A run's row; key `run_id`.
    Run(Box<RunRow>),
    /// A stream's row; key `stream`.
    Stream(Box<StreamRow>),
    /// A frame taken, already trimmed to what was new; key `(stream, start)`.
    Frame(Box<FrameRow>),
    /// A test's attempt; key `(run_id, stream, ordinal, attempt)`.
    Test(Box<TestRow>),
    /// A suite; key `(run_id, stream, suite)`.
    Suite(Box<SuiteRow>),
    /// A loss; key `(stream, from)`.
    Gap(Box<GapRow>),
    /// An anomaly; key `(run_id, rule, subject)`.
    Anomaly(Box<Anomaly>),
    /// Whose fault a failure is; key `(run_id, stream, ordinal, attempt)`.
    Cause(Box<CauseRow>),
}

/// A run as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Identity and labels, merged from all sources.
    pub context: RunContext,
    /// Who spoke of the run, in order of arrival.
    pub provenance: Vec<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// Why, in one line, once it is over.
    pub reason: Option<String>,
    /// First sign of it.
    pub started_ms: Millis,
    /// When it was closed.
    pub ended_ms: Option<Millis>,
    /// Tests by status over all streams.
    pub totals: Counts,
    /// Totals as printed, summed.
    pub printed: Option<Printed>,
    /// Number of tests announced.
    pub planned: Option<u64>,
    /// Tests that passed after failing.
    pub flaky: u64,
    /// Exit code of its command, if there is exactly one stream or all agree; else the worst.
    pub exit_code: Option<i32>,
    /// Signal that ended the command.
    pub signal: Option<i32>,
    /// Dialects recognised.
    pub dialects: Vec<String>,
    /// Bytes known to be lost.
    pub lost_bytes: u64,
}

/// A stream as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRow {
    /// The agent's name for it.
    pub stream: StreamId,
    /// Who made it, its run, its command.
    pub open: OpenStream,
    /// First byte not taken.
    pub committed: u64,
    /// Whether its last frame was taken.
    pub closed: bool,
    /// Events taken.
    pub events: u64,
    /// When it was opened.
    pub opened_ms: Millis,
    /// When its latest frame arrived.
    pub last_frame_ms: Millis,
    /// Length told at the end.
    pub total_bytes: Option<u64>,
    /// Hash told at the end.
    pub hash: Option<String>,
    /// Exit code told at the end.
    pub exit_code: Option<i32>,
    /// Signal told at the end.
    pub signal: Option<i32>,
    /// The node it comes by way of.
    pub node: Option<String>,
    /// The stream of a later attempt at the same work.
    pub replaced_by: Option<StreamId>,
}

/// A frame as stored, with the time it was taken: replaying them rebuilds the core's state.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameRow {
    /// The stream.
    pub stream: StreamId,
    /// When it was taken.
    pub received_ms: Millis,
    /// The frame, trimmed to what was new.
    pub frame: Frame,
}

/// One attempt of a test as stored. There are very many: what several have in common is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRow {
    /// The run.
    pub run_id: Arc<str>,
    /// The stream that told it.
    pub stream: Arc<str>,
    /// The test's place in the stream's ledger.
    pub ordinal: u32,
    /// The suite, if it is known.
    pub suite: Option<Arc<str>>,
    /// The name.
    pub name: Box<str>,
    /// The dialect.
    pub dialect: Arc<str>,
    /// The attempt.
    pub attempt: Attempt,
    /// Whether this is the test's latest attempt.
    pub latest: bool,
    /// Whether the tear-down failed beside it.
    pub teardown_error: bool,
}

/// A suite as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteRow {
    /// The run.
    pub run_id: String,
    /// The stream that told it.
    pub stream: StreamId,
    /// Its name.
    pub suite: String,
    /// Results told with it.
    pub counts: Counts,
    /// Tests announced.
    pub planned: Option<u64>,
    /// First sign of it.
    pub first_ms: Option<Millis>,
    /// Its end.
    pub ended_ms: Option<Millis>,
    /// Printed duration.
    pub duration_s: Option<f64>,
}

/// A loss as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapRow {
    /// The run.
    pub run_id: String,
    /// The stream.
    pub stream: StreamId,
    /// First lost byte.
    pub from: u64,
    /// First byte after the loss.
    pub to: u64,
    /// Why.
    pub reason: String,
}

/// Whose fault an attempt's failure is, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseRow {
    /// The run.
    pub run_id: String,
    /// The stream that told the test.
    pub stream: StreamId,
    /// The test's place in the stream's ledger.
    pub ordinal: u32,
    /// The attempt.
    pub attempt: u32,
    /// Whose fault, and why.
    pub cause: Cause,
}

/// Something people or open views should hear of.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A run changed status.
    RunStatus {
        /// The run.
        run_id: String,
        /// Where it stands now.
        status: RunStatus,
    },
    /// An anomaly was opened, changed severity, or was resolved.
    Anomaly {
        /// The run.
        run_id: String,
        /// The rule.
        rule: &'static str,
        /// What it is about.
        subject: String,
    },
}
