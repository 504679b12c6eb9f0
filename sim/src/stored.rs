//! What an agent's database holds, read with SQL of its own: a mistake of the agent's readers must not hide one of
//! its writer.

use std::collections::BTreeMap;

use rusqlite::Connection;
use sentinel_agent::solo::Database;
use sentinel_agent::store::StoreError;
use sentinel_parsers::event::{self, Body, Status};
use sentinel_parsers::frame::{Frame, Limits};

use crate::oracle::{result, told};

/// A lost range with its reason.
type Gap = (u64, u64, String);
/// The offset of a result's line, its name and status.
pub(crate) type Told = (u64, String, Status);
/// Name, status and number of an attempt in the table of tests.
pub(crate) type Row = (String, String, u32);

/// A stream as stored.
#[derive(Debug, Default)]
pub(crate) struct StoredStream {
    pub(crate) committed: u64,
    pub(crate) closed: bool,
    pub(crate) hash: Option<String>,
    /// What each frame covers, in the order of their beginnings.
    pub(crate) frames: Vec<(u64, u64)>,
    /// Results as the frames tell them.
    pub(crate) results: Vec<Told>,
    /// Each attempt in the table of tests.
    pub(crate) tests: Vec<Row>,
    /// Gaps in the table of gaps.
    pub(crate) gaps: Vec<Gap>,
    /// Whether a part was read by one who had not read what stands before.
    pub(crate) forgotten: bool,
    /// Gaps as the frames tell them.
    pub(crate) told_gaps: Vec<Gap>,
    /// All that the parser told, in the order of the frames.
    pub(crate) events: Vec<String>,
}

/// All streams, by the agent's name for them.
pub(crate) fn streams(database: &Database) -> Result<BTreeMap<String, StoredStream>, StoreError> {
    database.read(|conn| {
        let mut all = BTreeMap::new();
        let mut query =
            conn.prepare("SELECT id, stream, committed, closed, hash FROM streams ORDER BY id")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let mut stream = StoredStream {
                committed: uint(row.get(2)?),
                closed: row.get(3)?,
                hash: row.get(4)?,
                ..StoredStream::default()
            };
            frames(conn, id, &mut stream)?;
            rest(conn, id, &mut stream)?;
            all.insert(row.get(1)?, stream);
        }
        Ok(all)
    })
}

fn frames(conn: &Connection, id: i64, stream: &mut StoredStream) -> rusqlite::Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT start_at, end_at, data FROM frames WHERE stream = ?1 ORDER BY start_at, end_at, id",
    )?;
    let mut rows = query.query([id])?;
    while let Some(row) = rows.next()? {
        let (from, to): (i64, i64) = (row.get(0)?, row.get(1)?);
        stream.frames.push((uint(from), uint(to)));
        let data: Vec<u8> = row.get(2)?;
        let Ok((frame, _)) = Frame::decode(&data, &Limits::default()) else {
            // Told by what is missing then.
            continue;
        };
        for event in frame.events() {
            if let Some((name, status)) = result(&event.body) {
                stream.results.push((event.offset, name, status));
            }
            if event.dialect != "stream" {
                stream.events.push(told(&event));
            }
            if let Body::Gap(gap) = &event.body {
                match gap.reason {
                    event::Gap::FORGOTTEN => stream.forgotten = true,
                    reason => stream.told_gaps.push((gap.from, gap.to, reason.to_owned())),
                }
            }
        }
    }
    Ok(())
}

fn rest(conn: &Connection, id: i64, stream: &mut StoredStream) -> rusqlite::Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT name, status, attempt FROM tests WHERE stream = ?1 ORDER BY ordinal, attempt",
    )?;
    let rows = query.query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    stream.tests = rows.collect::<rusqlite::Result<_>>()?;
    let mut query = conn.prepare_cached(
        "SELECT from_at, to_at, reason FROM gaps WHERE stream = ?1 ORDER BY from_at",
    )?;
    let rows = query.query_map([id], |row| {
        Ok((uint(row.get(0)?), uint(row.get(1)?), row.get(2)?))
    })?;
    stream.gaps = rows.collect::<rusqlite::Result<_>>()?;
    let told = stream.gaps.len();
    stream
        .gaps
        .retain(|(.., reason)| reason != event::Gap::FORGOTTEN);
    // Told and stored, or neither.
    stream.forgotten |= stream.gaps.len() < told;
    Ok(())
}

/// The runs, their statuses and why.
pub(crate) fn runs(database: &Database) -> Result<Vec<(String, String, String)>, StoreError> {
    database.read(|conn| {
        let mut query =
            conn.prepare("SELECT run_id, status, coalesce(reason, '') FROM runs ORDER BY run_id")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect()
    })
}

/// Columns hold what was put there: no negative offsets.
fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
