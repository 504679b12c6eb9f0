//! How much waits for the writer. The core makes rows faster than they are written, and they take many times the room
//! of the frames they come from; so it waits here, and those who send to it wait at their doors.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use sentinel_core::Persist;

use super::Batch;

/// Bytes of rows that wait at most, by estimate.
const MOST: usize = 8 << 20;
/// Bytes of a row besides its texts.
const ROW: usize = 300;

/// The way to the writer.
#[derive(Clone, Debug)]
pub(crate) struct Batches {
    sender: Sender<Batch>,
    backlog: Arc<Backlog>,
}

impl Batches {
    pub(crate) fn new(sender: Sender<Batch>, backlog: Arc<Backlog>) -> Batches {
        Batches { sender, backlog }
    }

    /// Hands a batch to the writer; waits while too much waits there, until the writer has ended.
    pub(crate) fn send(&self, mut batch: Batch) {
        batch.weight = batch.persist.iter().map(weight).sum();
        self.backlog.add(batch.weight);
        // The writer ends only after all senders, or when it gave up storing at a stop.
        let _ = self.sender.send(batch);
    }
}

/// What waits for the writer, or is being written.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: usize,
    /// Nothing is written any more.
    ended: bool,
}

impl Backlog {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds so much once there is room for it; what is more than all there is goes alone.
    fn add(&self, bytes: usize) {
        let full = |state: &mut State| {
            !state.ended && state.bytes > 0 && state.bytes.saturating_add(bytes) > MOST
        };
        let waited = self.changed.wait_while(self.lock(), full);
        waited.unwrap_or_else(PoisonError::into_inner).bytes += bytes;
    }

    /// So much is written.
    pub(crate) fn done(&self, bytes: usize) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        self.changed.notify_all();
    }

    /// Nobody needs to wait any more.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }
}

fn weight(row: &Persist) -> usize {
    let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
    match row {
        Persist::Test(row) => {
            let attempt = &row.attempt;
            ROW + row.name.len() + text(&attempt.message) + text(&attempt.location)
        }
        _ => ROW,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Adds in a thread of its own; whether it is done soon.
    fn adds(backlog: &Arc<Backlog>, bytes: usize) -> std::sync::mpsc::Receiver<()> {
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let backlog = Arc::clone(backlog);
        std::thread::spawn(move || {
            backlog.add(bytes);
            tell.send(())
        });
        told
    }

    const SOON: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn more_than_there_is_room_for_waits_until_enough_is_written() {
        let backlog = Arc::new(Backlog::default());
        backlog.add(MOST);
        let waits = adds(&backlog, 10);
        assert!(waits.recv_timeout(SOON).is_err());
        backlog.done(9);
        assert!(waits.recv_timeout(SOON).is_err());
        backlog.done(1);
        waits.recv_timeout(LONG).unwrap();
        assert_eq!(backlog.lock().bytes, MOST);
    }

    #[test]
    fn what_is_more_than_all_goes_alone() {
        let backlog = Arc::new(Backlog::default());
        backlog.add(2 * MOST);
        let waits = adds(&backlog, 2 * MOST);
        assert!(waits.recv_timeout(SOON).is_err());
        backlog.done(2 * MOST);
        waits.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn once_nothing_is_written_any_more_nobody_waits() {
        let backlog = Arc::new(Backlog::default());
        backlog.add(MOST);
        let waits = adds(&backlog, MOST);
        backlog.end();
        waits.recv_timeout(LONG).unwrap();
    }
}
