//! The limit: the same rows into the same tables with the same durability, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sentinel_parsers::event::Status;

use super::Feed;
use crate::figures::process_cpu;

/// The database's name in a data directory.
const FILE: &str = "sentinel.db";

/// What the agent sets on its own connection, the lasting ones first.
const SETTINGS: &str = "
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;";

/// Everything an agent stored: its tables as they are declared, and their rows.
#[derive(Debug)]
pub struct Rows {
    /// Tables and indices as SQL.
    schema: Vec<String>,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    /// Reads all tables of a data directory and looks whether they hold what the feeds told,
    /// nothing twice.
    ///
    /// # Errors
    /// A line that says what is missing or wrong.
    pub fn read(data: &Path, feeds: &[Feed]) -> Result<Rows, String> {
        let conn = Connection::open(data.join(FILE)).map_err(|e| e.to_string())?;
        verify(&conn, feeds)?;
        let sql = |kind: &str| {
            let mut found = conn.prepare(
                "SELECT name, sql FROM sqlite_schema
                 WHERE type = ?1 AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
            )?;
            let rows = found.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let tables = sql("table").map_err(|e| e.to_string())?;
        let indices = sql("index").map_err(|e| e.to_string())?;
        let schema = tables.iter().chain(&indices).map(|(_, sql)| sql.clone());
        Ok(Rows {
            schema: schema.collect(),
            tables: tables
                .iter()
                .map(|(name, _)| table(&conn, name))
                .collect::<rusqlite::Result<_>>()
                .map_err(|e| e.to_string())?,
        })
    }

    /// Their number.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tables.iter().map(|table| table.rows.len()).sum()
    }

    /// Tables with their number of rows, the empty ones left out.
    #[must_use]
    pub fn by_table(&self) -> String {
        let filled = self.tables.iter().filter(|table| !table.rows.is_empty());
        let words: Vec<String> = filled
            .map(|table| format!("{} {}", table.rows.len(), table.name))
            .collect();
        words.join(", ")
    }
}

fn table(conn: &Connection, name: &str) -> rusqlite::Result<Table> {
    let mut found = conn.prepare(&format!("SELECT * FROM {name}"))?;
    let columns = found.column_count();
    let rows = found.query_map([], |row| (0..columns).map(|i| row.get(i)).collect())?;
    Ok(Table {
        name: name.to_owned(),
        columns,
        rows: rows.collect::<rusqlite::Result<_>>()?,
    })
}

fn verify(conn: &Connection, feeds: &[Feed]) -> Result<(), String> {
    feeds
        .iter()
        .try_for_each(|feed| verify_run(conn, feed).map_err(|e| format!("{}: {e}", feed.run_id())))
}

/// Every figure of a run, as sent, against the question that counts what is stored.
fn verify_run(conn: &Connection, feed: &Feed) -> Result<(), String> {
    let totals = feed.log.totals;
    let tests = "FROM tests t JOIN runs r ON r.id = t.run WHERE r.run_id = ?1";
    let streams = "FROM streams s JOIN runs r ON r.id = s.run WHERE r.run_id = ?1";
    let frames = "FROM streams s JOIN runs r ON r.id = s.run JOIN frames f ON f.stream = s.id
        WHERE r.run_id = ?1";
    let bytes = feed.log.bytes.len() as u64;
    let mut told = vec![
        ("tests", totals.total(), format!("count(*) {tests}")),
        ("events", feed.events, format!("sum(s.events) {streams}")),
        ("bytes", bytes, format!("sum(s.committed) {streams}")),
        ("ends", 1, format!("sum(s.closed) {streams}")),
        ("frames", feed.frames, format!("count(*) {frames}")),
    ];
    for status in Status::ALL {
        let word = status.as_str();
        let one_by_one = format!("count(*) {tests} AND t.status = '{word}'");
        told.push((word, totals[status], one_by_one));
        let summed = format!("{word} FROM runs WHERE run_id = ?1");
        told.push((word, totals[status], summed));
    }
    for (what, sent, question) in told {
        let question = format!("SELECT {question}");
        let stored: i64 = conn
            .query_row(&question, [feed.run_id()], |row| row.get(0))
            .map_err(|e| e.to_string())?;
        if u64::try_from(stored) != Ok(sent) {
            return Err(format!("{stored} {what} stored, {sent} sent"));
        }
    }
    Ok(())
}

/// Inserts all rows into a new database of the same tables in the directory, with as many commits;
/// gives the time from the first statement to the last commit, and the processor time therein.
///
/// # Errors
/// As the database says, or when the rows are not there afterwards.
pub fn insert(rows: &Rows, dir: &Path, commits: u64) -> Result<(Duration, Duration), String> {
    let conn = Connection::open(dir.join(FILE)).map_err(|e| e.to_string())?;
    conn.execute_batch(SETTINGS).map_err(|e| e.to_string())?;
    for sql in &rows.schema {
        conn.execute_batch(sql).map_err(|e| e.to_string())?;
    }
    let cpu = process_cpu()?;
    let begun = Instant::now();
    fill(&conn, rows, commits).map_err(|e| e.to_string())?;
    let time = begun.elapsed();
    let cpu = process_cpu()?.saturating_sub(cpu);
    for table in &rows.tables {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        let found: i64 = conn
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|e| e.to_string())?;
        if usize::try_from(found) != Ok(table.rows.len()) {
            let (name, told) = (&table.name, table.rows.len());
            return Err(format!("{name}: {found} rows inserted of {told}"));
        }
    }
    Ok((time, cpu))
}

/// Each table's statement is prepared once and used for all its rows, over all commits.
fn fill(conn: &Connection, rows: &Rows, commits: u64) -> rusqlite::Result<()> {
    let commits = usize::try_from(commits).unwrap_or(1).max(1);
    let per_commit = rows.count().div_ceil(commits).max(1);
    let mut left = per_commit;
    conn.execute_batch("BEGIN IMMEDIATE")?;
    for table in &rows.tables {
        let marks = vec!["?"; table.columns].join(", ");
        let sql = format!("INSERT INTO {} VALUES ({marks})", table.name);
        let mut statement = conn.prepare(&sql)?;
        for row in &table.rows {
            if left == 0 {
                conn.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
                left = per_commit;
            }
            statement.execute(params_from_iter(row))?;
            left -= 1;
        }
    }
    conn.execute_batch("COMMIT")
}
