//! Segments of checksummed records, for bytes that exist nowhere else: what was read from a pipe must outlive the
//! machine, and damage to it must be known.
//!
//! ```text
//! header   magic u32, version u16, zero u16, epoch 16 bytes, offset of the first byte u64, crc32c u32
//! record   sync u32, length u32, crc32c u32, offset u64, kind u8, payload
//! ```
//!
//! Little endian. A header's checksum covers what stands before it; a record's its length, offset, kind and payload.
//! A record's number is the offset of its first byte in the stream, so that what is missing between two records is
//! known to the byte.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{ACKED, Disk, LOST, Lost, Spent, read_acked, replace, segment_name};
use crate::fs::{Fs, FsWrite};

const MAGIC: u32 = 0x7c51_e7a1;
const VERSION: u16 = 1;
pub(crate) const SYNC: [u8; 4] = [0xf1, 0x5e, 0xc0, 0xd5];
/// Bytes of a segment's header.
pub(crate) const HEADER: usize = 36;
/// Bytes of a record before its payload.
pub(crate) const RECORD: usize = 21;
/// Most bytes of a payload.
pub(crate) const PAYLOAD: usize = (1 << 20) - 1;
/// The only kind of record so far: bytes of the stream. Others are passed over.
pub(crate) const BYTES: u8 = 0;

/// What was written is made durable after so many bytes, or so much time.
const SYNC_BYTES: usize = 256 << 10;
const SYNC_TIME: Duration = Duration::from_millis(100);

/// The header of a segment that starts at an offset.
pub(crate) fn header(epoch: [u8; 16], start: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER);
    bytes.extend_from_slice(&MAGIC.to_le_bytes());
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&epoch);
    bytes.extend_from_slice(&start.to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// A record of bytes at an offset.
pub(crate) fn record(offset: u64, payload: &[u8]) -> Vec<u8> {
    // Never longer than PAYLOAD.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(RECORD + payload.len());
    bytes.extend_from_slice(&SYNC);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.push(BYTES);
    bytes.extend_from_slice(payload);
    let crc = checksum(&bytes);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The checksum of a whole record.
pub(crate) fn checksum(record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&record[4..8]), &record[12..])
}

/// A directory of such segments.
#[derive(Debug)]
pub struct RecordDisk {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    epoch: [u8; 16],
    /// What the agent had when it was last asked, and of that, what is known durably here.
    acked: u64,
    durable: u64,
}

impl RecordDisk {
    /// Segments in a directory that exists.
    #[must_use]
    pub fn new(fs: Arc<dyn Fs>, dir: &Path, epoch: [u8; 16]) -> RecordDisk {
        RecordDisk {
            fs,
            dir: dir.to_owned(),
            epoch,
            acked: 0,
            durable: 0,
        }
    }
}

impl Disk for RecordDisk {
    type Segment = RecordSegment;

    const PER_WRITE: u64 = RECORD as u64;

    fn create(&mut self, start: u64) -> io::Result<RecordSegment> {
        let name = segment_name(start);
        let staged = self.dir.join(format!(".{name}.tmp"));
        match self.fs.remove(&staged) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = self.fs.create(&staged)?;
        file.write_all(&header(self.epoch, start))?;
        file.sync()?;
        self.fs.rename(&staged, &self.dir.join(name))?;
        // A file whose name is lost is lost.
        self.fs.sync_dir(&self.dir)?;
        Ok(RecordSegment {
            file,
            offset: start,
            unsynced: 0,
            synced: Instant::now(),
            dead: false,
        })
    }

    fn remove(&mut self, start: u64) -> io::Result<()> {
        // Known durably before it is gone: otherwise after a power cut nobody could tell it from a loss.
        if self.acked > self.durable {
            replace(
                &*self.fs,
                &self.dir,
                ACKED,
                format!("{}\n", self.acked).as_bytes(),
                true,
            )?;
            self.durable = self.acked;
        }
        self.fs.remove(&self.dir.join(segment_name(start)))
    }

    fn spent(&mut self) -> Spent {
        self.acked = read_acked(&*self.fs, &self.dir);
        Spent::read(&*self.fs, &self.dir)
    }

    fn tell_losses(&mut self, losses: &[Lost]) -> io::Result<()> {
        let told = serde_json::to_vec(losses)?;
        replace(&*self.fs, &self.dir, LOST, &told, true)
    }
}

/// An open segment of records. Each write is a record.
#[derive(Debug)]
pub struct RecordSegment {
    file: Box<dyn FsWrite>,
    offset: u64,
    unsynced: usize,
    synced: Instant,
    /// A record was not written whole, or not made durable: nothing may follow it here.
    dead: bool,
}

impl Write for RecordSegment {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dead {
            return Ok(0);
        }
        let payload = &bytes[..bytes.len().min(PAYLOAD)];
        if let Err(error) = self.file.write_all(&record(self.offset, payload)) {
            self.dead = true;
            return Err(error);
        }
        self.offset += payload.len() as u64;
        self.unsynced += payload.len();
        if self.unsynced >= SYNC_BYTES || self.synced.elapsed() >= SYNC_TIME {
            // What is not durable may still be there; the next segment begins behind it.
            self.dead |= self.sync().is_err();
        }
        Ok(payload.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sync()
    }
}

impl RecordSegment {
    fn sync(&mut self) -> io::Result<()> {
        if self.unsynced > 0 {
            self.file.sync().inspect_err(|error| {
                tracing::warn!("the spool cannot be made durable: {error}");
            })?;
        }
        self.unsynced = 0;
        self.synced = Instant::now();
        Ok(())
    }
}
