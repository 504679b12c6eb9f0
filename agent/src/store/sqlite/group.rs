//! A group of batches in one transaction: each row by its table's statement, and of what changes with every frame only
//! the last state.

use std::collections::HashSet;

use axum::body::Bytes;
use rusqlite::{Connection, TransactionBehavior};
use sentinel_core::Persist;
use sentinel_core::output::FrameRow;

use super::frames::{self, Span};
use super::ids::Ids;
use super::tests::TestWriter;
use super::writer::Batch;
use super::{StoreError, anomalies, audit, causes, forwarded, gaps, runs, streams, suites};

/// Writes a group in one transaction.
pub(crate) fn write(
    conn: &mut Connection,
    ids: &mut Ids,
    group: &[Batch],
) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    rows(&tx, ids, group)?;
    tx.commit()?;
    Ok(())
}

fn rows(tx: &Connection, ids: &mut Ids, group: &[Batch]) -> rusqlite::Result<()> {
    heads(tx, ids, group)?;
    let mut tests = TestWriter::new(tx)?;
    for batch in group {
        for row in &batch.persist {
            match row {
                Persist::Run(_) | Persist::Stream(_) => {}
                Persist::Frame(row) => frame(tx, ids, row, batch.raw.as_ref())?,
                Persist::Test(row) => {
                    let (run, stream) = ids.pair(tx, &row.run_id, &row.stream)?;
                    tests.write(run, stream, row)?;
                }
                Persist::Suite(row) => suites::write(tx, ids, row)?,
                Persist::Gap(row) => gaps::write(tx, ids, row)?,
                Persist::Anomaly(row) => anomalies::write(tx, ids, row)?,
                Persist::Cause(row) => causes::write(tx, ids, row)?,
            }
        }
        if let Some(row) = &batch.audit {
            audit::write(tx, row)?;
        }
        if let Some(row) = &batch.forwarded {
            forwarded::write(tx, row)?;
        }
    }
    Ok(())
}

/// Runs and streams change with every frame; of a group only each one's last state is written.
fn heads(conn: &Connection, ids: &mut Ids, group: &[Batch]) -> rusqlite::Result<()> {
    let rows = || {
        group
            .iter()
            .rev()
            .flat_map(|batch| batch.persist.iter().rev())
    };
    let (mut seen, mut last) = (HashSet::new(), Vec::new());
    for row in rows() {
        match row {
            Persist::Run(run) if seen.insert((true, run.context.run_id.as_str())) => last.push(row),
            Persist::Stream(stream) if seen.insert((false, stream.stream.as_str())) => {
                last.push(row);
            }
            _ => {}
        }
    }
    for row in last.into_iter().rev() {
        match row {
            Persist::Run(row) => runs::write(conn, ids, row)?,
            Persist::Stream(row) => streams::write(conn, ids, row)?,
            _ => {}
        }
    }
    Ok(())
}

fn frame(
    conn: &Connection,
    ids: &mut Ids,
    row: &FrameRow,
    raw: Option<&Bytes>,
) -> rusqlite::Result<()> {
    let header = row.frame.header();
    let span = Span {
        stream: ids.stream(conn, &row.stream)?,
        start: header.start,
        end: header.end,
        received_ms: row.received_ms,
    };
    match raw {
        Some(raw) => frames::write(conn, span, raw),
        None => frames::write(conn, span, &row.frame.encode()),
    }
}
