//! Readers: read-only connections beside the writer, each query short and in a transaction of its own.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{self, AtomicU64};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION_ID, StoreError, file, migrations};

/// Idle connections kept.
const KEPT: usize = 4;
/// A reader older than this holds back the checkpoint of the write-ahead log.
const LONGEST: Duration = Duration::from_secs(5);

/// Reads a data directory's database, beside a running agent or without one.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// How often the database was replaced.
    age: AtomicU64,
}

impl Reader {
    /// A reader of the data directory's database, which must exist.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no database; else as [`StoreError`] says.
    pub fn open(dir: &Path) -> Result<Reader, StoreError> {
        let path = file(dir);
        if !path.exists() {
            return Err(StoreError::Missing { dir: path });
        }
        let reader = Reader {
            path,
            idle: Mutex::new(Vec::new()),
            age: AtomicU64::new(0),
        };
        reader
            .call(|conn| {
                let id: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
                Ok((id, migrations::version(conn)))
            })
            .and_then(|(id, version)| {
                let found = version?;
                if id != i64::from(APPLICATION_ID) {
                    let id = u32::try_from(id & 0xffff_ffff).unwrap_or(u32::MAX);
                    return Err(StoreError::Foreign {
                        path: reader.path.clone(),
                        id,
                    });
                }
                let (path, known) = (reader.path.clone(), migrations::KNOWN);
                match found.cmp(&known) {
                    Ordering::Less => Err(StoreError::Older { path, found, known }),
                    Ordering::Equal => Ok(()),
                    Ordering::Greater => Err(StoreError::Newer { path, found, known }),
                }
            })?;
        Ok(reader)
    }

    /// Runs a query, in whose closure nothing but reading may happen; it is cut off after 5 s.
    pub(crate) fn call<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.within(Some(LONGEST), query)
    }

    /// As [`Reader::call`], for as long as it takes.
    pub(crate) fn call_long<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.within(None, query)
    }

    fn within<T>(
        &self,
        limit: Option<Duration>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let age = self.age.load(atomic::Ordering::SeqCst);
        let mut conn = match self.take() {
            Some(conn) => conn,
            None => connect(&self.path)?,
        };
        let begun = Instant::now();
        let late = limit.map(|limit| move || begun.elapsed() > limit);
        conn.progress_handler(10_000, late)?;
        // All of it sees one state of the database.
        let result = conn.unchecked_transaction().and_then(|view| query(&view));
        // A connection with an error may look at a file that was put aside: not used again.
        if result.is_ok() && age == self.age.load(atomic::Ordering::SeqCst) {
            self.put_back(conn);
        }
        Ok(result?)
    }

    /// Forgets all connections, after the database was replaced by a new one.
    pub(crate) fn forget(&self) {
        self.age.fetch_add(1, atomic::Ordering::SeqCst);
        if let Ok(mut idle) = self.idle.lock() {
            idle.clear();
        }
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().ok()?.pop()
    }

    fn put_back(&self, conn: Connection) {
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < KEPT
        {
            idle.push(conn);
        }
    }
}

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(LONGEST)?;
    match conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => Ok(conn),
        // The side files of the log cannot be made here (a read-only directory). Without a log
        // nobody can be writing, so the file may be read as it is.
        Err(error) if !wal(path).exists() => immutable(path).map_err(|_| error.into()),
        Err(error) => Err(error.into()),
    }
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(uri, flags)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

#[cfg(test)]
mod tests;
