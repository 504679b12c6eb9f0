//! A disk as one process has it: from when it is killed on, whatever it still tries to do comes to nothing.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sentinel_sidecar::fs::{Fs, FsFile, FsWrite, Stat};

use super::Disk;

/// A process's way to a disk.
#[derive(Clone, Debug)]
pub struct Mortal {
    disk: Disk,
    dead: Arc<AtomicBool>,
}

impl Mortal {
    /// Of a process that has just begun.
    #[must_use]
    pub fn on(disk: Disk) -> Mortal {
        Mortal {
            disk,
            dead: Arc::default(),
        }
    }

    /// The process is killed. What its parts do while they are taken down happens nowhere.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    fn alive(&self) -> io::Result<&Disk> {
        match self.dead.load(Ordering::Relaxed) {
            true => Err(io::Error::other("killed")),
            false => Ok(&self.disk),
        }
    }
}

impl Fs for Mortal {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        self.alive()?.open(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        self.alive()?.names(dir)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.alive()?.stat(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.alive()?.resolve(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>> {
        self.alive()?.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.alive()?.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.alive()?.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.alive()?.sync_dir(dir)
    }

    fn tells(&self) -> bool {
        false
    }
}
