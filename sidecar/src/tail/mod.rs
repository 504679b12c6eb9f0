//! Where the bytes of a stream come from: a segment directory, files that others write, or standard input.
//!
//! A source is read in steps that never block, so one thread can read, send and wait.

mod api;
mod follow;
mod pods;
mod segments;
mod spool;
mod stdin;
mod watch;

use std::io;

pub use api::{ApiSource, Stage, Word};
pub use follow::{FollowOptions, FollowSource, LastFile};
pub use pods::{Attempt, Owner, PodLogs, pod_uid};
pub use segments::SegmentSource;
pub use spool::{Spooling, spool};
pub use stdin::{Feed, StdinSource};
pub use watch::{Wanted, Watch};

use crate::segments::{Digest, Lost, StreamEnd};

/// What one read of a source gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes are in the buffer; they follow what was read or lost before.
    Bytes(usize),
    /// These bytes are in the stream but cannot be read.
    Gap(Lost),
    /// The next byte is the first of a line: after a loss, nothing more is lost.
    LineStart,
    /// Nothing new for now.
    Idle,
    /// The stream is over and everything was read.
    End(StreamEnd),
}

/// A source of a stream's bytes.
#[derive(Debug)]
pub enum Source {
    /// What [`crate::capture`] records.
    Segments(SegmentSource),
    /// A file with its rotation chain.
    File(Box<FollowSource>),
    /// Standard input, or another pipe.
    Stdin(StdinSource),
    /// What the logs API of a cluster gives.
    Api(Box<ApiSource>),
}

impl Source {
    /// Starts again at the earliest byte that can be read and returns its offset; `None` when what
    /// was read cannot be read again. The agent has everything before `committed`.
    ///
    /// # Errors
    /// When the source cannot be opened; retryable.
    pub fn rewind(&mut self, committed: u64) -> io::Result<Option<u64>> {
        match self {
            Source::Segments(s) => s.rewind().map(Some),
            Source::File(s) => s.rewind(committed).map(Some),
            Source::Stdin(_) => Ok(None),
            Source::Api(s) => Ok(Some(s.rewind(committed))),
        }
    }

    /// Reads what there is, without waiting.
    ///
    /// # Errors
    /// When the source cannot be read; retryable.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        match self {
            Source::Segments(s) => s.read(buffer),
            Source::File(s) => s.read(buffer),
            Source::Stdin(s) => s.read(buffer),
            Source::Api(s) => s.read(buffer),
        }
    }

    /// What tells that there may be something to read.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        match self {
            Source::Segments(s) => s.wanted(),
            Source::File(s) => s.wanted(),
            Source::Stdin(s) => s.wanted(),
            Source::Api(s) => s.wanted(),
        }
    }

    /// What was read is about to be sent: whoever is started next must know of it, since it may arrive later than he
    /// asks the agent how far it is.
    ///
    /// # Errors
    /// When that cannot be written down; retryable.
    pub fn sending(&mut self) -> io::Result<()> {
        match self {
            Source::File(s) => s.sending(),
            Source::Api(s) => s.sending(),
            Source::Segments(_) | Source::Stdin(_) => Ok(()),
        }
    }

    /// The agent has stored everything before the offset.
    pub fn acked(&mut self, offset: u64) {
        match self {
            Source::Segments(s) => s.acked(offset),
            Source::File(s) => s.acked(),
            Source::Api(s) => s.acked(offset),
            Source::Stdin(_) => {}
        }
    }

    /// Where events go whose output may be deleted before the agent has them; `None` where that is not ours to say.
    pub(crate) fn digest(&self) -> Option<Digest> {
        match self {
            Source::Segments(s) => s.digest(),
            Source::File(_) | Source::Stdin(_) | Source::Api(_) => None,
        }
    }

    /// Whether so much is recorded behind this offset that there is soon no room for more.
    pub(crate) fn is_pressed(&self, reached: u64) -> bool {
        match self {
            Source::Segments(s) => s.is_pressed(reached),
            Source::File(_) | Source::Stdin(_) | Source::Api(_) => false,
        }
    }

    /// A dialect was recognised in what was read last.
    pub(crate) fn keep(&mut self) {
        if let Source::Segments(s) = self {
            s.keep();
        }
    }

    /// Nothing more is wanted than what is there already: a followed file ends at its present end.
    pub fn stop(&mut self) {
        match self {
            Source::Segments(s) => s.stop(),
            Source::File(s) => s.stop(),
            Source::Stdin(s) => s.stop(),
            // It ends when its container does, as its words tell.
            Source::Api(_) => {}
        }
    }
}
