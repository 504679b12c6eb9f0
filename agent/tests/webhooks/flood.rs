//! Deliveries with wrong signatures, as many as can be sent, and valid ones beside them. Row X4 of `docs/torture.md`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::Client;
use crate::sending::{SECRET, deliver, github, with, workflow_run};

const SENDERS: usize = 8;
/// How long a valid delivery may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends deliveries whose signature has the right form and is wrong until it is told to stop, each by a connection of its
/// own, as the agent closes that of whoever is refused; counts the refusals.
fn flood(client: &Client, body: &Value, stop: &AtomicBool, refused: &AtomicU64) {
    let code = format!("sha256={}", "0".repeat(64));
    let head = [
        ("x-github-event", "workflow_run"),
        ("x-github-delivery", "bad"),
        ("x-hub-signature-256", code.as_str()),
    ];
    while !stop.load(Ordering::Relaxed) {
        let answer = deliver(client, "github", &head, body);
        assert_eq!(answer.status, 401, "{answer:?}");
        refused.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn x4_valid_deliveries_are_served_beside_as_many_bad_ones_as_can_be_sent() {
    let full = std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full");
    let lasts = Duration::from_secs(if full { 20 } else { 2 });
    let (_dir, agent) = with(&["github"]);
    let (client, body) = (&agent.client, workflow_run("requested", None));
    let (stop, refused) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut took: Vec<Duration> = Vec::new();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| flood(client, &body, &stop, &refused));
        }
        while begun.elapsed() < lasts {
            let (asked, id) = (Instant::now(), took.len().to_string());
            let answer = github(client, SECRET, &id, "workflow_run", &body);
            took.push(asked.elapsed());
            let taken = (200..300).contains(&answer.status);
            // Whoever floods ends before this test does.
            stop.store(!taken, Ordering::Relaxed);
            assert!(taken, "{answer:?}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    took.sort();
    let all = refused.load(Ordering::Relaxed);
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{:.0} bad deliveries a second refused, {} valid ones taken: p50 {:?}, p99 {p99:?}",
        all as f64 / begun.elapsed().as_secs_f64(),
        took.len(),
        took[took.len() / 2]
    );
    assert!(all > 0);
    assert!(p99 <= PATIENCE, "{p99:?}");
    assert!(agent.handle().watch().refused.value() >= all);
    agent.stop();
}
