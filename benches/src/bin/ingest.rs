//! How fast the agent makes events durable, against a bare loop that inserts the same rows.
//!
//! `cargo run --release -p sentinel-benches --bin ingest`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use sentinel_benches::figures::median;
use sentinel_benches::ingest::{Feed, Rows, feeds, insert, through_agent};
use sentinel_config::Config;

#[derive(Debug, Parser)]
#[command(about = "Times durable ingest against a bare loop of inserts of the same rows")]
struct Args {
    /// Tests in each stream
    #[arg(long, default_value_t = 50_000)]
    tests: u64,
    /// Streams sent at once, each of a run of its own
    #[arg(long, default_value_t = 4)]
    streams: u64,
    /// Events in each frame at most [default: the sidecar's]
    #[arg(long)]
    frame_events: Option<usize>,
    /// Pairs of measurements
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Where the databases are made [default: the system's place for temporary files]
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("ingest: {line}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let mut config = Config::default();
    config.sidecar.frame_events = args.frame_events.unwrap_or(config.sidecar.frame_events);
    let dir = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let feeds = feeds(args.streams, args.tests, &config);
    let events: u64 = feeds.iter().map(|f| f.events).sum();
    println!(
        "{} streams, {events} events in {} frames and {} requests, {:.1} MB of output",
        feeds.len(),
        feeds.iter().map(|f| f.frames).sum::<u64>(),
        feeds.iter().map(|f| f.bodies.len()).sum::<usize>(),
        feeds.iter().map(|f| f.log.bytes.len()).sum::<usize>() as f64 / 1e6,
    );
    println!(
        "{:>5} {:>8} {:>9} {:>7} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7}",
        "round",
        "commits",
        "agent s",
        "cpu s",
        "rows/s",
        "events/s",
        "bare s",
        "cpu s",
        "rows/s",
        "ratio"
    );
    let mut ratios = Vec::new();
    let mut stored = String::new();
    for round in 1..=args.rounds.max(1) {
        let pair = pair(&feeds, &dir, &config)?;
        let rows = pair.rows as f64;
        ratios.push(pair.bare_s / pair.agent_s);
        stored = pair.by_table;
        println!(
            "{round:>5} {:>8} {:>9.3} {:>7.3} {:>9.0} {:>9.0} {:>9.3} {:>7.3} {:>9.0} {:>6.1}%",
            pair.commits,
            pair.agent_s,
            pair.agent_cpu_s,
            rows / pair.agent_s,
            events as f64 / pair.agent_s,
            pair.bare_s,
            pair.bare_cpu_s,
            rows / pair.bare_s,
            100.0 * pair.bare_s / pair.agent_s
        );
    }
    println!("rows: {stored}");
    println!(
        "verified: tests by status, events, frames, positions and ends of every stream; the bare loop's rows"
    );
    println!(
        "median: {:.1}% of the bare loop's rows per second",
        100.0 * median(&ratios)
    );
    Ok(())
}

struct Pair {
    agent_s: f64,
    agent_cpu_s: f64,
    bare_s: f64,
    bare_cpu_s: f64,
    commits: u64,
    rows: usize,
    by_table: String,
}

/// The agent, then the bare loop with the rows and the number of commits of that very run.
fn pair(feeds: &[Feed], dir: &Path, config: &Config) -> Result<Pair, String> {
    let fresh = || tempfile::tempdir_in(dir).map_err(|e| format!("{}: {e}", dir.display()));
    let data = fresh()?;
    let taken = through_agent(feeds, data.path(), config)?;
    let rows = Rows::read(data.path(), feeds)?;
    // What the agent wrote must not reach the disk while the other is timed.
    drop(data);
    let (bare, bare_cpu) = insert(&rows, fresh()?.path(), taken.commits)?;
    Ok(Pair {
        agent_s: taken.time.as_secs_f64(),
        agent_cpu_s: taken.cpu.as_secs_f64(),
        bare_s: bare.as_secs_f64(),
        bare_cpu_s: bare_cpu.as_secs_f64(),
        commits: taken.commits,
        rows: rows.count(),
        by_table: rows.by_table(),
    })
}
