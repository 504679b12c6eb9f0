//! DEFLATE (RFC 1951) of columns: each a block with codes of its own, of single bytes and runs of one byte. What is searched for
//! matches as well shrinks by hardly more, for columns have little that repeats otherwise, and takes five times as long.

mod codes;

use codes::{Codes, lengths};

/// Symbols of the code for bytes and lengths of runs.
const SYMBOLS: usize = 286;
/// The end of a block.
const END: usize = 256;
/// Longest code of a byte or length.
const LONGEST: u8 = 15;
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
    out: Vec<u8>,
    /// Bits that do not fill a byte, the first in the lowest.
    bits: u64,
    held: u32,
    /// One block's symbols, each with the extra bits of a length above [`EXTRA`]; kept for its allocation.
    symbols: Vec<u32>,
}

/// Where a symbol's extra bits begin.
const EXTRA: u32 = 16;

impl Blocks {
    /// Blocks behind the bytes given.
    pub(super) fn behind(out: Vec<u8>) -> Blocks {
        Blocks {
            out,
            bits: 0,
            held: 0,
            symbols: Vec::new(),
        }
    }

    /// Appends bytes as one block, or stored if codes would not make them fewer.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let often = self.take(bytes);
        let lengths = lengths::<SYMBOLS>(&often, LONGEST);
        let coded: u64 = often
            .iter()
            .zip(lengths)
            .zip(0..)
            .map(|((often, length), symbol)| {
                let more = if symbol > END {
                    extra_bits(symbol) + 1
                } else {
                    0
                };
                u64::from(*often) * u64::from(u32::from(length) + more)
            })
            .sum();
        let told = Told::of(&lengths, often[END + 1..].iter().any(|n| *n > 0));
        if coded + told.bits() >= 8 * bytes.len() as u64 {
            return self.store(bytes);
        }
        // Not the last, with codes of its own.
        self.put(0b100, 3);
        told.put(self);
        let codes = Codes::of(&lengths);
        let symbols = std::mem::take(&mut self.symbols);
        for (symbol, extra) in symbols.iter().map(|told| parts(*told)) {
            let (code, length) = codes.0[symbol];
            self.put(code, length);
            if symbol > END {
                // Behind it the code of the only distance, which is one bit, 0.
                self.put(extra, extra_bits(symbol) + 1);
            }
        }
        self.symbols = symbols;
        let (code, length) = codes.0[END];
        self.put(code, length);
    }

    /// Ends at a whole byte, with an empty block that is stored, so that another writer can go on.
    pub(super) fn aligned(mut self) -> Vec<u8> {
        self.stored(&[]);
        self.out
    }

    /// Takes bytes apart into symbols; how often each occurs, the end included.
    fn take(&mut self, bytes: &[u8]) -> [u32; SYMBOLS] {
        let mut often = [0; SYMBOLS];
        often[END] = 1;
        self.symbols.clear();
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            often[usize::from(*byte)] += 1;
            self.symbols.push(u32::from(*byte));
            rest = behind;
            // Mostly the next byte is another.
            while behind_run(*byte, rest) >= *RUN.start() {
                let length = behind_run(*byte, rest);
                let told = length_symbol(length);
                often[parts(told).0] += 1;
                self.symbols.push(told);
                rest = &rest[length..];
            }
        }
        often
    }

    fn store(&mut self, bytes: &[u8]) {
        bytes
            .chunks(STORED_MAX)
            .for_each(|chunk| self.stored(chunk));
    }

    fn stored(&mut self, bytes: &[u8]) {
        self.put(0, 3);
        let whole = self.held.div_ceil(8) as usize;
        self.out
            .extend_from_slice(&self.bits.to_le_bytes()[..whole]);
        (self.bits, self.held) = (0, 0);
        // At most `STORED_MAX`, which has two bytes.
        let length = bytes.len() as u16;
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(&(!length).to_le_bytes());
        self.out.extend_from_slice(bytes);
    }

    /// Appends bits, at most sixteen.
    #[inline]
    fn put(&mut self, bits: u32, count: u32) {
        self.bits |= u64::from(bits) << self.held;
        self.held += count;
        if self.held >= 32 {
            self.out
                .extend_from_slice(&(self.bits as u32).to_le_bytes());
            self.bits >>= 32;
            self.held -= 32;
        }
    }
}

/// How many of the next bytes are that byte, as far as a run may reach.
#[inline]
fn behind_run(byte: u8, rest: &[u8]) -> usize {
    let within = &rest[..rest.len().min(*RUN.end())];
    let other = within.iter().position(|b| *b != byte);
    other.unwrap_or(within.len())
}

/// How many bits follow the symbol of a length.
fn extra_bits(symbol: usize) -> u32 {
    match symbol {
        257..265 | 285 => 0,
        _ => (symbol as u32 - 261) / 4,
    }
}

/// A symbol and its extra bits.
#[inline]
fn parts(told: u32) -> (usize, u32) {
    ((told & ((1 << EXTRA) - 1)) as usize, told >> EXTRA)
}

/// The symbol of a run's length, with its extra bits.
fn length_symbol(length: usize) -> u32 {
    let beyond = (length - RUN.start()) as u32;
    match beyond {
        0..8 => 257 + beyond,
        255 => 285,
        _ => {
            let bits = beyond.ilog2() - 2;
            let symbol = 261 + 4 * bits + ((beyond >> bits) - 4);
            symbol | (beyond & ((1 << bits) - 1)) << EXTRA
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
        let symbols = lengths.iter().rposition(|n| *n > 0).map_or(0, |n| n + 1);
        let symbols = symbols.max(END + 1);
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

    fn put(&self, blocks: &mut Blocks) {
        blocks.put((self.symbols - END - 1) as u32, 5);
        blocks.put(0, 5);
        blocks.put(self.telling as u32 - 4, 4);
        for n in &ORDER[..self.telling] {
            blocks.put(u32::from(self.lengths[*n]), 3);
        }
        let codes = Codes::of(&self.lengths);
        for (item, extra, bits) in &self.items {
            let (code, length) = codes.0[usize::from(*item)];
            blocks.put(code, length);
            blocks.put(u32::from(*extra), u32::from(*bits));
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
mod tests {
    use std::io::Read;

    use flate2::bufread::DeflateDecoder;
    use proptest::prelude::*;

    use super::*;

    fn inflated(columns: &[Vec<u8>]) -> Vec<u8> {
        let mut blocks = Blocks::behind(Vec::new());
        columns.iter().for_each(|column| blocks.add(column));
        let mut bytes = blocks.aligned();
        // An empty last block.
        bytes.extend_from_slice(&[1, 0, 0, 255, 255]);
        let mut inflated = Vec::new();
        let mut decoder = DeflateDecoder::new(&bytes[..]);
        decoder.read_to_end(&mut inflated).unwrap();
        assert!(decoder.into_inner().is_empty());
        inflated
    }

    #[test]
    fn runs_of_any_length_inflate_to_themselves() {
        for length in (0..600).chain([65_534, 65_535, 65_536, 200_000]) {
            let column = [b"ab".as_slice(), &vec![7; length], b"c"].concat();
            assert_eq!(inflated(std::slice::from_ref(&column)), column, "{length}");
        }
    }

    #[test]
    fn all_lengths_of_runs_at_once_inflate_to_themselves() {
        let runs = (1..=300).flat_map(|n| std::iter::repeat_n((n % 251) as u8, n));
        let column: Vec<u8> = runs.collect();
        assert_eq!(inflated(std::slice::from_ref(&column)), column);
    }

    #[test]
    fn the_rarest_byte_gets_a_code_however_rare() {
        // How often they occur grows as Fibonacci's numbers do, which makes the longest codes there are.
        let (mut a, mut b) = (1, 1);
        let mut column = Vec::new();
        for byte in 0..26 {
            column.extend(std::iter::repeat_n([byte, byte + 100], a).flatten());
            (a, b) = (b, a + b);
        }
        assert_eq!(inflated(std::slice::from_ref(&column)), column);
    }

    #[test]
    fn what_codes_do_not_shrink_is_stored() {
        let column: Vec<u8> = (0..=255).collect();
        let mut blocks = Blocks::behind(Vec::new());
        blocks.add(&column);
        assert_eq!(blocks.aligned().len(), 5 + 256 + 5);
        assert_eq!(
            inflated(&[column.clone(), column.clone()]),
            column.repeat(2)
        );
    }

    proptest! {
        #[test]
        fn columns_inflate_to_themselves(
            columns in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..2_000),
                    prop::collection::vec(0u8..4, 0..2_000),
                    prop::collection::vec((0u8..3, 1usize..300), 0..20).prop_map(|runs| {
                        runs.into_iter().flat_map(|(b, n)| std::iter::repeat_n(b, n)).collect()
                    }),
                ],
                0..6,
            )
        ) {
            prop_assert_eq!(inflated(&columns), columns.concat());
        }
    }
}
