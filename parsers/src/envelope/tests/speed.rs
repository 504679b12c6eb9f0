//! What taking envelopes off costs per line, for quiet logs consist of nothing but such lines:
//! `cargo test --release -p sentinel-parsers --lib envelope::tests::speed -- --ignored --nocapture`.

use std::time::Instant;

use super::super::Envelopes;
use super::bytes::WRAPS;
use crate::line::LineSplitter;

/// What an application says when nothing is wrong.
const TEXTS: [&str; 4] = [
    "request served in 12 ms, 3 of 3 replicas in sync",
    "GET /v1/items/4711?page=2 200 1834 bytes",
    "cache refreshed: 1204 entries, 17 evicted",
    "worker 5 is idle",
];
const LINES: usize = 20_000;

/// Nanoseconds a line; the least of some tries.
fn cost(log: &[u8], peel: bool) -> f64 {
    let once = || {
        let (mut envelopes, mut splitter) = (Envelopes::default(), LineSplitter::new());
        let (begun, mut seen) = (Instant::now(), 0);
        splitter.feed(log, &mut |raw| {
            seen += match peel {
                true => envelopes.line(&raw).map_or(0, |item| item.text.len()),
                false => raw.bytes.len(),
            };
        });
        std::hint::black_box(seen);
        begun.elapsed().as_nanos() as f64 / LINES as f64
    };
    (0..7).map(|_| once()).fold(f64::MAX, f64::min)
}

#[test]
#[ignore = "a measurement; it needs --release and a quiet machine"]
fn nanoseconds_a_line() {
    let log_of = |wrap: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<u8> {
        let texts = TEXTS.iter().cycle().take(LINES);
        texts
            .flat_map(|t| [wrap(t.as_bytes()), b"\n".to_vec()].concat())
            .collect()
    };
    let plain = log_of(&|text| text.to_vec());
    println!(
        "{:<16} {:>7.1} ns",
        "no envelope",
        cost(&plain, true) - cost(&plain, false)
    );
    for (name, wrap) in WRAPS {
        let log = log_of(&|text| wrap(text));
        println!(
            "{name:<16} {:>7.1} ns",
            cost(&log, true) - cost(&log, false)
        );
    }
}
