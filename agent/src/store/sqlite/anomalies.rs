//! The `anomalies` table.

use rusqlite::{Connection, Row, params};
use sentinel_core::Anomaly;
use serde::Serialize;

use super::ids::Ids;
use super::value::{from_json, from_word, int, json};

/// The first sighting stays what it was.
const UPSERT: &str = "
    INSERT INTO anomalies (run, rule, subject, category, severity, title, numbers, evidence, hints,
        first_ms, last_ms, resolved)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (run, rule, subject) DO UPDATE SET
        category = excluded.category, severity = excluded.severity, title = excluded.title,
        numbers = excluded.numbers, evidence = excluded.evidence, hints = excluded.hints,
        first_ms = min(first_ms, excluded.first_ms), last_ms = excluded.last_ms,
        resolved = excluded.resolved";

pub(super) fn write(conn: &Connection, ids: &mut Ids, found: &Anomaly) -> rusqlite::Result<()> {
    let run = ids.run(conn, &found.run_id)?;
    conn.prepare_cached(UPSERT)?.execute(params![
        run,
        found.rule,
        found.subject,
        word(&found.category),
        word(&found.severity),
        found.title,
        json(&found.numbers),
        json(&found.evidence),
        json(&found.hints),
        found.first_ms,
        found.last_ms,
        found.resolved,
    ])?;
    Ok(())
}

/// The word serde spells an enum of plain words with.
fn word<T: Serialize>(value: &T) -> String {
    json(value).trim_matches('"').to_owned()
}

/// A run's anomalies in order of appearance, each with its number.
pub(crate) fn list(
    conn: &Connection,
    run: i64,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<(i64, Anomaly)>> {
    let mut statement = conn.prepare_cached(
        "SELECT r.run_id, a.rule, a.subject, a.category, a.severity, a.title, a.numbers,
            a.evidence, a.hints, a.first_ms, a.last_ms, a.resolved, a.id
         FROM anomalies a JOIN runs r ON r.id = a.run
         WHERE a.run = ?1 AND a.id > ?2 ORDER BY a.id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![run, after, int(limit as u64)], view)?;
    rows.collect()
}

fn view(row: &Row<'_>) -> rusqlite::Result<(i64, Anomaly)> {
    let text = |i: usize| row.get::<_, String>(i);
    let anomaly = Anomaly {
        run_id: row.get(0)?,
        rule: row.get(1)?,
        subject: row.get(2)?,
        category: from_word(3, &text(3)?)?,
        severity: from_word(4, &text(4)?)?,
        title: row.get(5)?,
        numbers: from_json(6, &text(6)?)?,
        evidence: from_json(7, &text(7)?)?,
        hints: from_json(8, &text(8)?)?,
        first_ms: row.get(9)?,
        last_ms: row.get(10)?,
        resolved: row.get(11)?,
    };
    Ok((row.get(12)?, anomaly))
}
