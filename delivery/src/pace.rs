//! How much a request carries, and how soon the next one follows one that got no answer.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::policy::Answer;

/// Bytes of a request at most, on a fast way.
const MOST: usize = 1 << 20;
/// Bytes below which a request is not made smaller: its head alone has as many.
const LEAST: usize = 256;

/// As many bytes as the way to the agent takes in the time a request has, learned from what became of
/// the requests before.
#[derive(Clone, Debug)]
pub struct Pace {
    bytes: usize,
    patience: Duration,
}

impl Pace {
    /// Begins with the most; `patience` is the time a request has.
    pub fn new(patience: Duration) -> Pace {
        Pace {
            bytes: MOST,
            patience,
        }
    }

    /// Bytes of the next request, if they can be had in whole lines.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A request of so many bytes was answered after this time. The next may carry more than it if that
    /// can be trusted to be in time: a way that was found to be slow is not tried over and over.
    pub fn answered(&mut self, sent: usize, took: Duration) {
        let trusted = if took < self.patience / 4 {
            sent * 2
        } else if took < self.patience / 4 * 3 {
            sent + sent / 4
        } else {
            sent
        };
        self.bytes = self.bytes.max(trusted).min(MOST);
    }

    /// A request of so many bytes was not answered in time.
    pub fn timed_out(&mut self, sent: usize) {
        self.bytes = (sent.min(self.bytes) / 4).max(LEAST);
    }
}

/// Waits for what is left of a pause. To have waited in vain for an answer was a part of it, so that an
/// agent that comes back is found within the longest pause.
pub async fn rest_of(pause: Duration, begun: Instant, answer: &Answer) {
    let waited = match answer {
        Answer::Nothing => begun.elapsed(),
        _ => Duration::ZERO,
    };
    sleep(pause.saturating_sub(waited)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pace after so many requests that carry all they may over a way of so many bytes a second,
    /// and how many of them were too slow.
    fn after(requests: usize, per_second: usize) -> (usize, usize) {
        let patience = Duration::from_secs(12);
        let mut pace = Pace::new(patience);
        let mut late = 0;
        for _ in 0..requests {
            // With the heads of request and answer.
            let took = Duration::from_secs_f64((pace.bytes() + 500) as f64 / per_second as f64);
            if took < patience {
                pace.answered(pace.bytes(), took);
            } else {
                pace.timed_out(pace.bytes());
                late += 1;
            }
        }
        (pace.bytes(), late)
    }

    #[test]
    fn a_fast_way_is_used_in_full_and_a_slow_one_is_found_and_not_tried_again() {
        assert_eq!(after(100, 10_000_000), (MOST, 0));
        let (bytes, late) = after(1_000, 125);
        assert!((600..1_000).contains(&bytes), "{bytes}");
        assert_eq!(late, 6);
        let (_, late) = after(1_000, 20_000);
        assert_eq!(late, 2);
    }

    #[test]
    fn what_was_slow_once_is_fast_again_after_a_dozen_answers() {
        let mut pace = Pace::new(Duration::from_secs(12));
        for _ in 0..20 {
            pace.timed_out(pace.bytes());
        }
        assert_eq!(pace.bytes(), LEAST);
        for _ in 0..12 {
            pace.answered(pace.bytes(), Duration::from_millis(20));
        }
        assert_eq!(pace.bytes(), MOST);
    }

    #[test]
    fn a_small_request_that_is_answered_soon_says_nothing_of_large_ones() {
        let mut pace = Pace::new(Duration::from_secs(12));
        pace.timed_out(40_000);
        pace.answered(100, Duration::from_millis(20));
        assert_eq!(pace.bytes(), 10_000);
        pace.answered(6_000, Duration::from_millis(20));
        assert_eq!(pace.bytes(), 12_000);
    }

    #[test]
    fn a_small_request_that_is_late_makes_the_next_one_smaller_still() {
        let mut pace = Pace::new(Duration::from_secs(12));
        pace.timed_out(4_000);
        assert_eq!(pace.bytes(), 1_000);
    }
}
