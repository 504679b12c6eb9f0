//! A copy of the database while an agent works on it: one state of it, in one file.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::reader::Reader;
use super::{StoreError, file};

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// Copies the database of a data directory to a file that must not exist yet. Whoever writes goes on
/// meanwhile: the copy is of the moment it was begun, and is only there once it is whole and on disk.
///
/// # Errors
/// [`StoreError::Exists`] if the file is there; else as [`StoreError`] says, and nothing is left.
pub fn backup(dir: &Path, to: &Path) -> Result<Copied, StoreError> {
    // Refuses what is not a database of this version.
    drop(Reader::open(dir)?);
    if to.exists() {
        return Err(StoreError::Exists {
            path: to.to_owned(),
        });
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let copied = copy(dir, &partial).and_then(|()| keep(&partial, to));
    if copied.is_err() {
        // What is left of a copy that failed is of no use; it may not even have been begun.
        let _ = std::fs::remove_file(&partial);
    }
    copied
}

fn copy(dir: &Path, partial: &Path) -> Result<(), StoreError> {
    let from = super::reader::connect(&file(dir))?;
    let mut target = Connection::open(partial)?;
    {
        let copying = Backup::new(&from, &mut target)?;
        // In one step: between two the copy would begin anew with every commit.
        // It waits for nobody: in a log, readers and writers do not stand in each other's way.
        if copying.step(-1)? != StepResult::Done {
            let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(busy, None).into());
        }
    }
    // One file, without a log beside it, and sound.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    super::sound(&target)
}

/// Gives a finished copy its name.
fn keep(partial: &Path, to: &Path) -> Result<Copied, StoreError> {
    let kept = || {
        let copy = File::open(partial)?;
        copy.sync_all()?;
        std::fs::rename(partial, to)?;
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(copy.metadata()?.len())
    };
    let bytes = kept().map_err(|source| StoreError::NotWritable {
        dir: to.to_owned(),
        source,
    })?;
    let path = to.to_owned();
    Ok(Copied { path, bytes })
}
