//! Streams that come by way of nodes: a dead node ends what waits for it, and nothing else does.

use sentinel_parsers::wire::RunContext;

use crate::sim::{Sim, open, run};
use crate::{Input, Millis, RunStatus, Settings, Via};

fn r1() -> RunContext {
    run("r1", "nightly")
}

/// The node says that it is there, and for how many seconds the stream's sender has been silent.
fn relay(sim: &mut Sim, stream: &str, node: &str, silent: Millis) {
    sim.step(Input::Relay {
        stream: stream.to_owned(),
        open: open(stream, r1()),
        via: Via {
            node: node.to_owned(),
            silent_ms: silent * 1_000,
        },
    });
}

fn stands(sim: &Sim) -> (RunStatus, String) {
    let run = sim.core.run("r1").expect("the run is known");
    (run.status(), run.reason().unwrap_or("-").to_owned())
}

/// A run with one stream by way of node n1, and a test in it.
fn begun() -> Sim {
    let mut sim = Sim::new(Settings::default());
    sim.open("a", r1());
    relay(&mut sim, "a", "n1", 0);
    sim.say("a", "TAP version 13\n1..2\nok 1 - adds\n");
    sim
}

const LOST: &str = "node lost: stream `a` came by way of node `n1`, which is not heard of any more";

#[test]
fn a_run_whose_node_died_is_lost_within_the_nodes_time_and_told_so() {
    let mut sim = begun();
    sim.wait_until(119);
    assert_eq!(stands(&sim).0, RunStatus::Running);
    sim.wait_until(121);
    assert_eq!(stands(&sim), (RunStatus::Lost, LOST.to_owned()));
}

#[test]
fn a_node_that_speaks_keeps_its_quiet_streams_until_their_senders_are_lost() {
    let mut sim = begun();
    // The sender died at once; its node says so every 30 s.
    for second in (30..=600).step_by(30) {
        sim.wait_until(second - 1);
        assert_eq!(stands(&sim).0, RunStatus::Running, "{second}");
        relay(&mut sim, "a", "n1", second - 1);
    }
    sim.wait_until(601);
    let silent = "stream `a` fell silent without an end".to_owned();
    assert_eq!(stands(&sim), (RunStatus::Lost, silent));
}

#[test]
fn a_node_is_heard_in_whatever_it_sends() {
    let mut sim = begun();
    sim.wait_until(100);
    sim.say("a", "ok 2 - subtracts\n");
    sim.wait_until(200);
    sim.step(Input::AskPosition {
        stream: "a".to_owned(),
    });
    sim.wait_until(319);
    assert_eq!(stands(&sim).0, RunStatus::Running);
    sim.wait_until(320);
    assert_eq!(stands(&sim).0, RunStatus::Lost);
}

#[test]
fn a_run_of_two_nodes_goes_on_with_the_one_that_lives() {
    let mut sim = begun();
    sim.open("b", r1());
    for second in (0..=300).step_by(30) {
        sim.wait_until(second);
        relay(&mut sim, "b", "n2", 0);
    }
    assert_eq!(stands(&sim).0, RunStatus::Running);
    sim.say("b", "TAP version 13\n1..1\nok 1 - divides\n");
    sim.exit("b", Some(0), None);
    assert_eq!(stands(&sim), (RunStatus::Lost, LOST.to_owned()));
}

#[test]
fn a_node_that_comes_back_ends_its_run_as_it_should() {
    let mut sim = begun();
    sim.wait_until(200);
    assert_eq!(stands(&sim).0, RunStatus::Lost);
    relay(&mut sim, "a", "n1", 0);
    assert_eq!(stands(&sim).0, RunStatus::Running);
    sim.say("a", "ok 2 - subtracts\n");
    sim.exit("a", Some(0), None);
    sim.wait_until(210);
    assert_eq!(stands(&sim), (RunStatus::Passed, "2 passed".to_owned()));
}

#[test]
fn a_frame_of_a_lost_node_finds_all_of_its_runs_again() {
    let mut sim = begun();
    sim.open("c", run("r2", "nightly"));
    sim.step(Input::Relay {
        stream: "c".to_owned(),
        open: open("c", run("r2", "nightly")),
        via: Via {
            node: "n1".to_owned(),
            silent_ms: 0,
        },
    });
    sim.wait_until(200);
    sim.say("a", "ok 2 - subtracts\n");
    let status = |id: &str| sim.core.run(id).expect("known").status();
    assert_eq!(
        (status("r1"), status("r2")),
        (RunStatus::Running, RunStatus::Running)
    );
}

#[test]
fn a_stream_that_its_sender_opens_itself_waits_for_no_node() {
    let mut sim = begun();
    sim.open("a", r1());
    sim.wait_until(300);
    assert_eq!(stands(&sim).0, RunStatus::Running);
}

#[test]
fn nodes_beyond_the_limit_take_the_place_of_lost_ones_only() {
    let mut settings = Settings::default();
    settings.limits.nodes = 1;
    let mut sim = Sim::new(settings);
    relay(&mut sim, "a", "n1", 0);
    relay(&mut sim, "b", "n2", 0);
    assert!(sim.core.stream("b").is_none(), "n1 lives");
    assert_eq!(sim.core.metrics().limits.get("nodes"), Some(&1));
    sim.wait_until(120);
    relay(&mut sim, "b", "n2", 0);
    assert!(sim.core.stream("b").is_some());
    sim.wait_until(130);
    assert_eq!(stands(&sim).0, RunStatus::Running, "b is there");
}

#[test]
fn after_a_pause_of_our_own_every_node_has_its_time_again() {
    let mut sim = begun();
    sim.now += 300_000;
    sim.core.wake(sim.now);
    sim.wait_until(419);
    assert_eq!(stands(&sim).0, RunStatus::Running);
    sim.wait_until(420);
    assert_eq!(stands(&sim).0, RunStatus::Lost);
}
