//! Everything arrives once: with both at work, with the hub away, over two nodes, after a loss.

use sentinel_agent::api::view::RunView;
use sentinel_core::RunStatus;
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};

use crate::common::{EPOCH, PER_TEST, Running, end, tests};
use crate::stage::{
    Line, all_closed, deliver, each_event_once, expected, forwarded, hub, hub_config, names, node,
    node_config, run_at, stream,
};

#[test]
fn what_a_node_takes_is_at_the_hub_once_and_marked() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = hub(at_hub.path());
    let node = node(at_node.path(), &Line::to(hub.client.address()), "n1");
    for container in ["a", "b", "c"] {
        deliver(&node.client, &stream(container), 0, 200, Some(1));
    }
    let run = run_at(&hub.client, |run| {
        run.streams.len() == 3 && all_closed(run) && run.status.is_over()
    });
    assert_eq!(run.status, RunStatus::Failed);
    assert_eq!(run.totals.tests, 600);
    assert!(run.streams.iter().all(|s| s.node.as_deref() == Some("n1")));
    assert_eq!(run.streams[0].command.as_deref(), Some("make test"));
    assert_eq!(run.pipeline.as_deref(), Some("nightly"));
    assert_eq!(names(&hub.client), expected(&run, 200));
    let page = node.client.until("/metrics", |page| {
        page.body.contains("sentinel_forward_backlog_bytes 0\n")
    });
    assert!(page.body.contains("sentinel_forward_up 1\n"), "{page:?}");
    assert!(
        page.body.contains("sentinel_forward_frames_total 63\n"),
        "{page:?}"
    );
    node.stop();
    hub.stop();
    each_event_once(at_hub.path(), 200);
}

#[test]
fn a_node_works_on_alone_and_catches_up_once_the_hub_is_there() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let line = Line::new();
    let node = node(at_node.path(), &line, "n1");
    let containers: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
    for container in &containers {
        deliver(&node.client, &stream(container), 0, 50, Some(0));
    }
    let ready = node
        .client
        .until("/ready", |ready| ready.body.contains("forward"));
    assert_eq!(ready.status, 200, "it takes and stores: {ready:?}");
    let alone: RunView = node.client.get("/api/v1/runs/r1").json();
    assert_eq!(alone.totals.tests, 2_000);

    let hub = hub(at_hub.path());
    line.leads_to(Some(hub.client.address()));
    let run = run_at(&hub.client, |run| {
        run.streams.len() == 40 && all_closed(run)
    });
    assert_eq!(names(&hub.client), expected(&run, 50));
    node.client
        .until("/ready", |ready| !ready.body.contains("forward"));
    node.stop();
    hub.stop();
    each_event_once(at_hub.path(), 50);
}

#[test]
fn a_run_of_two_nodes_is_one_run_and_a_stream_that_moves_between_them_is_one_stream() {
    let at_hub = tempfile::tempdir().unwrap();
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let hub = hub(at_hub.path());
    let line = Line::to(hub.client.address());
    let one = node(dirs[0].path(), &line, "n1");
    let two = node(dirs[1].path(), &line, "n2");
    deliver(&one.client, &stream("a"), 0, 100, Some(0));
    deliver(&two.client, &stream("b"), 0, 100, Some(0));
    // Its sender is sent elsewhere half-way, and begins anew with another cut.
    deliver(&one.client, &stream("moving"), 0, 60, None);
    deliver(&two.client, &stream("moving"), 0, 35, None);
    deliver(&two.client, &stream("moving"), 35, 100, Some(0));
    let run = run_at(&hub.client, |run| run.streams.len() == 3 && all_closed(run));
    assert_eq!(run.totals.tests, 300);
    assert_eq!(names(&hub.client), expected(&run, 100));
    one.stop();
    two.stop();
    hub.stop();
    each_event_once(at_hub.path(), 100);
}

#[test]
fn a_hub_that_was_put_back_to_an_older_state_gets_everything_again() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let older = tempfile::tempdir().unwrap();
    let before = hub(at_hub.path());
    let line = Line::to(before.client.address());
    let node = node(at_node.path(), &line, "n1");
    deliver(&node.client, &stream("open"), 0, 50, None);
    deliver(&node.client, &stream("over"), 0, 50, None);
    run_at(&before.client, |run| run.totals.tests == 100);
    line.leads_to(None);
    before.stop();
    std::fs::copy(
        at_hub.path().join("sentinel.db"),
        older.path().join("sentinel.db"),
    )
    .unwrap();

    let later = hub(at_hub.path());
    line.leads_to(Some(later.client.address()));
    deliver(&node.client, &stream("over"), 50, 100, Some(0));
    deliver(&node.client, &stream("open"), 50, 90, None);
    run_at(&later.client, |run| run.totals.tests == 190);
    // What a node was not told it cannot miss.
    forwarded(&node, 10 + 6 + 4);
    line.leads_to(None);
    later.stop();

    let restored = hub(older.path());
    line.leads_to(Some(restored.client.address()));
    // A stream that goes on tells the node that the hub has lost something.
    deliver(&node.client, &stream("open"), 90, 100, Some(0));
    let run = run_at(&restored.client, all_closed);
    assert_eq!(run.totals.tests, 200, "{run:?}");
    assert_eq!(names(&restored.client), expected(&run, 100));
    node.stop();
    restored.stop();
    each_event_once(older.path(), 100);
}

#[test]
fn a_node_that_is_started_again_asks_for_nothing_the_hub_has() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = hub(at_hub.path());
    let line = Line::to(hub.client.address());
    let first = node(at_node.path(), &line, "n1");
    deliver(&first.client, &stream("a"), 0, 50, Some(0));
    run_at(&hub.client, all_closed);
    let noted = || {
        let db = rusqlite::Connection::open(at_node.path().join("sentinel.db")).unwrap();
        db.query_row("SELECT count(*) FROM forwarded WHERE closed", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    first.client.until("/health", |_| noted() == 1);
    first.stop();
    let steps = |hub: &Running| hub.handle().watch().steps.value();
    let before = steps(&hub);
    let second = node(at_node.path(), &line, "n1");
    deliver(&second.client, &stream("b"), 0, 50, Some(0));
    run_at(&hub.client, |run| run.streams.len() == 2 && all_closed(run));
    // Stream b: one opening, frames, an end; of stream a nothing.
    let took = steps(&hub) - before;
    assert!(took <= 1 + 5 + 1, "{took} steps");
    second.stop();
    hub.stop();
}

#[test]
fn frames_too_large_for_the_hub_are_sent_in_pieces() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut config = hub_config();
    config.agent.max_body = 64 << 10;
    config.agent.max_inflated = 64 << 10;
    let hub = Running::with(at_hub.path(), &config);
    let node = node(at_node.path(), &Line::to(hub.client.address()), "n1");
    let frame = tests(0, 3_000);
    assert!(frame.payload_len() > 64 << 10, "{}", frame.payload_len());
    let name = node.client.open(&stream("a")).stream;
    let body = [frame.encode(), end(3_000, 0).encode()].concat();
    assert_eq!(node.client.frames(&name, &body).status, 200);
    let run = run_at(&hub.client, all_closed);
    assert_eq!((run.totals.tests, run.lost_bytes), (3_000, 0));
    assert_eq!(names(&hub.client), expected(&run, 3_000));
    node.stop();
    hub.stop();
}

#[test]
fn what_a_node_cannot_read_any_more_is_a_gap_at_the_hub_and_the_stream_goes_on() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let line = Line::new();
    let first = node(at_node.path(), &line, "n1");
    deliver(&first.client, &stream("a"), 0, 50, Some(0));
    first.stop();
    let db = rusqlite::Connection::open(at_node.path().join("sentinel.db")).unwrap();
    let at = |n: u64| i64::try_from(n * PER_TEST).unwrap();
    // One frame is gone, another is garbage, a third is whole and says something else.
    db.execute("DELETE FROM frames WHERE start_at = ?1", [at(10)])
        .unwrap();
    let garbage = "UPDATE frames SET data = x'00112233' WHERE start_at = ?1";
    db.execute(garbage, [at(30)]).unwrap();
    drop(db);
    let hub = hub(at_hub.path());
    line.leads_to(Some(hub.client.address()));
    let second = Running::with(at_node.path(), &node_config(&line.url(), "n1"));
    let run = run_at(&hub.client, |run| all_closed(run) && run.status.is_over());
    assert_eq!(run.totals.tests, 30);
    let gaps = run.gaps.iter();
    let gaps: Vec<_> = gaps
        .map(|gap| (gap.from, gap.to, gap.reason.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (10 * PER_TEST, 20 * PER_TEST, "rotated_away"),
            (30 * PER_TEST, 40 * PER_TEST, "corrupt")
        ]
    );
    assert_eq!(run.status, RunStatus::Incomplete, "{run:?}");
    second.stop();
    hub.stop();
}

#[test]
fn an_empty_frame_that_only_moves_the_position_is_sent_on() {
    let (at_hub, at_node) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = hub(at_hub.path());
    let node = node(at_node.path(), &Line::to(hub.client.address()), "n1");
    let name = node.client.open(&stream("a")).stream;
    let header = Header {
        epoch: EPOCH,
        seq: 0,
        start: 0,
        end: 5_000,
        last: false,
    };
    let quiet: Frame = FrameBuilder::new().finish(header);
    assert_eq!(node.client.frames(&name, &quiet.encode()).status, 200);
    run_at(&hub.client, |run| {
        run.streams.iter().all(|s| s.committed == 5_000)
    });
    node.stop();
    hub.stop();
}
