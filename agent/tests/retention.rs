//! Torture row S10: very many old rows are deleted while frames come in. `SENTINEL_TORTURE=full` makes it ten million.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;
#[path = "common/old_runs.rs"]
mod old_runs;

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use common::{Daemon, PER_TEST, hello, tests};
use old_runs::old_run;
use rusqlite::Connection;

/// Tests of one old run.
const OF_RUN: i64 = 20_000;

fn number(data: &Path, sql: &str) -> i64 {
    let store = Connection::open(data.join("sentinel.db")).unwrap();
    store.busy_timeout(Duration::from_secs(30)).unwrap();
    store.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn s10_old_runs_are_deleted_while_frames_come_in_and_the_file_gets_smaller() {
    let full = std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full");
    let runs = if full { 500 } else { 2 };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    Daemon::start(data, &[]).kill();
    let mut store = Connection::open(data.join("sentinel.db")).unwrap();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(since.unwrap().as_millis()).unwrap();
    for id in 1..=runs {
        let ended = Some(now - 100 * 24 * 3_600_000);
        old_run(&mut store, now, id, ("failed", ended), OF_RUN);
    }
    drop(store);
    let size = || std::fs::metadata(data.join("sentinel.db")).unwrap().len();
    let before = size();

    let agent = Daemon::start(data, &[]);
    let stream = agent.client.open(&hello("new")).stream;
    let (begun, mut times) = (Instant::now(), Vec::new());
    let patience = Duration::from_secs(if full { 3600 } else { 120 });
    for n in 0.. {
        let asked = Instant::now();
        let answer = agent.client.frames(&stream, &tests(n, n + 1).encode());
        assert_eq!(answer.position(), (200, (n + 1) * PER_TEST));
        times.push(asked.elapsed());
        let done = n % 50 == 0
            && number(data, "SELECT count(*) FROM runs") == 1
            && number(data, "SELECT freelist_count FROM pragma_freelist_count") == 0;
        if done {
            break;
        }
        assert!(begun.elapsed() < patience, "not done");
        std::thread::sleep(Duration::from_millis(10));
    }
    let took = begun.elapsed();
    let left = number(
        data,
        &format!("SELECT count(*) FROM tests WHERE run <= {runs}"),
    );
    assert_eq!(left, 0);
    times.sort();
    let [p50, p99, most] =
        [times.len() / 2, times.len() * 99 / 100, times.len() - 1].map(|at| times[at]);
    // An agent that ends folds the log in, which is what cuts the file.
    assert!(agent.told("TERM").success());
    let after = size();
    eprintln!(
        "{} rows gone in {took:?}, {before} bytes before, {after} after; {} frames meanwhile: p50 {p50:?}, p99 {p99:?}, \
         most {most:?}",
        runs * OF_RUN,
        times.len()
    );
    assert!(after < before / 4, "{before} bytes before, {after} after");
    // A piece of 50 ms and a commit; the rest is a loaded machine's.
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
}
