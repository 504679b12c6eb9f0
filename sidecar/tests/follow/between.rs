//! The real file system with somebody between it and the reader, who may refuse to open files or act after each question.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use sentinel_sidecar::fs::{Fs, FsFile, FsWrite, RealFs, Stat};

/// Whoever stands between.
pub(crate) trait Meddle: Send + Sync {
    /// Before a file is opened.
    fn opening(&self) -> io::Result<()> {
        Ok(())
    }

    /// After a question was answered.
    fn asked(&self) {}
}

pub(crate) struct Between<T>(pub(crate) T);

impl<T> fmt::Debug for Between<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Between")
    }
}

impl<T: Meddle> Between<T> {
    fn then<A>(&self, answer: io::Result<A>) -> io::Result<A> {
        self.0.asked();
        answer
    }
}

impl<T: Meddle> Fs for Between<T> {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        self.0.opening()?;
        self.then(RealFs.open(path))
    }
    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        self.then(RealFs.names(dir))
    }
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.then(RealFs.stat(path))
    }
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.then(RealFs.resolve(path))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>> {
        RealFs.create(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealFs.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFs.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        RealFs.sync_dir(dir)
    }
}
