//! The store: what the core asked to keep, durable before anybody is told.
//!
//! One writer thread owns the writing connection and commits in groups; readers have connections of
//! their own. [`StoreError`] says what can go wrong in words for a person.

pub(crate) mod backlog;
mod lock;
pub(crate) mod sqlite;

use std::path::PathBuf;

pub use lock::{DirLock, Sharing};
pub use sqlite::backup::{Copied, backup};
pub use sqlite::forwarded::ForwardedRow;
pub(crate) use sqlite::forwarded::{StoredFrame, Stretch, Unsent, stretch, unsent};
pub(crate) use sqlite::log;
pub use sqlite::reader::Reader;
pub(crate) use sqlite::replay::{Recorded, Replayed, Which, replay};
pub(crate) use sqlite::retention::Retention;
pub(crate) use sqlite::writer::Beside;
pub use sqlite::writer::{Batch, Grouping, Writer};
pub use sqlite::{Opened, Quarantine, open};

/// What the store cannot do, and why.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not retryable: another process works on the directory.
    #[error(
        "data directory {} is in use by process {holder}; name another with --data, or send to the \
         agent that works there",
        dir.display()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// The process id found in the lock file, or `unknown`.
        holder: String,
    },
    /// Not retryable: there is nothing to open.
    #[error("data directory {} does not exist", dir.display())]
    Missing {
        /// The path looked at.
        dir: PathBuf,
    },
    /// Not retryable: what would be written over.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not retryable: the directory or a file in it cannot be written.
    #[error(
        "data directory {} is not writable: {source}; change its owner or mode, or name another with --data",
        dir.display()
    )]
    NotWritable {
        /// The data directory.
        dir: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Not retryable: the database was written by a newer version.
    #[error(
        "database {} has schema version {found}, this version knows {known}: use the newer version, or another data directory",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Not retryable by reading: the database was written by an older version and nobody has
    /// brought it up to date.
    #[error(
        "database {} has schema version {found}, this version reads {known}: start sentinel-agent or `sentinel run` on it once",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version known here.
        known: u32,
    },
    /// Not retryable: the database file belongs to another program.
    #[error("{} is a database of another program (application id {id:#x})", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
        /// Its application id.
        id: u32,
    },
    /// Not retryable: the linked SQLite can lose committed data.
    #[error("SQLite {0} is linked, at least 3.51.3 is needed")]
    OldSqlite(&'static str),
    /// Retryable: the disk is full.
    #[error("disk full")]
    Full(#[source] rusqlite::Error),
    /// Retryable: another process holds the database.
    #[error("database busy")]
    Busy(#[source] rusqlite::Error),
    /// Retryable: reading or writing failed.
    #[error("disk error: {0}")]
    Disk(#[source] rusqlite::Error),
    /// Not retryable on the same file: its content is damaged.
    #[error("database damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
    /// Not retryable: a query took longer than a reader may.
    #[error("query took too long")]
    TooSlow,
    /// Not retryable: anything else SQLite says.
    #[error("database error: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether the same request may succeed later without anybody's help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            StoreError::Full(_) | StoreError::Busy(_) | StoreError::Disk(_)
        )
    }

    /// A short stable word for metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            StoreError::InUse { .. } => "in_use",
            StoreError::Missing { .. } => "missing",
            StoreError::Exists { .. } => "exists",
            StoreError::NotWritable { .. } => "not_writable",
            StoreError::Newer { .. } => "newer",
            StoreError::Older { .. } => "older",
            StoreError::Foreign { .. } => "foreign",
            StoreError::OldSqlite(_) => "old_sqlite",
            StoreError::Full(_) => "full",
            StoreError::Busy(_) => "busy",
            StoreError::Disk(_) => "disk",
            StoreError::Damaged(_) => "damaged",
            StoreError::TooSlow => "too_slow",
            StoreError::Sqlite(_) => "other",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreError::Full(error),
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreError::Busy(error),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Damaged(error),
            Some(Code::OperationInterrupted) => StoreError::TooSlow,
            Some(
                Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied,
            ) => StoreError::Disk(error),
            _ => StoreError::Sqlite(error),
        }
    }
}
