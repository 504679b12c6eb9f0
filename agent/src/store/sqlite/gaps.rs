//! The `gaps` table: loss is data.

use rusqlite::{Connection, params};
use sentinel_core::output::GapRow;

use super::ids::Ids;
use super::value::{int, uint};
use crate::api::view::GapView;

/// Where bytes were lost for good as well, that is what is kept of both.
const UPSERT: &str = "
    INSERT INTO gaps (stream, from_at, to_at, run, reason) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (stream, from_at) DO UPDATE SET
        to_at = excluded.to_at, run = excluded.run, reason = excluded.reason
        WHERE excluded.reason <> 'forgotten' OR gaps.reason = 'forgotten'";

pub(super) fn write(conn: &Connection, ids: &mut Ids, gap: &GapRow) -> rusqlite::Result<()> {
    let run = ids.run(conn, &gap.run_id)?;
    let stream = ids.stream(conn, &gap.stream)?;
    conn.prepare_cached(UPSERT)?.execute(params![
        stream,
        int(gap.from),
        int(gap.to),
        run,
        gap.reason
    ])?;
    Ok(())
}

/// The losses of a run, at most `limit`.
pub(crate) fn list(conn: &Connection, run: i64, limit: usize) -> rusqlite::Result<Vec<GapView>> {
    let mut statement = conn.prepare_cached(
        "SELECT s.stream, g.from_at, g.to_at, g.reason FROM gaps g JOIN streams s ON s.id = g.stream
         WHERE g.run = ?1 ORDER BY g.stream, g.from_at LIMIT ?2",
    )?;
    let rows = statement.query_map(params![run, int(limit as u64)], |row| {
        Ok(GapView {
            stream: row.get(0)?,
            from: uint(row.get(1)?),
            to: uint(row.get(2)?),
            reason: row.get(3)?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_that_the_store_knows_by_name_is_that_of_the_event() {
        let reason = sentinel_parsers::event::Gap::FORGOTTEN;
        assert_eq!(UPSERT.matches(&format!("'{reason}'")).count(), 2);
    }
}
