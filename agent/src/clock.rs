//! The only place of the agent that reads the wall clock; everything else is told the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use sentinel_core::Millis;

/// Tells the time to the core thread.
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds; never less than before.
    fn now_ms(&self) -> Millis;
}

/// The system's clock. When it is set back, time goes on from where it was at its usual pace.
#[derive(Debug)]
pub struct SystemClock {
    latest: Mutex<(Millis, Instant)>,
}

impl SystemClock {
    /// Starts with the system's time.
    #[must_use]
    pub fn new() -> SystemClock {
        SystemClock {
            latest: Mutex::new((wall_ms(), Instant::now())),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> Millis {
        // Two numbers: whole even if a thread panicked while holding the lock.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = latest.1.elapsed();
        let steady = latest.0 + Millis::try_from(passed.as_millis()).unwrap_or(0);
        let now = steady.max(wall_ms());
        // Less than a millisecond is not lost: the instant moves only with the number.
        if now > latest.0 {
            *latest = (now, Instant::now());
        }
        now
    }
}

fn wall_ms() -> Millis {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|d| Millis::try_from(d.as_millis()).ok())
        .unwrap_or(0)
}

/// A clock that stands until it is moved, for tests.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at this time.
    #[must_use]
    pub const fn new(now: Millis) -> ManualClock {
        ManualClock(AtomicI64::new(now))
    }

    /// Moves forward.
    pub fn advance(&self, millis: Millis) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}
