//! What may become of a request, how often, and what did.

use std::time::{Duration, Instant};

use crate::chance::Chance;

/// In how many of a thousand requests what happens; the rest pass.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// Both connections are reset once a random number of the request's bytes, or of the answer's, has
    /// passed.
    pub reset: u64,
    /// The request ends early, as if its sender had ended.
    pub cut: u64,
    /// The agent answers, and its answer is thrown away with the connection.
    pub swallowed: u64,
    /// The request comes a second time, on a connection of its own, later: behind others if it takes
    /// its time.
    pub doubled: u64,
    /// Nothing is done for a while before the request passes.
    pub delayed: u64,
    /// The connection stays open and says nothing any more.
    pub silent: u64,
    /// The longest delay.
    pub longest: Duration,
}

/// What happened so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// When connections were made.
    pub connections: Vec<Instant>,
    /// Requests of which the head came.
    pub requests: u64,
    /// Those that were reset, or whose answers were.
    pub resets: u64,
    /// Those that ended early.
    pub cut: u64,
    /// Those whose answers were thrown away.
    pub swallowed: u64,
    /// Those that came twice.
    pub doubled: u64,
    /// Those that came later.
    pub delayed: u64,
    /// Those on which a connection fell silent.
    pub silent: u64,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    Reset {
        at: u64,
    },
    /// After so many bytes of the answer.
    ResetAnswer {
        at: u64,
    },
    Cut {
        at: u64,
    },
    Swallow,
    Double {
        after: Duration,
    },
    Delay(Duration),
    Silence,
}

/// Bytes of an answer among which one is chosen to be its last.
const ANSWER: u64 = 200;

impl Weather {
    pub(super) fn fate(&self, chance: &mut Chance, bytes: u64) -> Fate {
        let delay = |chance: &mut Chance| self.longest.mul_f64(chance.below(1_000) as f64 / 1e3);
        let mut at = chance.below(1_000);
        let mut falls = |share: u64| {
            let fell = at < share;
            at = at.wrapping_sub(share);
            fell
        };
        if falls(self.reset) {
            return match chance.one_in(4) {
                true => Fate::ResetAnswer {
                    at: chance.below(ANSWER),
                },
                false => Fate::Reset {
                    at: chance.below(bytes),
                },
            };
        }
        if falls(self.cut) {
            return Fate::Cut {
                at: chance.below(bytes),
            };
        }
        if falls(self.swallowed) {
            return Fate::Swallow;
        }
        if falls(self.doubled) {
            let after = delay(chance);
            return Fate::Double { after };
        }
        if falls(self.delayed) {
            return Fate::Delay(delay(chance));
        }
        match falls(self.silent) {
            true => Fate::Silence,
            false => Fate::Pass,
        }
    }
}

impl Seen {
    pub(super) fn count(&mut self, fate: &Fate) {
        self.requests += 1;
        match fate {
            Fate::Pass => {}
            Fate::Reset { .. } | Fate::ResetAnswer { .. } => self.resets += 1,
            Fate::Cut { .. } => self.cut += 1,
            Fate::Swallow => self.swallowed += 1,
            Fate::Double { .. } => self.doubled += 1,
            Fate::Delay(_) => self.delayed += 1,
            Fate::Silence => self.silent += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_come_as_often_as_told_and_the_same_from_the_same_seed() {
        let weather = Weather {
            reset: 100,
            cut: 100,
            swallowed: 100,
            doubled: 100,
            delayed: 100,
            silent: 100,
            longest: Duration::from_secs(1),
        };
        let fates = |seed| -> Vec<Fate> {
            let mut chance = Chance::new(seed);
            (0..10_000)
                .map(|_| weather.fate(&mut chance, 500))
                .collect()
        };
        assert_eq!(fates(1), fates(1));
        assert_ne!(fates(1), fates(2));
        let mut seen = Seen::default();
        fates(3).iter().for_each(|fate| seen.count(fate));
        assert_eq!(seen.requests, 10_000);
        for many in [
            seen.resets,
            seen.cut,
            seen.swallowed,
            seen.doubled,
            seen.delayed,
            seen.silent,
        ] {
            assert!((850..1_150).contains(&many), "{seen:?}");
        }
        let mut chance = Chance::new(4);
        let fair = |_| Weather::default().fate(&mut chance, 500) == Fate::Pass;
        assert!((0..1_000).all(fair));
    }
}
