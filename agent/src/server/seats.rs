//! Who is connected, and who of them has to go when there is no room: never somebody who is being
//! served, first whoever has kept the agent waiting longest. Slow clients crowd out each other only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Stands for a time while the agent is at work, not the client.
const SERVED: u64 = u64::MAX;

/// One of so many has to go when there is no room.
const SHARE: usize = 64;

/// All seats.
pub(super) struct Seats {
    seats: usize,
    free: Arc<Semaphore>,
    begun: Instant,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    seats: HashMap<u64, Arc<Seat>>,
}

/// A connection's seat as its request sees it.
#[derive(Debug)]
pub(crate) struct Seat {
    begun: Instant,
    /// Since when the client is waited for, in microseconds since `begun`.
    waiting: AtomicU64,
    leave: Notify,
}

/// A seat that is given back when dropped.
pub(super) struct Sitting {
    of: Arc<Seats>,
    number: u64,
    pub(super) seat: Arc<Seat>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    /// The client has sent all there is to its request.
    pub(crate) fn served(&self) {
        self.waiting.store(SERVED, Ordering::Relaxed);
    }

    /// It is the client's turn: to send more, to read, or to ask again.
    pub(crate) fn waits(&self) {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(SERVED - 1);
        self.waiting.store(now, Ordering::Relaxed);
    }

    /// Ready when the connection has to go.
    pub(super) async fn has_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Seats {
    pub(super) fn new(seats: usize) -> Seats {
        Seats {
            seats,
            free: Arc::new(Semaphore::new(seats)),
            begun: Instant::now(),
            taken: Mutex::new(Taken::default()),
        }
    }

    /// A seat; at once if one is free, else once one was given back.
    pub(super) async fn sit(self: &Arc<Self>) -> Option<Sitting> {
        let free = Arc::clone(&self.free);
        let permit = match Arc::clone(&free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return None,
            Err(TryAcquireError::NoPermits) => free.acquire_owned().await.ok()?,
        };
        let seat = Arc::new(Seat {
            begun: self.begun,
            waiting: AtomicU64::new(0),
            leave: Notify::new(),
        });
        seat.waits();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.next;
        taken.next += 1;
        taken.seats.insert(number, Arc::clone(&seat));
        drop(taken);
        Some(Sitting {
            of: Arc::clone(self),
            number,
            seat,
            _permit: permit,
        })
    }

    /// If all seats are taken, tells those who have been waited for longest to go: one of
    /// [`SHARE`], so that in a crowd not every newcomer has to wait until somebody has left. Gives
    /// their number: none if there is room or all are being served.
    pub(super) fn make_room(&self) -> u64 {
        if self.free.available_permits() > 0 {
            return 0;
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited_for = taken.seats.iter().filter_map(|(number, seat)| {
            let since = seat.waiting.load(Ordering::Relaxed);
            (since != SERVED).then_some((since, *number))
        });
        let mut waited_for: Vec<(u64, u64)> = waited_for.collect();
        waited_for.sort_unstable();
        waited_for.truncate((self.seats / SHARE).max(1));
        for (_, number) in &waited_for {
            if let Some(seat) = taken.seats.remove(number) {
                seat.leave.notify_one();
            }
        }
        waited_for.len() as u64
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        let taken = self.of.taken.lock();
        taken
            .unwrap_or_else(PoisonError::into_inner)
            .seats
            .remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(count: usize) -> (Arc<Seats>, tokio::runtime::Runtime) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        (
            Arc::new(Seats::new(count)),
            { runtime }.enable_time().build().unwrap(),
        )
    }

    #[test]
    fn with_room_nobody_has_to_go() {
        let (seats, runtime) = seats(2);
        let _one = runtime.block_on(seats.sit());
        assert_eq!(seats.make_room(), 0);
    }

    #[test]
    fn whoever_was_waited_for_longest_goes_and_nobody_who_is_served() {
        let (seats, runtime) = seats(3);
        runtime.block_on(async {
            let sat = [seats.sit().await, seats.sit().await, seats.sit().await];
            let [served, slow, fresh] = sat.map(Option::unwrap);
            served.seat.served();
            slow.seat.waiting.store(5, Ordering::Relaxed);
            fresh.seat.waiting.store(6, Ordering::Relaxed);
            assert_eq!(seats.make_room(), 1);
            slow.seat.has_to_leave().await;
            assert_eq!(
                seats.make_room(),
                1,
                "the next one, as the first has not gone yet"
            );
            fresh.seat.has_to_leave().await;
            assert_eq!(seats.make_room(), 0, "who is served stays");
            drop((served, slow, fresh));
            assert_eq!(seats.free.available_permits(), 3);
            assert!(seats.taken.lock().unwrap().seats.is_empty());
        });
    }
}
