//! Failures over time: the busiest window of a run, without keeping every failure.

use std::collections::VecDeque;

use sentinel_config::FailureSpike;

use crate::input::Millis;
use crate::settings::millis;

/// Width of the buckets failures are counted in.
const BUCKET_MS: Millis = 1_000;
/// Buckets kept; a window longer than that many seconds is cut to it.
const BUCKETS: usize = 86_400;
/// Latest failures kept as evidence.
const SAMPLES: usize = 5;

/// One failed test, as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureSample {
    /// The stream.
    pub stream: String,
    /// Line of the result.
    pub line: u64,
    /// Suite and name.
    pub test: String,
    /// First line of the failure's text.
    pub message: Option<String>,
}

/// The spike with the most failures in one window so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spike {
    /// How many.
    pub failures: u64,
    /// Results of any kind in the same window.
    pub results: u64,
    /// End of the window.
    pub at_ms: Millis,
}

/// Counts of one bucket.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    start: Millis,
    failures: u64,
    results: u64,
}

/// A sliding window over results, with the worst seen.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    buckets: VecDeque<Bucket>,
    now: Spike,
    worst: Spike,
    samples: VecDeque<FailureSample>,
}

impl Failures {
    /// Takes results into account that ended at the given time; times that go backwards count as
    /// the latest.
    pub(crate) fn add(&mut self, at: Millis, failures: u64, results: u64, rule: &FailureSpike) {
        let window = millis(rule.window);
        let newest = self.buckets.back().map_or(Millis::MIN, |b| b.start);
        let start = (at - at.rem_euclid(BUCKET_MS)).max(newest);
        match self.buckets.back_mut() {
            Some(bucket) if bucket.start == start => {
                bucket.failures = bucket.failures.saturating_add(failures);
                bucket.results = bucket.results.saturating_add(results);
            }
            _ => self.buckets.push_back(Bucket {
                start,
                failures,
                results,
            }),
        }
        self.now.failures = self.now.failures.saturating_add(failures);
        self.now.results = self.now.results.saturating_add(results);
        self.now.at_ms = start.saturating_add(BUCKET_MS);
        while let Some(oldest) = self.buckets.front() {
            let outside = start.saturating_sub(oldest.start) >= window.max(BUCKET_MS);
            if !outside && self.buckets.len() <= BUCKETS {
                break;
            }
            self.now.failures = self.now.failures.saturating_sub(oldest.failures);
            self.now.results = self.now.results.saturating_sub(oldest.results);
            self.buckets.pop_front();
        }
        let share = self.now.failures as f64 / self.now.results.max(1) as f64;
        let is_spike = self.now.failures >= rule.min_failures as u64 && share >= rule.share;
        if is_spike && failures > 0 && self.now.failures >= self.worst.failures {
            self.worst = self.now;
        }
    }

    /// Keeps a failure as evidence, in place of the oldest kept.
    pub(crate) fn sample(&mut self, sample: FailureSample) {
        if self.samples.len() >= SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The worst window so far that was a spike; no failures if there was none.
    #[must_use]
    pub fn worst(&self) -> Spike {
        self.worst
    }

    /// The latest failures.
    pub fn samples(&self) -> impl Iterator<Item = &FailureSample> {
        self.samples.iter()
    }
}
