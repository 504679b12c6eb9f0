//! What was stored since the forwarder last looked: told by the store's writer, once it is durable.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sentinel_core::output::StreamRow;
use tokio::sync::Notify;

/// Streams remembered; beyond it the forwarder looks through the store again.
const STREAMS: usize = 65_536;

/// Told by one thread, taken by tasks.
#[derive(Debug, Default)]
pub(crate) struct News {
    fresh: Mutex<Fresh>,
    told: Notify,
}

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// Streams whose senders spoke.
    pub(crate) streams: HashMap<String, Told>,
    /// Whether some were left out.
    pub(crate) more: bool,
}

/// What was told of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// The length stored.
    pub(crate) committed: u64,
    /// When its sender spoke last.
    pub(crate) heard: Instant,
}

impl News {
    /// A stream's sender spoke, and what it said is durable.
    pub(crate) fn tell(&self, row: &StreamRow) {
        {
            let mut fresh = self.lock();
            let told = Told {
                committed: row.committed,
                heard: Instant::now(),
            };
            let full = fresh.streams.len() >= STREAMS;
            match fresh.streams.get_mut(&row.stream) {
                Some(known) => *known = told,
                None if full => fresh.more = true,
                None => {
                    fresh.streams.insert(row.stream.clone(), told);
                }
            }
        }
        self.told.notify_one();
    }

    /// What was told since the last time.
    pub(crate) fn take(&self) -> Fresh {
        std::mem::take(&mut *self.lock())
    }

    /// Until something is told.
    pub(crate) async fn told(&self) {
        self.told.notified().await;
    }

    /// Wakes somebody who waits for news.
    pub(crate) fn wake(&self) {
        self.told.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Fresh> {
        // A map and a flag: whole even if a thread panicked while holding the lock.
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
