//! How many tests passed and failed at which time in one stream: what the control rate is counted from, without keeping a
//! single test.

use std::collections::VecDeque;

use crate::input::Millis;

/// Buckets kept; when there would be more, each becomes twice as wide.
const BUCKETS: usize = 256;
/// Width of a bucket at first.
const WIDTH_MS: Millis = 1_000;

/// Results of any kind in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Results {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Results {
    pub(crate) fn add(&mut self, other: Results) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

/// Results over time, in buckets of one width, the earliest first.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    width: Millis,
    buckets: VecDeque<(Millis, Results)>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            width: WIDTH_MS,
            buckets: VecDeque::new(),
        }
    }
}

impl Pace {
    /// Adds results of that time; times that go backwards count as the latest.
    pub(crate) fn add(&mut self, at: Millis, results: Results) {
        let start = at - at.rem_euclid(self.width);
        match self.buckets.back_mut() {
            Some((latest, sum)) if *latest >= start => sum.add(results),
            _ => self.buckets.push_back((start, results)),
        }
        if self.buckets.len() > BUCKETS {
            self.widen();
        }
    }

    /// Results after the moment at which something began, up to its end. What passed in the very bucket may have passed
    /// before it: there only failures count.
    pub(crate) fn during(&self, from: Millis, to: Millis) -> Results {
        let first = from - from.rem_euclid(self.width);
        let mut sum = Results::default();
        for (start, results) in &self.buckets {
            if *start > first && *start <= to {
                sum.add(*results);
            } else if *start == first {
                sum.failed += results.failed;
            }
        }
        sum
    }

    /// Results before that moment.
    pub(crate) fn before(&self, from: Millis) -> Results {
        let first = from - from.rem_euclid(self.width);
        let mut sum = Results::default();
        for (_, results) in self.buckets.iter().filter(|(start, _)| *start < first) {
            sum.add(*results);
        }
        sum
    }

    fn widen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let mut wide: VecDeque<(Millis, Results)> = VecDeque::new();
        for (start, results) in self.buckets.drain(..) {
            let start = start - start.rem_euclid(self.width);
            match wide.back_mut() {
                Some((latest, sum)) if *latest == start => sum.add(results),
                _ => wide.push_back((start, results)),
            }
        }
        self.buckets = wide;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: Results = Results {
        passed: 1,
        failed: 0,
    };

    #[test]
    fn a_long_run_keeps_all_results_in_few_buckets() {
        let mut pace = Pace::default();
        for second in 0..100_000 {
            pace.add(second * 1_000, PASS);
        }
        assert!(pace.buckets.len() <= BUCKETS);
        assert_eq!(pace.before(Millis::MAX).passed, 100_000);
    }

    #[test]
    fn what_passed_in_the_second_of_the_onset_may_have_passed_before_it() {
        let mut pace = Pace::default();
        for at in [1_000, 2_100, 3_000, 9_000] {
            pace.add(at, PASS);
        }
        assert_eq!(pace.before(2_500).passed, 1);
        assert_eq!(pace.during(2_500, 5_000).passed, 1);
    }
}
