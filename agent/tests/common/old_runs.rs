//! Runs written straight into a database, for tests that need many that are old.

use rusqlite::Connection;

/// A run with one stream of so many tests and a frame for every hundred. It ended then, or goes on since long before
/// `now`.
pub(crate) fn old_run(
    conn: &mut Connection,
    now: i64,
    id: i64,
    (status, ended): (&str, Option<i64>),
    tests: i64,
) {
    let tx = conn.transaction().unwrap();
    let started = ended.unwrap_or(now - 400 * 24 * 3_600_000) - 1_000;
    tx.execute(
        "INSERT INTO runs (id, run_id, status, started_ms, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id, format!("r{id}"), status, started, ended),
    )
    .unwrap();
    let stream = "INSERT INTO streams (id, stream, run, committed) VALUES (?1, ?2, ?1, ?3)";
    tx.execute(stream, (id, format!("s{id}"), tests * 20))
        .unwrap();
    for n in 0..tests {
        tx.prepare_cached(
            "INSERT INTO tests (run, stream, ordinal, attempt, suite, name, dialect, status, line,
                 latest, teardown_error)
             VALUES (?1, ?1, ?2, 1, 'api', ?3, 'tap', 'failed', ?2, 1, 0)",
        )
        .unwrap()
        .execute((id, n, format!("a test with a name of usual length {n}")))
        .unwrap();
        if n % 100 == 0 {
            let frame = "INSERT INTO frames (stream, start_at, end_at, received_ms, data)
                 VALUES (?1, ?2, ?2 + 2000, 0, zeroblob(3000))";
            tx.prepare_cached(frame)
                .unwrap()
                .execute((id, n * 20))
                .unwrap();
        }
    }
    for sql in [
        "INSERT INTO suites VALUES (?1, ?1, 'api', 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL)",
        "INSERT INTO gaps VALUES (?1, 0, 1, ?1, 'cap')",
    ] {
        tx.execute(sql, [id]).unwrap();
    }
    tx.commit().unwrap();
}
