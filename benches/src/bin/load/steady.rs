//! Many streams that each tell a little all the time: how soon a line is durable, and what the agent weighs.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args as Arguments;
use sentinel_benches::daemon::Daemon;
use sentinel_benches::figures::permille;
use sentinel_benches::log::outcome;
use sentinel_benches::oracle::{self, compare, events_of};
use sentinel_benches::senders::{Recording, Senders};
use sentinel_config::SidecarConfig;

use crate::bound;

/// How often lines are written; each stream's turn comes with its own phase.
const TICK: Duration = Duration::from_millis(1);
/// For the last lines, on a loaded machine.
const DRAIN: Duration = Duration::from_secs(60);

#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Streams, each of a run of its own
    #[arg(long, default_value_t = 200)]
    streams: usize,
    /// Events of each stream in a second
    #[arg(long, default_value_t = 50)]
    rate: u64,
    /// Seconds that are measured
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seconds before
    #[arg(long, default_value_t = 5)]
    warm: u64,
    /// Longest time of 99 in 100 lines, in milliseconds
    #[arg(long, default_value_t = 250)]
    most_ms: u64,
    /// Most mebibytes of the agent
    #[arg(long, default_value_t = 64)]
    most_mib: u64,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let agent = Daemon::start(&dir.path().join("data"), 0, &[])?;
    let empty = agent.memory()?.resident;
    let mut streams = streams(dir.path(), args.streams)?;
    let senders = Senders::start(&streams, &agent.url(), &SidecarConfig::default())?;
    let (warm, lasts) = (
        Duration::from_secs(args.warm),
        Duration::from_secs(args.seconds),
    );
    let mut lines = Lines::default();
    lines.write(&mut streams, args.rate, warm);
    streams.iter().for_each(|s| drop(s.account().take_times()));
    let written = lines.write(&mut streams, args.rate, lasts);
    let memory = agent.memory()?;
    let accounts: Vec<_> = streams.iter().map(Recording::account).collect();
    finish_and_check(streams, senders, &agent)?;
    let mut took: Vec<Duration> = accounts.iter().flat_map(|a| a.take_times()).collect();
    took.sort_unstable();
    let p99 = permille(&took, 990);
    println!(
        "{} streams, {:.0} events/s over {} s: from written to durable p50 {:?}, p99 {p99:?}, p99.9 {:?}, most {:?}; \
         agent {} KiB resident when empty, {} at the end, {} at most; every event stored once",
        args.streams,
        written as f64 / lasts.as_secs_f64(),
        args.seconds,
        permille(&took, 500),
        permille(&took, 999),
        permille(&took, 1000),
        empty,
        memory.resident,
        memory.peak
    );
    bound("p99", p99, Duration::from_millis(args.most_ms))?;
    bound("KiB", memory.peak, args.most_mib * 1024)
}

/// Recordings of so many streams below a directory.
pub(crate) fn streams(dir: &Path, streams: usize) -> Result<Vec<Recording>, String> {
    (0..streams)
        .map(|n| Recording::create(&dir.join(format!("stream-{n}")), &format!("run-{n}")))
        .collect()
}

/// Ends the recordings, waits until they are whole, and compares what is stored with what was written.
pub(crate) fn finish_and_check(
    streams: Vec<Recording>,
    senders: Senders,
    agent: &Daemon,
) -> Result<(), String> {
    let written: Vec<_> = streams
        .iter()
        .map(|s| (s.epoch(), s.dir().to_owned()))
        .collect();
    streams.into_iter().try_for_each(Recording::finish)?;
    senders.all_whole(DRAIN)?;
    let stored = oracle::stored(&agent.store()).map_err(|e| e.to_string())?;
    for (epoch, dir) in written {
        let stream = stored.get(&epoch).ok_or("a stream is not there")?;
        let bytes = oracle::recorded(&dir).map_err(|e| e.to_string())?;
        compare(&events_of(&bytes), &stream.events)?;
        if !stream.closed || !stream.gaps.is_empty() {
            return Err(format!("{epoch}: not whole: {:?}", stream.gaps));
        }
    }
    Ok(())
}

/// Lines that tell of one test after another, two to each.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Written so far, of all streams.
    all: u64,
}

impl Lines {
    /// Writes them evenly over the streams and the time; how many.
    pub(crate) fn write(&mut self, streams: &mut [Recording], rate: u64, lasts: Duration) -> u64 {
        let (begun, before, n) = (Instant::now(), self.all, streams.len() as u64);
        loop {
            let passed = begun.elapsed().min(lasts);
            let due = (passed.as_secs_f64() * (rate * n) as f64) as u64;
            while self.all - before < due {
                let at = (self.all % n) as usize;
                let line = line(self.all / n);
                streams[at].write(line.as_bytes());
                self.all += 1;
            }
            if passed == lasts {
                return self.all - before;
            }
            std::thread::sleep(TICK);
        }
    }
}

/// The n-th line of a stream.
fn line(n: u64) -> String {
    let test = n / 2;
    let suite = test % 17;
    match n % 2 {
        0 => format!("TEST_START name=test_{test} suite=suite_{suite}\n"),
        _ => format!("{} name=test_{test} suite=suite_{suite}\n", outcome(test)),
    }
}
