//! The `streams` table.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sentinel_core::output::StreamRow;
use sentinel_parsers::wire::{OpenStream, StreamIdentity};

use super::ids::Ids;
use super::value::{from_json, int, json, opt_int, uint};
use crate::api::view::StreamView;

/// A position never goes back: an older state does not overwrite a newer one.
pub(super) const UPSERT: &str = "
    INSERT INTO streams (stream, run, cluster, pod_uid, container, restart, source, epoch, context,
        command, committed, closed, events, opened_ms, last_frame_ms, total_bytes, hash, exit_code,
        signal, node, replaced_by)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21)
    ON CONFLICT (stream) DO UPDATE SET
        run = excluded.run, cluster = excluded.cluster, pod_uid = excluded.pod_uid,
        container = excluded.container, restart = excluded.restart, source = excluded.source,
        epoch = excluded.epoch, context = excluded.context, command = excluded.command,
        committed = excluded.committed, closed = excluded.closed, events = excluded.events,
        opened_ms = excluded.opened_ms, last_frame_ms = excluded.last_frame_ms,
        total_bytes = excluded.total_bytes, hash = excluded.hash, exit_code = excluded.exit_code,
        signal = excluded.signal, node = excluded.node, replaced_by = excluded.replaced_by
        WHERE excluded.committed >= committed
    RETURNING id";

pub(super) fn write(conn: &Connection, ids: &mut Ids, row: &StreamRow) -> rusqlite::Result<()> {
    let run = ids.run(conn, &row.open.run.run_id)?;
    let who = &row.open.identity;
    let mut statement = conn.prepare_cached(UPSERT)?;
    let mut rows = statement.query(params![
        row.stream,
        run,
        who.cluster,
        who.pod_uid,
        who.container,
        who.restart,
        who.source,
        who.epoch,
        json(&row.open.run),
        row.open.command,
        int(row.committed),
        row.closed,
        int(row.events),
        row.opened_ms,
        row.last_frame_ms,
        opt_int(row.total_bytes),
        row.hash,
        row.exit_code,
        row.signal,
        row.node,
        row.replaced_by,
    ])?;
    if let Some(found) = rows.next()? {
        ids.learn_stream(&row.stream, found.get(0)?);
    }
    Ok(())
}

/// The streams of a run in the order they were opened.
pub(crate) fn list(conn: &Connection, run: i64) -> rusqlite::Result<Vec<StreamView>> {
    let mut statement = conn.prepare_cached(
        "SELECT stream, cluster, pod_uid, container, restart, source, command, committed, closed,
            events, opened_ms, last_frame_ms, total_bytes, hash, exit_code, signal, node,
            replaced_by
         FROM streams WHERE run = ?1 ORDER BY opened_ms, id",
    )?;
    let rows = statement.query_map([run], |row| {
        Ok(StreamView {
            stream: row.get(0)?,
            cluster: row.get(1)?,
            pod_uid: row.get(2)?,
            container: row.get(3)?,
            restart: row.get(4)?,
            source: row.get(5)?,
            command: row.get(6)?,
            committed: uint(row.get(7)?),
            closed: row.get(8)?,
            events: uint(row.get(9)?),
            opened_ms: row.get(10)?,
            last_frame_ms: row.get(11)?,
            total_bytes: row.get::<_, Option<i64>>(12)?.map(uint),
            hash: row.get(13)?,
            exit_code: row.get(14)?,
            signal: row.get(15)?,
            node: row.get(16)?,
            replaced_by: row.get(17)?,
        })
    })?;
    rows.collect()
}

/// A stream as a replay needs it, with its number.
pub(super) struct OpenRow {
    pub(super) id: i64,
    pub(super) stream: String,
    pub(super) opened_ms: i64,
    pub(super) open: OpenStream,
    pub(super) node: Option<String>,
    pub(super) replaced_by: Option<String>,
}

/// The columns of [`open_row`].
const OPEN: &str = "id, stream, opened_ms, cluster, pod_uid, container, restart, source, epoch,
    context, command, node, replaced_by";

/// The streams of a run, for a replay.
pub(super) fn of_run(conn: &Connection, run: i64) -> rusqlite::Result<Vec<OpenRow>> {
    let sql = format!("SELECT {OPEN} FROM streams WHERE run = ?1 ORDER BY id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([run], open_row)?;
    rows.collect()
}

/// A stream by its name.
pub(super) fn by_name(conn: &Connection, stream: &str) -> rusqlite::Result<Option<OpenRow>> {
    let sql = format!("SELECT {OPEN} FROM streams WHERE stream = ?1");
    conn.prepare_cached(&sql)?
        .query_row([stream], open_row)
        .optional()
}

/// The run's number of a stream.
pub(super) fn run_of(conn: &Connection, stream: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT run FROM streams WHERE stream = ?1")?
        .query_row([stream], |row| row.get(0))
        .optional()
}

fn open_row(row: &Row<'_>) -> rusqlite::Result<OpenRow> {
    Ok(OpenRow {
        id: row.get(0)?,
        stream: row.get(1)?,
        opened_ms: row.get(2)?,
        open: OpenStream {
            identity: StreamIdentity {
                cluster: row.get(3)?,
                pod_uid: row.get(4)?,
                container: row.get(5)?,
                restart: row.get(6)?,
                source: row.get(7)?,
                epoch: row.get(8)?,
            },
            run: from_json(9, &row.get::<_, String>(9)?)?,
            command: row.get(10)?,
        },
        node: row.get(11)?,
        replaced_by: row.get(12)?,
    })
}
