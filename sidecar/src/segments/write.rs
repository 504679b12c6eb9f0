//! Appends output to segments within a cap; what does not fit is lost, exactly and on record.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{
    Disk, END, Losses, RAW, RECORDS, RawDisk, RecordDisk, STREAM, StreamEnd, StreamInfo,
    parse_epoch, publish, replace, reserve, stage,
};
use crate::fs::{Fs, FsWrite, RealFs};
use crate::hash::StreamHash;

/// After a refusal (cap reached, write failed) the disk is asked again no sooner than this: a full
/// disk must not cost the test a failing system call per chunk.
const RETRY: Duration = Duration::from_millis(20);

/// Size limits of a segment directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A segment is ended when it holds this many bytes.
    pub segment_bytes: u64,
    /// All segments together hold at most this many bytes.
    pub cap_bytes: u64,
}

/// Bytes that what stands beside the segments may take: names, losses, the room for the end.
const BESIDE: u64 = 512 << 10;

impl Limits {
    /// The same on a volume with a limit of its own, of which the whole directory takes no more than 80 %: what
    /// goes beyond a volume's limit costs the pod its life, and others write there as well.
    #[must_use]
    pub fn on_volume(self, limit: u64) -> Limits {
        let ours = (limit / 5).saturating_mul(4);
        Limits {
            cap_bytes: self.cap_bytes.min(ours.saturating_sub(BESIDE)).max(4),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            segment_bytes: 16 << 20,
            cap_bytes: 1 << 30,
        }
    }
}

/// The writing end of a segment directory.
///
/// Appending never fails and never waits for a reader.
#[derive(Debug)]
pub struct SegmentWriter<D: Disk = RawDisk> {
    disk: D,
    limits: Limits,
    current: Option<D::Segment>,
    /// Every segment on the disk; the last is the current one, if any.
    held: VecDeque<Held>,
    held_bytes: u64,
    /// What the digest takes, as far as is known.
    beside: u64,
    /// Bytes appended, lost ones included.
    total: u64,
    losses: Losses,
    /// Losses readers have been told of.
    told: u64,
    refused: Option<Refusal>,
    hash: StreamHash,
    home: Option<Home>,
}

/// A segment on the disk: its part of the stream, and the bytes it takes.
#[derive(Clone, Copy, Debug)]
struct Held {
    start: u64,
    end: u64,
    bytes: u64,
}

/// The disk would take nothing more.
#[derive(Debug)]
struct Refusal {
    at: Instant,
    reason: &'static str,
}

impl Refusal {
    fn now(reason: &'static str) -> Refusal {
        Refusal {
            at: Instant::now(),
            reason,
        }
    }
}

/// The directory of a real stream. Dropping the file releases the lock that says "alive".
#[derive(Debug)]
struct Home {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    _lock: Box<dyn FsWrite>,
}

impl SegmentWriter<RawDisk> {
    /// Starts a stream in a directory that holds none: writes `stream.json` durably and locks it.
    ///
    /// # Errors
    /// When the directory cannot be written; the command can still run, unrecorded.
    pub fn create(dir: &Path, info: &StreamInfo, limits: Limits) -> io::Result<SegmentWriter> {
        std::fs::create_dir_all(dir)?;
        SegmentWriter::create_on(Arc::new(RealFs), dir, info, limits)
    }

    /// The same in a directory of this file system.
    ///
    /// # Errors
    /// As [`SegmentWriter::create`].
    pub fn create_on(
        fs: Arc<dyn Fs>,
        dir: &Path,
        info: &StreamInfo,
        limits: Limits,
    ) -> io::Result<SegmentWriter> {
        debug_assert_eq!(info.format, RAW);
        let disk = RawDisk::new(Arc::clone(&fs), dir.to_owned());
        SegmentWriter::start(fs, dir, info, limits, disk)
    }
}

impl SegmentWriter<RecordDisk> {
    /// The same with checksummed records, made durable, for bytes that exist nowhere else.
    ///
    /// # Errors
    /// When the directory cannot be written, or the epoch is none.
    pub fn spool(dir: &Path, info: &StreamInfo, limits: Limits) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        SegmentWriter::spool_on(Arc::new(RealFs), dir, info, limits)
    }

    /// The same in a directory of this file system.
    ///
    /// # Errors
    /// As [`SegmentWriter::spool`].
    pub fn spool_on(
        fs: Arc<dyn Fs>,
        dir: &Path,
        info: &StreamInfo,
        limits: Limits,
    ) -> io::Result<Self> {
        debug_assert_eq!(info.format, RECORDS);
        let epoch = parse_epoch(&info.epoch).ok_or(io::ErrorKind::InvalidInput)?;
        let disk = RecordDisk::new(Arc::clone(&fs), dir, epoch);
        SegmentWriter::start(fs, dir, info, limits, disk)
    }
}

impl<D: Disk> SegmentWriter<D> {
    fn start(
        fs: Arc<dyn Fs>,
        dir: &Path,
        info: &StreamInfo,
        limits: Limits,
        disk: D,
    ) -> io::Result<Self> {
        if fs.stat(&dir.join(STREAM)).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the directory already holds a stream",
            ));
        }
        // Locked before it has its name: a reader that finds it unlocked knows the writer is dead.
        let info = StreamInfo {
            cap_bytes: Some(limits.cap_bytes),
            ..info.clone()
        };
        let mut file = stage(&*fs, dir, STREAM, &serde_json::to_vec(&info)?)?;
        file.lock()?;
        publish(&*fs, dir, STREAM, &mut *file, true)?;
        reserve::hold(&*fs, dir);
        let mut writer = SegmentWriter::on(disk, limits);
        writer.home = Some(Home {
            fs,
            dir: dir.to_owned(),
            _lock: file,
        });
        Ok(writer)
    }

    /// Ends the stream: writes `end.json` durably.
    ///
    /// # Errors
    /// When it cannot be written; readers then take the writer for killed.
    pub fn finish(self, exit_code: Option<i32>, signal: Option<i32>) -> io::Result<StreamEnd> {
        self.end("exit", exit_code, signal)
    }

    /// Ends a stream of which no process is known, because its bytes are at their end.
    ///
    /// # Errors
    /// When it cannot be written; readers then take the writer for killed.
    pub fn finish_at_eof(self) -> io::Result<StreamEnd> {
        self.end("eof", None, None)
    }

    fn end(
        mut self,
        cause: &str,
        exit_code: Option<i32>,
        signal: Option<i32>,
    ) -> io::Result<StreamEnd> {
        self.leave();
        let end = StreamEnd {
            total_bytes: self.total,
            hash: Some(self.hash.finish()),
            exit_code,
            signal,
            ended_ms: crate::clock::now_ms(),
            lost: self.losses.list().to_vec(),
            cause: cause.to_owned(),
        };
        if let Some(home) = &self.home {
            let told = serde_json::to_vec(&end)?;
            reserve::release(&*home.fs, &home.dir);
            replace(&*home.fs, &home.dir, END, &told, true)?;
        }
        Ok(end)
    }
}

impl<D: Disk> SegmentWriter<D> {
    /// A writer at offset 0 of an empty disk.
    pub fn on(disk: D, limits: Limits) -> SegmentWriter<D> {
        // A cap of one segment could never be freed: the current one is never deleted.
        let segment_bytes = limits.segment_bytes.min(limits.cap_bytes / 4).max(1);
        SegmentWriter {
            disk,
            limits: Limits {
                segment_bytes,
                ..limits
            },
            current: None,
            held: VecDeque::new(),
            held_bytes: 0,
            beside: 0,
            total: 0,
            losses: Losses::default(),
            told: 0,
            refused: None,
            hash: StreamHash::default(),
            home: None,
        }
    }

    /// Bytes appended so far, lost ones included.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// What was lost so far.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Makes what was written as durable as the disk makes it; what cannot be goes on in another segment.
    pub fn flush(&mut self) {
        if self.current.as_mut().is_some_and(|s| s.flush().is_err()) {
            self.current = None;
        }
    }

    /// Ends the present segment. Nobody makes it durable later.
    fn leave(&mut self) {
        self.flush();
        self.current = None;
    }

    /// Appends output. What the disk does not take is lost and recorded.
    pub fn append(&mut self, mut bytes: &[u8]) {
        self.hash.update(bytes);
        while !bytes.is_empty() {
            if self
                .refused
                .as_ref()
                .is_some_and(|r| r.at.elapsed() < RETRY)
            {
                return self.lose(bytes.len());
            }
            let room = self.room(bytes.len() as u64);
            let fits = usize::try_from(room).map_or(bytes.len(), |n| n.min(bytes.len()));
            let written = self.write(&bytes[..fits]);
            bytes = &bytes[written..];
            if fits == 0 {
                self.refused = Some(Refusal::now("cap"));
            } else if written < fits {
                self.refused = Some(Refusal::now("write_failed"));
            } else {
                self.refused = None;
            }
        }
    }

    fn lose(&mut self, n: usize) {
        let reason = self.refused.as_ref().map_or("cap", |r| r.reason);
        let to = self.total + n as u64;
        self.losses.add(self.total, to, reason);
        self.total = to;
        self.leave();
    }

    /// Writes to the current segment, opening one if needed; returns how many bytes it took.
    fn write(&mut self, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        if self.current.is_none() {
            if self.losses.bytes() > self.told && self.disk.tell_losses(self.losses.list()).is_ok()
            {
                self.told = self.losses.bytes();
            }
            match self.disk.create(self.total) {
                Ok(segment) => self.current = Some(segment),
                Err(_) => return 0,
            }
            self.held.push_back(Held {
                start: self.total,
                end: self.total,
                bytes: 0,
            });
        }
        let Some(segment) = &mut self.current else {
            return 0;
        };
        let written = write_what_fits(segment, bytes);
        let taken = match written {
            0 => 0,
            _ => written as u64 + D::PER_WRITE,
        };
        self.total += written as u64;
        self.held_bytes += taken;
        if let Some(held) = self.held.back_mut() {
            held.end = self.total;
            held.bytes += taken;
        }
        written
    }
}

fn write_what_fits(segment: &mut impl Write, bytes: &[u8]) -> usize {
    let mut done = 0;
    while done < bytes.len() {
        match segment.write(&bytes[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}

mod room;
#[cfg(test)]
mod tests;
