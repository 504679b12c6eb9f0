//! The only place of the agent that reads the wall clock; everything else is told the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sentinel_core::Millis;

/// Tells the time to the core thread.
pub trait Clock: Send + Sync + 'static {
    /// Unix milliseconds; never less than before.
    fn now_ms(&self) -> Millis;
}

/// A wall clock made steady: when it is set back, time goes on from where it was at its usual pace.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    latest: Millis,
    /// Since when that is the latest, on a clock that nobody sets.
    since: Duration,
}

impl Steady {
    /// Begins with what the wall clock and the other one say.
    #[must_use]
    pub const fn new(wall: Millis, passed: Duration) -> Steady {
        Steady {
            latest: wall,
            since: passed,
        }
    }

    /// The time, given what the two clocks say now.
    pub fn now(&mut self, wall: Millis, passed: Duration) -> Millis {
        let more = passed.saturating_sub(self.since).as_millis();
        let steady = self.latest + Millis::try_from(more).unwrap_or(0);
        let now = steady.max(wall);
        // Less than a millisecond is not lost: the moment moves only with the number.
        if now > self.latest {
            *self = Steady::new(now, passed);
        }
        now
    }
}

/// The system's clock, made steady.
#[derive(Debug)]
pub struct SystemClock {
    begun: Instant,
    steady: Mutex<Steady>,
}

impl SystemClock {
    /// Starts with the system's time.
    #[must_use]
    pub fn new() -> SystemClock {
        SystemClock {
            begun: Instant::now(),
            steady: Mutex::new(Steady::new(wall_ms(), Duration::ZERO)),
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
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        steady.now(wall_ms(), self.begun.elapsed())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s11_time_set_back_goes_on_from_where_it_was_and_time_set_forward_is_followed() {
        let day = 86_400_000;
        let mut clock = Steady::new(1_000, Duration::ZERO);
        let mut now = |wall, passed| clock.now(wall, Duration::from_millis(passed));
        assert_eq!(now(1_010, 10), 1_010);
        assert_eq!(now(1_020 - day, 20), 1_020);
        assert_eq!(now(1_520 - day, 520), 1_520);
        assert_eq!(now(1_530 + day, 530), 1_530 + day);
        // 2038, where seconds no longer fit in 31 bits.
        assert_eq!(now(2_147_483_648_000, 540), 2_147_483_648_000);
        assert_eq!(now(0, 541), 2_147_483_648_001);
    }

    #[test]
    fn many_looks_within_a_millisecond_do_not_stop_a_clock_that_was_set_back() {
        let mut clock = Steady::new(1_000, Duration::ZERO);
        let looks = (0..=10_000).map(|n| clock.now(0, Duration::from_micros(n * 100)));
        assert_eq!(looks.last(), Some(2_000));
    }
}
