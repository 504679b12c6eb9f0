//! Sidecars that are killed when the recording's oldest text was deleted: of what stands before the agent's position,
//! those that read on find the lines by which the dialects were recognised, and some text before it.
//!
//! What is promised: the same tests with the same results, or a gap that says that they may be others.

use std::collections::BTreeSet;

use sentinel_parsers::dialect::{DIALECTS, STAND_ALONE};
use sentinel_parsers::frame::Frame;

use crate::logs::{self, Log, spoken};
use crate::shipped::{Sidecar, before, check_places, tells, tests, whole};

/// Dialects of which results come out otherwise somewhere, when all but the lines by which they are recognised is
/// missing: it is told. An entry that no log needs is an error.
const DEPEND: &[&str] = &[
    "ava",
    "bats",
    "behave",
    "catch2",
    "doctest",
    "dotnet",
    "exunit",
    "ginkgo",
    "go_test",
    "googletest",
    "gradle",
    "jasmine",
    "jest",
    "junit5_console",
    "junit_xml",
    "libtest",
    "libtest_json",
    "meson",
    "minitest",
    "mocha",
    "newman",
    "nextest",
    "node_test",
    "phpunit",
    "playwright",
    "prove",
    "pytest",
    "robot",
    "rspec",
    "surefire",
    "teamcity",
    "testng",
    "vitest",
];

/// Dialects of which it is told as well, although no small log comes out otherwise: check and tap count from line to
/// line, in which real logs come out otherwise, and unittest's list at the end gives what it names a message.
const CAUTIOUS: &[&str] = &["check", "tap", "unittest"];

/// Logs in which something came out otherwise that nobody was told of: what is not recognised yet when its first lines
/// are deleted, and never is without them. Of messages of loggers three must be a dialect's own before it is believed;
/// jasmine's dots mean nothing without the word `Started` above. All else is recognised anew, or told when it is.
const UNTOLD: &[&str] = &["envelopes", "jasmine"];

/// Lines that mean nothing, between what is missing and what comes next.
const WORDS: &str = "words that nobody asked for, as long as they are many\n";

/// Where lines end, and for each how far the lines reach by which all that is spoken up to there is recognised.
fn places(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut sidecar = Sidecar::begin(0);
    let (mut known, mut head, mut at) = (0, 0, 0);
    let mut places = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        sidecar.read(line);
        at += line.len();
        if at == line.len() || sidecar.dialects() > known {
            (known, head) = (sidecar.dialects(), at);
        }
        places.push((at, head));
    }
    places.retain(|(at, _)| bytes[..*at].ends_with(b"\n"));
    places
}

/// What is in the store when all of `sent` before `committed` is, and the rest is of one who did not find the bytes of
/// `missing`.
fn resumed(bytes: &[u8], sent: &[Frame], committed: usize, missing: (usize, usize)) -> Vec<Frame> {
    let mut again = Sidecar::begin(committed as u64);
    again.read(&bytes[..missing.0]);
    if missing.0 < missing.1 {
        again.miss(missing.0 as u64, missing.1 as u64);
    }
    again.read(&bytes[missing.1..]);
    let mut all = before(sent, committed as u64);
    assert_eq!(all.last().map(|f| f.header().end), Some(committed as u64));
    all.extend(again.end(bytes.len()));
    check_places(&all);
    all
}

/// What came out otherwise, and whether that was told.
#[derive(Default)]
struct Outcome {
    differs: bool,
    told: bool,
    untold: bool,
}

/// Kills at each place, after a test printed much and all but the end of that and the head was deleted.
fn freed(log: &Log) -> Outcome {
    let words = WORDS.repeat(64).into_bytes();
    let mut outcome = Outcome::default();
    for (at, head) in places(&log.bytes) {
        let bytes = [&log.bytes[..at], &words, &log.bytes[at..]].concat();
        let (committed, context) = (
            at + words.len(),
            at + words.len() / 2 / WORDS.len() * WORDS.len(),
        );
        let sent = whole(&bytes);
        let all = resumed(&bytes, &sent, committed, (head, context));
        let (wanted, found) = (tests(&sent), tests(&all));
        outcome.told |= tells(&all);
        if wanted != found {
            outcome.differs = true;
            outcome.untold |= !tells(&all);
        }
        // Nothing is told where nothing of it is missing.
        let all = resumed(&bytes, &sent, committed, (at, at));
        assert!(!tells(&all), "{}", log.name);
        assert_eq!(tests(&all), wanted);
    }
    outcome
}

#[test]
fn results_are_the_same_or_it_is_told_that_they_may_not_be() {
    let (mut depend, mut told) = (BTreeSet::new(), BTreeSet::new());
    let mut untold = Vec::new();
    for log in logs::own() {
        let outcome = freed(&log);
        untold.extend(outcome.untold.then(|| log.name.clone()));
        let ids = log.dialect().into_iter();
        depend.extend(ids.clone().filter(|_| outcome.differs));
        told.extend(ids.filter(|_| outcome.told));
    }
    assert_eq!(untold, UNTOLD);
    let cautious: Vec<&str> = told.difference(&depend).copied().collect();
    let depend: Vec<&str> = depend.into_iter().collect();
    assert_eq!((depend, cautious), (DEPEND.to_vec(), CAUTIOUS.to_vec()));
    let all = [DEPEND, CAUTIOUS, STAND_ALONE].concat();
    assert_eq!(all.len(), DIALECTS.len());
    assert!(DIALECTS.iter().all(|info| all.contains(&info.id)));
}

#[test]
fn real_logs_of_which_the_middle_is_missing_say_so_or_come_out_the_same() {
    for log in logs::real(200_000) {
        let sent = whole(&log.bytes);
        let places = places(&log.bytes);
        for (at, head) in places.iter().skip(7).step_by(places.len() / 4 + 1) {
            let missing = (*head, (at - (at - head) / 4).max(*head));
            let start = log.bytes[..missing.1]
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |n| n + 1);
            let all = resumed(&log.bytes, &sent, *at, (missing.0, start.max(missing.0)));
            let (wanted, found) = (tests(&sent), tests(&all));
            let ids = spoken(&log.bytes);
            assert!(
                wanted == found || tells(&all),
                "{} at {at}, {ids:?}: not told\n{wanted}\n{found}",
                log.name
            );
        }
    }
}
