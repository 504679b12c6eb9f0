//! The data directory: where it is when nobody says, and making it.

use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Makes the last part of the path if it is missing, but not a whole path that may be a mistake.
pub(crate) fn prepare(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    match std::fs::create_dir(dir) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(StoreError::Missing {
            dir: dir.to_owned(),
        }),
        Err(source) => Err(StoreError::NotWritable {
            dir: dir.to_owned(),
            source,
        }),
    }
}

/// Where data is kept when nobody says: the user's place for state, else the system's. It is made
/// if it is missing.
///
/// # Errors
/// [`StoreError::NotWritable`] if it cannot be made.
pub fn default_data_dir() -> Result<PathBuf, StoreError> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    let state = var("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(var("HOME")?).join(".local/state")))
        .unwrap_or_else(|| PathBuf::from("/var/lib"));
    let dir = state.join("sentinel");
    match std::fs::create_dir_all(&dir) {
        Ok(()) => Ok(dir),
        Err(source) => Err(StoreError::NotWritable { dir, source }),
    }
}
