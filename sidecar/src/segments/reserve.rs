//! Room kept on the disk for how a stream ended. Whatever fills a volume, the exit code and what was lost are told
//! last and never go first: a file of nothing is deleted to make room for them.

use std::io::{self, Write};
use std::path::Path;

use crate::fs::Fs;

/// The file that keeps the room.
pub const RESERVE: &str = ".reserve";
/// As much as the longest list of losses takes, twice: it is written beside the old one.
const BYTES: usize = 256 << 10;

/// Takes the room, if it is there. Nothing else depends on it.
pub(super) fn hold(fs: &dyn Fs, dir: &Path) {
    if let Err(error) = fill(fs, dir) {
        tracing::debug!("no room is kept for the stream's end: {error}");
    }
}

fn fill(fs: &dyn Fs, dir: &Path) -> io::Result<()> {
    let mut file = fs.create(&dir.join(RESERVE))?;
    let block = [0xff; 4096];
    for _ in 0..BYTES / block.len() {
        file.write_all(&block)?;
    }
    Ok(())
}

/// Gives the room back.
pub(super) fn release(fs: &dyn Fs, dir: &Path) {
    match fs.remove(&dir.join(RESERVE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!("the room for the stream's end is not free: {error}");
        }
        _ => {}
    }
}
