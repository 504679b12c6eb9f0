//! Torture rows S10 and S11: what is deleted, how long a piece of it takes, and what is never deleted.

use crate::clock::ManualClock;
use crate::store::open;

use super::*;

#[path = "../../../../tests/common/old_runs.rs"]
mod old_runs;
use old_runs::old_run;

const DAY: Millis = 24 * 3_600_000;
const NOW: Millis = 1_800_000_000_000;

fn database() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let conn = open(dir.path(), Duration::from_secs(5)).unwrap().conn;
    (dir, conn)
}

fn run(conn: &mut Connection, id: i64, status: &str, ended: Option<Millis>, tests: i64) {
    old_run(conn, NOW, id, (status, ended), tests);
}

fn number(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn left(conn: &Connection) -> Vec<i64> {
    let mut all = conn.prepare("SELECT id FROM runs ORDER BY id").unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn retention(clock: &Arc<ManualClock>, forwards: bool) -> Retention {
    let keep = Duration::from_secs(90 * 24 * 3600);
    Retention::new(Arc::clone(clock) as Arc<_>, keep, forwards)
}

/// Sweeps until nothing is left to do; the longest piece.
fn sweep(retention: &mut Retention, conn: &mut Connection) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let begun = Instant::now();
        let swept = retention.sweep(conn).unwrap();
        longest = longest.max(begun.elapsed());
        if !swept.more {
            return longest;
        }
    }
}

#[test]
fn runs_over_for_long_go_with_all_of_theirs_and_the_file_gets_smaller() {
    let (dir, mut conn) = database();
    run(&mut conn, 1, "failed", Some(NOW - 91 * DAY), 20_000);
    run(&mut conn, 2, "passed", Some(NOW - 89 * DAY), 100);
    let size = || {
        let folded = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        folded.unwrap();
        std::fs::metadata(dir.path().join("sentinel.db"))
            .unwrap()
            .len()
    };
    let before = size();
    let clock = Arc::new(ManualClock::new(NOW));
    let mut retention = retention(&clock, false);
    let mut conn = Connection::open(dir.path().join("sentinel.db")).unwrap();
    sweep(&mut retention, &mut conn);
    assert_eq!(left(&conn), [2]);
    for table in ["tests", "frames", "suites", "gaps", "streams"] {
        let of = if table == "frames" { "stream" } else { "run" };
        let of = if table == "streams" { "id" } else { of };
        let gone = number(
            &conn,
            &format!("SELECT count(*) FROM {table} WHERE {of} = 1"),
        );
        let kept = number(
            &conn,
            &format!("SELECT count(*) FROM {table} WHERE {of} = 2"),
        );
        assert_eq!((gone, kept > 0), (0, true), "{table}");
    }
    let after = size();
    assert!(after < before / 10, "{before} bytes before, {after} after");
}

#[test]
fn a_piece_is_short_however_large_the_run() {
    let (_dir, mut conn) = database();
    run(&mut conn, 1, "failed", Some(NOW - 91 * DAY), 60_000);
    let clock = Arc::new(ManualClock::new(NOW));
    let mut retention = retention(&clock, false);
    let (mut pieces, mut longest) = (0, Duration::ZERO);
    while left(&conn) == [1] {
        let begun = Instant::now();
        assert!(retention.sweep(&mut conn).unwrap().more);
        longest = longest.max(begun.elapsed());
        pieces += 1;
    }
    // A piece ends after the statement during which its time is up, so it is more than one.
    assert!(pieces > 1, "{pieces} pieces");
    let back = sweep(&mut retention, &mut conn);
    eprintln!("{pieces} pieces of at most {longest:?}, then giving back, {back:?} at a time");
}

#[test]
fn what_goes_on_and_what_lies_ahead_is_never_deleted_whatever_the_clock_says() {
    let (_dir, mut conn) = database();
    run(&mut conn, 1, "running", None, 10);
    run(&mut conn, 2, "finalizing", Some(NOW - 200 * DAY), 10);
    run(&mut conn, 3, "passed", Some(NOW + DAY), 10);
    run(&mut conn, 4, "lost", Some(NOW - 90 * DAY + 1), 10);
    let clock = Arc::new(ManualClock::new(NOW));
    let mut retention = retention(&clock, false);
    sweep(&mut retention, &mut conn);
    assert_eq!(left(&conn), [1, 2, 3, 4]);
    // A day ahead and back again: a run that was a moment short of its time goes, no other.
    clock.advance(DAY);
    sweep(&mut retention, &mut conn);
    assert_eq!(left(&conn), [1, 2, 3]);
    clock.advance(-2 * DAY);
    sweep(&mut retention, &mut conn);
    // Beyond 2038, and at the beginning of time.
    clock.advance(20 * 365 * DAY);
    sweep(&mut retention, &mut conn);
    assert_eq!(left(&conn), [1, 2], "they are not over");
    clock.advance(-100 * 365 * DAY);
    sweep(&mut retention, &mut conn);
    assert_eq!(left(&conn), [1, 2]);
}

#[test]
fn a_node_keeps_what_its_hub_has_not() {
    let (_dir, mut conn) = database();
    for id in [1, 2, 3] {
        run(&mut conn, id, "passed", Some(NOW - 100 * DAY), 10);
    }
    conn.execute_batch(
        "INSERT INTO forwarded VALUES (1, 200, 1); INSERT INTO forwarded VALUES (2, 199, 0)",
    )
    .unwrap();
    let clock = Arc::new(ManualClock::new(NOW));
    sweep(&mut retention(&clock, true), &mut conn);
    assert_eq!(left(&conn), [2, 3]);
    assert_eq!(number(&conn, "SELECT count(*) FROM forwarded"), 1);
}

#[test]
fn the_oldest_run_is_found_without_reading_the_others() {
    let (_dir, conn) = database();
    let mut plan = conn
        .prepare("EXPLAIN QUERY PLAN SELECT id FROM runs WHERE started_ms < 1 ORDER BY started_ms LIMIT 1")
        .unwrap();
    let step: String = plan.query_row([], |row| row.get(3)).unwrap();
    assert!(step.contains("INDEX runs_by_start"), "{step}");
}
