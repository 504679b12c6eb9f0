//! How far a world is, and how its inhabitants hear of it.

use std::cell::Cell;

use tokio::sync::Notify;

/// How far the world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Things go wrong.
    Faults,
    /// Nothing goes wrong any more.
    Calm,
    /// Everybody ends.
    Closing,
}

/// Tells everybody how far the world is, in the order in which they wait. (Tokio's watch channel wakes them in any.)
#[derive(Debug)]
pub struct Progress {
    phase: Cell<Phase>,
    told: Notify,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            phase: Cell::new(Phase::Faults),
            told: Notify::new(),
        }
    }
}

impl Progress {
    /// How far it is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// It goes on to this phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.told.notify_waiters();
    }

    /// Waits until it is this far.
    pub async fn reach(&self, phase: Phase) {
        while self.phase() < phase {
            self.told.notified().await;
        }
    }
}
