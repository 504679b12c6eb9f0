//! The `causes` table: whose fault each failed attempt is.

use rusqlite::{Connection, Row, params};
use sentinel_core::Cause;
use sentinel_core::output::CauseRow;

use super::ids::Ids;
use super::value::{from_json, from_word, json};

const UPSERT: &str = "
    INSERT INTO causes (run, stream, ordinal, attempt, class, confidence, hints)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (run, stream, ordinal, attempt) DO UPDATE SET
        class = excluded.class, confidence = excluded.confidence, hints = excluded.hints";

/// What a query of tests joins to read the causes with [`view`].
pub(super) const JOIN: &str = "LEFT JOIN causes c ON c.run = t.run AND c.stream = t.stream
    AND c.ordinal = t.ordinal AND c.attempt = t.attempt
    AND t.status IN ('failed', 'errored', 'timed_out', 'unfinished')";

pub(super) fn write(conn: &Connection, ids: &mut Ids, row: &CauseRow) -> rusqlite::Result<()> {
    let (run, stream) = ids.pair(conn, &row.run_id, &row.stream)?;
    conn.prepare_cached(UPSERT)?.execute(params![
        run,
        stream,
        row.ordinal,
        row.attempt,
        row.cause.class.as_str(),
        row.cause.confidence,
        json(&row.cause.hints),
    ])?;
    Ok(())
}

/// The cause in the three columns from that one on, if there is one.
pub(super) fn view(row: &Row<'_>, from: usize) -> rusqlite::Result<Option<Cause>> {
    let Some(class) = row.get::<_, Option<String>>(from)? else {
        return Ok(None);
    };
    Ok(Some(Cause {
        class: from_word(from, &class)?,
        confidence: row.get(from + 1)?,
        hints: from_json(from + 2, &row.get::<_, String>(from + 2)?)?,
    }))
}
