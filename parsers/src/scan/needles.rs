//! A set of needles, and the search for all of them in a block.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;

use super::Bits;
use super::starts::Starts;

/// Bytes of a window.
const WINDOW: usize = 4;
/// Bytes from one window looked at to the next.
const STRIDE: usize = 4;
/// Bytes a needle must have to hold a window at every alignment.
const LEAST: usize = WINDOW + STRIDE - 1;
/// Lines before one with a needle that may be asked for.
pub(crate) const LOOKBACK: u8 = 15;
/// Size of the bit set, as a power of two: 16 KiB, which stay in the first cache.
const BITS: u32 = 18;
/// Size of the table of entries by window, as a power of two.
const BUCKETS: u32 = 12;

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
struct Entry {
    window: u32,
    /// Four other bytes of the needle, which are compared before all of it.
    check: u32,
    /// Offset of those.
    check_at: u8,
    /// Offset of the window in the needle.
    offset: u8,
    needle: u16,
}

/// A set of needles.
#[derive(Debug, Default)]
pub(crate) struct NeedleSet {
    needles: Vec<(Box<[u8]>, Bits)>,
    starts: Starts,
    /// Of those who named no needle: every line is theirs.
    always: Bits,
    /// Who needs lines before the one with the needle, and how many.
    back: Vec<(Bits, u8)>,
    /// All of them.
    looking_back: Bits,
    /// One bit per hash of a window.
    windows: Windows,
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
        let known = self.needles.iter().position(|(n, _)| **n == *needle);
        match known {
            Some(at) => self.needles[at].1 |= bits,
            None if self.needles.len() < usize::from(u16::MAX / 4) => {
                self.needles.push((needle.into(), bits));
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
        let mut entries = Vec::new();
        let mut short = Vec::new();
        for (number, (needle, bits)) in self.needles.iter().enumerate() {
            if needle.len() < LEAST {
                short.push((needle.clone(), *bits));
                continue;
            }
            let from = rarest(needle);
            for offset in from..from + STRIDE {
                let window = window(&needle[offset..]);
                let check_at = if offset >= WINDOW {
                    0
                } else {
                    (needle.len() - WINDOW).min(240)
                };
                // All fit: there are at most u16::MAX needles, and `rarest` stays below 250.
                entries.push(Entry {
                    window,
                    check: self::window(&needle[check_at..]),
                    check_at: check_at as u8,
                    offset: offset as u8,
                    needle: number as u16,
                });
            }
        }
        self.windows = Windows::of(&entries);
        entries.sort_by_key(|e| (bucket(e.window), e.window));
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
        self.groups(block, hits);
        if let Some((searcher, bits)) = &self.short {
            let found = searcher.find_iter(block).map(|m| Hit {
                at: place(m.start()),
                bits: *bits,
            });
            hits.extend(found);
            hits.sort_by_key(|hit| hit.at);
        }
    }

    /// Finds the needles that have windows.
    fn groups(&self, block: &[u8], hits: &mut Vec<Hit>) {
        let (groups, rest) = block.as_chunks::<GROUP>();
        for (number, group) in groups.iter().enumerate() {
            let mut may = 0;
            for (i, four) in group.as_chunks::<WINDOW>().0.iter().enumerate() {
                may |= self.windows.bit(u32::from_le_bytes(*four)) << i;
            }
            if may != 0 {
                self.compare(block, number * GROUP, may, hits);
            }
        }
        let mut may = 0;
        for (i, four) in rest.as_chunks::<WINDOW>().0.iter().enumerate() {
            may |= self.windows.bit(u32::from_le_bytes(*four)) << i;
        }
        self.compare(block, block.len() - rest.len(), may, hits);
    }

    /// Whose needles a line holds, those of its beginning included.
    pub(crate) fn line(&self, line: &[u8], hits: &mut Vec<Hit>) -> Bits {
        self.scan(line, hits);
        let found = hits.iter().fold(0, |all, hit| all | hit.bits);
        found | self.starts(line)
    }

    /// Whose needles stand at the line's beginning.
    #[inline]
    pub(crate) fn starts(&self, line: &[u8]) -> Bits {
        self.starts.of(line)
    }

    /// Compares windows of a group, those whose bits are set, with the needles.
    fn compare(&self, block: &[u8], from: usize, mut may: u64, hits: &mut Vec<Hit>) {
        while may != 0 {
            let at = from + may.trailing_zeros() as usize * WINDOW;
            may &= may - 1;
            let found = window(&block[at..]);
            let bucket = bucket(found);
            let entries = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
            let mut bits = 0;
            for entry in self.entries[entries].iter().filter(|e| e.window == found) {
                let Some(begin) = at.checked_sub(usize::from(entry.offset)) else {
                    continue;
                };
                let check = block.get(begin + usize::from(entry.check_at)..);
                let check = check.and_then(|rest| rest.first_chunk::<WINDOW>());
                if check.is_none_or(|four| u32::from_le_bytes(*four) != entry.check) {
                    continue;
                }
                let (needle, of) = &self.needles[usize::from(entry.needle)];
                if block[begin..].starts_with(needle) {
                    bits |= of;
                }
            }
            if bits != 0 {
                let at = place(at);
                hits.push(Hit { at, bits });
            }
        }
    }
}

/// One bit per hash of a window.
#[derive(Debug)]
struct Windows {
    bits: Box<[u64; 1 << (BITS - 6)]>,
    /// What a window is multiplied by for its hash.
    factor: u32,
}

impl Default for Windows {
    fn default() -> Windows {
        Windows {
            bits: Box::new([0; 1 << (BITS - 6)]),
            factor: 0x9e37_79b1,
        }
    }
}

impl Windows {
    /// Factors tried.
    const TRIES: u32 = 48;

    /// The windows of the entries, by the hash that lets the fewest windows of ordinary logs through.
    fn of(entries: &[Entry]) -> Windows {
        let ordinary = ordinary();
        let tries = (0..Windows::TRIES).map(|n| {
            let mut tried = Windows::default();
            tried.factor = tried.factor.wrapping_add(n.wrapping_mul(0x3779_b1c2));
            for entry in entries {
                let hash = tried.hash(entry.window);
                tried.bits[hash >> 6] |= 1 << (hash & 63);
            }
            let through = ordinary.iter().filter(|(w, _)| tried.bit(**w) == 1);
            (through.map(|(_, count)| count).sum::<u32>(), tried)
        });
        tries
            .min_by_key(|(through, _)| *through)
            .map_or_else(Windows::default, |(_, best)| best)
    }

    #[inline]
    fn hash(&self, window: u32) -> usize {
        (window.wrapping_mul(self.factor) >> (32 - BITS)) as usize
    }

    /// 1 if the window may be one of a needle, else 0.
    #[inline]
    fn bit(&self, window: u32) -> u64 {
        let hash = self.hash(window);
        self.bits[hash >> 6] >> (hash & 63) & 1
    }
}

/// Bytes looked up before it is asked whether any of them may be a needle's.
const GROUP: usize = 32;

/// An offset in a block; blocks are chunks, which are far below 4 GiB.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[inline]
fn window(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The bucket of a window's entries.
fn bucket(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> (32 - BUCKETS)) as usize
}

/// How often windows stand in ordinary logs and in the output of tests, by a sample of each.
fn ordinary() -> &'static HashMap<u32, u32> {
    static WINDOWS: LazyLock<HashMap<u32, u32>> = LazyLock::new(|| {
        let mut counts = HashMap::new();
        let samples = [
            &include_bytes!("ordinary.log")[..],
            include_bytes!("tests.log"),
        ];
        for four in samples.iter().flat_map(|sample| sample.windows(WINDOW)) {
            *counts.entry(window(four)).or_default() += 1;
        }
        counts
    });
    &WINDOWS
}

/// Where the part of a needle begins whose windows are rarest in ordinary logs; of those, the part
/// with the fewest small letters, blanks and digits.
fn rarest(needle: &[u8]) -> usize {
    let ordinary = ordinary();
    let plain = |b: &&u8| b.is_ascii_lowercase() || b.is_ascii_digit() || **b == b' ';
    let often = |from: &usize| -> (u32, usize) {
        let part = &needle[*from..from + LEAST];
        let windows = part.windows(WINDOW);
        let seen = windows.filter_map(|w| ordinary.get(&window(w))).sum();
        (seen, part.iter().filter(plain).count())
    };
    let last = (needle.len() - LEAST).min(240);
    (0..=last).min_by_key(often).unwrap_or(0)
}
