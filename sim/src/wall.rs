//! Wall clocks that somebody sets while they are read, on tokio's virtual time.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sentinel_agent::clock::Steady;
use tokio::time::Instant;

/// A machine's wall clock.
#[derive(Debug)]
pub struct Wall {
    begun: Instant,
    /// What it showed at the beginning, and by how much it was set since.
    offset_ms: AtomicI64,
    set: AtomicBool,
}

impl Wall {
    /// Shows this now.
    #[must_use]
    pub fn new(now_ms: i64) -> Wall {
        Wall {
            begun: Instant::now(),
            offset_ms: AtomicI64::new(now_ms),
            set: AtomicBool::new(false),
        }
    }

    /// Whether it was set since it was made.
    #[must_use]
    pub fn was_set(&self) -> bool {
        self.set.load(Ordering::Relaxed)
    }

    /// Is set forward, or back.
    pub fn set(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
        self.set.store(true, Ordering::Relaxed);
    }

    fn passed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn shown(&self) -> i64 {
        let passed = i64::try_from(self.passed().as_millis()).unwrap_or(i64::MAX);
        self.offset_ms.load(Ordering::Relaxed) + passed
    }
}

impl sentinel_sidecar::clock::Clock for Wall {
    fn now_ms(&self) -> i64 {
        self.shown()
    }
}

/// The agent's clock on such a machine, steadied as in production.
#[derive(Debug)]
pub struct AgentClock {
    /// The machine's.
    pub wall: Wall,
    steady: Mutex<Steady>,
}

impl AgentClock {
    /// Shows this now.
    #[must_use]
    pub fn new(now_ms: i64) -> AgentClock {
        AgentClock {
            wall: Wall::new(now_ms),
            steady: Mutex::new(Steady::new(now_ms, Duration::ZERO)),
        }
    }
}

impl AgentClock {
    /// A new process knows nothing of what the old one was told.
    pub fn restart(&self) {
        let fresh = Steady::new(self.wall.shown(), self.wall.passed());
        *self.steady.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }
}

impl sentinel_agent::Clock for AgentClock {
    fn now_ms(&self) -> i64 {
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        steady.now(self.wall.shown(), self.wall.passed())
    }
}
