//! What a ledger that lets go still knows, and what it holds at most.

use crate::event::{Body, Status, SuiteEnd, TestDetail, TestEnd, TestStart};
use crate::ledger::Ledger;
use crate::ledger::tests::first_line;

use super::{CALM, MUCH};

/// Tests told at once, as by a frame.
const FRAME: u64 = 50;

fn tell(ledger: &mut Ledger, body: Body<'_>) {
    ledger.apply(&first_line("tap", body));
}

fn start(ledger: &mut Ledger, name: &str) {
    let body = TestStart {
        suite: Some("s"),
        name,
        attempt: None,
        tags: None,
    };
    tell(ledger, Body::TestStart(body));
}

fn end(ledger: &mut Ledger, name: &str, status: Status) {
    let end = TestEnd::new(Some("s"), name, status);
    tell(ledger, Body::TestEnd(end));
}

fn recap(ledger: &mut Ledger, name: &str, status: Status) {
    let recap = TestEnd {
        recap: true,
        ..TestEnd::new(Some("s"), name, status)
    };
    tell(ledger, Body::TestEnd(recap));
}

/// Tells of so many tests, and lets go as whoever stores them does; the ordinals that were to be stored.
fn many(ledger: &mut Ledger, name: &str, tests: u64, status: Status) -> Vec<u32> {
    let mut stored = Vec::new();
    for n in 0..tests {
        let name = format!("{name}_{n}");
        start(ledger, &name);
        end(ledger, &name, status);
        if (n + 1) % FRAME == 0 {
            stored.extend(ledger.take_changed());
            ledger.let_go();
        }
    }
    stored
}

#[test]
fn a_long_stream_holds_little_and_each_of_its_tests_is_stored_and_counted_once() {
    let mut ledger = Ledger::new();
    let stored = many(&mut ledger, "t", 20_000, Status::Passed);
    assert_eq!(stored, (0..20_000).collect::<Vec<u32>>());
    assert_eq!(ledger.totals()[Status::Passed], 20_000);
    assert_eq!(ledger.suites()["s"].counts[Status::Passed], 20_000);
    assert_eq!((ledger.named(), ledger.dropped()), (20_000, 0));
    assert!(ledger.held() < 2 * CALM, "{}", ledger.held());
    // The latest are there.
    assert!(ledger.test(19_999).is_some() && ledger.test(0).is_none());
}

#[test]
fn who_does_not_let_go_keeps_all() {
    let mut ledger = Ledger::new();
    for n in 0..2_000 {
        end(&mut ledger, &n.to_string(), Status::Passed);
    }
    assert_eq!(ledger.tests().len(), 2_000);
}

#[test]
fn what_is_told_later_of_a_test_that_is_gone_counts_it_no_second_time() {
    let mut ledger = Ledger::new();
    many(&mut ledger, "t", 2_000, Status::Passed);
    recap(&mut ledger, "t_0", Status::Passed);
    assert_eq!(ledger.totals().total(), 2_000);
    // A failure that nobody told of before is one.
    recap(&mut ledger, "other", Status::Failed);
    assert_eq!(ledger.totals()[Status::Failed], 1);
}

#[test]
fn failures_and_what_goes_on_stay_until_their_details_come() {
    let mut ledger = Ledger::new();
    start(&mut ledger, "slow");
    end(&mut ledger, "bad", Status::Failed);
    many(&mut ledger, "t", 5_000, Status::Passed);
    let detail = TestDetail {
        suite: Some("s"),
        name: "bad",
        message: Some("expected 2, got 3"),
        location: None,
    };
    tell(&mut ledger, Body::TestDetail(detail));
    recap(&mut ledger, "bad", Status::Failed);
    end(&mut ledger, "slow", Status::Passed);
    assert_eq!(
        ledger.take_changed().into_iter().collect::<Vec<_>>(),
        [0, 1]
    );
    let bad = ledger
        .test(1)
        .and_then(|test| test.last().message.as_deref());
    assert_eq!(bad, Some("expected 2, got 3"));
    let totals = ledger.totals();
    let counts = [Status::Passed, Status::Failed, Status::Unfinished].map(|s| totals[s]);
    assert_eq!(counts, [5_001, 1, 0]);
}

#[test]
fn tests_that_wait_for_the_name_of_their_suite_stay_until_it_comes() {
    let mut ledger = Ledger::new();
    for n in 0..1_000 {
        let name = n.to_string();
        let end = TestEnd::new(None, &name, Status::Passed);
        tell(&mut ledger, Body::TestEnd(end));
        ledger.take_changed();
        ledger.let_go();
    }
    let adopts = SuiteEnd {
        suite: "late",
        status: None,
        duration_s: None,
        adopts: true,
    };
    tell(&mut ledger, Body::SuiteEnd(adopts));
    assert_eq!(ledger.take_changed().len(), 1_000);
    assert_eq!(ledger.suites()["late"].counts[Status::Passed], 1_000);
    ledger.let_go();
    assert!(ledger.tests().len() < 1_000);
}

#[test]
fn the_slowest_and_all_tags_are_remembered() {
    let mut ledger = Ledger::new();
    let slow = TestEnd {
        duration_s: Some(60.0),
        tags: Some("smoke"),
        ..TestEnd::new(Some("s"), "slow", Status::Passed)
    };
    tell(&mut ledger, Body::TestEnd(slow));
    let tagged = TestEnd {
        tags: Some("nightly"),
        ..TestEnd::new(Some("s"), "tagged", Status::Passed)
    };
    tell(&mut ledger, Body::TestEnd(tagged));
    many(&mut ledger, "t", 5_000, Status::Passed);
    assert_eq!(ledger.tests()[0].name.as_ref(), "slow");
    assert_eq!(ledger.test(1), None);
    assert_eq!(ledger.tags().collect::<Vec<_>>(), ["smoke", "nightly"]);
}

#[test]
fn of_very_many_failures_the_oldest_go_too_and_are_counted_once() {
    let mut ledger = Ledger::new();
    let stored = many(&mut ledger, "t", 50_000, Status::Failed);
    assert_eq!(stored.len(), 50_000);
    assert!(ledger.held() < 2 * MUCH, "{}", ledger.held());
    assert!(ledger.tests().len() < 50_000);
    for n in 0..50_000 {
        recap(&mut ledger, &format!("t_{n}"), Status::Failed);
    }
    assert_eq!(ledger.totals()[Status::Failed], 50_000);
    assert_eq!(ledger.totals().total(), 50_000);
}

#[test]
fn beyond_its_bytes_tests_and_texts_are_counted_and_ordinals_go_on() {
    let mut ledger = Ledger::new();
    ledger.limit_bytes(10_000);
    for n in 0..100 {
        start(&mut ledger, &format!("open_{n}"));
    }
    let kept = ledger.tests().len();
    assert!((10..60).contains(&kept), "{kept}");
    assert!(ledger.held() <= 10_000, "{}", ledger.held());
    assert_eq!(ledger.crowded_out() as usize, 100 - kept);
    assert_eq!(ledger.totals()[Status::Unfinished], 100);
    // With room again, the next one is the hundred and first.
    ledger.limit_bytes(usize::MAX);
    start(&mut ledger, "later");
    end(&mut ledger, "later", Status::Passed);
    assert_eq!(ledger.tests().last().map(|test| test.ordinal), Some(100));
    for n in 0..100 {
        end(&mut ledger, &format!("open_{n}"), Status::Passed);
    }
    assert_eq!(ledger.totals()[Status::Passed], 101);
    assert_eq!(ledger.totals()[Status::Unfinished], 0);
}
