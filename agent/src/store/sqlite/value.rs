//! Values between Rust and SQL: SQLite knows only signed 64-bit integers, and words for the rest.

use rusqlite::types::Type;
use sentinel_parsers::event::{Counts, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As SQL stores it; beyond `i64` saturates, which no byte offset or count ever reaches.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// As [`int`], for what may be unknown.
pub(super) fn opt_int(n: Option<u64>) -> Option<i64> {
    n.map(int)
}

/// Back from SQL; a negative number is not one we wrote.
pub(super) fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// JSON of a value of ours, whose serialisation cannot fail (strings and numbers, string keys).
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Back from JSON; damage is an error of that column.
pub(super) fn from_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

/// Back from a word that serde knows (`passed`, `timed_out`, `warning`, ...).
pub(super) fn from_word<T: DeserializeOwned>(column: usize, word: &str) -> rusqlite::Result<T> {
    from_json(column, &format!("\"{word}\""))
}

/// Nine count columns beginning at `first`, in the order of [`Status::ALL`].
pub(super) fn counts(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Counts> {
    let mut counts = Counts::ZERO;
    for (i, status) in Status::ALL.into_iter().enumerate() {
        counts.add(status, uint(row.get(first + i)?));
    }
    Ok(counts)
}
