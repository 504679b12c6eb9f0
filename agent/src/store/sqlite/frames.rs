//! The `frames` table: what was taken, as it came, so that a restart can take it again.

use rusqlite::{Connection, params};

use super::value::int;

/// Where a frame lies in its stream, and when it was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) stream: i64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) received_ms: i64,
}

pub(super) fn write(conn: &Connection, span: Span, data: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO frames (stream, start_at, end_at, received_ms, data)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        span.stream,
        int(span.start),
        int(span.end),
        span.received_ms,
        data
    ])?;
    Ok(())
}

/// The numbers of a stream's frames.
pub(super) fn numbers(conn: &Connection, stream: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare_cached("SELECT id FROM frames WHERE stream = ?1")?;
    let rows = statement.query_map([stream], |row| row.get(0))?;
    rows.collect()
}

/// When a frame was taken, and its bytes.
pub(super) fn find(conn: &Connection, id: i64) -> rusqlite::Result<(i64, Vec<u8>)> {
    conn.prepare_cached("SELECT received_ms, data FROM frames WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
}
