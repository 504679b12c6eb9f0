//! The segment directory: what capture writes and tail reads, and nothing else knows.
//!
//! ```text
//! DIR/stream.json                 who the stream is; locked while its writer lives
//! DIR/00000000000000000000.seg    output; the name is the offset of its first byte
//! DIR/00000000000016777216.seg
//! DIR/lost.json                   losses so far, written before the segment that follows one
//! DIR/acked                       offset the agent has stored durably; written by the tailer
//! DIR/00000000000000000000.frames [`Digest`]: events of output that may be deleted although the agent does not have them
//! DIR/digested                    how far the digest reaches, and the bytes it takes
//! DIR/kept                        segments in which a dialect was recognised, which stay
//! DIR/end.json                    length, hash, exit; written last, by rename
//! DIR/.reserve                    room for the end, deleted before it is written
//! ```
//!
//! A hole between two names is a loss, or was deleted when room was needed. Capture's segments are not synced to disk: they must outlive the
//! processes, not the machine, whose loss takes the pod with it. Those of a pipe are, as [`records`].

mod digest;
mod disk;
mod losses;
pub mod records;
mod reserve;
mod spent;
pub(crate) mod unpack;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use sentinel_parsers::wire::OpenStream;
use serde::{Deserialize, Serialize};

use crate::fs::{self, Fs, FsWrite};

pub(crate) use digest::Digest;
pub use disk::{Disk, RawDisk};
pub use losses::{Losses, Lost};
pub use records::RecordDisk;
pub use reserve::RESERVE;
pub(crate) use spent::keep;
pub use spent::{Spent, read_acked, write_acked};
pub use write::{Limits, SegmentWriter};

/// The newest layout of a directory that can be read.
pub const FORMAT: u32 = RECORDS;
/// Segments are the bytes as they are.
pub const RAW: u32 = 1;
/// Segments are [`records`].
pub const RECORDS: u32 = 2;

pub(crate) const STREAM: &str = "stream.json";
pub(crate) const END: &str = "end.json";
pub(crate) const LOST: &str = "lost.json";
pub(crate) const ACKED: &str = "acked";

/// Content of `stream.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamInfo {
    /// [`RAW`] or [`RECORDS`].
    pub format: u32,
    /// 128 random bits in 32 hex digits.
    pub epoch: String,
    /// The run, if the command line named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The command, for people.
    pub command: String,
    /// How the output is read; `capture`.
    pub source: String,
    /// When the writer started, in milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// What the agent is to be told, as far as the writer knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenStream>,
    /// Most bytes of all segments together; told by the writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_bytes: Option<u64>,
}

impl StreamInfo {
    /// A new stream of a command, with a fresh epoch.
    #[must_use]
    pub fn new(command: String, run_id: Option<String>) -> StreamInfo {
        StreamInfo {
            format: RAW,
            epoch: crate::random::epoch(),
            run_id,
            command,
            source: "capture".to_owned(),
            started_ms: crate::clock::now_ms(),
            open: None,
            cap_bytes: None,
        }
    }
}

/// The bytes of an epoch in 32 hex digits.
pub(crate) fn parse_epoch(hex: &str) -> Option<[u8; 16]> {
    let whole = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    let number = whole.then(|| u128::from_str_radix(hex, 16).ok());
    number.flatten().map(u128::to_be_bytes)
}

/// Content of `end.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEnd {
    /// Length of the logical stream, lost bytes included.
    pub total_bytes: u64,
    /// Hash of all bytes, lost ones included; see [`crate::hash`].
    pub hash: Option<String>,
    /// Exit code of the command, if it ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended the command, if one did.
    pub signal: Option<i32>,
    /// When the writer ended, in milliseconds since the Unix epoch.
    pub ended_ms: i64,
    /// Bytes that are in no segment.
    #[serde(default)]
    pub lost: Vec<Lost>,
    /// How the end is known: `exit`, `eof` or `killed`.
    #[serde(default = "exit")]
    pub cause: String,
}

fn exit() -> String {
    "exit".to_owned()
}

/// File name of the segment that starts at an offset.
#[must_use]
pub fn segment_name(start: u64) -> String {
    format!("{start:020}.seg")
}

/// Offset in a segment's file name, if it is one.
#[must_use]
pub fn segment_start(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    let whole = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| digits.parse().ok()).flatten()
}

/// Start offsets of all segments, in order.
///
/// # Errors
/// When the directory cannot be listed; retryable.
pub fn list(fs: &dyn Fs, dir: &Path) -> io::Result<Vec<u64>> {
    let names = fs.names(dir)?;
    let starts = names
        .iter()
        .filter_map(|name| segment_start(name.to_str()?));
    let mut starts: Vec<u64> = starts.collect();
    starts.sort_unstable();
    Ok(starts)
}

/// Reads a JSON file of the directory; `None` when there is none.
///
/// # Errors
/// When it cannot be read or does not parse.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(
    fs: &dyn Fs,
    dir: &Path,
    name: &str,
) -> io::Result<Option<T>> {
    match fs::read(fs, &dir.join(name)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Writes a file of the directory so that readers see the old or the whole new content. With
/// `durable` also a power cut leaves one of the two.
pub(crate) fn replace(
    fs: &dyn Fs,
    dir: &Path,
    name: &str,
    content: &[u8],
    durable: bool,
) -> io::Result<()> {
    let mut file = stage(fs, dir, name, content)?;
    publish(fs, dir, name, &mut *file, durable)
}

/// Writes a file under a name no reader looks at.
pub(crate) fn stage(
    fs: &dyn Fs,
    dir: &Path,
    name: &str,
    content: &[u8],
) -> io::Result<Box<dyn FsWrite>> {
    let path = dir.join(staged(name));
    match fs.remove(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = fs.create(&path)?;
    file.write_all(content)?;
    Ok(file)
}

/// Gives a staged file its name.
pub(crate) fn publish(
    fs: &dyn Fs,
    dir: &Path,
    name: &str,
    file: &mut dyn FsWrite,
    durable: bool,
) -> io::Result<()> {
    if durable {
        file.sync()?;
    }
    fs.rename(&dir.join(staged(name)), &dir.join(name))?;
    if durable {
        // A file whose name is lost is lost.
        fs.sync_dir(dir)?;
    }
    Ok(())
}

fn staged(name: &str) -> String {
    format!(".{name}.tmp")
}

/// A directory for a new stream: `wanted` if it holds none yet, else the first free
/// `wanted/again-N` (a restarted container finds the stream of the one before it).
///
/// # Errors
/// When it cannot be made.
pub fn fresh_dir(wanted: &Path) -> io::Result<PathBuf> {
    let mut dir = wanted.to_owned();
    let mut n = 0u32;
    loop {
        std::fs::create_dir_all(&dir)?;
        if !dir.join(STREAM).exists() {
            return Ok(dir);
        }
        n += 1;
        dir = again(wanted, n);
    }
}

/// Where the recording is that was begun in a directory after so many others.
#[must_use]
pub fn again(wanted: &Path, n: u32) -> PathBuf {
    match n {
        0 => wanted.to_owned(),
        n => wanted.join(format!("again-{n}")),
    }
}
