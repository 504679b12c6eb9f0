//! A disk that holds what was synced, and of what was written since whatever it happened to write.

use std::io;
use std::path::Path;

use sentinel_benches::chance::Chance;

/// A sector: what a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The files that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Database,
    Log,
    /// Their directory: without its sync the log may not be found.
    Directory,
}

impl Name {
    pub(crate) fn is_log(self) -> bool {
        self == Name::Log
    }
}

/// How much of what was not synced is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Nothing,
    All,
    /// Each write or not.
    Some,
    /// Each write or not, and those that are, up to some sector.
    Torn,
}

/// Database and log.
pub(crate) struct Disk {
    database: Content,
    log: Content,
    /// Whether the log's name is on the disk.
    named: bool,
}

#[derive(Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Disk {
    pub(crate) fn new(database: Vec<u8>) -> Disk {
        Disk {
            database: Content {
                durable: database,
                pending: Vec::new(),
            },
            log: Content::default(),
            named: false,
        }
    }

    pub(crate) fn write(&mut self, file: Name, at: usize, data: Vec<u8>) {
        self.change(file, Change::Write(at, data));
    }

    pub(crate) fn cut(&mut self, file: Name, length: usize) {
        self.change(file, Change::Cut(length));
    }

    fn change(&mut self, file: Name, change: Change) {
        match file {
            Name::Database => self.database.pending.push(change),
            Name::Log => self.log.pending.push(change),
            Name::Directory => {}
        }
    }

    pub(crate) fn sync(&mut self, file: Name) {
        match file {
            Name::Database => self.database.sync(),
            Name::Log => self.log.sync(),
            Name::Directory => self.named = true,
        }
    }

    /// Writes the files as the disk could hold them, in place of those that are there.
    pub(crate) fn lay_down(&self, dir: &Path, how: How, chance: &mut Chance) -> io::Result<()> {
        let log = dir.join("sentinel.db-wal");
        for stale in [&log, &dir.join("sentinel.db-shm")] {
            match std::fs::remove_file(stale) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::write(dir.join("sentinel.db"), self.database.after(how, chance))?;
        let found = self.named || (how != How::Nothing && chance.bits().is_multiple_of(2));
        match found {
            true => std::fs::write(log, self.log.after(how, chance)),
            false => Ok(()),
        }
    }
}

impl Content {
    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change, None);
        }
    }

    fn after(&self, how: How, chance: &mut Chance) -> Vec<u8> {
        let mut content = self.durable.clone();
        for change in &self.pending {
            let taken = match how {
                How::Nothing => false,
                How::All => true,
                How::Some | How::Torn => chance.bits().is_multiple_of(2),
            };
            if !taken {
                continue;
            }
            let torn = match (how, change) {
                (How::Torn, Change::Write(_, data)) => {
                    let sectors = data.len().div_ceil(SECTOR) as u64;
                    let whole = chance.between(0, sectors + 1) as usize;
                    Some((whole * SECTOR).min(data.len()))
                }
                _ => None,
            };
            apply(&mut content, change, torn);
        }
        content
    }
}

fn apply(content: &mut Vec<u8>, change: &Change, torn: Option<usize>) {
    match change {
        Change::Cut(length) => content.resize(*length, 0),
        Change::Write(at, data) => {
            let data = &data[..torn.unwrap_or(data.len())];
            let end = at + data.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[*at..end].copy_from_slice(data);
        }
    }
}
