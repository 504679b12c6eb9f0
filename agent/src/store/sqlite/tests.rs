//! The `tests` table: one row per attempt.

use rusqlite::{CachedStatement, Connection, Row, ToSql, params};
use sentinel_core::output::TestRow;
use sentinel_parsers::event::Status;

use super::causes::{self, JOIN};
use super::value::{from_word, int, uint};
use crate::api::view::{AttemptView, TestView};

pub(super) const UPSERT: &str = "
    INSERT INTO tests (run, stream, ordinal, attempt, suite, name, dialect, status, duration_s,
        message, location, line, started_ms, ended_ms, latest, teardown_error)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
    ON CONFLICT (run, stream, ordinal, attempt) DO UPDATE SET
        suite = excluded.suite, name = excluded.name, dialect = excluded.dialect,
        status = excluded.status, duration_s = excluded.duration_s, message = excluded.message,
        location = excluded.location, line = excluded.line, started_ms = excluded.started_ms,
        ended_ms = excluded.ended_ms, latest = excluded.latest,
        teardown_error = excluded.teardown_error";

pub(super) const OVERTAKE: &str = "
    UPDATE tests SET latest = 0
    WHERE run = ?1 AND stream = ?2 AND ordinal = ?3 AND attempt < ?4 AND latest = 1";

/// Writes many rows with one statement, which is looked up once for all of them.
pub(super) struct TestWriter<'c> {
    upsert: CachedStatement<'c>,
    overtake: CachedStatement<'c>,
}

impl<'c> TestWriter<'c> {
    pub(super) fn new(conn: &'c Connection) -> rusqlite::Result<TestWriter<'c>> {
        Ok(TestWriter {
            upsert: conn.prepare_cached(UPSERT)?,
            overtake: conn.prepare_cached(OVERTAKE)?,
        })
    }

    /// Writes the row of a test in this run and stream.
    pub(super) fn write(&mut self, run: i64, stream: i64, test: &TestRow) -> rusqlite::Result<()> {
        let attempt = &test.attempt;
        self.upsert.execute(params![
            run,
            stream,
            test.ordinal,
            attempt.number,
            test.suite.as_deref().unwrap_or_default(),
            test.name,
            &*test.dialect,
            attempt.status.as_str(),
            attempt.duration_s,
            attempt.message.as_deref(),
            attempt.location.as_deref(),
            int(attempt.line),
            attempt.started_ms,
            attempt.ended_ms,
            test.latest,
            test.teardown_error,
        ])?;
        if test.latest && attempt.number > 1 {
            let key = params![run, stream, test.ordinal, attempt.number];
            self.overtake.execute(key)?;
        }
        Ok(())
    }
}

/// What of a run's tests is asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Only these statuses; all when empty.
    pub(crate) statuses: &'a [Status],
    /// Only tests after this place (number of the stream, ordinal).
    pub(crate) after: Option<(i64, i64)>,
    /// At most so many.
    pub(crate) limit: usize,
    /// The longest first, with no place to go on from; else in the order of the output.
    pub(crate) slowest: bool,
    /// Those of streams that another one replaced as well.
    pub(crate) replaced: bool,
}

/// The latest attempts of a run's tests, each with its place.
pub(crate) fn list(
    conn: &Connection,
    run: i64,
    wanted: &Wanted<'_>,
) -> rusqlite::Result<Vec<((i64, i64), TestView)>> {
    let (stream, ordinal) = wanted.after.unwrap_or((i64::MIN, i64::MIN));
    let limit = int(wanted.limit as u64);
    let mut values: Vec<&dyn ToSql> = vec![&run, &stream, &ordinal, &limit];
    let words: Vec<&str> = wanted.statuses.iter().map(|s| s.as_str()).collect();
    values.extend(words.iter().map(|w| w as &dyn ToSql));
    let mut statement = conn.prepare_cached(&select(wanted))?;
    let rows = statement.query_map(&values[..], view)?;
    let mut found: Vec<((i64, i64), TestView)> = rows.collect::<rusqlite::Result<_>>()?;
    for ((stream, ordinal), test) in found.iter_mut().filter(|(_, test)| test.attempts > 1) {
        test.earlier = earlier(conn, run, *stream, *ordinal)?;
    }
    Ok(found)
}

/// The attempts of a test before its latest, oldest first.
fn earlier(
    conn: &Connection,
    run: i64,
    stream: i64,
    ordinal: i64,
) -> rusqlite::Result<Vec<AttemptView>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT t.attempt, t.status, t.duration_s, t.message, t.location, t.line,
                c.class, c.confidence, c.hints
             FROM tests t {JOIN}
             WHERE t.run = ?1 AND t.stream = ?2 AND t.ordinal = ?3 AND t.latest = 0
             ORDER BY t.attempt"
    ))?;
    let rows = statement.query_map(params![run, stream, ordinal], |row| {
        Ok(AttemptView {
            attempt: row.get(0)?,
            status: from_word(1, &row.get::<_, String>(1)?)?,
            duration_s: row.get(2)?,
            message: row.get(3)?,
            location: row.get(4)?,
            line: uint(row.get(5)?),
            cause: causes::view(row, 6)?,
        })
    })?;
    rows.collect()
}

/// At most ten spellings of status lists times two orders, with or without what was replaced: the statement cache holds them.
pub(super) fn select(wanted: &Wanted<'_>) -> String {
    let failing = !wanted.statuses.is_empty() && wanted.statuses.iter().all(|s| s.is_failure());
    // Without statistics the planner would rather read all tests of the run.
    let index = if failing {
        "INDEXED BY tests_failing"
    } else {
        ""
    };
    let mut sql = format!(
        "SELECT t.suite, t.name, t.status, t.duration_s, t.attempt, t.message, t.location, t.line,
            s.stream, t.dialect, t.teardown_error, t.stream, t.ordinal,
            (SELECT count(*) FROM tests a WHERE a.run = t.run AND a.stream = t.stream
                AND a.ordinal = t.ordinal),
            (t.status = 'passed' AND t.attempt > 1 AND EXISTS (SELECT 1 FROM tests a
                WHERE a.run = t.run AND a.stream = t.stream AND a.ordinal = t.ordinal
                AND a.status IN ('failed', 'errored', 'timed_out'))),
            c.class, c.confidence, c.hints, s.replaced_by
         FROM tests t {index} JOIN streams s ON s.id = t.stream {JOIN}
         WHERE t.run = ?1 AND t.latest = 1 AND (t.stream, t.ordinal) > (?2, ?3)",
    );
    if !wanted.replaced {
        sql.push_str(" AND s.replaced_by IS NULL");
    }
    if !wanted.statuses.is_empty() {
        let marks: Vec<String> = (0..wanted.statuses.len())
            .map(|i| format!("?{}", i + 5))
            .collect();
        sql.push_str(&format!(" AND t.status IN ({})", marks.join(", ")));
        if failing {
            // In the index's own words, or the planner does not see that the index has all of them.
            sql.push_str(
                " AND (t.status = 'failed' OR t.status = 'errored' OR t.status = 'timed_out')",
            );
        }
    }
    sql.push_str(match wanted.slowest {
        true => " AND t.duration_s IS NOT NULL ORDER BY t.duration_s DESC, t.stream, t.ordinal",
        false => " ORDER BY t.stream, t.ordinal",
    });
    sql.push_str(" LIMIT ?4");
    sql
}

fn view(row: &Row<'_>) -> rusqlite::Result<((i64, i64), TestView)> {
    let place = (row.get(11)?, row.get(12)?);
    let view = TestView {
        suite: row.get(0)?,
        name: row.get(1)?,
        status: from_word(2, &row.get::<_, String>(2)?)?,
        duration_s: row.get(3)?,
        attempt: row.get(4)?,
        message: row.get(5)?,
        location: row.get(6)?,
        line: uint(row.get(7)?),
        stream: row.get(8)?,
        dialect: row.get(9)?,
        teardown_error: row.get(10)?,
        attempts: row.get(13)?,
        flaky: row.get(14)?,
        cause: causes::view(row, 15)?,
        replaced_by: row.get(18)?,
        earlier: Vec::new(),
    };
    Ok((place, view))
}
