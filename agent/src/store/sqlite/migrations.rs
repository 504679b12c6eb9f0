//! The schema's history: numbered files applied in order, each in a transaction of its own with the
//! version that tells it was applied.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Never edited once released; a change is a further file.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_partial_indexes.sql"),
    include_str!("migrations/0003_audit.sql"),
    include_str!("migrations/0004_nodes.sql"),
    include_str!("migrations/0005_causes.sql"),
    include_str!("migrations/0006_attempts.sql"),
];

/// The schema version this program writes.
pub(crate) const KNOWN: u32 = MIGRATIONS.len() as u32;

pub(crate) fn version(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the database to [`KNOWN`]. Killed at any point it goes on where it was; two processes at
/// once do it once.
pub(crate) fn apply(conn: &mut Connection) -> Result<(), StoreError> {
    loop {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = version(&tx)?;
        let Some(next) = MIGRATIONS.get(done as usize) else {
            return Ok(());
        };
        tx.execute_batch(next)?;
        tx.pragma_update(None, "user_version", done + 1)?;
        tx.commit()?;
    }
}

#[cfg(test)]
mod tests;
