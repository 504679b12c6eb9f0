//! When a watch does what: pauses after trouble, and the times of its lists, each by chance within a bound, so that many
//! agents that meet the same trouble at once do not come back at once.

use std::time::Duration;

/// Bound of the first pause after trouble; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(800);
/// Bound of any pause.
const LONGEST: Duration = Duration::from_secs(30);

/// Times by chance.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    failures: u32,
    random: fn() -> u64,
}

impl Pace {
    /// A pace that takes its chance from there.
    pub(super) fn new(random: fn() -> u64) -> Pace {
        Pace {
            failures: 0,
            random,
        }
    }

    /// Something went well.
    pub(super) fn well(&mut self) {
        self.failures = 0;
    }

    /// The pause after trouble: never shorter than asked for.
    pub(super) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let doubled =
            FIRST.saturating_mul(1u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        // Half of it at least: a refused connection costs the server something as well.
        let bound = doubled.min(LONGEST);
        bound.mul_f64(0.5 + 0.5 * self.share()) + asked.unwrap_or_default()
    }

    /// A time up to this.
    pub(super) fn up_to(&self, most: Duration) -> Duration {
        most.mul_f64(self.share())
    }

    /// A time of three quarters of this to all of it.
    pub(super) fn about(&self, most: Duration) -> Duration {
        most.mul_f64(0.75 + 0.25 * self.share())
    }

    /// A share of one.
    fn share(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a fraction for jitter")]
        let share = (self.random)() as f64 / u64::MAX as f64;
        share
    }
}
