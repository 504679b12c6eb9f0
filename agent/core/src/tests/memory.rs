//! What runs hold in memory: little, however long they are; and never more than they may.

use std::collections::BTreeMap;

use sentinel_parsers::event::Status;

use crate::sim::{Sim, run};
use crate::{Core, Outputs, Persist, Settings};

/// Tests told by one frame.
const FRAME: u64 = 200;

/// So many passed tests from the given one on, in one frame.
fn say(sim: &mut Sim, from: u64) -> Outputs {
    let line = |n| format!("TEST_START name=t{n} suite=s\nTEST_PASS name=t{n} suite=s\n");
    let text: String = (from..from + FRAME).map(line).collect();
    sim.say("a", &text)
}

/// Adds the rows of tests; each name by its place.
fn keep(rows: &mut BTreeMap<u32, String>, outputs: &Outputs) {
    for row in &outputs.persist {
        if let Persist::Test(row) = row {
            rows.insert(row.ordinal, row.name.to_string());
        }
    }
}

#[test]
fn a_long_run_holds_little_and_each_of_its_tests_has_its_row() {
    let mut sim = Sim::new(Settings::default());
    sim.open("a", run("r1", "p"));
    let mut rows = BTreeMap::new();
    for frame in 0..100 {
        keep(&mut rows, &say(&mut sim, frame * FRAME));
    }
    assert_eq!(rows.len(), 20_000);
    assert!(rows.iter().all(|(n, name)| *name == format!("t{n}")));
    assert!(sim.core.held() < 200_000, "{}", sim.core.held());
    let totals = sim.core.run("r1").map(crate::Run::totals);
    assert_eq!(totals.map(|t| t[Status::Passed]), Some(20_000));
}

#[test]
fn taken_up_again_from_what_is_stored_a_long_run_goes_on_with_the_same_places() {
    let mut sim = Sim::new(Settings::default());
    sim.open("a", run("r1", "p"));
    for frame in 0..50 {
        say(&mut sim, frame * FRAME);
    }
    let mut again = Core::new(Settings::default());
    for (then, input) in std::mem::take(&mut sim.inputs) {
        again.restore(then, input);
    }
    assert_eq!(again.held(), sim.core.held());
    sim.core = again;
    let mut rows = BTreeMap::new();
    keep(&mut rows, &say(&mut sim, 50 * FRAME));
    assert_eq!(rows.keys().next(), Some(&10_000));
    assert_eq!(rows.len(), 200);
}

#[test]
fn beyond_the_bytes_of_all_ledgers_tests_are_counted_and_that_is_shown() {
    let mut settings = Settings::default();
    settings.limits.ledger_bytes = 4_000;
    let mut sim = Sim::new(settings);
    for stream in ["a", "b"] {
        sim.open(stream, run(stream, "p"));
    }
    let begun: String = (0..20).map(|n| format!("TEST_START name=t{n}\n")).collect();
    for stream in ["a", "b"] {
        sim.say(stream, &begun);
    }
    sim.wait_until(2);
    let dropped = |id: &str| sim.core.run(id).map(crate::Run::dropped);
    let kept = |id: &str| sim.core.run(id).map(|run| run.running().len() as u64);
    let (a, b) = (kept("a").unwrap_or(0), kept("b").unwrap_or(0));
    assert!((5..15).contains(&a) && b == 0, "{a} {b}");
    assert!(sim.core.held() <= 4_000);
    // Of the second run the suite was not kept either.
    for (id, left_out) in [("a", 20 - a), ("b", 21)] {
        assert_eq!(
            dropped(id).and_then(|d| d.get("max_ledgers").copied()),
            Some(left_out)
        );
        let totals = sim.core.run(id).map(crate::Run::totals);
        assert_eq!(totals.map(|t| t[Status::Unfinished]), Some(20));
    }
    assert_eq!(sim.core.metrics().limits["max_ledgers"], 41 - a);
    assert!(
        sim.report().contains("The limit `max_ledgers` was reached"),
        "{}",
        sim.report()
    );
}

#[test]
fn what_a_forgotten_run_held_is_free_again() {
    let mut sim = Sim::new(Settings::default());
    sim.open("a", run("r1", "p"));
    say(&mut sim, 0);
    assert!(sim.core.held() > 0);
    sim.exit("a", Some(0), None);
    sim.wait_until(3_620);
    assert!(sim.core.run("r1").is_none());
    assert_eq!(sim.core.held(), 0);
}

#[test]
fn a_run_that_is_over_is_not_forgotten_before_its_rows_are_durable() {
    let mut settings = Settings::default();
    settings.limits.closed_runs = 0;
    let mut sim = Sim::new(settings);
    sim.open("a", run("r1", "p"));
    say(&mut sim, 0);
    let before = sim.core.steps();
    sim.core.note_durable(before);
    // Nobody is heard of it, and it is lost: that is not durable yet.
    sim.wait_until(3_600);
    assert!(sim.core.run("r1").is_some_and(|run| run.status().is_over()));
    sim.wait_until(7_200);
    assert!(sim.core.run("r1").is_some());
    sim.core.note_durable(sim.core.steps());
    sim.wait_until(7_201);
    assert!(sim.core.run("r1").is_none());
}
