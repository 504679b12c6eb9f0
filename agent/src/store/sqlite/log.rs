//! The write-ahead log of an agent that was killed: what is gone with it, so that nothing is lost
//! without a word.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::FILE;

/// The first bytes of a log, for either order of bytes in its checksums.
const MAGIC: [[u8; 4]; 2] = [[0x37, 0x7f, 0x06, 0x82], [0x37, 0x7f, 0x06, 0x83]];
/// Bytes of a log's header.
const HEADER: u64 = 32;

/// Lies in the directory while a daemon has the database open, and still does if it was killed.
const MARK: &str = "sentinel.open";

/// Whether the daemon that worked here before did not come to close the database. From now on one does
/// if `stays`.
pub(crate) fn was_left_open(dir: &Path, stays: bool) -> bool {
    let mark = dir.join(MARK);
    let left = mark.exists();
    // Without the mark a lost log would not be noticed after a kill; no start fails for that.
    let _ = match stays {
        true => File::create(mark).map(drop),
        false => std::fs::remove_file(mark),
    };
    left
}

/// The database is closed as it should be.
pub(crate) fn closed(dir: &Path) {
    let _ = std::fs::remove_file(dir.join(MARK));
}

/// Whether a log lies there whose database is gone. SQLite would begin a new database and drop it.
pub(super) fn is_orphaned(dir: &Path) -> bool {
    let length = |name: &str| std::fs::metadata(dir.join(name)).map_or(0, |file| file.len());
    length(FILE) == 0 && length(&format!("{FILE}-wal")) > 0
}

/// Why the log that a killed agent left cannot be read, if it cannot: what was committed since it was
/// last folded into the database is then lost, and senders are told earlier positions. One that ends
/// early is no reason: that is how the last moments before a power cut look.
pub(crate) fn lost_log(dir: &Path) -> Option<&'static str> {
    if !dir.join(FILE).exists() {
        return None;
    }
    let Ok(file) = File::open(dir.join(format!("{FILE}-wal"))) else {
        return Some("it is missing, and no daemon closed it");
    };
    let mut header = Vec::new();
    match file.take(HEADER).read_to_end(&mut header) {
        Err(_) => Some("it cannot be read"),
        // Nothing was written since it was last folded into the database.
        Ok(0) => None,
        Ok(_) if header.len() as u64 == HEADER && MAGIC.iter().any(|m| header.starts_with(m)) => {
            None
        }
        Ok(_) => Some("it does not begin as a log does"),
    }
}
