//! What the core is told: the closed set of things that can happen to a run.

use sentinel_parsers::frame::Frame;
use sentinel_parsers::wire::{OpenStream, RunContext};

use crate::coverage::Way;
use crate::ending::Ending;
use crate::fact::Fact;

/// Milliseconds since the Unix epoch. The core reads no clock; the shell passes the time in.
pub type Millis = i64;

/// The agent's name for a stream: a hash of its identity, made by the shell.
pub type StreamId = String;

/// The node that a stream comes by way of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// Its name.
    pub node: String,
    /// For how long the node has not heard of the stream's sender.
    pub silent_ms: Millis,
}

/// What a source says of a run's end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing, and it never does.
    #[default]
    Nothing,
    /// The run goes on; its end will be told.
    GoesOn,
    /// The run has ended.
    Ended(Ending),
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A stream was opened, or opened again.
    OpenStream {
        /// The agent's name for it.
        stream: StreamId,
        /// What the sender said.
        open: OpenStream,
    },
    /// A node that a stream comes by way of opened it, or opened it again.
    Relay {
        /// The agent's name for the stream.
        stream: StreamId,
        /// What the sender said to the node.
        open: OpenStream,
        /// The node.
        via: Via,
    },
    /// A frame of a stream arrived, decoded and within limits.
    Frame {
        /// The stream.
        stream: StreamId,
        /// The frame.
        frame: Frame,
    },
    /// Somebody asks how far a stream is stored.
    AskPosition {
        /// The stream.
        stream: StreamId,
    },
    /// Another source (a CI webhook, a Job, an operator) speaks of a run.
    Run {
        /// What it knows.
        context: RunContext,
        /// Who says so (`webhook:github`, `job:team-a/e2e`, `operator`).
        provenance: String,
        /// What the source says of the run's end, if it is one that tells ends.
        end: Told,
    },
    /// A collector asks which pods it is to read.
    Collect {
        /// How it reads.
        way: Way,
        /// Whose files it reads.
        node: Option<String>,
    },
    /// The cluster as the watch sees it.
    Fact(Fact),
    /// Time passed. The shell sends one at least every second while a run is open.
    Tick,
}
