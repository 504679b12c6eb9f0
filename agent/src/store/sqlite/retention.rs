//! What is kept for how long: runs that have been over for longer are deleted, oldest first, in pieces so
//! small that no commit waits long for one, and the file gives back what they held.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sentinel_core::Millis;

use crate::clock::Clock;

/// How long one piece may take, its sync aside.
const PIECE: Duration = Duration::from_millis(20);
/// Pause between pieces, so that most of the time is the commits'.
const PAUSE: Duration = Duration::from_millis(200);
/// How often it is looked for runs to delete when there were none.
const LOOK: Duration = Duration::from_secs(60);
/// Rows deleted by one statement.
const ROWS: usize = 250;
/// Pages given back by one statement.
const PAGES: usize = 16;

/// When something is due, and for how long runs are kept.
pub(crate) struct Retention {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keep: Duration,
    /// Whether a run is only deleted once a hub has all of it.
    pub(crate) forwards: bool,
    next: Instant,
}

/// What a piece did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Runs that are gone with all of theirs.
    pub(crate) runs: u64,
    /// Whether there is more to do.
    pub(crate) more: bool,
}

impl Retention {
    pub(crate) fn new(clock: Arc<dyn Clock>, keep: Duration, forwards: bool) -> Retention {
        Retention {
            clock,
            keep,
            forwards,
            next: Instant::now(),
        }
    }

    /// How long until something is due.
    pub(crate) fn wait(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Deletes a piece of what is too old.
    pub(crate) fn sweep(&mut self, conn: &mut Connection) -> rusqlite::Result<Swept> {
        let keep = Millis::try_from(self.keep.as_millis()).unwrap_or(Millis::MAX);
        let before = self.clock.now_ms().saturating_sub(keep);
        self.next = Instant::now() + LOOK;
        let swept = piece(conn, before, self.forwards)?;
        if swept.more {
            self.next = Instant::now() + PAUSE;
        }
        Ok(swept)
    }
}

/// One transaction's worth.
fn piece(conn: &mut Connection, before: Millis, forwards: bool) -> rusqlite::Result<Swept> {
    let begun = Instant::now();
    let mut swept = Swept::default();
    if candidate(conn, before, forwards)?.is_none() {
        swept.more = give_back(conn, begun)?;
        return Ok(swept);
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    while begun.elapsed() < PIECE {
        let Some(run) = candidate(&tx, before, forwards)? else {
            break;
        };
        if rows(&tx, run)? == 0 {
            rest(&tx, run)?;
            swept.runs += 1;
        }
    }
    tx.commit()?;
    swept.more = true;
    Ok(swept)
}

/// The oldest run that was over before that time. One that goes on, or whose times lie ahead, is none.
fn candidate(conn: &Connection, before: Millis, forwards: bool) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached(
        "SELECT id FROM runs r WHERE started_ms < ?1 AND ended_ms < ?1
             AND NOT (status = 'pending' OR status = 'running' OR status = 'finalizing')
             AND NOT (?2 AND EXISTS (SELECT 1 FROM streams s
                 LEFT JOIN forwarded f ON f.stream = s.id
                 WHERE s.run = r.id AND (f.position IS NULL OR f.position < s.committed)))
         ORDER BY started_ms LIMIT 1",
    )?
    .query_row((before, forwards), |row| row.get(0))
    .optional()
}

/// Deletes some of the run's many rows; how many.
fn rows(conn: &Connection, run: i64) -> rusqlite::Result<usize> {
    let tests = conn
        .prepare_cached(
            "DELETE FROM tests WHERE run = ?1 AND (stream, ordinal, attempt) IN
             (SELECT stream, ordinal, attempt FROM tests WHERE run = ?1 LIMIT ?2)",
        )?
        .execute((run, ROWS as i64))?;
    if tests > 0 {
        return Ok(tests);
    }
    conn.prepare_cached(
        "DELETE FROM frames WHERE id IN (SELECT f.id FROM streams s
             JOIN frames f ON f.stream = s.id WHERE s.run = ?1 LIMIT ?2)",
    )?
    .execute((run, ROWS as i64))
}

/// Deletes what is left of a run, which is little.
fn rest(conn: &Connection, run: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM suites WHERE run = ?1",
        "DELETE FROM gaps WHERE run = ?1",
        "DELETE FROM causes WHERE run = ?1",
        "DELETE FROM anomalies WHERE run = ?1",
        "DELETE FROM forwarded WHERE stream IN (SELECT id FROM streams WHERE run = ?1)",
        "DELETE FROM streams WHERE run = ?1",
        "DELETE FROM runs WHERE id = ?1",
    ] {
        conn.prepare_cached(sql)?.execute([run])?;
    }
    Ok(())
}

/// Gives free pages back to the file system; whether there are more.
fn give_back(conn: &mut Connection, begun: Instant) -> rusqlite::Result<bool> {
    let free = |conn: &Connection| -> rusqlite::Result<i64> {
        conn.pragma_query_value(None, "freelist_count", |row| row.get(0))
    };
    if free(conn)? == 0 {
        return Ok(false);
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    while begun.elapsed() < PIECE && free(&tx)? > 0 {
        tx.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    }
    tx.commit()?;
    Ok(free(conn)? > 0)
}

#[cfg(test)]
mod tests;
