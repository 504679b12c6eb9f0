//! `sentinel-sim`: many seeds, or one with its trace.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use sentinel_agent::solo::Broken;
use sentinel_sim::{Setup, Sources, simulate};

/// Simulates sidecars, agents, network and disks.
#[derive(Debug, Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This one alone, with all that happens.
    #[arg(long)]
    seed: Option<u64>,
    /// Something broken on purpose, which should be found.
    #[arg(long = "break")]
    broken: Option<Part>,
    /// Where the tests' output comes from.
    #[arg(long, default_value = "all")]
    sources: Which,
    /// Go on after a seed that fails.
    #[arg(long)]
    keep_going: bool,
}

/// What can be broken.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    /// Agents take again what they took before.
    Dedupe,
    /// Agents answer before they commit.
    AckOrder,
    /// Agents' databases do not wait for the disk.
    StoreSync,
    /// Spools do not wait for the disk.
    SpoolSync,
}

/// Where output can come from.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// From recordings alone in half of all worlds, else from anywhere.
    All,
    /// From recordings and spools.
    Recordings,
    /// From pipes, into a spool or into memory.
    Pipes,
    /// From files that are rotated.
    Files,
    /// From pods' logs.
    Pods,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let setup = Setup {
        broken: Broken {
            dedupe: matches!(args.broken, Some(Part::Dedupe)),
            ack_order: matches!(args.broken, Some(Part::AckOrder)),
            store_sync: matches!(args.broken, Some(Part::StoreSync)),
        },
        sources: match args.sources {
            Which::All => Sources::All,
            Which::Recordings => Sources::Recordings,
            Which::Pipes => Sources::Pipes,
            Which::Files => Sources::Files,
            Which::Pods => Sources::Pods,
        },
        spool_sync: matches!(args.broken, Some(Part::SpoolSync)),
        print: args.seed.is_some(),
        ..Setup::default()
    };
    let (from, seeds) = match args.seed {
        Some(seed) => (seed, 1),
        None => (args.from, args.seeds),
    };
    let begun = Instant::now();
    let (mut failed, mut requests, mut results, mut faults, mut virtual_ms) = (0, 0, 0, 0, 0);
    // Of all that happened in all worlds: two builds with the same number did the same.
    let mut hash = 0_u64;
    for seed in from..from.saturating_add(seeds) {
        let report = simulate(seed, &setup);
        requests += report.requests;
        results += report.results;
        faults += report.faults;
        virtual_ms += report.took_ms;
        hash = hash.rotate_left(7) ^ report.hash;
        if report.violations.is_empty() {
            continue;
        }
        failed += 1;
        println!("seed {seed} fails: {}", report.violations.join("; "));
        if !args.keep_going {
            break;
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!(
        "{seeds} seeds in {took:.1} s: {failed} failed; {results} results, {requests} requests, \
         {faults} faults, {:.1} hours of virtual time; {hash:016x}",
        f64::from(u32::try_from(virtual_ms / 1_000).unwrap_or(u32::MAX)) / 3_600.0
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
