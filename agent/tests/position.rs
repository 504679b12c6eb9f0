//! The position rule over HTTP: what is told twice counts once, what is missing is asked for, and
//! nothing is acknowledged that is not durable.

mod common;

use std::io::Read;
use std::time::Duration;

use common::{Daemon, PER_TEST, Running, START_MS, end, hello, tests};
use sentinel_agent::api::view::{Page, RunView, TestView};
use sentinel_config::Config;
use sentinel_core::RunStatus;
use sentinel_parsers::Status;

#[test]
fn a_stream_opened_twice_is_one_stream() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let first = agent.client.open(&hello("r1"));
    let second = agent.client.open(&hello("r1"));
    assert_eq!(first, second);
    assert_eq!(first.committed, 0);
    agent.stop();
}

#[test]
fn contiguous_duplicate_overlap_and_hole_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    let send = |from, to| {
        let answer = agent.client.frames(&stream, &tests(from, to).encode());
        answer.position()
    };
    assert_eq!(send(0, 10), (200, 10 * PER_TEST), "contiguous");
    assert_eq!(send(0, 10), (200, 10 * PER_TEST), "duplicate");
    assert_eq!(send(3, 7), (200, 10 * PER_TEST), "duplicate inside");
    assert_eq!(send(5, 20), (200, 20 * PER_TEST), "overlap");
    assert_eq!(send(30, 40), (409, 20 * PER_TEST), "hole");
    assert_eq!(send(20, 30), (200, 30 * PER_TEST), "contiguous again");
    let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
    assert_eq!(position.position(), (200, 30 * PER_TEST));
    let page: Page<TestView> = agent.client.get("/api/v1/runs/r1/tests?limit=1000").json();
    let names: Vec<String> = (0..30).map(|n| format!("test_{n}")).collect();
    let found: Vec<&str> = page.items.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(found, names, "each test exactly once, in order");
    agent.stop();
}

#[test]
fn several_frames_in_one_body_are_answered_with_the_last_position() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    let mut body = tests(0, 10).encode();
    body.extend(tests(10, 25).encode());
    body.extend(end(25, 1).encode());
    let answer = agent.client.frames(&stream, &body);
    assert_eq!(answer.position(), (200, 25 * PER_TEST));
    assert!(answer.body.contains("\"closed\":true"), "{answer:?}");
    agent.stop();
}

#[test]
fn a_run_closes_with_its_totals_and_tests() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    agent.client.frames(&stream, &tests(0, 20).encode());
    let live = agent.live("r1").unwrap();
    assert_eq!((live.status, live.totals.tests), (RunStatus::Running, 20));
    agent.client.frames(&stream, &end(20, 1).encode());
    agent.pass(60_000);
    let over = |run: &RunView| run.status.is_over();
    let answer = agent.client.until("/api/v1/runs/r1", |a| over(&a.json()));
    let run: RunView = answer.json();
    assert_eq!(run.status, RunStatus::Failed, "{run:?}");
    assert_eq!((run.totals.tests, run.totals.failed), (20, 2));
    assert_eq!(run.exit_code, Some(1));
    assert_eq!(run.started_ms, START_MS);
    assert_eq!(run.streams.len(), 1);
    let failed: Page<TestView> = agent
        .client
        .get("/api/v1/runs/r1/tests?status=failed")
        .json();
    let class = |t: &TestView| t.cause.as_ref().map(|cause| cause.class);
    let failed: Vec<_> = failed
        .items
        .iter()
        .map(|t| (t.name.as_str(), t.status, class(t)))
        .collect();
    // Nothing happened round them, and they say nothing of it.
    let own = (Status::Failed, Some(sentinel_core::Culprit::Test));
    assert_eq!(
        failed,
        [("test_6", own.0, own.1), ("test_13", own.0, own.1)]
    );
    let slow: Page<TestView> = agent
        .client
        .get("/api/v1/runs/r1/tests?order=slowest&limit=2")
        .json();
    let slow: Vec<_> = slow.items.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(slow, ["test_19", "test_18"]);
    agent.stop();
}

#[test]
fn pages_of_tests_follow_one_another_without_overlap() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("a/b:c")).stream;
    agent.client.frames(&stream, &tests(0, 25).encode());
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/runs/a%2Fb:c/tests?limit=10{after}");
        let page: Page<TestView> = agent.client.get(&path).json();
        names.extend(page.items.into_iter().map(|t| t.name));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(
        names,
        (0..25).map(|n| format!("test_{n}")).collect::<Vec<_>>()
    );
    agent.stop();
}

#[test]
fn nothing_is_acknowledged_before_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.store.busy_timeout = Duration::from_millis(20);
    let agent = Running::with(dir.path(), &config);
    let stream = agent.client.open(&hello("r1")).stream;

    // Another process holds the database: commits fail and are tried again.
    let other = rusqlite::Connection::open(dir.path().join("sentinel.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let path = format!("/v1/streams/{stream}/frames");
    let kind = "application/vnd.sentinel.frame";
    let mut pending = agent
        .client
        .send("POST", &path, kind, &tests(0, 10).encode());
    agent.client.until("/ready", |answer| answer.status == 503);
    let short = Some(Duration::from_millis(100));
    pending.stream.set_read_timeout(short).unwrap();
    let refused = agent.client.frames(&stream, &tests(10, 20).encode());
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("retry-after: 1"), "{refused:?}");
    let early = pending.stream.read(&mut [0; 16]);
    assert!(
        early.is_err(),
        "answered although nothing is durable: {early:?}"
    );

    other.execute_batch("ROLLBACK").unwrap();
    pending
        .stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert_eq!(pending.answer().position(), (200, 10 * PER_TEST));
    let rows = |sql: &str| {
        other
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(rows("SELECT count(*) FROM frames"), 1);
    assert_eq!(rows("SELECT count(*) FROM tests"), 10);
    assert_eq!(agent.client.get("/ready").status, 200);
    agent.stop();
}

#[test]
fn a_killed_agent_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let settings = [("SENTINEL_RUN__FINALIZE_AFTER", "0s")];
    let agent = Daemon::start(dir.path(), &settings);
    let stream = agent.client.open(&hello("r1")).stream;
    agent.client.frames(&stream, &tests(0, 10).encode());
    agent.kill();

    let agent = Daemon::start(dir.path(), &settings);
    let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
    assert_eq!(position.position(), (200, 10 * PER_TEST));
    let again = agent.client.frames(&stream, &tests(0, 10).encode());
    assert_eq!(again.position(), (200, 10 * PER_TEST));
    agent.client.frames(&stream, &tests(10, 15).encode());
    agent.client.frames(&stream, &end(15, 1).encode());
    let run = closed(&agent);
    assert_eq!((run.status, run.totals.tests), (RunStatus::Failed, 15));
    agent.kill();

    // The answer to the last frame was lost: its sender comes again, to yet another process.
    let agent = Daemon::start(dir.path(), &settings);
    let position = agent.client.open(&hello("r1"));
    assert_eq!((position.committed, position.closed), (15 * PER_TEST, true));
    let again = agent.client.frames(&stream, &end(15, 1).encode());
    assert_eq!(again.position(), (200, 15 * PER_TEST));
    let after = closed(&agent);
    assert_eq!(after, run, "a run that is over stays as it was");
    agent.kill();
}

fn closed(agent: &Daemon) -> RunView {
    let over = |run: &RunView| run.status.is_over();
    agent
        .client
        .until("/api/v1/runs/r1", |a| over(&a.json()))
        .json()
}

#[test]
fn a_stopped_agent_has_stored_what_it_took() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    agent.client.frames(&stream, &tests(0, 10).encode());
    agent.stop();
    let agent = Running::start(dir.path());
    let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
    assert_eq!(position.position(), (200, 10 * PER_TEST));
    agent.stop();
}

#[test]
fn a_run_the_core_has_forgotten_is_brought_back() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    agent.client.frames(&stream, &tests(0, 10).encode());
    agent.client.frames(&stream, &end(10, 1).encode());
    agent.pass(60_000);
    let over = |run: &RunView| run.status.is_over();
    let closed = agent.client.until("/api/v1/runs/r1", |a| over(&a.json()));
    let a_day = 24 * 3_600_000;
    agent.pass(a_day);
    assert_eq!(agent.live("r1"), None, "the core has forgotten it");

    let position = agent.client.open(&hello("r1"));
    assert_eq!((position.committed, position.closed), (10 * PER_TEST, true));
    let after: RunView = agent.client.get("/api/v1/runs/r1").json();
    assert_eq!(after, closed.json());
    agent.stop();
}
