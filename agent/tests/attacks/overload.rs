//! Torture rows A3 and N8: more than the agent can take, from one stream or from all.

use std::time::{Duration, Instant};

use sentinel_config::Config;

use crate::common::{Client, Daemon, PER_TEST, Pending, Running, hello, tests};
use crate::{full_size, resident};

#[test]
fn a_noisy_stream_is_held_up_by_itself_and_quiet_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.agent.max_in_flight = 1 << 20;
    config.agent.max_body = 64 << 10;
    config.agent.turn_timeout = Duration::from_millis(500);
    let agent = Running::with(dir.path(), &config);
    let opened = |name: &str| {
        let mut open = hello(name);
        open.identity.container = name.to_owned();
        agent.client.open(&open).stream
    };
    let (noisy, quiet) = (opened("noisy"), opened("quiet"));
    // All of it at once, in requests that follow each other without waiting for answers.
    let bodies: Vec<Vec<u8>> = (0..40)
        .map(|n| tests(n * 500, (n + 1) * 500).encode())
        .collect();
    let path = format!("/v1/streams/{noisy}/frames");
    let kind = "application/vnd.sentinel.frame";
    let pending: Vec<_> = bodies
        .iter()
        .map(|body| agent.client.send("POST", &path, kind, body))
        .collect();
    let mut worst = Duration::ZERO;
    for n in 0..20 {
        let asked = Instant::now();
        let answer = agent.client.frames(&quiet, &tests(n, n + 1).encode());
        worst = worst.max(asked.elapsed());
        assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
    }
    assert!(worst < Duration::from_secs(2), "{worst:?}");
    let answers: Vec<_> = pending.into_iter().map(Pending::answer).collect();
    let sent_away = answers.iter().filter(|a| matches!(a.status, 429 | 503));
    for answer in sent_away.clone() {
        assert!(answer.head.contains("retry-after: "), "{answer:?}");
    }
    assert!(sent_away.count() > 0, "too many at once for one stream");
    // What was acknowledged is there, and the rest can be sent again.
    for body in &bodies {
        let answer = agent.client.frames(&noisy, body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let position = agent.client.get(&format!("/v1/streams/{noisy}/position"));
    assert_eq!(position.position(), (200, 20_000 * PER_TEST));
    agent.stop();
}

/// One stream that sends as fast as it is let, and faster; what was acknowledged, and how often it was
/// told to come back.
fn flood(client: &Client, name: &str, per_body: u64, until: Instant) -> (String, u64, u64) {
    let mut open = hello(name);
    open.identity.container = name.to_owned();
    let stream = client.open(&open).stream;
    let path = format!("/v1/streams/{stream}/frames");
    let kind = "application/vnd.sentinel.frame";
    let (mut taken, mut sent_away) = (0, 0);
    while Instant::now() < until {
        let body = tests(taken, taken + per_body).encode();
        // The same many times at once: one is enough, and the others take room.
        let pending: Vec<_> = (0..6)
            .map(|_| client.send("POST", &path, kind, &body))
            .collect();
        for answer in pending.into_iter().map(Pending::answer) {
            match answer.status {
                200 => taken = answer.position().1 / PER_TEST,
                429 | 503 => {
                    assert!(answer.head.contains("retry-after: "), "{answer:?}");
                    sent_away += 1;
                }
                _ => panic!("{answer:?}"),
            }
        }
    }
    (stream, taken, sent_away)
}

#[test]
fn overload_is_sent_away_in_bounded_memory_and_what_was_acknowledged_is_there() {
    let full = full_size();
    let (streams, lasts, per_body) = if full { (64, 60, 2_000) } else { (8, 2, 300) };
    let settings: &[(&str, &str)] = match full {
        true => &[],
        false => &[
            ("SENTINEL_AGENT__MAX_IN_FLIGHT", "1MiB"),
            ("SENTINEL_AGENT__MAX_BODY", "128KiB"),
            ("SENTINEL_AGENT__TURN_TIMEOUT", "200ms"),
            ("SENTINEL_AGENT__QUEUE", "16"),
        ],
    };
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), settings);
    let (pid, until) = (agent.pid(), Instant::now() + Duration::from_secs(lasts));
    let (floods, most, mut times) = std::thread::scope(|scope| {
        let floods: Vec<_> = (0..streams)
            .map(|n| {
                let client = &agent.client;
                scope.spawn(move || flood(client, &format!("flood-{n}"), per_body, until))
            })
            .collect();
        let quiet = agent.client.open(&hello("quiet")).stream;
        let (mut most, mut times) = (0, Vec::new());
        for n in 0.. {
            if Instant::now() > until {
                break;
            }
            let asked = Instant::now();
            let answer = agent.client.frames(&quiet, &tests(n, n + 1).encode());
            assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
            times.push(asked.elapsed());
            most = most.max(resident(pid));
        }
        let floods: Vec<_> = floods.into_iter().map(|f| f.join().unwrap()).collect();
        (floods, most, times)
    });
    let (mut taken, mut sent_away) = (0, 0);
    for (stream, acknowledged, refused) in floods {
        let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
        assert!(position.position().1 >= acknowledged * PER_TEST, "{stream}");
        taken += acknowledged;
        sent_away += refused;
    }
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    eprintln!(
        "{streams} streams for {lasts} s: {taken} tests taken, {sent_away} requests sent away, \
         {most} KiB resident at most; a quiet stream's {} answers: p99 {p99:?}",
        times.len()
    );
    assert!(sent_away > 0, "it was never too much");
    // A debug build takes ten times as long for what is before the quiet stream's frame.
    let longest = if full && cfg!(debug_assertions) {
        20
    } else {
        2
    };
    assert!(p99 < Duration::from_secs(longest), "{p99:?}");
    assert!(most < 100 * 1024, "{most} KiB");
}
