//! A set of needles, and the search for all of them in a block.

use std::hash::BuildHasher;

use aho_corasick::packed::Searcher;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::Bits;
use super::checks::{Check, Checks, around};
use super::starts::Starts;
use super::windows::{CHUNK, CHUNKS, List, Ordinary, WINDOW, Windows, window};

/// Bytes from one window looked at to the next.
pub(super) const STRIDE: usize = 4;
/// Bytes a needle must have to hold a window at every alignment.
pub(super) const LEAST: usize = WINDOW + STRIDE - 1;
/// Lines before one with a needle that may be asked for.
pub(crate) const LOOKBACK: u8 = 15;
/// Size of the table of entries by window, as a power of two.
const BUCKETS: u32 = 12;
/// Finds listed before those are left out that say nothing new of their line: one of a report may hold
/// hundreds of thousands.
const MANY: usize = 4096;

/// A needle found in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Offset in the block of a byte of the needle.
    pub(crate) at: u32,
    /// Whose needle it is.
    pub(crate) bits: Bits,
}

/// One window of a needle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) window: u32,
    /// Offset of the window in the needle.
    pub(super) offset: u8,
    pub(super) needle: u16,
    /// The whole needle stands in the window and the bytes around it.
    is_near: bool,
    pub(super) around: Check,
}

/// A set of needles.
#[derive(Debug, Default)]
pub(crate) struct NeedleSet {
    needles: Vec<(Box<[u8]>, Bits)>,
    /// Where each needle stands in the list, until the tables are made.
    places: (HashTable<u16>, DefaultHashBuilder),
    starts: Starts,
    /// Of those who named no needle: every line is theirs.
    always: Bits,
    /// Who needs lines before the one with the needle, and how many.
    back: Vec<(Bits, u8)>,
    /// All of them.
    looking_back: Bits,
    /// One bit per hash of a window.
    windows: Windows,
    checks: Checks,
    /// By window, grouped in buckets.
    entries: Vec<Entry>,
    /// Where each bucket begins in `entries`.
    buckets: Vec<u16>,
    /// Finds needles too short for the windows, and whose these are; which one it was is not told, for
    /// one that lies across another would be missed.
    short: Option<(Searcher, Bits)>,
}

impl NeedleSet {
    /// Adds the needles of one reader; without any, every line is theirs. A needle that begins with a
    /// line feed stands at the line's beginning, behind blanks at most; one that also ends with a line
    /// feed is the whole line.
    pub(crate) fn add_all<'n>(&mut self, needles: impl IntoIterator<Item = &'n str>, bits: Bits) {
        let mut none = true;
        for needle in needles {
            none = false;
            match needle.strip_prefix('\n') {
                Some(start) => self.starts.add(start, bits),
                None => self.add(needle.as_bytes(), bits),
            }
        }
        if none {
            self.always |= bits;
        }
    }

    /// Adds needles that may stand anywhere.
    pub(crate) fn add_literals<'n>(
        &mut self,
        needles: impl IntoIterator<Item = &'n str>,
        bits: Bits,
    ) {
        let mut none = true;
        for needle in needles {
            none = false;
            self.add(needle.as_bytes(), bits);
        }
        if none {
            self.always |= bits;
        }
    }

    fn add(&mut self, needle: &[u8], bits: Bits) {
        let (needles, (places, hasher)) = (&mut self.needles, &mut self.places);
        let known = places.find(hasher.hash_one(needle), |at| {
            *needles[usize::from(*at)].0 == *needle
        });
        match known {
            Some(at) => needles[usize::from(*at)].1 |= bits,
            None if needles.len() < usize::from(u16::MAX / 4) => {
                let at = needles.len() as u16;
                needles.push((needle.into(), bits));
                places.insert_unique(hasher.hash_one(needle), at, |at| {
                    hasher.hash_one(&*needles[usize::from(*at)].0)
                });
            }
            // Beyond what the tables can number: never missed, only slow.
            None => self.always |= bits,
        }
    }

    /// The dialect of the bit also needs so many lines before its own.
    pub(crate) fn look_back(&mut self, bit: Bits, lines: u8) {
        if lines > 0 {
            self.back.push((bit, lines.min(LOOKBACK)));
            self.looking_back |= bit;
        }
    }

    /// Makes the tables; to be called once, when all needles are there.
    pub(crate) fn build(&mut self) {
        self.build_by(&Ordinary::new());
    }

    /// The same in less time, for a set that is not asked about ordinary lines.
    pub(crate) fn build_quickly(&mut self) {
        self.build_by(&Ordinary::uncounted());
    }

    fn build_by(&mut self, ordinary: &Ordinary) {
        self.places.0 = HashTable::new();
        let mut entries = Vec::new();
        let mut short = Vec::new();
        for (number, (needle, bits)) in self.needles.iter().enumerate() {
            if needle.len() < LEAST {
                short.push((needle.clone(), *bits));
                continue;
            }
            for offset in ordinary.rarest(needle) {
                // All fit: there are at most u16::MAX needles, and `rarest` stays below 250.
                entries.push(Entry {
                    window: window(&needle[offset..]),
                    offset: offset as u8,
                    needle: number as u16,
                    is_near: offset <= WINDOW && needle.len() - offset <= 2 * WINDOW,
                    around: Check::of(needle, offset),
                });
            }
        }
        self.windows = Windows::of(&entries);
        self.checks = Checks::of(&entries);
        entries.sort_unstable_by_key(|e| bucket(e.window));
        self.buckets = vec![0; (1 << BUCKETS) + 1];
        for entry in &entries {
            self.buckets[bucket(entry.window) + 1] += 1;
        }
        for at in 1..self.buckets.len() {
            self.buckets[at] += self.buckets[at - 1];
        }
        self.entries = entries;
        self.starts.build();
        self.short = self.searcher(&short);
    }

    /// A search for needles that hold no window at some alignment.
    fn searcher(&mut self, short: &[(Box<[u8]>, Bits)]) -> Option<(Searcher, Bits)> {
        let bits = short.iter().fold(0, |all, (_, bits)| all | bits);
        let found = Searcher::new(short.iter().map(|(needle, _)| needle));
        if found.is_none() {
            self.always |= bits;
        }
        Some((found?, bits))
    }

    /// Of those whose lines are all lines.
    pub(crate) fn always(&self) -> Bits {
        self.always
    }

    /// How many lines before it some reader of a line needs.
    #[inline]
    pub(crate) fn back(&self, bits: Bits) -> u64 {
        if bits & self.looking_back == 0 {
            return 0;
        }
        let asked = self.back.iter().filter(|(bit, _)| bits & bit != 0);
        asked.map(|(_, lines)| u64::from(*lines)).max().unwrap_or(0)
    }

    /// The readers that need the line so many lines before theirs.
    pub(crate) fn back_for(&self, distance: u64) -> Bits {
        let far = self
            .back
            .iter()
            .filter(|(_, lines)| u64::from(*lines) >= distance);
        far.fold(0, |bits, (bit, _)| bits | bit)
    }

    /// Finds every needle of a block that is not one of a line's beginning, in order. A block may
    /// have any number of lines.
    pub(crate) fn scan(&self, block: &[u8], hits: &mut Vec<Hit>) {
        hits.clear();
        self.windows(block, &mut |at, bits| {
            if !(hits.len() >= MANY && is_known(block, at, bits, hits)) {
                let at = place(at);
                hits.push(Hit { at, bits });
            }
        });
        if let Some((searcher, bits)) = &self.short {
            let found = searcher.find_iter(block).map(|m| Hit {
                at: place(m.start()),
                bits: *bits,
            });
            hits.extend(found);
            hits.sort_by_key(|hit| hit.at);
        }
    }

    /// Whose needles stand anywhere in some text, of all that are too short for windows together.
    pub(crate) fn anywhere(&self, text: &[u8]) -> Bits {
        let mut all = 0;
        self.windows(text, &mut |_, bits| all |= bits);
        if let Some((searcher, bits)) = &self.short
            && searcher.find(text).is_some()
        {
            all |= bits;
        }
        all
    }

    /// Finds the needles that have windows. Which windows the table lets through is known for many before any
    /// is compared.
    #[inline]
    fn windows(&self, block: &[u8], found: &mut impl FnMut(usize, Bits)) {
        let mut list = List::new();
        let (chunks, rest) = block.as_chunks::<CHUNK>();
        for (number, chunks) in chunks.chunks(CHUNKS).enumerate() {
            self.windows.list(chunks, &mut list);
            let from = number * CHUNKS * CHUNK;
            for window in list.iter() {
                self.compare(block, from + window * WINDOW, found);
            }
        }
        let from = block.len() - rest.len();
        for (number, window) in rest.as_chunks().0.iter().enumerate() {
            if self.windows.may(u32::from_le_bytes(*window)) {
                self.compare(block, from + number * WINDOW, found);
            }
        }
    }

    /// Compares a window that the table lets through with the needles.
    #[inline]
    fn compare(&self, block: &[u8], at: usize, found: &mut impl FnMut(usize, Bits)) {
        if self.checks.may(block, at) {
            let bits = self.verify(block, at);
            if bits != 0 {
                found(at, bits);
            }
        }
    }

    /// Whose needles a line holds, those of its beginning included.
    pub(crate) fn line(&self, line: &[u8]) -> Bits {
        self.anywhere(line) | self.starts(line)
    }

    /// Whose needles stand at the line's beginning.
    #[inline]
    pub(crate) fn starts(&self, line: &[u8]) -> Bits {
        self.starts.of(line)
    }

    /// Whose needles may stand there: those and perhaps others, told sooner.
    #[inline]
    pub(crate) fn may_start(&self, line: &[u8]) -> Bits {
        self.starts.may(line)
    }

    /// Compares a window with the needles that hold it; whose they are.
    #[inline(never)]
    fn verify(&self, block: &[u8], at: usize) -> Bits {
        let (found, around) = (window(&block[at..]), around(block, at));
        let bucket = bucket(found);
        let entries = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        let mut bits = 0;
        for entry in self.entries[entries].iter().filter(|e| e.window == found) {
            let (needle, of) = &self.needles[usize::from(entry.needle)];
            let stands = || {
                let begin = at.checked_sub(usize::from(entry.offset));
                begin.is_some_and(|begin| block[begin..].starts_with(needle))
            };
            if around.is_none_or(|a| entry.around.lets_through(a))
                && (around.is_some() && entry.is_near || stands())
            {
                bits |= of;
            }
        }
        bits
    }
}

/// Whether the latest find is of the same line and says the same. It then stands for this one too, and is
/// moved to its place: from there on the next is looked at.
#[cold]
fn is_known(block: &[u8], at: usize, bits: Bits, hits: &mut [Hit]) -> bool {
    let Some(last) = hits.last_mut() else {
        return false;
    };
    let between = block.get(last.at as usize..at);
    let known = last.bits == bits && between.is_some_and(|b| memchr::memchr(b'\n', b).is_none());
    if known {
        last.at = place(at);
    }
    known
}

/// An offset in a block; blocks are chunks, which are far below 4 GiB.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The bucket of a window's entries.
fn bucket(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (32 - BUCKETS)) as usize
}
