//! The files of a rotation chain: which names beside a log are its older parts, and in which order.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::fs::{Fs, Stat};
use crate::tail::watch::parent;

/// A chain that changes while it is listed is listed again, so often at most.
pub(super) const LOOKS: usize = 16;

/// Where a stream's files are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The name under which the newest is found. It may be a link.
    pub(super) path: PathBuf,
    /// Whether a kubelet rotates them: every older file is then of the same stream.
    pub(super) cri: bool,
}

/// A file of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) path: PathBuf,
    pub(super) id: (u64, u64),
    pub(super) modified_ms: i64,
    pub(super) len: u64,
    born: Option<SystemTime>,
    /// Whether it is the newest, by its name.
    pub(super) live: bool,
}

impl Link {
    fn new(path: PathBuf, stat: Stat, live: bool) -> Link {
        Link {
            path,
            id: stat.id,
            modified_ms: stat.modified_ms,
            len: stat.len,
            born: stat.born,
            live,
        }
    }

    /// Whether it was made after the file that is the newest by its name: then it is a copy, and that was truncated.
    pub(super) fn is_copy_of(&self, newer: &Link) -> bool {
        !self.is_gzip() && !newer.is_gzip() && self.is_younger_than(newer)
    }

    /// Whether it is known to have been made later.
    pub(super) fn is_younger_than(&self, other: &Link) -> bool {
        let born = self.born.zip(other.born);
        born.is_some_and(|(ours, theirs)| ours > theirs)
    }

    pub(super) fn is_gzip(&self) -> bool {
        is_gzip(&self.path)
    }
}

pub(super) fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "gz")
}

impl Place {
    /// The chain, oldest first; empty while there is nothing.
    ///
    /// # Errors
    /// When the directory cannot be listed, or as [`moved`] while its files get other names.
    pub(super) fn look(&self, fs: &dyn Fs) -> io::Result<Vec<Link>> {
        let mut before = None;
        for _ in 0..LOOKS {
            let now = self.list(fs)?;
            // The same twice: nothing was renamed while names and files were put together.
            if now.is_some() && names(now.as_ref()) == names(before.as_ref()) {
                return Ok(now.unwrap_or_default());
            }
            before = now;
        }
        Err(moved())
    }

    /// What has the newest file's name now.
    pub(super) fn live(&self, fs: &dyn Fs) -> io::Result<Option<Stat>> {
        match fs.stat(&self.path) {
            Ok(stat) => Ok(Some(stat)),
            Err(e) if is_absent(&e) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The directories in which something happens when the chain changes.
    pub(super) fn directories(&self, fs: &dyn Fs) -> Vec<PathBuf> {
        let mut directories = vec![parent(&self.path).to_owned()];
        if let Ok(real) = fs.resolve(&self.path)
            && parent(&real) != directories[0]
        {
            directories.push(parent(&real).to_owned());
        }
        directories
    }

    /// `None` when a file went away in between.
    fn list(&self, fs: &dyn Fs) -> io::Result<Option<Vec<Link>>> {
        let real = match fs.resolve(&self.path) {
            Ok(real) => real,
            Err(e) if is_absent(&e) => self.path.clone(),
            Err(e) => return Err(e),
        };
        let dir = parent(&real);
        let base = real
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        let names = match fs.names(dir) {
            Ok(names) => names,
            Err(e) if is_absent(&e) => return Ok(Some(Vec::new())),
            Err(e) => return Err(e),
        };
        let mut older = Vec::new();
        for name in names.iter().filter_map(|n| n.to_str()) {
            let unpacked = name.strip_suffix(".gz").unwrap_or(name);
            let packing = unpacked != name && names.iter().any(|n| n == unpacked);
            if let Some(age) = age(base, unpacked, self.cri)
                && !packing
            {
                older.push((age, dir.join(name)));
            }
        }
        older.sort();
        let mut links = Vec::new();
        let older = older.into_iter().map(|(_, path)| (path, false));
        for (path, live) in older.chain([(real.clone(), true)]) {
            match fs.stat(&path) {
                Ok(stat) if stat.plain => links.push(Link::new(path, stat, live)),
                Ok(_) => {}
                Err(e) if is_absent(&e) && live => {}
                Err(e) if is_absent(&e) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        Ok(Some(links))
    }
}

fn names(links: Option<&Vec<Link>>) -> Option<Vec<(&Path, (u64, u64))>> {
    links.map(|links| links.iter().map(|l| (l.path.as_path(), l.id)).collect())
}

/// What was seen is no longer what is there: files got other names meanwhile. Whoever looks again sees them.
pub(super) fn moved() -> io::Error {
    io::Error::new(
        io::ErrorKind::WouldBlock,
        "files are renamed while they are looked at",
    )
}

pub(super) fn is_moved(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Sorts older parts before younger ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// `log.20261126-120000`: the later the younger.
    Dated(String),
    /// `log.3`: the smaller the younger.
    Numbered(std::cmp::Reverse<u64>),
}

/// The age of an older part of `base` with this name, if it is one.
fn age(base: &str, name: &str, cri: bool) -> Option<Age> {
    if let Some(tag) = name.strip_prefix(base) {
        return tagged(tag).filter(|age| !cri || matches!(age, Age::Dated(_)));
    }
    let (stem, extension) = base.rsplit_once('.').filter(|_| !cri)?;
    let tag = name.strip_suffix(extension)?.strip_suffix('.')?;
    tagged(tag.strip_prefix(stem)?)
}

fn tagged(tag: &str) -> Option<Age> {
    let tag = tag.strip_prefix(['.', '-', '_'])?;
    let digits = tag.bytes().filter(u8::is_ascii_digit).count();
    if digits == tag.len() && (1..6).contains(&digits) {
        return Some(Age::Numbered(std::cmp::Reverse(tag.parse().ok()?)));
    }
    let dated = tag
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':' | b'.' | b'T' | b'Z' | b'+'));
    if dated && digits >= 6 {
        return Some(Age::Dated(tag.to_owned()));
    }
    matches!(tag, "old" | "prev" | "bak").then_some(Age::Numbered(std::cmp::Reverse(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    fn chain(cri: bool, live: &str, files: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(dir.path().join(file), "x").unwrap();
        }
        let place = Place {
            path: dir.path().join(live),
            cri,
        };
        let links = place.look(&RealFs).unwrap();
        let name = |l: &Link| l.path.file_name().unwrap().to_string_lossy().into_owned();
        links.iter().map(name).collect()
    }

    #[test]
    fn a_kubelets_chain_is_read_by_its_times() {
        let files = [
            "0.log",
            "0.log.20261126-110000.gz",
            "0.log.20261126-120000",
            "0.log.20261126-120000.gz",
            "0.log.20261126-115000.gz.tmp",
            "0.log.1",
            "1.log",
            "1.log.20261126-100000",
        ];
        let wanted = ["0.log.20261126-110000.gz", "0.log.20261126-120000", "0.log"];
        assert_eq!(chain(true, "0.log", &files), wanted);
    }

    #[test]
    fn other_rotators_number_or_date() {
        let files = [
            "app.log",
            "app.log.1",
            "app.log.10.gz",
            "app.log.2",
            "app.log.tmp",
            "app.logs",
        ];
        let wanted = ["app.log.10.gz", "app.log.2", "app.log.1", "app.log"];
        assert_eq!(chain(false, "app.log", &files), wanted);
        let files = [
            "app.log",
            "app-20261125.log",
            "app-20261124.log.gz",
            "app.x.log",
            "other.1.log",
        ];
        let wanted = ["app-20261124.log.gz", "app-20261125.log", "app.log"];
        assert_eq!(chain(false, "app.log", &files), wanted);
        assert_eq!(chain(false, "gone/app.log", &[]), [""; 0]);
    }
}
