//! Many seeds, each a world in which much goes wrong and nothing may be lost, doubled, altered or green without reason;
//! and worlds in which a part is broken on purpose, which must be noticed.
//!
//! `SENTINEL_SEEDS=10000` tries more seeds than CI does.
#![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

use sentinel_agent::solo::Broken;
use sentinel_sim::{Report, Setup, simulate};

/// Seeds that CI tries.
const SEEDS: u64 = 200;
/// Seeds within which something broken must be found.
const SOON: u64 = 1_000;

fn clean(seed: u64) -> Report {
    let report = simulate(seed, &Setup::default());
    assert!(
        report.violations.is_empty(),
        "seed {seed} (replay: cargo run -p sentinel-sim -- --seed {seed}): {:#?}",
        report.violations
    );
    report
}

/// The first seed that notices, and what it says.
fn found(setup: &Setup) -> Option<Report> {
    let mut reports = (0..SOON).map(|seed| simulate(seed, setup));
    reports.find(|report| !report.violations.is_empty())
}

fn must_be_found(what: &str, setup: &Setup) {
    let report = found(setup).expect("something broken is noticed within 1,000 seeds");
    println!("{what}: seed {}: {:?}", report.seed, report.violations);
    // And it is the break that is noticed.
    clean(report.seed);
}

#[test]
fn nothing_is_lost_doubled_altered_or_green_without_reason() {
    let seeds = std::env::var("SENTINEL_SEEDS").ok();
    let seeds = seeds.and_then(|n| n.parse().ok()).unwrap_or(SEEDS);
    let (mut results, mut faults) = (0, 0);
    for seed in 0..seeds {
        let report = clean(seed);
        results += report.results;
        faults += report.faults;
    }
    // A simulator in which nothing happens finds nothing.
    assert!(results > 20 * seeds, "{results}");
    assert!(faults > 5 * seeds, "{faults}");
}

#[test]
fn a_seed_is_the_same_world_every_time() {
    for seed in 0..20 {
        let [one, other] = [0; 2].map(|_| simulate(seed, &Setup::default()));
        assert_eq!(one, other);
    }
    let hashes = (0..20).map(|seed| simulate(seed, &Setup::default()).hash);
    let different: std::collections::BTreeSet<u64> = hashes.collect();
    assert_eq!(different.len(), 20);
}

#[test]
fn an_agent_that_takes_twice_is_found() {
    must_be_found("dedupe", &agent_that(|broken| broken.dedupe = true));
}

#[test]
fn an_agent_that_answers_before_it_commits_is_found() {
    must_be_found("ack order", &agent_that(|broken| broken.ack_order = true));
}

#[test]
fn a_database_that_does_not_wait_for_the_disk_is_found() {
    must_be_found(
        "the store's sync",
        &agent_that(|broken| broken.store_sync = true),
    );
}

/// A world whose agents are broken like this.
fn agent_that(is: impl FnOnce(&mut Broken)) -> Setup {
    let mut setup = Setup::default();
    is(&mut setup.broken);
    setup
}

#[test]
fn a_spool_that_does_not_wait_for_the_disk_is_found() {
    let setup = Setup {
        spool_sync: true,
        ..Setup::default()
    };
    must_be_found("the spool's sync", &setup);
}
