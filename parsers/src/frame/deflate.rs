//! DEFLATE (RFC 1951) of columns: each a block with codes of its own, of single bytes and runs of one byte. What is searched for
//! matches as well shrinks by hardly more, for columns have little that repeats otherwise, and takes five times as long.

mod bits;
mod codes;

use bits::Bits;
use codes::{Codes, lengths};

/// Symbols of the code for bytes and lengths of runs.
const SYMBOLS: usize = 286;
/// The end of a block.
const END: usize = 256;
/// Longest code of a byte or length: one bit less than may be, so that four fit in a word.
const LONGEST: u8 = 14;
/// Symbols of the code in which lengths of codes are told.
const TELLING: usize = 19;
/// Longest code of those.
const LONGEST_TELLING: u8 = 7;
/// The order in which the lengths of those codes are told.
const ORDER: [usize; TELLING] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/// Shortest run that is told as such, and longest.
const RUN: std::ops::RangeInclusive<usize> = 3..=258;
/// Most bytes of a block that is stored.
const STORED_MAX: usize = 65_535;

/// Writes blocks, none of them the last, behind what is there already.
pub(super) struct Blocks {
    bits: Bits,
    /// One block's runs; kept for its allocation.
    runs: Vec<Run>,
}

/// Single bytes, and behind them how often the last one comes again: never, or as [`RUN`] says.
#[derive(Clone, Copy)]
struct Run {
    bytes: usize,
    again: usize,
}

impl Blocks {
    /// Blocks behind the bytes given.
    pub(super) fn behind(out: Vec<u8>) -> Blocks {
        Blocks {
            bits: Bits::behind(out),
            runs: Vec::new(),
        }
    }

    /// Appends bytes as one block, or stored if codes would not make them fewer.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let often = self.take(bytes);
        let lengths = lengths::<SYMBOLS>(&often, LONGEST);
        let told = Told::of(&lengths, often[END + 1..].iter().any(|n| *n > 0));
        let coded = often
            .iter()
            .zip(lengths)
            .zip(0..)
            .map(|((often, length), n)| {
                let bits = u32::from(length) + if n > END { behind_length(n) } else { 0 };
                u64::from(*often) * u64::from(bits)
            });
        if coded.sum::<u64>() + told.bits() >= 8 * bytes.len() as u64 {
            return bytes
                .chunks(STORED_MAX)
                .for_each(|b| self.bits.stored(b, false));
        }
        // Not the last, with codes of its own.
        self.bits.put(0b100, 3);
        told.put(&mut self.bits);
        let codes = Codes::of(&lengths);
        let mut rest = bytes;
        for run in &self.runs {
            let (single, behind) = rest.split_at(run.bytes);
            self.bits.bytes(single, &codes);
            rest = &behind[run.again..];
            if run.again > 0 {
                let (symbol, extra) = of_length(run.again);
                self.bits.symbol(symbol, &codes);
                self.bits.put(extra, behind_length(symbol));
            }
        }
        self.bits.symbol(END, &codes);
    }

    /// Ends at a whole byte, with an empty block that is stored, so that another writer can go on.
    pub(super) fn aligned(mut self) -> Vec<u8> {
        self.bits.stored(&[], false);
        self.bits.out
    }

    /// Ends with the last block, an empty one.
    pub(super) fn finished(mut self) -> Vec<u8> {
        self.bits.stored(&[], true);
        self.bits.out
    }

    /// Finds the runs; how often each symbol occurs, the end included.
    fn take(&mut self, bytes: &[u8]) -> [u32; SYMBOLS] {
        let mut often = [0; SYMBOLS];
        often[END] = 1;
        self.runs.clear();
        let mut from = 0;
        while from < bytes.len() {
            let (last, again) = next_run(bytes, from);
            let single = &bytes[from..=last];
            single.iter().for_each(|b| often[usize::from(*b)] += 1);
            if again > 0 {
                often[of_length(again).0] += 1;
            }
            from = last + 1 + again;
            self.runs.push(Run {
                bytes: single.len(),
                again,
            });
        }
        often
    }
}

/// Behind which byte the next run stands, and how long that is; the last byte, and 0, if there is none. Shorter ones are
/// told sooner as single bytes, and hardly longer, for the codes of bytes that come again and again are short.
fn next_run(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut at = from;
    while let Some(window) = bytes[at..].first_chunk::<9>() {
        let ([first @ .., _], [_, second @ ..]) = (window, window);
        if first == second {
            return (at, repeats(&bytes[at..]));
        }
        at += 8;
    }
    (bytes.len() - 1, 0)
}

/// How often the first byte comes again, as far as a run reaches.
fn repeats(bytes: &[u8]) -> usize {
    let within = &bytes[1..bytes.len().min(RUN.end() + 1)];
    let other = within.iter().position(|b| *b != bytes[0]);
    other.unwrap_or(within.len())
}

/// How many bits follow the symbol of a length: its extra bits, and the code of the only distance, which is one bit, 0.
fn behind_length(symbol: usize) -> u32 {
    match symbol {
        257..265 | 285 => 1,
        _ => (symbol as u32 - 261) / 4 + 1,
    }
}

/// The symbol of a run's length, and its extra bits.
fn of_length(length: usize) -> (usize, u32) {
    let beyond = (length - RUN.start()) as u32;
    match beyond {
        0..8 => (257 + beyond as usize, 0),
        255 => (285, 0),
        _ => {
            let bits = beyond.ilog2() - 2;
            let symbol = 261 + 4 * bits + ((beyond >> bits) - 4);
            (symbol as usize, beyond & ((1 << bits) - 1))
        }
    }
}

/// The lengths of a block's codes, as they are told before it.
struct Told {
    /// How many of the codes for bytes and lengths are told.
    symbols: usize,
    /// What they are told by, each with its extra bits and how many of those there are.
    items: Vec<(u8, u8, u8)>,
    lengths: [u8; TELLING],
    /// How many of those are told.
    telling: usize,
}

impl Told {
    fn of(lengths: &[u8; SYMBOLS], runs: bool) -> Told {
        // The end always has a code.
        let symbols = lengths.iter().rposition(|n| *n > 0).unwrap_or(END) + 1;
        let mut all = [0; SYMBOLS + 1];
        all[..symbols].copy_from_slice(&lengths[..symbols]);
        // The only distance is one, and its code one bit.
        all[symbols] = u8::from(runs);
        let items = told_by(&all[..=symbols]);
        let mut often = [0; TELLING];
        for (item, ..) in &items {
            often[usize::from(*item)] += 1;
        }
        let telling_lengths = codes::lengths::<TELLING>(&often, LONGEST_TELLING);
        let told = ORDER.iter().rposition(|n| telling_lengths[*n] > 0);
        Told {
            symbols,
            items,
            lengths: telling_lengths,
            telling: told.map_or(0, |n| n + 1).max(4),
        }
    }

    fn bits(&self) -> u64 {
        let items = self
            .items
            .iter()
            .map(|(item, _, bits)| u64::from(self.lengths[usize::from(*item)]) + u64::from(*bits));
        3 + 14 + 3 * self.telling as u64 + items.sum::<u64>()
    }

    fn put(&self, to: &mut Bits) {
        to.put((self.symbols - END - 1) as u32, 5);
        to.put(0, 5);
        to.put(self.telling as u32 - 4, 4);
        for n in &ORDER[..self.telling] {
            to.put(u32::from(self.lengths[*n]), 3);
        }
        let codes = Codes::of(&self.lengths);
        for (item, extra, bits) in &self.items {
            to.symbol(usize::from(*item), &codes);
            to.put(u32::from(*extra), u32::from(*bits));
        }
    }
}

/// What lengths are told by: themselves, 16 for the one before three to six times again, 17 and 18 for zeros.
fn told_by(lengths: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut items = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(|a, b| a == b) {
        let mut left = run.len();
        if run[0] > 0 {
            items.push((run[0], 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (item, least, most, bits) = match (run[0], left) {
                (0, 11..) => (18, 11, 138, 7),
                (0, 3..) => (17, 3, 10, 3),
                (1.., 3..) => (16, 3, 6, 2),
                (length, _) => (length, 1, 1, 0),
            };
            let n = left.min(most);
            items.push((item, (n - least) as u8, bits));
            left -= n;
        }
    }
    items
}

#[cfg(test)]
mod tests;
