//! The `runs` table.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sentinel_core::output::RunRow;
use sentinel_parsers::event::{Printed, Status};
use sentinel_parsers::wire::RunContext;

use super::ids::Ids;
use super::value::{counts, from_json, from_word, int, json, opt_int, uint};
use crate::api::view::{PrintedTotals, RunView};

pub(super) const UPSERT: &str = "
    INSERT INTO runs (run_id, pipeline, environment, branch, commit_hash, attempt, labels,
        provenance, status, reason, started_ms, ended_ms, passed, failed, errored, skipped, xfail,
        xpass, todo, timed_out, unfinished, printed, planned, flaky, exit_code, signal, dialects,
        lost_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)
    ON CONFLICT (run_id) DO UPDATE SET
        pipeline = excluded.pipeline, environment = excluded.environment,
        branch = excluded.branch, commit_hash = excluded.commit_hash, attempt = excluded.attempt,
        labels = excluded.labels, provenance = excluded.provenance, status = excluded.status,
        reason = excluded.reason, started_ms = excluded.started_ms, ended_ms = excluded.ended_ms,
        passed = excluded.passed, failed = excluded.failed, errored = excluded.errored,
        skipped = excluded.skipped, xfail = excluded.xfail, xpass = excluded.xpass,
        todo = excluded.todo, timed_out = excluded.timed_out, unfinished = excluded.unfinished,
        printed = excluded.printed, planned = excluded.planned, flaky = excluded.flaky,
        exit_code = excluded.exit_code, signal = excluded.signal, dialects = excluded.dialects,
        lost_bytes = excluded.lost_bytes
    RETURNING id";

pub(super) fn write(conn: &Connection, ids: &mut Ids, run: &RunRow) -> rusqlite::Result<()> {
    let c = &run.context;
    let n = |status| int(run.totals[status]);
    let id = conn.prepare_cached(UPSERT)?.query_row(
        params![
            c.run_id,
            c.pipeline,
            c.environment,
            c.branch,
            c.commit,
            c.attempt,
            json(&c.labels),
            json(&run.provenance),
            run.status.as_str(),
            run.reason,
            run.started_ms,
            run.ended_ms,
            n(Status::Passed),
            n(Status::Failed),
            n(Status::Errored),
            n(Status::Skipped),
            n(Status::Xfail),
            n(Status::Xpass),
            n(Status::Todo),
            n(Status::TimedOut),
            n(Status::Unfinished),
            run.printed.map(|p| json(&p.to_array())),
            opt_int(run.planned),
            int(run.flaky),
            run.exit_code,
            run.signal,
            json(&run.dialects),
            int(run.lost_bytes),
        ],
        |row| row.get(0),
    )?;
    ids.learn_run(&c.run_id, id);
    Ok(())
}

const COLUMNS: &str = "run_id, pipeline, environment, branch, commit_hash, attempt, labels,
    provenance, status, reason, started_ms, ended_ms, passed, failed, errored, skipped, xfail,
    xpass, todo, timed_out, unfinished, printed, planned, flaky, exit_code, signal, dialects,
    lost_bytes, id";

fn printed(row: &Row<'_>) -> rusqlite::Result<Option<Printed>> {
    let text: Option<String> = row.get(21)?;
    let figures: Option<[Option<u64>; 8]> = text.map(|t| from_json(21, &t)).transpose()?;
    Ok(figures.map(Printed::from_array))
}

fn view(row: &Row<'_>) -> rusqlite::Result<RunView> {
    let text = |i: usize| row.get::<_, String>(i);
    Ok(RunView {
        run_id: row.get(0)?,
        pipeline: row.get(1)?,
        environment: row.get(2)?,
        branch: row.get(3)?,
        commit: row.get(4)?,
        attempt: row.get(5)?,
        labels: from_json(6, &text(6)?)?,
        provenance: from_json(7, &text(7)?)?,
        status: from_word(8, &text(8)?)?,
        reason: row.get(9)?,
        started_ms: row.get(10)?,
        ended_ms: row.get(11)?,
        totals: counts(row, 12)?.into(),
        printed: printed(row)?.map(PrintedTotals::from),
        planned: row.get::<_, Option<i64>>(22)?.map(uint),
        flaky: uint(row.get(23)?),
        exit_code: row.get(24)?,
        signal: row.get(25)?,
        dialects: from_json(26, &text(26)?)?,
        lost_bytes: uint(row.get(27)?),
        gaps: Vec::new(),
        streams: Vec::new(),
    })
}

/// Newest first, from just below `(started_ms, run_id)`.
pub(crate) fn list(
    conn: &Connection,
    below: Option<(i64, &str)>,
    limit: usize,
) -> rusqlite::Result<Vec<RunView>> {
    let (ms, run_id) = below.unwrap_or((i64::MAX, ""));
    let sql = format!(
        "SELECT {COLUMNS} FROM runs WHERE (started_ms, run_id) < (?1, ?2)
         ORDER BY started_ms DESC, run_id DESC LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![ms, run_id, int(limit as u64)], view)?;
    rows.collect()
}

/// One run with the number the other tables know it by.
pub(crate) fn find(conn: &Connection, run_id: &str) -> rusqlite::Result<Option<(i64, RunView)>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE run_id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([run_id], |row| Ok((row.get(28)?, view(row)?)))
        .optional()
}

/// The numbers of all runs that are not over.
pub(super) fn open(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT id FROM runs
         WHERE status = 'pending' OR status = 'running' OR status = 'finalizing' ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// The number of a run.
pub(super) fn number(conn: &Connection, run_id: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT id FROM runs WHERE run_id = ?1")?
        .query_row([run_id], |row| row.get(0))
        .optional()
}

/// A run's row as it was written.
pub(super) fn row(conn: &Connection, id: i64) -> rusqlite::Result<Option<RunRow>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([id], |row| {
            let (view, printed) = (view(row)?, printed(row)?);
            Ok(RunRow {
                context: RunContext {
                    run_id: view.run_id,
                    pipeline: view.pipeline,
                    environment: view.environment,
                    branch: view.branch,
                    commit: view.commit,
                    attempt: view.attempt,
                    labels: view.labels,
                },
                provenance: view.provenance,
                status: view.status,
                reason: view.reason,
                started_ms: view.started_ms,
                ended_ms: view.ended_ms,
                totals: counts(row, 12)?,
                printed,
                planned: view.planned,
                flaky: view.flaky,
                exit_code: view.exit_code,
                signal: view.signal,
                dialects: view.dialects,
                lost_bytes: view.lost_bytes,
            })
        })
        .optional()
}
