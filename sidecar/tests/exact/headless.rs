//! Sidecars that are killed when the files in which a stream began are gone: those that read on find what stands before
//! the agent's position from some byte on, or nothing of it.
//!
//! What is promised: the same tests with the same results, or a gap that says that they may be others.

use sentinel_parsers::frame::Frame;

use crate::logs::{self, Log};
use crate::shipped::{Sidecar, before, check_places, tells, tests, whole};

/// What is in the store when all of `sent` before `committed` is, and the rest is of one who begins at `start`.
fn resumed(bytes: &[u8], sent: &[Frame], committed: usize, start: usize) -> Vec<Frame> {
    let mut again = Sidecar::begin_at(start as u64, committed as u64);
    again.read(&bytes[start..]);
    let mut all = before(sent, committed as u64);
    assert_eq!(all.last().map(|f| f.header().end), Some(committed as u64));
    all.extend(again.end(bytes.len()));
    check_places(&all);
    all
}

/// Where lines end.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let lines = bytes.split_inclusive(|b| *b == b'\n');
    let ends = lines.scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    });
    ends.filter(|at| bytes[..*at].ends_with(b"\n")).collect()
}

fn check(log: &Log, step: usize) -> bool {
    let sent = whole(&log.bytes);
    let wanted = tests(&sent);
    let mut told = false;
    for committed in ends(&log.bytes).into_iter().step_by(step) {
        // Nothing of it, half a line of it, half of it.
        for start in [committed, committed - 1, committed / 2] {
            let all = resumed(&log.bytes, &sent, committed, start.max(1));
            let found = tests(&all);
            told |= tells(&all);
            assert!(
                wanted == found || tells(&all),
                "{} at {committed} from {start} on: not told\n{wanted}\n{found}",
                log.name
            );
        }
    }
    told
}

#[test]
fn results_are_the_same_or_it_is_told_that_they_may_not_be() {
    let told = logs::own().iter().filter(|log| check(log, 1)).count();
    assert!(told > 30, "{told}");
}

#[test]
fn the_same_holds_of_real_logs() {
    for log in logs::real(200_000) {
        let lines = log.bytes.iter().filter(|b| **b == b'\n').count();
        check(&log, lines / 4 + 1);
    }
}
