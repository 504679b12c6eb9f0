//! The few file operations the segment writer needs, so that tests can make each of them fail.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::{LOST, Lost, Spent, replace, segment_name};
use crate::fs::{Fs, FsWrite};

/// Where segments go.
pub trait Disk {
    /// An open segment.
    type Segment: Write;

    /// Bytes a write takes besides its own.
    const PER_WRITE: u64 = 0;

    /// Creates the segment that starts at an offset.
    ///
    /// # Errors
    /// As the file system says; the writer counts the bytes as lost and goes on.
    fn create(&mut self, start: u64) -> io::Result<Self::Segment>;

    /// Deletes the segment that starts at an offset.
    ///
    /// # Errors
    /// As the file system says.
    fn remove(&mut self, start: u64) -> io::Result<()>;

    /// What readers say may be deleted.
    fn spent(&mut self) -> Spent;

    /// Tells readers of the losses so far.
    ///
    /// # Errors
    /// As the file system says; readers then see the hole but not its reason.
    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()>;
}

/// A directory of segments that are the bytes as they are.
#[derive(Debug)]
pub struct RawDisk {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
}

impl RawDisk {
    /// Segments in a directory that exists.
    #[must_use]
    pub fn new(fs: Arc<dyn Fs>, dir: PathBuf) -> RawDisk {
        RawDisk { fs, dir }
    }
}

impl Disk for RawDisk {
    type Segment = Box<dyn FsWrite>;

    fn create(&mut self, start: u64) -> io::Result<Box<dyn FsWrite>> {
        self.fs.create(&self.dir.join(segment_name(start)))
    }

    fn remove(&mut self, start: u64) -> io::Result<()> {
        self.fs.remove(&self.dir.join(segment_name(start)))
    }

    fn spent(&mut self) -> Spent {
        Spent::read(&*self.fs, &self.dir)
    }

    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()> {
        replace(
            &*self.fs,
            &self.dir,
            LOST,
            &serde_json::to_vec(losses)?,
            false,
        )
    }
}
