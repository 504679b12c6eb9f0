//! The `suites` table.

use rusqlite::{Connection, params};
use sentinel_core::output::SuiteRow;
use sentinel_parsers::event::Status;

use super::ids::Ids;
use super::value::{int, opt_int};

pub(super) const UPSERT: &str = "
    INSERT INTO suites (run, stream, suite, passed, failed, errored, skipped, xfail, xpass, todo,
        timed_out, unfinished, planned, first_ms, ended_ms, duration_s)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
    ON CONFLICT (run, stream, suite) DO UPDATE SET
        passed = excluded.passed, failed = excluded.failed, errored = excluded.errored,
        skipped = excluded.skipped, xfail = excluded.xfail, xpass = excluded.xpass,
        todo = excluded.todo, timed_out = excluded.timed_out, unfinished = excluded.unfinished,
        planned = excluded.planned, first_ms = excluded.first_ms, ended_ms = excluded.ended_ms,
        duration_s = excluded.duration_s";

pub(super) fn write(conn: &Connection, ids: &mut Ids, suite: &SuiteRow) -> rusqlite::Result<()> {
    let run = ids.run(conn, &suite.run_id)?;
    let stream = ids.stream(conn, &suite.stream)?;
    let n = |status| int(suite.counts[status]);
    conn.prepare_cached(UPSERT)?.execute(params![
        run,
        stream,
        suite.suite,
        n(Status::Passed),
        n(Status::Failed),
        n(Status::Errored),
        n(Status::Skipped),
        n(Status::Xfail),
        n(Status::Xpass),
        n(Status::Todo),
        n(Status::TimedOut),
        n(Status::Unfinished),
        opt_int(suite.planned),
        suite.first_ms,
        suite.ended_ms,
        suite.duration_s,
    ])?;
    Ok(())
}
