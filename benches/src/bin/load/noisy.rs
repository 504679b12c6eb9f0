//! Torture row N8: one stream that tells much more than can be taken, beside quiet ones, which must not notice.

use std::time::{Duration, Instant};

use clap::Args as Arguments;
use sentinel_benches::daemon::Daemon;
use sentinel_benches::figures::{mb_per_s, permille};
use sentinel_benches::log::marker_test;
use sentinel_benches::senders::{Recording, Senders};
use sentinel_config::SidecarConfig;

use crate::bound;
use crate::steady::{Lines, finish_and_check, streams};

/// How often the noisy stream is written to.
const TICK: Duration = Duration::from_millis(10);

#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Quiet streams
    #[arg(long, default_value_t = 99)]
    quiet: usize,
    /// Megabytes that the noisy one prints in a second
    #[arg(long, default_value_t = 20)]
    mb: usize,
    /// Events of each quiet stream in a second
    #[arg(long, default_value_t = 2)]
    rate: u64,
    /// Seconds that it lasts
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Longest time of 99 in 100 quiet lines, in milliseconds
    #[arg(long, default_value_t = 2_000)]
    most_ms: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let agent = Daemon::start(&dir.path().join("data"), 0, &[])?;
    let mut quiet = streams(&dir.path().join("quiet"), args.quiet)?;
    let noisy = Recording::create(&dir.path().join("noisy"), "noisy")?;
    let config = SidecarConfig::default();
    let noise = Senders::start(std::slice::from_ref(&noisy), &agent.url(), &config)?;
    let senders = Senders::start(&quiet, &agent.url(), &config)?;
    let lasts = Duration::from_secs(args.seconds);
    let written = std::thread::scope(|scope| {
        let noisy = scope.spawn(|| make_noise(noisy, args.mb * 1_000_000, lasts));
        Lines::default().write(&mut quiet, args.rate, lasts);
        noisy.join().map_err(|_| "the noise panicked".to_owned())
    })?;
    let taken = agent.count("SELECT coalesce(max(committed), 0) FROM streams");
    let memory = agent.memory()?;
    let accounts: Vec<_> = quiet.iter().map(Recording::account).collect();
    finish_and_check(quiet, senders, &agent)?;
    // It would be long in coming.
    drop(noise);
    let mut took: Vec<Duration> = accounts.iter().flat_map(|a| a.take_times()).collect();
    took.sort_unstable();
    let p99 = permille(&took, 990);
    println!(
        "1 stream at {:.1} MB/s, of which {:.1} MB/s were taken, and {} quiet ones for {} s: \
         {} quiet lines from written to durable p50 {:?}, p99 {p99:?}, most {:?}; agent {} KiB resident at most",
        mb_per_s(written, lasts),
        mb_per_s(taken as usize, lasts),
        args.quiet,
        args.seconds,
        took.len(),
        permille(&took, 500),
        permille(&took, 1000),
        memory.peak
    );
    bound("p99", p99, Duration::from_millis(args.most_ms))
}

/// Prints so many bytes a second, as far as the machine can; how many in all.
fn make_noise(mut noisy: Recording, per_second: usize, lasts: Duration) -> usize {
    let (begun, mut written, mut n) = (Instant::now(), 0, 0);
    let mut lines = Vec::new();
    while begun.elapsed() < lasts {
        let due = (begun.elapsed().as_secs_f64() * per_second as f64) as usize;
        lines.clear();
        while written + lines.len() < due {
            // Writing to memory cannot fail.
            let _ = marker_test(n, &mut lines);
            n += 1;
        }
        noisy.write(&lines);
        written += lines.len();
        std::thread::sleep(TICK);
    }
    written
}
