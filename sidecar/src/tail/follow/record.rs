//! Which files a stream was read from so far, and where in the stream each stands. Kept beside the program as a
//! hint for its next start: losing it costs nothing while no file was rotated, truncated or replaced.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chain::Link;
use super::mark::Mark;
use crate::fs::{FromStart, Fs};

/// Version of the file.
const FORMAT: u32 = 1;
/// Files remembered; the chain that is left of a stream is never that long.
pub(super) const REMEMBERED: usize = 64;
/// Bytes by which a file is known again; fewer may be how every file begins.
const SCARCE: u64 = 64;
/// Bytes of a checkpoint that are read.
const CHECKPOINT: u64 = 1 << 20;

/// One file, from when it was new until it was truncated or another took its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation {
    /// Offset in the stream of the first byte that is of the stream.
    pub(super) base: u64,
    /// Bytes at the file's beginning that are not: the hole that a truncation left.
    pub(super) skip: u64,
    /// Most bytes the file was seen to have.
    pub(super) seen: u64,
    /// Of what was read.
    pub(super) mark: Mark,
    /// Whether everything of it was read, and the next has begun or will.
    pub(super) done: bool,
    /// Whether its first byte is the first of a line.
    pub(super) line: bool,
    /// Why bytes before it are lost, if any are.
    pub(super) lost: String,
    /// Its device and inode, as far as they were kept.
    #[serde(default)]
    pub(super) id: Option<(u64, u64)>,
}

impl Generation {
    /// Where a byte of the file stands in the stream.
    pub(super) fn offset_of(&self, in_file: u64) -> u64 {
        self.base + in_file.saturating_sub(self.skip)
    }

    /// Whether so little is known of the file that others may begin with the same.
    pub(super) fn is_scarce(&self) -> bool {
        self.mark.read < SCARCE && self.id.is_some()
    }

    /// Whether a file at hand has its inode.
    pub(super) fn is_at(&self, link: &Link) -> bool {
        self.id == Some(link.id)
    }

    /// Where the first byte would stand of a file whose writer keeps its position, whatever was truncated since.
    pub(super) fn origin(&self) -> Option<u64> {
        self.base.checked_sub(self.skip)
    }
}

/// The generations of a stream, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    format: u32,
    /// When the stream was first looked at. Older files were left by something else.
    pub(super) started_ms: i64,
    /// The earliest time the clock showed since, if it was set back.
    #[serde(default)]
    pub(super) lowest_ms: Option<i64>,
    pub(super) generations: Vec<Generation>,
}

impl Record {
    pub(super) fn new(now_ms: i64) -> Record {
        Record {
            format: FORMAT,
            started_ms: now_ms,
            lowest_ms: None,
            generations: Vec::new(),
        }
    }

    /// What was kept, if it can be read and makes sense.
    pub(super) fn load(fs: &dyn Fs, path: &Path) -> Option<Record> {
        let file = std::sync::Arc::from(fs.open(path).ok()?);
        let mut bytes = Vec::new();
        FromStart::of(&file)
            .take(CHECKPOINT)
            .read_to_end(&mut bytes)
            .ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let bases = record.generations.iter().map(|g| g.base);
        (record.format == FORMAT && bases.is_sorted()).then_some(record)
    }

    /// Keeps it, by rename, so that a reader finds the old or the new one.
    ///
    /// # Errors
    /// As the file system says; harmless.
    pub(super) fn save(&self, fs: &dyn Fs, path: &Path) -> io::Result<()> {
        let staged: PathBuf = path.with_extension("tmp");
        match fs.remove(&staged) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        fs.create(&staged)?.write_all(&serde_json::to_vec(self)?)?;
        fs.rename(&staged, path)
    }
}
