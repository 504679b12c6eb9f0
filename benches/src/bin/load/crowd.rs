//! Torture row N5: sidecars whose agent goes away and comes back. How soon all are served, how their connections
//! spread over time, and that nothing is lost.

use std::time::{Duration, Instant};

use clap::Args as Arguments;
use sentinel_benches::daemon::Daemon;
use sentinel_benches::figures::permille;
use sentinel_benches::process::until;
use sentinel_benches::senders::{Account, Recording, Senders};
use sentinel_config::SidecarConfig;

use crate::bound;
use crate::steady::{Lines, finish_and_check, streams};

/// How long all may take to come back, and then some.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Sidecars, each with a stream of its own
    #[arg(long, default_value_t = 500)]
    sidecars: usize,
    /// Seconds that the agent is away
    #[arg(long, default_value_t = 60)]
    away: u64,
    /// Events of each stream in a second
    #[arg(long, default_value_t = 1)]
    rate: u64,
    /// Longest time until 99 in 100 are served, in seconds
    #[arg(long, default_value_t = 30)]
    most: u64,
    /// Largest share of the connections that may come in one second, in percent
    #[arg(long, default_value_t = 10)]
    share: usize,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let data = dir.path().join("data");
    let mut agent = Daemon::start(&data, 0, &[])?;
    let mut streams = streams(dir.path(), args.sidecars)?;
    let senders = Senders::start(&streams, &agent.url(), &SidecarConfig::default())?;
    let mut lines = Lines::default();
    lines.write(&mut streams, args.rate, Duration::from_secs(10));
    until(PATIENCE, "all to be served", || {
        streams.iter().all(|s| !s.account().tries().is_empty())
    })?;
    agent.process.kill();
    lines.write(&mut streams, args.rate, Duration::from_secs(args.away));
    let agent = Daemon::start(&data, agent.address.port(), &[])?;
    let back = Instant::now();
    let accounts: Vec<_> = streams.iter().map(Recording::account).collect();
    while !accounts.iter().all(|a| served(a, back).is_some()) {
        if back.elapsed() > PATIENCE {
            return Err("some were not served".to_owned());
        }
        lines.write(&mut streams, args.rate, Duration::from_secs(1));
    }
    let memory = agent.memory()?;
    finish_and_check(streams, senders, &agent)?;
    let mut after: Vec<Duration> = accounts
        .iter()
        .filter_map(|a| served(a, back).map(|at| at - back))
        .collect();
    after.sort_unstable();
    let bins = bins(&accounts, back);
    let (most, all) = (
        bins.iter().copied().max().unwrap_or(0),
        bins.iter().sum::<usize>(),
    );
    let (p99, share) = (permille(&after, 990), most * 100 / all.max(1));
    println!(
        "{} sidecars, the agent away for {} s: served first after p50 {:?}, p99 {p99:?}, all after {:?}; \
         of {all} connections at most {most} ({share} %) in a second, by second {bins:?}; \
         agent {} KiB resident at most; every event stored once",
        args.sidecars,
        args.away,
        permille(&after, 500),
        permille(&after, 1000),
        memory.peak
    );
    bound("seconds", p99, Duration::from_secs(args.most))?;
    bound("percent in a second", share, args.share)
}

/// When it was answered first from then on.
fn served(account: &Account, since: Instant) -> Option<Instant> {
    let tries = account.tries();
    let mut answered = tries.iter().filter_map(|t| t.answered);
    answered.find(|at| *at >= since)
}

/// Connections made since then, by second: a request whose forerunner had no answer makes one.
fn bins(accounts: &[std::sync::Arc<Account>], since: Instant) -> Vec<usize> {
    let mut bins = Vec::new();
    for account in accounts {
        for pair in account.tries().windows(2) {
            let after = pair[1].begun.checked_duration_since(since);
            if let (Some(after), None) = (after, pair[0].answered) {
                let second = after.as_secs() as usize;
                bins.resize(bins.len().max(second + 1), 0);
                bins[second] += 1;
            }
        }
    }
    bins
}
