//! What others do to files that a sidecar follows: append, truncate, copy, pack, rename and delete.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sentinel_sidecar::fs::Fs;

use super::{Change, Disk, parent};

/// A file that somebody has open for writing, whatever its name is by now.
#[derive(Debug)]
pub struct Appender {
    disk: Disk,
    id: u64,
}

impl Appender {
    /// Writes all of it; false when nothing more fits on the disk.
    pub fn write(&self, bytes: &[u8]) -> bool {
        let mut state = self.disk.state();
        if state.full {
            return false;
        }
        let now = state.now();
        // It is open: it is there.
        let Ok(inode) = state.inode(self.id) else {
            return false;
        };
        inode.data.extend_from_slice(bytes);
        inode.modified_ms = now.map_or(0, |(now_ms, _)| now_ms);
        true
    }
}

impl Disk {
    /// Opens a file for appending, and makes it if need be.
    #[must_use]
    pub fn append_to(&self, path: &Path) -> Appender {
        let mut state = self.state();
        let id = state.find(path).unwrap_or_else(|_| {
            let id = state.make();
            state.change(parent(path), Change::Link(path.to_owned(), id));
            id
        });
        Appender {
            disk: self.clone(),
            id,
        }
    }

    /// Cuts a file to nothing.
    pub fn truncate(&self, path: &Path) {
        let mut state = self.state();
        let now = state.now();
        if let Ok(id) = state.find(path)
            && let Ok(inode) = state.inode(id)
        {
            inode.data.clear();
            inode.read = 0;
            inode.synced = 0;
            inode.modified_ms = now.map_or(0, |(now_ms, _)| now_ms);
        }
    }

    /// Whether there is something of this name.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.state().find(path).is_ok()
    }

    /// What was deleted in a directory and is not there, by name.
    #[must_use]
    pub fn deleted(&self, dir: &Path) -> Vec<PathBuf> {
        let state = self.state();
        let there = |path: &&PathBuf| state.names.contains_key(*path);
        let deleted = state.deleted.iter().filter(|path| parent(path) == dir);
        deleted.filter(|path| !there(path)).cloned().collect()
    }

    /// Whether somebody has a file open for reading.
    #[must_use]
    pub fn is_read(&self, path: &Path) -> bool {
        let mut state = self.state();
        let id = state.find(path);
        id.and_then(|id| state.inode(id).map(|inode| inode.readers > 0))
            .unwrap_or(false)
    }

    /// Whether more of a file was read since it was truncated than to see whether there is anything.
    #[must_use]
    pub fn was_read(&self, path: &Path) -> bool {
        let mut state = self.state();
        let id = state.find(path);
        let inode = id.and_then(|id| state.inode(id).map(|inode| inode.read > 1));
        inode.unwrap_or(false)
    }

    /// How often it was full, or no longer so.
    #[must_use]
    pub fn fills(&self) -> u64 {
        self.state().fills
    }

    /// Copies a file to a new one.
    pub fn copy(&self, from: &Path, to: &Path) {
        let bytes = self.bytes(from);
        self.put(to, bytes);
    }

    /// Packs a file into a new one.
    ///
    /// # Errors
    /// None, as memory takes everything.
    pub fn pack(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&self.bytes(from))?;
        self.put(to, packed.finish()?);
        Ok(())
    }

    /// Renames a file, if it is there.
    pub fn move_to(&self, from: &Path, to: &Path) {
        // What is not there is not renamed.
        let _ = self.rename(from, to);
    }

    /// Deletes a file, if it is there.
    pub fn delete(&self, path: &Path) {
        // What is not there is deleted already.
        let _ = self.remove(path);
    }

    fn bytes(&self, path: &Path) -> Vec<u8> {
        let mut state = self.state();
        let id = state.find(path);
        let inode = id.and_then(|id| state.inode(id).map(|inode| inode.data.clone()));
        inode.unwrap_or_default()
    }

    fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let id = state.make();
        if let Ok(inode) = state.inode(id) {
            inode.data = bytes;
        }
        state.change(parent(path), Change::Link(path.to_owned(), id));
    }
}
