//! The `forwarded` table, and what a node still has to send: hints, for the hub is asked how far it is.

use rusqlite::{Connection, OptionalExtension, params};
use sentinel_parsers::wire::OpenStream;

use super::streams;
use super::value::{int, uint};

/// How far the hub has a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedRow {
    /// The stream.
    pub stream: String,
    /// First byte the hub has not stored.
    pub position: u64,
    /// Whether the hub has all of it.
    pub closed: bool,
}

pub(super) fn write(conn: &Connection, row: &ForwardedRow) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO forwarded (stream, position, closed)
         SELECT id, ?2, ?3 FROM streams WHERE stream = ?1
         ON CONFLICT (stream) DO UPDATE SET position = excluded.position, closed = excluded.closed",
    )?
    .execute(params![row.stream, int(row.position), row.closed])?;
    Ok(())
}

/// A stream that may have something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsent {
    /// Its number, to page by.
    pub(crate) id: i64,
    pub(crate) stream: String,
    pub(crate) committed: u64,
}

/// Streams the hub may not have all of, or whose runs go on, after one's number; with `all` those it
/// has as well.
pub(crate) fn unsent(
    conn: &Connection,
    after: i64,
    all: bool,
    limit: usize,
) -> rusqlite::Result<Vec<Unsent>> {
    let mut statement = conn.prepare_cached(
        "SELECT s.id, s.stream, s.committed FROM streams s
         JOIN runs r ON r.id = s.run
         LEFT JOIN forwarded f ON f.stream = s.id
         WHERE s.id > ?1 AND (?2 OR f.position IS NULL OR NOT f.closed AND (
             f.position < s.committed OR s.closed
             OR r.status = 'pending' OR r.status = 'running' OR r.status = 'finalizing'))
         ORDER BY s.id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![after, all, int(limit as u64)], |row| {
        Ok(Unsent {
            id: row.get(0)?,
            stream: row.get(1)?,
            committed: uint(row.get(2)?),
        })
    })?;
    rows.collect()
}

/// A stream and what of it is to be sent next.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) open: OpenStream,
    pub(crate) committed: u64,
    pub(crate) closed: bool,
    /// Whether its run is over.
    pub(crate) over: bool,
    /// In order; the first holds the byte asked for, or is the first one there is behind it.
    pub(crate) frames: Vec<StoredFrame>,
}

/// A frame as stored.
#[derive(Debug)]
pub(crate) struct StoredFrame {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) data: Vec<u8>,
}

/// A stream with its frames from a position on, as many as `bytes` hold and at least one; without a
/// position no frames.
pub(crate) fn stretch(
    conn: &Connection,
    stream: &str,
    from: Option<u64>,
    bytes: usize,
) -> rusqlite::Result<Option<Stretch>> {
    let Some(row) = streams::by_name(conn, stream)? else {
        return Ok(None);
    };
    let state = "SELECT s.committed, s.closed,
            NOT (r.status = 'pending' OR r.status = 'running' OR r.status = 'finalizing')
         FROM streams s JOIN runs r ON r.id = s.run WHERE s.id = ?1";
    let state = conn
        .prepare_cached(state)?
        .query_row([row.id], |r| Ok((uint(r.get(0)?), r.get(1)?, r.get(2)?)));
    let Some((committed, closed, over)) = state.optional()? else {
        return Ok(None);
    };
    let frames = match from {
        Some(from) => frames(conn, row.id, from, bytes)?,
        None => Vec::new(),
    };
    Ok(Some(Stretch {
        open: row.open,
        committed,
        closed,
        over,
        frames,
    }))
}

fn frames(
    conn: &Connection,
    stream: i64,
    from: u64,
    bytes: usize,
) -> rusqlite::Result<Vec<StoredFrame>> {
    let mut statement = conn.prepare_cached(
        "SELECT start_at, end_at, data FROM frames WHERE stream = ?1 AND start_at >= coalesce(
             (SELECT max(start_at) FROM frames WHERE stream = ?1 AND start_at <= ?2), 0)
         ORDER BY start_at, end_at",
    )?;
    let mut rows = statement.query(params![stream, int(from)])?;
    let (mut frames, mut room) = (Vec::new(), bytes);
    while let Some(row) = rows.next()? {
        let frame = StoredFrame {
            start: uint(row.get(0)?),
            end: uint(row.get(1)?),
            data: row.get(2)?,
        };
        if !frames.is_empty() && frame.data.len() > room {
            break;
        }
        room = room.saturating_sub(frame.data.len());
        frames.push(frame);
    }
    Ok(frames)
}
