//! Torture rows S6 and S13: copies are made and many read while one writes, and an agent that is put
//! back to a copy gets from its senders what it lacks, or a gap.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{EPOCH, PER_TEST, Running, START_MS, end, hello, tests};
use sentinel_agent::api::view::RunView;
use sentinel_agent::store::{StoreError, backup, open};
use sentinel_core::RunStatus;
use sentinel_parsers::event::{Body, Event, Gap};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};
use sentinel_parsers::wire::OpenStream;

fn stream(container: &str) -> OpenStream {
    let mut open = hello("r1");
    open.identity.container = container.to_owned();
    open
}

/// The frame that says that these bytes are lost.
fn gap(from: u64, to: u64) -> Frame {
    let mut builder = FrameBuilder::new();
    builder.push(&Event {
        offset: from,
        sub: 0,
        line: 0,
        time_ms: None,
        lane: 0,
        dialect: "stream",
        body: Body::Gap(Gap {
            from,
            to,
            reason: "rotated_away",
        }),
    });
    builder.finish(Header {
        epoch: EPOCH,
        seq: 0,
        start: from,
        end: to,
        last: false,
    })
}

#[test]
fn put_back_to_a_copy_made_under_load_senders_send_again_and_the_rest_is_a_gap() {
    let (dir, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = older.path().join("sentinel.db");
    let agent = Running::start(dir.path());
    let names = ["alive", "gone"].map(|name| agent.client.open(&stream(name)).stream);
    let (mut copying, mut copied) = (None, None);
    for n in 0..60 {
        for name in &names {
            let answer = agent
                .client
                .frames(name, &tests(n * 10, n * 10 + 10).encode());
            assert_eq!(answer.status, 200);
        }
        if n == 20 {
            // Beside the frames that go on.
            let (from, to) = (dir.path().to_owned(), copy.clone());
            copying = Some(std::thread::spawn(move || backup(&from, &to)));
        }
        if n == 50 {
            copied = copying
                .take()
                .map(|copying| copying.join().unwrap().unwrap());
        }
    }
    let copied = copied.unwrap();
    assert_eq!(copied.bytes, std::fs::metadata(&copy).unwrap().len());
    let again = backup(dir.path(), &copy).unwrap_err();
    assert!(matches!(again, StoreError::Exists { .. }), "{again}");
    agent.stop();

    let agent = Running::start(older.path());
    let [alive, gone] = ["alive", "gone"].map(|name| agent.client.open(&stream(name)));
    for position in [&alive, &gone] {
        let tests = position.committed / PER_TEST;
        assert!((200..600).contains(&tests), "{position:?}");
    }
    // One sender has all it ever read, the other nothing of what lies before its latest frame.
    let body = [
        tests(alive.committed / PER_TEST, 600).encode(),
        end(600, 0).encode(),
    ]
    .concat();
    assert_eq!(agent.client.frames(&alive.stream, &body).status, 200);
    let later = [tests(590, 600).encode(), end(600, 0).encode()].concat();
    let hole = agent.client.frames(&gone.stream, &later);
    assert_eq!(hole.position(), (409, gone.committed));
    let lost = gap(gone.committed, 590 * PER_TEST).encode();
    let answer = agent.client.frames(&gone.stream, &[lost, later].concat());
    assert_eq!(answer.position(), (200, 600 * PER_TEST));
    agent.pass(60_000);
    let over = |run: &RunView| run.status.is_over();
    let run: RunView = agent
        .client
        .until("/api/v1/runs/r1", |a| over(&a.json()))
        .json();
    assert_eq!(run.status, RunStatus::Incomplete);
    assert_eq!(run.gaps.len(), 1);
    assert_eq!(
        (run.gaps[0].from, run.gaps[0].to),
        (gone.committed, 590 * PER_TEST)
    );
    assert_eq!(run.totals.tests, 600 + gone.committed / PER_TEST + 10);
    agent.stop();
}

/// How long the load lasts.
fn how_long() -> Duration {
    match std::env::var("SENTINEL_TORTURE").as_deref() {
        Ok("full") => Duration::from_secs(120),
        _ => Duration::from_secs(2),
    }
}

#[test]
fn sixteen_readers_copies_and_deletion_beside_a_writer_meet_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    old_run(dir.path());
    let agent = Running::start(dir.path());
    let name = agent.client.open(&hello("r1")).stream;
    let (over, begun) = (AtomicBool::new(false), Instant::now());
    let going = || !over.load(Ordering::Relaxed);
    let mut took = Vec::new();
    let (read, copies) = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..16)
            .map(|n| {
                let client = agent.client.clone();
                scope.spawn(move || {
                    let mut read = 0;
                    while going() {
                        let path = match n % 3 {
                            0 => "/api/v1/runs",
                            1 => "/api/v1/runs/r1",
                            _ => "/api/v1/runs/r1/tests?limit=1000",
                        };
                        let answer = client.get(path);
                        // Busy is said by the agent before the database is asked.
                        let fits = matches!(answer.status, 200 | 503);
                        assert!(fits && !answer.body.contains("locked"), "{answer:?}");
                        read += u64::from(answer.status == 200);
                    }
                    read
                })
            })
            .collect();
        let copier = scope.spawn(|| copies(dir.path(), going));
        let mut n = 0;
        while begun.elapsed() < how_long() {
            let asked = Instant::now();
            let answer = agent.client.frames(&name, &tests(n, n + 20).encode());
            took.push(asked.elapsed());
            n += 20;
            assert_eq!(answer.position(), (200, n * PER_TEST));
        }
        over.store(true, Ordering::Relaxed);
        let read: u64 = readers.into_iter().map(|r| r.join().unwrap()).sum();
        (read, copier.join().unwrap())
    });
    assert!(read > 0 && copies > 0, "{read} answers, {copies} copies");
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    eprintln!(
        "{} frames, p99 {p99:?}, {read} answers, {copies} copies",
        took.len()
    );
    agent.client.until("/metrics", |page| {
        page.body.contains("sentinel_store_runs_deleted_total 1\n")
    });
    let errors = agent.handle().watch().commit_errors.value();
    assert_eq!(errors, 0, "no commit met a lock");
    agent.stop();
}

/// A run with 20,000 tests that has been over for longer than it is kept.
fn old_run(dir: &Path) {
    drop(open(dir, Duration::from_secs(5)).unwrap());
    let db = rusqlite::Connection::open(dir.join("sentinel.db")).unwrap();
    let ended = START_MS - 91 * 24 * 3_600_000;
    db.execute_batch(&format!(
        "INSERT INTO runs (id, run_id, status, started_ms, ended_ms)
             VALUES (1, 'old', 'passed', {ended} - 1, {ended});
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
         INSERT INTO tests (run, stream, ordinal, attempt, suite, name, dialect, status, line, latest,
             teardown_error)
         SELECT 1, 1, i, 1, 'api', 'test ' || i, 'tap', 'passed', i, 1, 0 FROM n;"
    ))
    .unwrap();
}

/// Copies one after another, each of which can be read; how many.
fn copies(dir: &Path, going: impl Fn() -> bool) -> u64 {
    let kept = tempfile::tempdir().unwrap();
    let mut made = 0;
    while going() {
        let path = kept.path().join(format!("{made}.db"));
        backup(dir, &path).unwrap();
        let copy = rusqlite::Connection::open(&path).unwrap();
        let tests: i64 = copy
            .query_row(
                "SELECT count(*) FROM tests t JOIN runs r ON r.id = t.run WHERE r.run_id = 'r1'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let committed: i64 = copy
            .query_row(
                "SELECT coalesce(max(committed), 0) FROM streams",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(tests * PER_TEST as i64, committed, "one state of it");
        drop(copy);
        std::fs::remove_file(path).unwrap();
        made += 1;
    }
    made
}
