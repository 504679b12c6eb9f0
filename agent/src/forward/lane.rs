//! Where one stream stands on its way to the hub.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sentinel_delivery::policy::Policy;

use super::news::Told;

/// A stream on its way. Its frames stay in the store until their turn comes.
#[derive(Debug)]
pub(super) struct Lane {
    /// The node's name for it.
    pub(super) stream: Arc<str>,
    /// How much of it is stored here.
    pub(super) committed: u64,
    /// When its sender was last heard of.
    pub(super) heard: Instant,
    /// The hub's name for it and how far the hub has it, once it was opened there.
    pub(super) hub: Option<Standing>,
    /// When the hub was last spoken to about it.
    pub(super) spoken: Option<Instant>,
    /// The position that is noted in the store.
    pub(super) noted: Option<u64>,
    pub(super) policy: Policy,
    /// What of it is counted as waiting.
    pub(super) counted: u64,
    /// When its turn comes.
    pub(super) due: Instant,
    /// Whether news of it bring its turn forward; not while it pauses after a failure.
    pub(super) resting: bool,
}

/// How far the hub has a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The hub's name for it.
    pub(super) name: String,
    pub(super) position: u64,
    /// Whether the hub has all of it.
    pub(super) closed: bool,
}

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There may be more to do at once.
    Again,
    /// Nothing to do before that, unless there are news.
    Rest(Instant),
    /// Not before that.
    Pause(Instant),
    /// Nothing more to do.
    Done,
}

impl Lane {
    pub(super) fn new(stream: Arc<str>, told: Told, retry: (Duration, Duration)) -> Lane {
        Lane {
            stream,
            committed: told.committed,
            heard: told.heard,
            hub: None,
            spoken: None,
            noted: None,
            policy: Policy::new(retry.0, retry.1),
            counted: 0,
            due: told.heard,
            resting: true,
        }
    }

    pub(super) fn hear(&mut self, told: Told) {
        self.committed = told.committed.max(self.committed);
        self.heard = told.heard.max(self.heard);
    }

    /// Bytes stored here that the hub does not have, as far as is known.
    pub(super) fn behind(&self) -> u64 {
        let position = self.hub.as_ref().map_or(0, |hub| hub.position);
        self.committed.saturating_sub(position)
    }
}
