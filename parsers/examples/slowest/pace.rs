//! How fast the core is at the moment, by a work that stays the same: a shared one is at times half as fast.

use std::fmt;
use std::time::Duration;

use crate::{millis, parse};

/// Bytes of the work that is timed, some milliseconds.
const WORK: usize = 128 * 1024;
/// A core is at full pace if the work takes at most this many hundredths of what it took at best.
const FULL: u32 = 110;
/// Tries at full pace that a slow shape is given.
const TRIES: u32 = 3;
/// Tries at whatever pace that a slow shape is given: what is slow for so long is called slow.
const PATIENCE: u32 = 60;

/// The work, and how long it took.
pub(crate) struct Pace {
    work: Vec<u8>,
    fastest: Duration,
    slowest: Duration,
    /// Shapes that never had their tries at full pace.
    hurried: u32,
}

impl Pace {
    /// That of a parser over some of each log.
    pub(crate) fn of(logs: &[(String, Vec<u8>)]) -> Self {
        let all = logs.iter().flat_map(|(_, log)| log).copied();
        let mut pace = Self {
            work: all.cycle().take(WORK).collect(),
            fastest: Duration::MAX,
            slowest: Duration::ZERO,
            hurried: 0,
        };
        for _ in 0..PATIENCE {
            pace.look();
        }
        pace
    }

    /// How long the work takes now.
    pub(crate) fn look(&mut self) -> Duration {
        let took = parse(&self.work, false);
        self.fastest = self.fastest.min(took);
        self.slowest = self.slowest.max(took);
        took
    }

    /// Tries until a try says it is done, or had its tries at full pace.
    pub(crate) fn retry(&mut self, mut attempt: impl FnMut() -> bool) {
        let mut full = 0;
        for _ in 0..PATIENCE {
            let before = self.look();
            let done = attempt();
            let slower = before.max(self.look());
            full += u32::from(slower <= self.fastest * FULL / 100);
            if done || full == TRIES {
                return;
            }
        }
        self.hurried += 1;
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fastest, slowest) = (millis(self.fastest), millis(self.slowest));
        write!(
            f,
            "the same work took {fastest:.2} to {slowest:.2} ms; {} slow shapes were never tried at full pace",
            self.hurried
        )
    }
}
