//! The bit set of windows: four bytes of a needle each, chosen where ordinary logs hold them least.

use fearless_simd::{
    Bytes, Level, Simd, SimdBase, SimdFrom, SimdMask, SimdNarrow, dispatch, u8x32, u16x16, u32x8,
};
use hashbrown::HashMap;

use super::needles::{Entry, STRIDE};
use super::table;

/// Bytes of a window.
pub(super) const WINDOW: usize = 4;
/// Windows looked up together.
pub(super) const WINDOWS: usize = 16;
/// Bytes they take.
pub(super) const CHUNK: usize = WINDOWS * WINDOW;
/// Chunks looked up before any window is compared.
pub(super) const CHUNKS: usize = 16;
/// Size of the table, as a power of two: 64 KiB, of 2^19 bits.
const SIZE: u32 = 16;

/// About as many different pieces are counted in the samples.
const DIFFERENT: usize = 8192;

/// Where in a needle its last window may begin.
const FURTHEST: usize = 240;

/// What a window is multiplied by for its hash: odd, with bits at every place, and of those tried one that
/// lets few windows of ordinary logs through.
const FACTOR: u32 = 0x297a_2d39;

/// One bit per hash of a window.
#[derive(Debug)]
pub(super) struct Windows(Box<[u8; 1 << SIZE]>);

impl Default for Windows {
    fn default() -> Windows {
        Windows(table(0))
    }
}

impl Windows {
    pub(super) fn of(entries: &[Entry]) -> Windows {
        let mut windows = Windows::default();
        for entry in entries {
            windows.0[usize::from(place(entry.window))] |= bit(entry.window);
        }
        windows
    }

    /// Whether the window may be one of a needle.
    #[inline]
    pub(super) fn may(&self, window: u32) -> bool {
        self.0[usize::from(place(window))] & bit(window) != 0
    }

    /// Lists which windows of the chunks may be one of a needle; of [`CHUNKS`] chunks at most.
    pub(super) fn list(&self, chunks: &[[u8; CHUNK]], list: &mut List) {
        let through = dispatch!(Level::new(), simd => self.look_up(simd, chunks));
        list.fill(&through);
    }

    /// Step by step for all of them: the first and the last step are done for many windows at once, as
    /// many as the processor can, and the middle one waits for nothing.
    #[inline(always)]
    fn look_up<S: Simd>(&self, simd: S, chunks: &[[u8; CHUNK]]) -> [u16; CHUNKS] {
        let mut places = [[0; WINDOWS]; CHUNKS];
        let mut bits = [[0; WINDOWS]; CHUNKS];
        for ((chunk, places), bits) in chunks.iter().zip(&mut places).zip(&mut bits) {
            let (first, second) = windows(simd, chunk);
            let hash = |windows: u32x8<S>| (windows * FACTOR) >> (32 - SIZE);
            *places = hash(first).narrow(hash(second)).into();
            let one = u32x8::splat(simd, 1);
            *bits = (one << (first & 7)).narrow(one << (second & 7)).into();
        }
        let mut held = [[0; WINDOWS]; CHUNKS];
        for (places, held) in places.iter().zip(&mut held).take(chunks.len()) {
            for (at, held) in places.iter().zip(held) {
                *held = u16::from(self.0[usize::from(*at)]);
            }
        }
        let mut through = [0; CHUNKS];
        for ((through, bits), held) in through.iter_mut().zip(bits).zip(held).take(chunks.len()) {
            let both = u16x16::simd_from(simd, bits) & u16x16::simd_from(simd, held);
            // There is a bit for each of the sixteen.
            *through = !both.simd_eq(0).to_bitmask() as u16;
        }
        through
    }
}

/// The windows of a chunk, eight and eight.
#[inline(always)]
fn windows<S: Simd>(simd: S, chunk: &[u8; CHUNK]) -> (u32x8<S>, u32x8<S>) {
    let (first, second) = chunk.split_at(CHUNK / 2);
    let eight = |bytes| u32x8::from_bytes(u8x32::from_slice(simd, bytes));
    (eight(first), eight(second))
}

/// The numbers of windows, listed mostly without a jump for each: a jump that depends on the text is guessed
/// wrong as often as it is taken.
pub(super) struct List {
    numbers: [u16; WINDOWS * CHUNKS],
    length: usize,
}

impl List {
    pub(super) fn new() -> List {
        List {
            numbers: [0; WINDOWS * CHUNKS],
            length: 0,
        }
    }

    /// Lists the bits that are set. Most words have one at most.
    fn fill(&mut self, words: &[u16; CHUNKS]) {
        self.length = 0;
        for (at, four) in words.as_chunks::<4>().0.iter().enumerate() {
            let word = four
                .iter()
                .rev()
                .fold(0, |all, w| all << 16 | u64::from(*w));
            self.add(at, word);
            let mut rest = word & word.wrapping_sub(1);
            while rest != 0 {
                self.add(at, rest);
                rest &= rest - 1;
            }
        }
    }

    /// Adds the lowest bit of a word, if there is one. There is room for all bits of all words.
    #[inline]
    fn add(&mut self, at: usize, word: u64) {
        let number = at as u32 * u64::BITS + word.trailing_zeros();
        self.numbers[self.length % (WINDOWS * CHUNKS)] = number as u16;
        self.length += usize::from(word != 0);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let listed = self.numbers.iter().take(self.length);
        listed.map(|number| usize::from(*number))
    }
}

/// Where in the table the window's bit is. The whole window tells the place, its first byte the bit.
#[inline(always)]
fn place(window: u32) -> u16 {
    (window.wrapping_mul(FACTOR) >> (32 - SIZE)) as u16
}

#[inline(always)]
fn bit(window: u32) -> u8 {
    1 << (window & 7)
}

#[inline]
pub(super) fn window(bytes: &[u8]) -> u32 {
    // As vectors have them.
    u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// How often two, three and four bytes stand in ordinary logs and in the output of tests, by a sample of each.
/// Whoever builds a set counts anew: that takes half a millisecond, and kept it would be as large as all tables.
pub(super) struct Ordinary(HashMap<u64, u32>);

impl Ordinary {
    pub(super) fn new() -> Ordinary {
        let mut counts = HashMap::with_capacity(DIFFERENT);
        let samples = [
            &include_bytes!("ordinary.log")[..],
            include_bytes!("tests.log"),
        ];
        for sample in samples {
            for bytes in (2..=WINDOW).flat_map(|length| sample.windows(length)) {
                *counts.entry(key(bytes)).or_default() += 1;
            }
        }
        Ordinary(counts)
    }

    /// Without a sample, to which all bytes are alike.
    pub(super) fn uncounted() -> Ordinary {
        Ordinary(HashMap::new())
    }

    /// Where the windows of a needle begin: one for each alignment it may have, that which is rarest in
    /// ordinary logs. The needle has at least [`LEAST`](super::needles::LEAST) bytes.
    pub(super) fn rarest(&self, needle: &[u8]) -> impl Iterator<Item = usize> {
        let last = (needle.len() - WINDOW).min(FURTHEST);
        let needle = &needle[..last + WINDOW];
        let counts_at = |from: usize| {
            let lengths: [usize; WINDOW - 1] = [2, 3, 4];
            lengths.map(|length| needle.get(from..from + length).map_or(0, |b| self.of(b)))
        };
        let counts: Vec<_> = (0..needle.len()).map(counts_at).collect();
        (0..STRIDE).filter_map(move |alignment| {
            (alignment..=last)
                .step_by(STRIDE)
                .min_by_key(|from| likely(&counts[*from..]))
        })
    }

    fn of(&self, bytes: &[u8]) -> u64 {
        self.0.get(&key(bytes)).copied().unwrap_or(0).into()
    }
}

/// At most four bytes and how many, as a number.
#[inline]
fn key(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(bytes.len() as u64, |key, byte| key << 8 | u64::from(*byte))
}

/// How likely a window is, for comparison with others: as often as the sample holds it, and as often as its first
/// three bytes would be followed by its last if that hung on the two before only. Of those that are equally unlikely,
/// the one with the rarest pairs. Given for each byte on: how often the two, three and four from there stand in the
/// sample.
fn likely(counts: &[[u64; WINDOW - 1]]) -> (u64, u64) {
    let ([pair, first, window], [middle, last, _], [end, ..]) = (counts[0], counts[1], counts[2]);
    let chained = 1000 * first * last / (middle + 1);
    (1000 * window + chained, pair + middle + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, counting for each window all that is asked about it.
    fn rarest_plainly(ordinary: &Ordinary, needle: &[u8]) -> Vec<usize> {
        let likely = |from: &usize| {
            let window = &needle[*from..from + WINDOW];
            let (first, middle, last) = (&window[..3], &window[1..3], &window[1..]);
            let chained = 1000 * ordinary.of(first) * ordinary.of(last) / (ordinary.of(middle) + 1);
            let pairs: u64 = window.windows(2).map(|pair| ordinary.of(pair)).sum();
            (1000 * ordinary.of(window) + chained, pairs)
        };
        let last = (needle.len() - WINDOW).min(FURTHEST);
        let alignments = (0..STRIDE).map(|alignment| (alignment..=last).step_by(STRIDE));
        alignments
            .filter_map(|froms| froms.min_by_key(likely))
            .collect()
    }

    #[test]
    fn windows_are_chosen_as_if_each_was_counted_alone() {
        let ordinary = Ordinary::new();
        let needles = crate::dialect::DIALECTS
            .iter()
            .flat_map(|info| info.needles);
        let long = "[INFO] 2026-11-27 GET /api/v1/users took 17 ms; ".repeat(7);
        for needle in needles.copied().chain([&*long]).map(str::as_bytes) {
            if needle.len() >= WINDOW {
                let chosen: Vec<usize> = ordinary.rarest(needle).collect();
                assert_eq!(chosen, rarest_plainly(&ordinary, needle));
            }
        }
    }
}
