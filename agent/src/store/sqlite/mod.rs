//! Opening the SQLite database: settings, checks, and what happens to a damaged file.

pub(crate) mod anomalies;
pub(crate) mod audit;
pub(crate) mod backup;
mod causes;
pub(crate) mod forwarded;
pub(crate) mod frames;
pub(crate) mod gaps;
pub(crate) mod group;
mod ids;
pub(crate) mod log;
mod migrations;
#[cfg(test)]
mod plans;
pub(crate) mod reader;
pub(crate) mod replay;
pub(crate) mod retention;
pub(crate) mod runs;
pub(crate) mod streams;
pub(crate) mod suites;
pub(crate) mod tests;
mod value;
pub(crate) mod writer;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, OpenFlags};

use super::StoreError;
#[cfg(feature = "simulation")]
pub(crate) use ids::Ids;

/// "sntl": marks the file as ours for `file` and for ourselves.
const APPLICATION_ID: u32 = 0x736e_746c;
/// The database in a data directory.
const FILE: &str = "sentinel.db";
/// Pause before a database that is busy is opened again.
const PAUSE: Duration = Duration::from_millis(10);
/// Up to this size every page is checked at the start; larger files are checked as they are read.
const CHECKED: u64 = 16 << 20;

/// A damaged database that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Where it is now.
    pub moved_to: PathBuf,
    /// What was wrong with it.
    pub reason: String,
}

/// A database ready to be written.
#[derive(Debug)]
pub struct Opened {
    pub(crate) conn: Connection,
    pub(crate) dir: PathBuf,
    pub(crate) busy: Duration,
    /// Set when a damaged database was found and a new one begun.
    pub quarantine: Option<Quarantine>,
}

/// Where the database of a data directory is.
pub(crate) fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Opens the data directory's database for writing, making it if there is none. A damaged one is
/// renamed and a new one begun: local bad state never stops a start. A statement waits up to `busy`
/// for another process's transaction.
///
/// # Errors
/// As [`StoreError`] says; none of them loses anything stored.
pub fn open(dir: &Path, busy: Duration) -> Result<Opened, StoreError> {
    check_engine()?;
    let orphan = match log::is_orphaned(dir) {
        true => Some(put_aside(dir, "its log is there and the database is not")?),
        false => None,
    };
    let (conn, quarantine) = match open_patiently(dir, busy) {
        Ok(conn) => (conn, orphan),
        Err(StoreError::Damaged(why)) => {
            let quarantine = put_aside(dir, &why.to_string())?;
            (open_once(dir, busy)?, Some(quarantine))
        }
        Err(other) => return Err(other),
    };
    Ok(Opened {
        conn,
        dir: dir.to_owned(),
        busy,
        quarantine,
    })
}

/// Two processes that make the database at the same time stand in each other's way where SQLite
/// does not wait by itself: it gives up at once rather than wait for a lock to be upgraded.
fn open_patiently(dir: &Path, busy: Duration) -> Result<Connection, StoreError> {
    let begun = Instant::now();
    loop {
        match open_once(dir, busy) {
            Err(StoreError::Busy(_)) if begun.elapsed() < busy => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}

/// Refuses engines with the WAL-reset bug, whatever the lock file was resolved to.
fn check_engine() -> Result<(), StoreError> {
    if rusqlite::version_number() < 3_051_003 {
        return Err(StoreError::OldSqlite(rusqlite::version()));
    }
    Ok(())
}

pub(crate) fn open_once(dir: &Path, busy: Duration) -> Result<Connection, StoreError> {
    set_up(dir, busy).map_err(|error| match error {
        StoreError::Disk(why) if cannot_write(&why) => StoreError::NotWritable {
            dir: dir.to_owned(),
            source: std::io::Error::other(why),
        },
        other => other,
    })
}

fn set_up(dir: &Path, busy: Duration) -> Result<Connection, StoreError> {
    let path = file(dir);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(&path, flags)?;
    // Nothing would say so before the first row is written.
    if conn.is_readonly("main")? {
        return Err(StoreError::NotWritable {
            dir: dir.to_owned(),
            source: std::io::Error::other(format!("{FILE} is read-only")),
        });
    }
    conn.busy_timeout(busy)?;
    let fresh = check_owner(&conn, &path)?;
    check_pages(&conn, &path)?;
    settings(&conn, fresh)?;
    migrations::apply(&mut conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// A database in memory with the content of an image, or none yet.
#[cfg(feature = "simulation")]
pub(crate) fn in_memory(image: Option<&[u8]>) -> Result<Connection, StoreError> {
    let mut conn = Connection::open_in_memory()?;
    if let Some(image) = image {
        conn.deserialize_read_exact(rusqlite::MAIN_DB, image, image.len(), false)?;
    }
    settings(&conn, image.is_none())?;
    migrations::apply(&mut conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

fn cannot_write(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        error.sqlite_error_code(),
        Some(Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied)
    )
}

/// Refuses what is not ours or not ours yet; tells whether the file is still to be marked as ours.
fn check_owner(conn: &Connection, path: &Path) -> Result<bool, StoreError> {
    // One view of the file: another process may be making it.
    let view = conn.unchecked_transaction()?;
    let id: i64 = view.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let id = u32::try_from(id & 0xffff_ffff).unwrap_or(u32::MAX);
    let tables: i64 = view.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found = migrations::version(&view)?;
    drop(view);
    if tables > 0 && id != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
            id,
        });
    }
    if found > migrations::KNOWN {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: migrations::KNOWN,
        });
    }
    Ok(id != APPLICATION_ID)
}

/// Acks are promises over a power loss, hence FULL; `auto_vacuum` takes only before the first table.
/// A file that is ours already has the lasting ones, and is not written to.
fn settings(conn: &Connection, fresh: bool) -> rusqlite::Result<()> {
    if fresh {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 1000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;",
    )
}

fn check_pages(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    match size > CHECKED {
        true => Ok(()),
        false => sound(conn),
    }
}

/// Reads every page.
pub(crate) fn sound(conn: &Connection) -> Result<(), StoreError> {
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        Some(verdict),
    )))
}

/// Renames the database with its side files; nothing is deleted, so a person may still salvage it.
pub(crate) fn put_aside(dir: &Path, why: &str) -> Result<Quarantine, StoreError> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let name = |n: u32| match n {
        0 => format!("{FILE}.damaged-{}", now.as_secs()),
        n => format!("{FILE}.damaged-{}.{n}", now.as_secs()),
    };
    let moved_to = (0..)
        .map(|n| dir.join(name(n)))
        .find(|path| !path.exists())
        .unwrap_or_else(|| dir.join(name(u32::MAX)));
    for side in ["-wal", "-shm", ""] {
        let from = dir.join(format!("{FILE}{side}"));
        let mut to = moved_to.clone().into_os_string();
        to.push(side);
        match std::fs::rename(&from, &to) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(StoreError::NotWritable {
                    dir: dir.to_owned(),
                    source,
                });
            }
        }
    }
    let quarantine = Quarantine {
        moved_to,
        reason: why.to_owned(),
    };
    tracing::error!(
        moved_to = %quarantine.moved_to.display(),
        reason = %quarantine.reason,
        "the database is damaged: put aside, going on with a new one"
    );
    Ok(quarantine)
}
