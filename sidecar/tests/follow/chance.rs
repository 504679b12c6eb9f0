//! Chance from a seed, and the seeds that a test tries.

/// A small generator; the same seed gives the same numbers everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Runs a test for so many seeds, or for the one in `SENTINEL_SEED`, and names the one that fails.
pub(crate) fn for_seeds(seeds: u64, test: impl Fn(&mut Chance)) {
    struct Told(u64);
    impl Drop for Told {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("failed with SENTINEL_SEED={}", self.0);
            }
        }
    }
    let told = std::env::var("SENTINEL_SEED").ok();
    let times = std::env::var("SENTINEL_SEEDS").ok();
    let times = times.and_then(|n| n.parse().ok()).unwrap_or(seeds);
    let range = match told.and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..times,
    };
    for seed in range {
        let _told = Told(seed);
        test(&mut Chance::new(seed));
    }
}
