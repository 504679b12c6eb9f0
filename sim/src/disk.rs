//! A machine's disk: what is written is pending until it is synced, and a power cut keeps some of it, loses some and
//! tears some.
//!
//! Files of recordings and spools only grow; those that others write ([`files`]) may be truncated. A name is durable once its directory is synced; of names
//! that are not, a power cut keeps those that a journal had (the first ones), or any. Of a file's bytes that are not
//! durable it keeps a beginning; where the disk `tears`, it may keep the length instead, with sectors of zeros or
//! other bytes in it. A sync that fails has lost what it was asked to keep, and the next one does not bring it back.

pub mod files;
mod inode;
pub mod mortal;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use sentinel_sidecar::clock::Clock;
use sentinel_sidecar::fs::{Fs, FsFile, FsWrite, Stat};
use sentinel_sidecar::segments::RESERVE;
use tokio::time::Instant;

use crate::chance::Chance;
use crate::wall::Wall;
use inode::Inode;

/// A disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    chance: Chance,
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<PathBuf, u64>,
    durable: BTreeMap<PathBuf, u64>,
    /// Changes to names that are not durable yet, with their directory.
    pending: Vec<(PathBuf, Change)>,
    next: u64,
    /// Names of what was ever deleted.
    deleted: BTreeSet<PathBuf>,
    tears: bool,
    /// Nothing more fits.
    full: bool,
    fills: u64,
    /// Syncs fail.
    failing: bool,
    failed: u64,
    /// Broken on purpose: syncs of segments do nothing and say nothing.
    pretends: bool,
    /// The machine's clock, where files have times, and whether the file system tells when a file was made.
    clock: Option<(Arc<Wall>, bool)>,
    begun: Instant,
}

#[derive(Clone, Debug)]
enum Change {
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new(chance: Chance, tears: bool, pretends: bool) -> Disk {
        Disk(Arc::new(Mutex::new(State {
            chance,
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            pending: Vec::new(),
            next: 1,
            deleted: BTreeSet::new(),
            tears,
            full: false,
            fills: 0,
            failing: false,
            failed: 0,
            pretends,
            clock: None,
            begun: Instant::now(),
        })))
    }

    /// From now on files have times, by this clock, and with `born` also tell when they were made.
    pub fn keep_time(&self, clock: Arc<Wall>, born: bool) {
        self.state().clock = Some((clock, born));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // One thread: never poisoned by another.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing more fits, or something does again.
    pub fn fill(&self, full: bool) {
        let mut state = self.state();
        state.full = full;
        state.fills += 1;
    }

    /// From now on syncs fail, or succeed again.
    pub fn fail(&self, failing: bool) {
        self.state().failing = failing;
    }

    /// How many syncs failed so far.
    #[must_use]
    pub fn failed_syncs(&self) -> u64 {
        self.state().failed
    }

    /// The power is cut: whoever had files open is dead, and what was pending is kept, lost or torn.
    pub fn cut_power(&self) {
        self.state().cut_power();
    }
}

impl State {
    fn find(&self, path: &Path) -> io::Result<u64> {
        let found = self.names.get(path).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn inode(&mut self, id: u64) -> io::Result<&mut Inode> {
        let inode = self.inodes.get_mut(&id);
        inode.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// A new file without a name.
    fn make(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        let mut inode = Inode::default();
        if let Some((now_ms, born)) = self.now() {
            inode.modified_ms = now_ms;
            // Not by the clock, which may be set back: then nobody could tell by it which file was made first.
            inode.born = born.then(|| UNIX_EPOCH + self.begun.elapsed());
        }
        self.inodes.insert(id, inode);
        id
    }

    /// What the machine's clock shows, where files have times.
    fn now(&self) -> Option<(i64, bool)> {
        let (clock, born) = self.clock.as_ref()?;
        Some((clock.now_ms(), *born))
    }

    fn change(&mut self, dir: &Path, change: Change) {
        apply(&mut self.names, &change);
        self.pending.push((dir.to_owned(), change));
    }

    fn cut_power(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let journal = self.chance.one_in(2);
        let kept = self.chance.below(pending.len() as u64 + 1);
        for (n, (_, change)) in pending.iter().enumerate() {
            let keep = match journal {
                true => (n as u64) < kept,
                false => self.chance.one_in(2),
            };
            if keep {
                apply(&mut self.durable, change);
            }
        }
        self.names = self.durable.clone();
        for inode in self.inodes.values_mut() {
            inode.cut_power(&self.chance, self.tears);
        }
    }
}

fn apply(names: &mut BTreeMap<PathBuf, u64>, change: &Change) {
    match change {
        Change::Link(path, id) => {
            names.insert(path.clone(), *id);
        }
        Change::Unlink(path) => {
            names.remove(path);
        }
        Change::Rename(from, to, id) => {
            names.remove(from);
            names.insert(to.clone(), *id);
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

impl Fs for Disk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn FsFile>> {
        let mut state = self.state();
        let id = state.find(path)?;
        state.inode(id)?.readers += 1;
        let disk = self.clone();
        Ok(Box::new(Reading { disk, id }))
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        let state = self.state();
        // A directory is there as long as something is in it.
        let inside = state.names.keys().filter_map(|path| {
            let below = path.strip_prefix(dir).ok()?;
            Some(below.iter().next()?.to_owned())
        });
        let mut names: Vec<OsString> = inside.collect();
        names.dedup();
        Ok(names)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let mut state = self.state();
        let id = state.find(path)?;
        Ok(state.inode(id)?.stat(id))
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.state().find(path)?;
        Ok(path.to_owned())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn FsWrite>> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Where nothing has a size, nothing can be kept for later.
        if state.full || name == RESERVE {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let id = state.make();
        state.change(parent(path), Change::Link(path.to_owned(), id));
        Ok(Box::new(Writing {
            disk: self.clone(),
            id,
            locked: false,
            segment: name.contains(".seg"),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let id = state.find(from)?;
        let change = Change::Rename(from.to_owned(), to.to_owned(), id);
        state.change(parent(to), change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.find(path)?;
        state.deleted.insert(path.to_owned());
        state.change(parent(path), Change::Unlink(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.failing {
            state.failed += 1;
            return Err(io::Error::other("sync failed"));
        }
        let pending = std::mem::take(&mut state.pending);
        let (done, left) = pending.into_iter().partition(|(of, _)| of == dir);
        state.pending = left;
        let done: Vec<(PathBuf, Change)> = done;
        for (_, change) in done {
            apply(&mut state.durable, &change);
        }
        Ok(())
    }

    fn tells(&self) -> bool {
        false
    }
}

#[derive(Debug)]
struct Reading {
    disk: Disk,
    id: u64,
}

impl FsFile for Reading {
    fn stat(&self) -> io::Result<Stat> {
        Ok(self.disk.state().inode(self.id)?.stat(self.id))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        let inode = state.inode(self.id)?;
        let data = &inode.data;
        let from = usize::try_from(offset).map_or(data.len(), |at| at.min(data.len()));
        let n = buffer.len().min(data.len() - from);
        buffer[..n].copy_from_slice(&data[from..from + n]);
        inode.read = inode.read.max(from + n);
        Ok(n)
    }

    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.disk.state().inode(self.id)?.locked)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Ok(inode) = self.disk.state().inode(self.id) {
            inode.readers -= 1;
        }
    }
}

#[derive(Debug)]
struct Writing {
    disk: Disk,
    id: u64,
    locked: bool,
    segment: bool,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        if state.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // Now and then a disk takes less than it is given.
        let short = bytes.len() > 1 && state.chance.one_in(50);
        let n = match short {
            true => 1 + state.chance.index(bytes.len() - 1),
            false => bytes.len(),
        };
        state.inode(self.id)?.data.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FsWrite for Writing {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let (failing, pretends) = (state.failing, state.pretends);
        if pretends && self.segment {
            return Ok(());
        }
        state.failed += u64::from(failing);
        let inode = state.inode(self.id)?;
        let end = inode.data.len();
        if failing && end > inode.synced {
            inode.holes.push((inode.synced, end));
            inode.synced = end;
            return Err(io::Error::other("sync failed"));
        }
        inode.synced = end;
        Ok(())
    }

    fn lock(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let inode = state.inode(self.id)?;
        if inode.locked {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        inode.locked = true;
        drop(state);
        self.locked = true;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.locked
            && let Ok(inode) = self.disk.state().inode(self.id)
        {
            inode.locked = false;
        }
    }
}
