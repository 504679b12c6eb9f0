//! What readers of a recording tell its writer: what may be deleted when room is needed, and what stays all the same.

use std::io;
use std::path::Path;

use super::{ACKED, replace};
use crate::fs::{self, Fs};

/// How far the digest reaches, and the bytes it takes.
pub(super) const DIGESTED: &str = "digested";
/// The segments that stay.
const KEPT: &str = "kept";
/// Most segments that are asked to stay: each time a dialect is recognised may be one.
const MOST_KEPT: usize = 8;

/// What readers say of a recording. All of it are hints: to lose them costs room, and no evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// What lies before this offset the agent has stored, or its events are in the digest.
    pub before: u64,
    /// Bytes that the digest takes.
    pub beside: u64,
    /// Segments whose lines tell a later reader what is spoken.
    pub kept: Vec<u64>,
}

impl Spent {
    /// What was said last.
    #[must_use]
    pub fn read(fs: &dyn Fs, dir: &Path) -> Spent {
        let (digested, beside) = read_digested(fs, dir);
        let kept = text(fs, dir, KEPT).unwrap_or_default();
        Spent {
            before: read_acked(fs, dir).max(digested),
            beside,
            kept: kept.lines().filter_map(|line| line.parse().ok()).collect(),
        }
    }
}

/// How far the digest reaches durably, and the bytes it takes.
pub(super) fn read_digested(fs: &dyn Fs, dir: &Path) -> (u64, u64) {
    let told = text(fs, dir, DIGESTED).unwrap_or_default();
    let mut numbers = told.split_ascii_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(before)), Some(Ok(bytes))) => (before, bytes),
        _ => (0, 0),
    }
}

/// The offset the tailer said is durable at the agent; 0 when it never said so or the file is bad.
#[must_use]
pub fn read_acked(fs: &dyn Fs, dir: &Path) -> u64 {
    let told = text(fs, dir, ACKED);
    told.and_then(|told| told.trim().parse().ok()).unwrap_or(0)
}

/// Tells the writer which offset is durable at the agent. A hint: losing it costs nothing.
///
/// # Errors
/// When the file cannot be written; harmless.
pub fn write_acked(fs: &dyn Fs, dir: &Path, offset: u64) -> io::Result<()> {
    replace(fs, dir, ACKED, format!("{offset}\n").as_bytes(), false)
}

/// Asks the writer to keep one more segment, unless there are enough.
///
/// # Errors
/// When that cannot be told; a later reader may then not recognise what is spoken.
pub(crate) fn keep(fs: &dyn Fs, dir: &Path, kept: &mut Vec<u64>, start: u64) -> io::Result<()> {
    if kept.len() >= MOST_KEPT || kept.contains(&start) {
        return Ok(());
    }
    kept.push(start);
    let told: String = kept.iter().map(|start| format!("{start}\n")).collect();
    replace(fs, dir, KEPT, told.as_bytes(), false)
}

fn text(fs: &dyn Fs, dir: &Path, name: &str) -> Option<String> {
    String::from_utf8(fs::read(fs, &dir.join(name)).ok()?).ok()
}
