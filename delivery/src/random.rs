//! Randomness, asked for in one place: stream epochs and retry jitter.

use std::fmt::Debug;

/// Chance.
pub trait Rng: Debug + Send + Sync {
    /// 64 random bits.
    fn number(&self) -> u64;
}

/// The machine's chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn number(&self) -> u64 {
        number()
    }
}

/// 128 random bits in 32 lower-case hex digits.
#[must_use]
pub fn epoch() -> String {
    format!("{:016x}{:016x}", number(), number())
}

/// 64 random bits; when the system has none, bits of the clock, which is enough to keep two
/// streams of one machine apart.
#[must_use]
pub fn number() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        let clock = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| d.as_nanos());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low bits are the random ones"
        )]
        let low = clock as u64;
        low.rotate_left(32) ^ u64::from(std::process::id())
    })
}
