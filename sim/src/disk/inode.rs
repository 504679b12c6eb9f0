//! A file of the simulated disk: its bytes, and which of them are durable.

use std::time::SystemTime;

use sentinel_sidecar::fs::Stat;

use crate::chance::Chance;

/// Bytes that are written whole or not at all.
const SECTOR: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Inode {
    pub(super) data: Vec<u8>,
    /// Bytes that are durable, but for the holes.
    pub(super) synced: usize,
    /// What a failed sync lost although it can still be read.
    pub(super) holes: Vec<(usize, usize)>,
    pub(super) locked: bool,
    /// How many have it open for reading, and how far it was read since it was truncated.
    pub(super) readers: u32,
    pub(super) read: usize,
    /// When it was last written to, and made, where files have times.
    pub(super) modified_ms: i64,
    pub(super) born: Option<SystemTime>,
}

impl Inode {
    /// The power is cut: of what is pending a beginning is kept, or the length with something else in it.
    pub(super) fn cut_power(&mut self, chance: &Chance, tears: bool) {
        self.locked = false;
        let pending = self.data.len() - self.synced;
        if tears && pending > 0 && chance.one_in(2) {
            let fill = u8::try_from(chance.below(256) * chance.below(2)).unwrap_or(0);
            for sector in self.data[self.synced..].chunks_mut(SECTOR) {
                if chance.one_in(2) {
                    sector.fill(fill);
                }
            }
        } else {
            let kept = usize::try_from(chance.below(pending as u64 + 1)).unwrap_or(0);
            self.data.truncate(self.synced + kept);
        }
        for (from, to) in std::mem::take(&mut self.holes) {
            let to = to.min(self.data.len());
            self.data[from.min(to)..to].fill(0);
        }
        self.synced = self.data.len();
    }

    /// What a look at it tells.
    pub(super) fn stat(&self, id: u64) -> Stat {
        Stat {
            len: self.data.len() as u64,
            id: (1, id),
            modified_ms: self.modified_ms,
            born: self.born,
            plain: true,
        }
    }
}
