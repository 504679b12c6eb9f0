//! Small integers for the long names of runs and streams, remembered by the writer.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

/// Names remembered at most; beyond it the memory starts anew.
const CAP: usize = 16_384;

/// What the writer knows of names already stored. To be forgotten when a transaction fails: its
/// names may not be there.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    runs: HashMap<Box<str>, i64>,
    streams: HashMap<Box<str>, i64>,
    /// The pair asked for last: rows of one frame come one after another.
    pair: Option<Pair>,
}

#[derive(Debug)]
struct Pair {
    run_id: Box<str>,
    stream: Box<str>,
    ids: (i64, i64),
}

impl Ids {
    pub(crate) fn forget(&mut self) {
        self.runs.clear();
        self.streams.clear();
        self.pair = None;
    }

    /// The numbers of a run and one of its streams.
    pub(super) fn pair(
        &mut self,
        conn: &Connection,
        run_id: &str,
        stream: &str,
    ) -> rusqlite::Result<(i64, i64)> {
        if let Some(pair) = &self.pair
            && *pair.stream == *stream
            && *pair.run_id == *run_id
        {
            return Ok(pair.ids);
        }
        let ids = (self.run(conn, run_id)?, self.stream(conn, stream)?);
        self.pair = Some(Pair {
            run_id: run_id.into(),
            stream: stream.into(),
            ids,
        });
        Ok(ids)
    }

    pub(super) fn learn_run(&mut self, run_id: &str, id: i64) {
        learn(&mut self.runs, run_id, id);
    }

    pub(super) fn learn_stream(&mut self, stream: &str, id: i64) {
        learn(&mut self.streams, stream, id);
    }

    /// The run's number; a run not stored yet gets a bare row, filled in when its own row comes.
    pub(super) fn run(&mut self, conn: &Connection, run_id: &str) -> rusqlite::Result<i64> {
        if let Some(&id) = self.runs.get(run_id) {
            return Ok(id);
        }
        let id = look_up(
            conn,
            "SELECT id FROM runs WHERE run_id = ?1",
            "INSERT INTO runs (run_id) VALUES (?1) RETURNING id",
            run_id,
        )?;
        self.learn_run(run_id, id);
        Ok(id)
    }

    /// The stream's number; as [`Ids::run`]. Its run is filled in with its own row.
    pub(super) fn stream(&mut self, conn: &Connection, stream: &str) -> rusqlite::Result<i64> {
        if let Some(&id) = self.streams.get(stream) {
            return Ok(id);
        }
        let id = look_up(
            conn,
            "SELECT id FROM streams WHERE stream = ?1",
            "INSERT INTO streams (stream, run) VALUES (?1, 0) RETURNING id",
            stream,
        )?;
        self.learn_stream(stream, id);
        Ok(id)
    }
}

fn learn(map: &mut HashMap<Box<str>, i64>, name: &str, id: i64) {
    if map.get(name) == Some(&id) {
        return;
    }
    if map.len() >= CAP {
        map.clear();
    }
    map.insert(name.into(), id);
}

fn look_up(conn: &Connection, find: &str, make: &str, name: &str) -> rusqlite::Result<i64> {
    let found = conn
        .prepare_cached(find)?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(id),
        None => conn
            .prepare_cached(make)?
            .query_row([name], |row| row.get(0)),
    }
}
