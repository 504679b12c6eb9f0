//! Nodes and hubs that die: nothing is lost or doubled by it, and a node that stays away ends its runs.

use std::time::{Duration, Instant};

use sentinel_core::RunStatus;

use crate::common::{Daemon, Running};
use crate::stage::{
    Line, all_closed, deliver, each_event_once, expected, hub, hub_config, names, node,
    node_config, node_settings, run_at, stream,
};

#[test]
fn over_kills_of_node_and_hub_everything_arrives_once() {
    const ROUNDS: u64 = 12;
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub_settings = [
        ("SENTINEL_AGENT__ROLE", "hub"),
        ("SENTINEL_RUN__FINALIZE_AFTER", "0s"),
    ];
    let line = Line::new();
    let settings = node_settings(&line.url(), "n1");
    let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let start_hub = || {
        let hub = Daemon::start(at_hub.path(), &hub_settings);
        line.leads_to(Some(hub.client.address()));
        hub
    };
    let mut hub = start_hub();
    let mut node = Daemon::start(at_node.path(), &settings);
    for round in 0..ROUNDS {
        for container in ["a", "b", "c", "d"] {
            let exit = (round + 1 == ROUNDS).then_some(0);
            let (from, to) = (round * 40, (round + 1) * 40);
            deliver(&node.client, &stream(container), from, to, exit);
        }
        // Dead in the middle of whatever they do: nothing waits for the frames to be sent on.
        if round % 2 == 0 {
            hub.kill();
            hub = start_hub();
        } else {
            node.kill();
            node = Daemon::start(at_node.path(), &settings);
        }
    }
    let run = run_at(&hub.client, |run| run.streams.len() == 4 && all_closed(run));
    assert_eq!(run.totals.tests, 4 * ROUNDS * 40);
    assert_eq!(run.lost_bytes, 0);
    assert_eq!(names(&hub.client), expected(&run, ROUNDS * 40));
    node.kill();
    hub.kill();
    each_event_once(at_hub.path(), ROUNDS * 40);
}

#[test]
fn a_run_whose_node_dies_half_way_is_closed_with_the_cause_and_taken_up_when_it_returns() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = hub(at_hub.path());
    let line = Line::to(hub.client.address());
    let before = node(at_node.path(), &line, "n1");
    deliver(&before.client, &stream("a"), 0, 50, None);
    run_at(&hub.client, |run| run.totals.tests == 50);
    before.stop();
    hub.pass(119_000);
    hub.pass(1_500);
    let run = run_at(&hub.client, |run| run.status.is_over());
    assert_eq!(run.status, RunStatus::Lost);
    let reason = run.reason.unwrap();
    let told = "node lost: stream `a` came by way of node `n1`, which is not heard of any more";
    assert!(reason.starts_with(told), "{reason}");

    let after = node(at_node.path(), &line, "n1");
    run_at(&hub.client, |run| run.status == RunStatus::Running);
    deliver(&after.client, &stream("a"), 50, 60, Some(1));
    hub.pass(1_000);
    let run = run_at(&hub.client, |run| run.status.is_over());
    assert_eq!((run.status, run.totals.tests), (RunStatus::Failed, 60));
    after.stop();
    hub.stop();
}

#[test]
fn a_quiet_stream_is_kept_by_its_living_node_through_the_hubs_time() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = hub(at_hub.path());
    let node = node(at_node.path(), &Line::to(hub.client.address()), "n1");
    deliver(&node.client, &stream("a"), 0, 50, None);
    run_at(&hub.client, |run| run.totals.tests == 50);
    let steps = || hub.handle().watch().steps.value();
    for _ in 0..6 {
        // The node speaks of its own accord, and the hub hears it at its own time.
        let before = steps();
        hub.clock.advance(100_000);
        hub.client.until("/health", |_| steps() > before + 1);
        hub.handle().tick().unwrap();
    }
    let run = run_at(&hub.client, |_| true);
    assert_eq!(run.status, RunStatus::Running);
    node.stop();
    hub.stop();
}

#[test]
fn a_sender_that_died_behind_a_living_node_is_lost_at_the_hub_as_well() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut config = hub_config();
    config.run.lost_after = Duration::from_secs(1);
    let hub = Running::with(at_hub.path(), &config);
    let line = Line::to(hub.client.address());
    let node = Running::with(at_node.path(), &node_config(&line.url(), "n1"));
    deliver(&node.client, &stream("a"), 0, 50, None);
    run_at(&hub.client, |run| run.totals.tests == 50);
    // The hub's clock goes as the node's does, and the node speaks often enough not to be lost.
    let mut passed = Instant::now();
    let lost = hub.client.until("/api/v1/runs/r1", |answer| {
        let millis = passed.elapsed().as_millis();
        passed += Duration::from_millis(millis as u64);
        hub.pass(millis as i64);
        let run: sentinel_agent::api::view::RunView = answer.json();
        run.status.is_over()
    });
    let run: sentinel_agent::api::view::RunView = lost.json();
    assert_eq!(run.status, RunStatus::Lost);
    let reason = run.reason.unwrap();
    assert!(reason.starts_with("stream `a` fell silent"), "{reason}");
    node.stop();
    hub.stop();
}

#[test]
fn a_hub_that_was_away_for_long_gives_its_nodes_their_time() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = hub(at_hub.path());
    let line = Line::to(before.client.address());
    let node = node(at_node.path(), &line, "n1");
    deliver(&node.client, &stream("a"), 0, 50, None);
    run_at(&before.client, |run| run.totals.tests == 50);
    line.leads_to(None);
    before.stop();
    // The hub comes back later than a node may be silent, and before the node finds it.
    let after = Running::later(at_hub.path(), &hub_config(), 200_000);
    after.pass(100_000);
    let run = run_at(&after.client, |_| true);
    assert_eq!(run.status, RunStatus::Running);
    line.leads_to(Some(after.client.address()));
    deliver(&node.client, &stream("a"), 50, 60, Some(1));
    run_at(&after.client, |run| {
        all_closed(run) && run.totals.tests == 60
    });
    node.stop();
    after.stop();
}
