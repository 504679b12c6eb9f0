//! Seeded chance: the same seed gives the same torture.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose moments with.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Chance from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 if there is none.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits().checked_rem(n).unwrap_or(0)
    }

    /// A number in `from..to`; `from` if the range is empty.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// Whether what happens once in so many times happens now.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Runs a test for so many seeds, or as many as `SENTINEL_SEEDS` says, or for the one in
/// `SENTINEL_SEED`; names the one that fails.
pub fn for_seeds(seeds: u64, test: impl Fn(&mut Chance)) {
    struct Told(u64);
    impl Drop for Told {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("failed with SENTINEL_SEED={}", self.0);
            }
        }
    }
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let range = match number("SENTINEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SENTINEL_SEEDS").unwrap_or(seeds),
    };
    for seed in range {
        let _told = Told(seed);
        test(&mut Chance::new(seed));
    }
}
