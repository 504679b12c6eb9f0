//! A network that resets, cuts, swallows, doubles and delays, and one that is slow.

use std::time::{Duration, Instant};

use sentinel_benches::chance::for_seeds;
use sentinel_benches::proxy::{Proxy, Seen, Weather};
use sentinel_config::SidecarConfig;

use crate::agents::{Running, ship};
use crate::full_size;
use crate::shipping::{config, log, recorded};

/// A frame per event: as many requests as can be.
fn small_frames() -> SidecarConfig {
    SidecarConfig {
        frame_events: 1,
        ..config()
    }
}

/// Ships so many tests through such weather and checks the store; what the proxy saw, and the frames that came twice.
fn through(
    weather: &Weather,
    seed: u64,
    tests: usize,
    config: &SidecarConfig,
    patience: Duration,
) -> (Seen, u64) {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(tests);
    let open = recorded(dir.path(), &bytes);
    let agent = Running::start();
    let proxy = Proxy::start(agent.address(), seed).unwrap();
    proxy.set_weather(weather.clone());
    ship(dir.path(), &open, &proxy.url(), config, patience);
    let (seen, duplicates) = (proxy.seen(), agent.duplicates());
    agent.check(&[(&open, &bytes)]);
    (seen, duplicates)
}

#[test]
fn n1_connections_reset_or_cut_at_any_byte_lose_and_double_nothing() {
    let weather = Weather {
        reset: 300,
        cut: 100,
        ..Weather::default()
    };
    let (wanted, tests) = if full_size() {
        (10_000, 120_000)
    } else {
        (300, 3_600)
    };
    for_seeds(1, |chance| {
        let patience = Duration::from_secs(if full_size() { 1_200 } else { 60 });
        let begun = Instant::now();
        let (seen, twice) = through(&weather, chance.bits(), tests, &small_frames(), patience);
        eprintln!(
            "{} requests, {} reset, {} cut, {twice} frames came twice, in {:?}",
            seen.requests,
            seen.resets,
            seen.cut,
            begun.elapsed()
        );
        assert!(seen.requests >= wanted, "{}", seen.requests);
        assert!(seen.resets > wanted / 5 && seen.cut > wanted / 20);
    });
}

#[test]
fn n2_an_answer_that_is_lost_after_the_commit_doubles_nothing() {
    let weather = Weather {
        swallowed: 400,
        ..Weather::default()
    };
    for_seeds(1, |chance| {
        let patience = Duration::from_secs(60);
        let (seen, twice) = through(&weather, chance.bits(), 800, &small_frames(), patience);
        // All that was swallowed was stored and came again, except openings.
        assert!(seen.swallowed > 30 && twice > seen.swallowed, "{seen:?}");
    });
}

#[test]
fn n3_requests_that_come_twice_late_and_behind_others_are_applied_once_and_in_order() {
    let full = full_size();
    let weather = Weather {
        doubled: 300,
        delayed: 300,
        longest: Duration::from_millis(if full { 30_000 } else { 200 }),
        ..Weather::default()
    };
    let config = match full {
        true => SidecarConfig {
            exchange_timeout: SidecarConfig::default().exchange_timeout,
            ..small_frames()
        },
        false => small_frames(),
    };
    let tests = if full { 1_000 } else { 2_000 };
    for_seeds(1, |chance| {
        let patience = Duration::from_secs(if full { 1_800 } else { 60 });
        let begun = Instant::now();
        let (seen, twice) = through(&weather, chance.bits(), tests, &config, patience);
        eprintln!(
            "{} requests, {} twice, {} late, {twice} frames came twice, in {:?}",
            seen.requests,
            seen.doubled,
            seen.delayed,
            begun.elapsed()
        );
        assert!(
            seen.doubled > 5 && seen.delayed > 5 && twice > 10,
            "{seen:?}"
        );
    });
}

/// 1 kbit/s with the real limits; in CI a line and limits that are twelve times as fast.
#[test]
fn n7_on_a_slow_line_requests_get_smaller_until_they_pass() {
    let full = full_size();
    let (rate, exchange_timeout) = match full {
        true => (125, SidecarConfig::default().exchange_timeout),
        false => (1_500, Duration::from_secs(1)),
    };
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(6_000);
    let open = recorded(dir.path(), &bytes);
    let agent = Running::start();
    let proxy = Proxy::start(agent.address(), 1).unwrap();
    proxy.set_rate(Some(rate));
    let config = SidecarConfig {
        exchange_timeout,
        ..SidecarConfig::default()
    };
    let begun = Instant::now();
    let patience = Duration::from_secs(if full { 1_200 } else { 120 });
    let outcome = ship(dir.path(), &open, &proxy.url(), &config, patience);
    let seen = proxy.seen();
    eprintln!(
        "{rate} B/s: {} requests, {} of them in vain, in {:?}",
        seen.requests,
        outcome.failures,
        begun.elapsed()
    );
    // On a fast line the whole log is a few requests.
    assert!(seen.requests > 10, "the line was not slow");
    assert!(outcome.failures < 10, "{outcome:?}");
    agent.check(&[(&open, &bytes)]);
}
