//! What to do after each answer of the agent: a pure step, so that every rule of the protocol can
//! be read and tested in one place.

use std::time::Duration;

use sentinel_parsers::wire::Position;

/// A frame refused this often as malformed is replaced by a gap: it must not block the stream.
pub const REJECTIONS: u32 = 5;
/// Longest `Retry-After` that is honoured; a longer one is a mistake of somebody's.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Failures that count at most once an agent answers that was silent, be it with a refusal: it is there,
/// and whoever waited for it need not wait as long again.
const BACK: u32 = 5;

/// What came back for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 2xx: everything before `committed` is stored.
    Stored(Position),
    /// 409: the frames begin beyond the agent's position.
    Conflict(Position),
    /// 404: the agent does not know the stream.
    Unknown,
    /// 413.
    TooLarge,
    /// 400, 422: the first frame not stored yet is malformed in the agent's eyes.
    Malformed,
    /// Any other status, redirects included: not now.
    Refused {
        /// The status.
        status: u16,
        /// `Retry-After`, if it was sent.
        retry_after: Option<Duration>,
    },
    /// No answer, or not one of the agent's.
    Nothing,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Forget the frames the agent has and go on.
    Advance {
        /// Everything before is stored.
        committed: u64,
        /// The end of the stream is stored as well.
        closed: bool,
    },
    /// Go on from this offset.
    Seek(u64),
    /// Open the stream again after the pause, then go on where the agent says.
    Reopen(Duration),
    /// Send less at a time, at once; if it was one frame already, make two of it.
    Shrink,
    /// Send a gap in place of the first frame.
    Replace,
    /// The same again after the pause.
    Retry(Duration),
}

/// Remembers what went wrong since something last went well.
#[derive(Clone, Debug)]
pub struct Policy {
    retry_min: Duration,
    retry_max: Duration,
    failures: u32,
    rejections: u32,
    shy: bool,
    silent: bool,
}

impl Policy {
    /// A policy with pauses that are random up to `retry_min`, doubling up to `retry_max`.
    #[must_use]
    pub fn new(retry_min: Duration, retry_max: Duration) -> Policy {
        Policy {
            retry_min,
            retry_max,
            failures: 0,
            rejections: 0,
            shy: false,
            silent: false,
        }
    }

    /// Whether the next request should carry one frame only: the last one was refused, and it must
    /// be clear which frame is meant.
    #[must_use]
    pub fn one_at_a_time(&self) -> bool {
        self.shy
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// What to do after an answer to frames of which the first begins at `start`. `random` decides
    /// the length of a pause.
    pub fn step(&mut self, answer: &Answer, start: u64, random: u64) -> Action {
        let silent = *answer == Answer::Nothing;
        if std::mem::replace(&mut self.silent, silent) && !silent {
            self.failures = self.failures.min(BACK);
        }
        match answer {
            Answer::Stored(position) if position.closed || position.committed > start => {
                *self = Policy::new(self.retry_min, self.retry_max);
                Action::Advance {
                    committed: position.committed,
                    closed: position.closed,
                }
            }
            // Taken, but not further than before: without a pause this would spin.
            Answer::Stored(_) | Answer::Nothing => Action::Retry(self.pause(None, random)),
            Answer::Conflict(position) => {
                if position.committed == start {
                    return Action::Retry(self.pause(None, random));
                }
                Action::Seek(position.committed)
            }
            Answer::Unknown => Action::Reopen(self.pause(None, random)),
            Answer::TooLarge => {
                self.shy = true;
                Action::Shrink
            }
            Answer::Malformed => {
                let alone = std::mem::replace(&mut self.shy, true);
                self.rejections += u32::from(alone);
                if self.rejections >= REJECTIONS {
                    self.rejections = 0;
                    return Action::Replace;
                }
                Action::Retry(self.pause(None, random))
            }
            Answer::Refused { retry_after, .. } => Action::Retry(self.pause(*retry_after, random)),
        }
    }

    /// A random pause up to a bound that doubles with each failure, and never shorter than asked.
    fn pause(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let doubled = self
            .retry_min
            .saturating_mul(1u32.checked_shl(self.failures.min(31)).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        let bound = doubled.min(self.retry_max);
        #[expect(clippy::cast_precision_loss, reason = "a fraction for jitter")]
        let fraction = random as f64 / u64::MAX as f64;
        bound.mul_f64(fraction) + asked.unwrap_or_default().min(LONGEST_RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests;
