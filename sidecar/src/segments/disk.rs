//! The few file operations the segment writer needs, so that tests can make each of them fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::{LOST, Lost, read_acked, replace, segment_name};

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

    /// The offset the agent has stored durably.
    fn acked(&mut self) -> u64;

    /// Tells readers of the losses so far.
    ///
    /// # Errors
    /// As the file system says; readers then see the hole but not its reason.
    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()>;
}

/// A directory on a real file system.
#[derive(Debug)]
pub struct RealDisk {
    dir: PathBuf,
}

impl RealDisk {
    /// Segments in a directory that exists.
    #[must_use]
    pub fn new(dir: PathBuf) -> RealDisk {
        RealDisk { dir }
    }
}

impl Disk for RealDisk {
    type Segment = File;

    fn create(&mut self, start: u64) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.dir.join(segment_name(start)))
    }

    fn remove(&mut self, start: u64) -> io::Result<()> {
        fs::remove_file(self.dir.join(segment_name(start)))
    }

    fn acked(&mut self) -> u64 {
        read_acked(&self.dir)
    }

    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()> {
        replace(&self.dir, LOST, &serde_json::to_vec(losses)?, false)
    }
}
