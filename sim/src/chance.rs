//! Chance from a seed: the same seed gives the same numbers, on every machine and in every build.

use std::sync::atomic::{AtomicU64, Ordering};

use sentinel_sidecar::random::Rng;

/// A source of numbers (splitmix64).
#[derive(Debug)]
pub struct Chance(AtomicU64);

impl Chance {
    /// Begins with a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Chance {
        Chance(AtomicU64::new(seed))
    }

    /// Another source, so that what is asked of it does not shift what is asked of this one.
    #[must_use]
    pub fn fork(&self) -> Chance {
        Chance::new(self.number())
    }

    /// 0 or more, and less than `n`; 0 for 0.
    pub fn below(&self, n: u64) -> u64 {
        self.number() % n.max(1)
    }

    /// At least `from` and at most `to`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// True once in `n` times.
    pub fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// True in so many of a hundred times.
    pub fn percent(&self, n: u64) -> bool {
        self.below(100) < n
    }

    /// The place of one of `n` things; 0 for none.
    pub fn index(&self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap_or(0)
    }
}

impl Rng for Chance {
    fn number(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
