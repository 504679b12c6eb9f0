//! Peers that fall silent: a black hole, a connection that is half open.

use std::time::{Duration, Instant};

use sentinel_benches::proxy::{Proxy, Weather};
use sentinel_config::SidecarConfig;

use crate::agents::{Running, append, ship, wait_until};
use crate::full_size;
use crate::shipping::{config, log, recorded, writer};

/// For which a loaded machine may keep a process waiting.
const SLACK: Duration = Duration::from_secs(1);

/// Ten minutes with the real limits; in CI four seconds with limits that are thirty times as fast.
#[test]
fn n4_after_a_black_hole_delivery_begins_within_the_longest_pause_and_meanwhile_little_is_tried() {
    let full = full_size();
    let (lasts, config) = match full {
        true => (Duration::from_secs(600), SidecarConfig::default()),
        false => (
            Duration::from_secs(4),
            SidecarConfig {
                exchange_timeout: Duration::from_millis(400),
                retry_max: Duration::from_secs(1),
                ..SidecarConfig::default()
            },
        ),
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, open) = writer(dir.path());
    let bytes = log(200);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    append(&mut writer, first);
    let agent = Running::start();
    let proxy = Proxy::start(agent.address(), 1).unwrap();
    let frames = || agent.handle().watch().frames.value();
    let patience = lasts + Duration::from_secs(120);
    std::thread::scope(|scope| {
        let shipping = scope.spawn(|| ship(dir.path(), &open, &proxy.url(), &config, patience));
        wait_until("the first half is there", SLACK * 30, || frames() > 0);
        proxy.set_closed(true);
        let before = proxy.seen();
        append(&mut writer, second);
        writer.finish(Some(0), None).unwrap();
        std::thread::sleep(lasts);
        let stored = frames();
        let tried = proxy.seen().connections.len() - before.connections.len();
        let begun = Instant::now();
        proxy.set_closed(false);
        wait_until("it goes on", SLACK * 60, || frames() > stored);
        let found = begun.elapsed();
        eprintln!("{tried} connections in {lasts:?}, found again after {found:?}");
        // Each is waited for as long as a request has; with the real limits that is less than one a second.
        let most = lasts.as_millis() / config.exchange_timeout.as_millis() + 1;
        assert!(tried > 0 && tried as u128 <= most, "{tried}");
        assert!(found < config.retry_max + 5 * SLACK, "{found:?}");
        shipping.join().unwrap();
    });
    agent.check(&[(&open, &bytes)]);
}

#[test]
fn n10_a_connection_that_is_half_open_is_given_up_within_15_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(50);
    let open = recorded(dir.path(), &bytes);
    let agent = Running::start();
    let proxy = Proxy::start(agent.address(), 1).unwrap();
    proxy.set_weather(Weather {
        silent: 1_000,
        ..Weather::default()
    });
    let limits = SidecarConfig {
        exchange_timeout: SidecarConfig::default().exchange_timeout,
        ..config()
    };
    let patience = Duration::from_secs(60);
    std::thread::scope(|scope| {
        let shipping = scope.spawn(|| ship(dir.path(), &open, &proxy.url(), &limits, patience));
        wait_until("it is silent", SLACK * 30, || proxy.seen().silent == 1);
        let begun = Instant::now();
        proxy.set_weather(Weather::default());
        wait_until("it tries anew", SLACK * 30, || {
            proxy.seen().connections.len() == 2
        });
        let noticed = begun.elapsed();
        assert!(noticed < Duration::from_secs(15), "{noticed:?}");
        shipping.join().unwrap();
    });
    agent.check(&[(&open, &bytes)]);
}
