//! Torture row S9: whoever brings a database up to date may be killed at any statement.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Batch;
use rusqlite::fallible_iterator::FallibleIterator;

use super::*;
use crate::store::open;

const BUSY: Duration = Duration::from_secs(5);

fn database(dir: &Path) -> Connection {
    let conn = Connection::open(dir.join("sentinel.db")).unwrap();
    let wal: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .unwrap();
    assert_eq!(wal, "wal");
    conn
}

/// A database as the program of that version left it, with a row in it.
fn made_by(version: usize, dir: &Path) -> Connection {
    let conn = database(dir);
    conn.pragma_update(None, "application_id", super::super::APPLICATION_ID)
        .unwrap();
    for (done, migration) in MIGRATIONS[..version].iter().enumerate() {
        conn.execute_batch(migration).unwrap();
        conn.pragma_update(None, "user_version", done as i64 + 1)
            .unwrap();
    }
    if version > 0 {
        conn.execute(
            "INSERT INTO runs (run_id, status) VALUES ('r1', 'running')",
            [],
        )
        .unwrap();
    }
    conn
}

/// Everything the schema says.
fn schema(conn: &Connection) -> Vec<String> {
    let mut all = conn
        .prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The files as a kill leaves them: what was written is there, and the index of the log is built anew.
fn killed(from: &Path, to: &Path) {
    for name in ["sentinel.db", "sentinel.db-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_migration_killed_at_any_statement_is_done_by_the_next_start() {
    let fresh = tempfile::tempdir().unwrap();
    let whole = schema(&open(fresh.path(), BUSY).unwrap().conn);
    let mut moments = 0;
    for version in 0..MIGRATIONS.len() {
        let statements = {
            let dir = tempfile::tempdir().unwrap();
            run(&made_by(version, dir.path()), version, usize::MAX)
        };
        for before in 0..=statements {
            let (dir, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let conn = made_by(version, dir.path());
            // With no room in memory, what is not committed reaches the log as well.
            conn.pragma_update(None, "cache_size", 1).unwrap();
            run(&conn, version, before);
            killed(dir.path(), after.path());
            let opened = open(after.path(), BUSY).unwrap();
            assert_eq!(
                opened.quarantine, None,
                "version {version}, statement {before}"
            );
            assert_eq!(
                schema(&opened.conn),
                whole,
                "version {version}, statement {before}"
            );
            assert_eq!(super::version(&opened.conn).unwrap(), KNOWN);
            let runs: i64 = opened
                .conn
                .query_row("SELECT count(*) FROM runs", [], |row| row.get(0))
                .unwrap();
            assert_eq!(
                runs,
                i64::from(version > 0),
                "what was there is still there"
            );
            moments += 1;
        }
    }
    assert!(moments > 25, "{moments}");
}

/// Begins the migration after that version and executes so many of its statements; how many it has.
fn run(conn: &Connection, version: usize, statements: usize) -> usize {
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut batch = Batch::new(conn, MIGRATIONS[version]);
    let mut done = 0;
    while done < statements
        && let Some(mut statement) = batch.next().unwrap()
    {
        statement.raw_execute().unwrap();
        done += 1;
    }
    done
}

/// Of 5 GB with `SENTINEL_TORTURE=full`: the second migration makes an index of the tests, and so reads all of them.
#[test]
fn a_large_database_of_the_first_version_is_brought_up_to_date_within_a_minute() {
    let full = std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full");
    let tests = if full { 10_000_000 } else { 20_000 };
    let dir = tempfile::tempdir().unwrap();
    let conn = made_by(1, dir.path());
    conn.execute(
        "INSERT INTO tests (run, stream, ordinal, attempt, suite, name, dialect, status, message, line, latest,
             teardown_error)
         WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
         SELECT 1, n / 200000, n % 200000, 1, 'api', 'a test with a name of usual length ' || n, 'tap',
             CASE n % 100 WHEN 0 THEN 'failed' ELSE 'passed' END, printf('%.400c', 'x'), n, 1, 0
         FROM numbers",
        [tests],
    )
    .unwrap();
    drop(conn);
    let size = fs::metadata(dir.path().join("sentinel.db")).unwrap().len();
    let begun = std::time::Instant::now();
    let opened = open(dir.path(), BUSY).unwrap();
    let took = begun.elapsed();
    eprintln!("{tests} tests, {size} bytes: up to date after {took:?}");
    let failing = "SELECT count(*) FROM tests INDEXED BY tests_failing
         WHERE latest = 1 AND (status = 'failed' OR status = 'errored' OR status = 'timed_out')";
    let failing: i64 = opened
        .conn
        .query_row(failing, [], |row| row.get(0))
        .unwrap();
    assert_eq!(failing, tests / 100);
    assert!(took < Duration::from_secs(60), "{took:?}");
}
