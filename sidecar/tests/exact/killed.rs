//! Sidecars that are killed at the end of any frame, and others that read the whole recording again.

use sentinel_parsers::frame::Frame;

use crate::logs::{self, Log};
use crate::shipped::{Sidecar, before, check_places, ends, events, whole};

/// What is in the store when one sidecar was killed behind `committed` and another sent the rest.
fn killed(log: &Log, sent: &[Frame], committed: u64) -> Vec<Frame> {
    let mut again = Sidecar::begin(committed);
    again.read(&log.bytes);
    let mut all = before(sent, committed);
    all.extend(again.end(log.bytes.len()));
    all
}

fn check(log: &Log, step: usize) {
    let sent = whole(&log.bytes);
    let wanted = events(&sent);
    for committed in ends(&sent).into_iter().step_by(step) {
        let all = killed(log, &sent, committed);
        check_places(&all);
        assert_eq!(events(&all), wanted, "{} at {committed}", log.name);
    }
}

#[test]
fn whoever_reads_all_of_it_again_sends_exactly_what_was_not_sent() {
    for log in logs::own() {
        check(&log, 1);
    }
}

#[test]
fn the_same_holds_of_real_logs() {
    for log in logs::real(200_000) {
        let frames = ends(&whole(&log.bytes)).len();
        check(&log, frames / 3 + 1);
    }
}
