//! The few questions that following, recording and spooling ask of a file system, in one trait, so that a simulator can
//! answer them instead.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What one look at a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Bytes it holds.
    pub len: u64,
    /// Which file it is: device and inode. Inodes are used again, so this tells files apart only while one of
    /// them is open.
    pub id: (u64, u64),
    /// When it was last written to, in milliseconds since the Unix epoch.
    pub modified_ms: i64,
    /// When it was made, where the file system tells.
    pub born: Option<SystemTime>,
    /// Whether it is a plain file.
    pub plain: bool,
}

/// A file system, as far as it is needed. Links are followed.
pub trait Fs: Debug + Send + Sync {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// As the file system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>>;

    /// The names in a directory, in any order.
    ///
    /// # Errors
    /// As the file system says.
    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>>;

    /// Looks at what has this name.
    ///
    /// # Errors
    /// As the file system says.
    fn stat(&self, path: &Path) -> io::Result<Stat>;

    /// The name without links.
    ///
    /// # Errors
    /// As the file system says.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Creates a file that must not be there yet.
    ///
    /// # Errors
    /// As the file system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>>;

    /// Gives a file another name.
    ///
    /// # Errors
    /// As the file system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file.
    ///
    /// # Errors
    /// As the file system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what happened to a directory's names durable.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Whether the system can be asked to tell of changes here; without that, looking now and then has to do.
    fn tells(&self) -> bool {
        true
    }
}

/// All of a file.
///
/// # Errors
/// As the file system says.
pub(crate) fn read(fs: &dyn Fs, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    FromStart::of(&Arc::from(fs.open(path)?)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file open for reading.
pub trait FsFile: Debug + Send + Sync {
    /// Looks at the open file, whatever its name is by now.
    ///
    /// # Errors
    /// As the file system says.
    fn stat(&self) -> io::Result<Stat>;

    /// Reads at an offset; 0 at its end.
    ///
    /// # Errors
    /// As the file system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Whether somebody who has it open for writing has locked it.
    ///
    /// # Errors
    /// As the file system says.
    fn is_locked(&self) -> io::Result<bool>;
}

/// A file open for writing.
pub trait FsWrite: Write + Debug + Send {
    /// Makes what was written durable.
    ///
    /// # Errors
    /// As the file system says; what was written since the last success may then be lost.
    fn sync(&mut self) -> io::Result<()>;

    /// Locks the file for as long as it is open, that is as long as its writer lives.
    ///
    /// # Errors
    /// When it is locked, or as the file system says.
    fn lock(&mut self) -> io::Result<()>;
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFs;

impl Fs for RealFs {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(dir)?.map(|e| Ok(e?.file_name())).collect()
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        Ok(stat(&fs::metadata(path)?))
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

impl FsFile for File {
    fn stat(&self) -> io::Result<Stat> {
        Ok(stat(&self.metadata()?))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn is_locked(&self) -> io::Result<bool> {
        let free = self.try_lock_shared().is_ok();
        if free {
            self.unlock()?;
        }
        Ok(!free)
    }
}

impl FsWrite for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn lock(&mut self) -> io::Result<()> {
        self.try_lock().map_err(io::Error::from)
    }
}

fn stat(meta: &fs::Metadata) -> Stat {
    Stat {
        len: meta.len(),
        id: (meta.dev(), meta.ino()),
        modified_ms: meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000,
        born: meta.created().ok(),
        plain: meta.is_file(),
    }
}

/// Reads an open file from its beginning on.
#[derive(Debug)]
pub(crate) struct FromStart {
    file: Arc<dyn FsFile>,
    at: u64,
}

impl FromStart {
    pub(crate) fn of(file: &Arc<dyn FsFile>) -> FromStart {
        FromStart {
            file: Arc::clone(file),
            at: 0,
        }
    }
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
