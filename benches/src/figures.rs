//! The few figures the benchmarks print.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Processor time this thread has used: what a machine busy with other things does not change.
///
/// # Errors
/// When the system does not tell.
pub fn thread_cpu() -> Result<Duration, String> {
    cpu(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

/// Processor time all threads of this process have used.
///
/// # Errors
/// When the system does not tell.
pub fn process_cpu() -> Result<Duration, String> {
    cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

fn cpu(clock: ClockId) -> Result<Duration, String> {
    let time = clock_gettime(clock).map_err(|e| format!("no processor time: {e}"))?;
    Ok(Duration::from(time))
}

/// The middle of the values, the lower one of two; zero without any.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len().saturating_sub(1) / 2;
    sorted.get(middle).copied().unwrap_or(0.0)
}

/// The value that so many in a thousand do not exceed; zero without any. The values must be sorted.
#[must_use]
pub fn permille(sorted: &[Duration], share: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let at = (sorted.len() * share / 1000).min(last);
    sorted.get(at).copied().unwrap_or_default()
}

/// Megabytes (of 10^6) per second.
#[must_use]
pub fn mb_per_s(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// The first quarter of a log, up to a line end.
#[must_use]
pub fn quarter(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', &bytes[bytes.len() / 4..]);
    &bytes[..end.map_or(bytes.len(), |at| bytes.len() / 4 + at + 1)]
}

#[cfg(test)]
mod tests {
    use super::{Duration, median, permille, quarter};

    #[test]
    fn a_quarter_ends_with_a_line() {
        assert_eq!(quarter(b"one\ntwo\nthree\nfour\n"), b"one\ntwo\n");
        assert_eq!(quarter(b"one"), b"one");
        assert_eq!(quarter(b""), b"");
    }

    #[test]
    fn a_share_of_the_values_lies_below_its_bound() {
        let values: Vec<Duration> = (1..=100).map(Duration::from_secs).collect();
        assert_eq!(permille(&values, 990), Duration::from_secs(100));
        assert_eq!(permille(&values, 989), Duration::from_secs(99));
        assert_eq!(permille(&values, 1000), Duration::from_secs(100));
        assert_eq!(permille(&[], 990), Duration::ZERO);
    }

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
    }
}
