//! The bit set of windows: four bytes of a needle each, chosen where ordinary logs hold them least.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::needles::{Entry, STRIDE};
use super::table;

/// Bytes of a window.
pub(super) const WINDOW: usize = 4;
/// Size of the bit set, as a power of two: 32 KiB.
const BITS: u32 = 18;

/// What a window is multiplied by for its hash: odd, with bits at every place, and of those tried one that
/// lets few windows of ordinary logs through.
const FACTOR: u32 = 0x297a_2d39;

/// One bit per hash of a window.
#[derive(Debug)]
pub(super) struct Windows(Box<[u64; 1 << (BITS - 6)]>);

impl Default for Windows {
    fn default() -> Windows {
        Windows(table(0))
    }
}

impl Windows {
    pub(super) fn of(entries: &[Entry]) -> Windows {
        let mut windows = Windows::default();
        for entry in entries {
            windows.0[row(entry.window)] |= 1 << (entry.window & 63);
        }
        windows
    }

    /// A number whose lowest bit is 1 if the window may be one of a needle.
    #[inline]
    pub(super) fn word(&self, window: u32) -> u64 {
        self.0[row(window)] >> (window & 63)
    }

    /// 1 if the window may be one of a needle, else 0.
    #[inline]
    pub(super) fn bit(&self, window: u32) -> u64 {
        self.word(window) & 1
    }
}

/// Which word holds a window's bit. The whole window tells the word, its first byte the bit.
#[inline]
fn row(window: u32) -> usize {
    (window.wrapping_mul(FACTOR) >> (32 - (BITS - 6))) as usize
}

#[inline]
pub(super) fn window(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// How often two, three and four bytes stand in ordinary logs and in the output of tests, by a sample of each.
struct Ordinary(HashMap<&'static [u8], u32>);

impl Ordinary {
    fn counts() -> &'static Ordinary {
        static COUNTS: LazyLock<Ordinary> = LazyLock::new(|| {
            let mut counts = HashMap::new();
            let samples = [
                &include_bytes!("ordinary.log")[..],
                include_bytes!("tests.log"),
            ];
            for sample in samples {
                for bytes in (2..=WINDOW).flat_map(|length| sample.windows(length)) {
                    *counts.entry(bytes).or_default() += 1;
                }
            }
            Ordinary(counts)
        });
        &COUNTS
    }

    fn of(&self, bytes: &[u8]) -> u64 {
        self.0.get(bytes).copied().unwrap_or(0).into()
    }

    /// How likely a window is, for comparison with others: as often as the sample holds it, and as often
    /// as its first three bytes would be followed by its last if that hung on the two before only. Of
    /// those that are equally unlikely, the one with the rarest pairs.
    fn likely(&self, window: &[u8]) -> (u64, u64) {
        let (first, middle, last) = (&window[..3], &window[1..3], &window[1..]);
        let chained = 1000 * self.of(first) * self.of(last) / (self.of(middle) + 1);
        let pairs = window.windows(2).map(|pair| self.of(pair)).sum();
        (1000 * self.of(window) + chained, pairs)
    }
}

/// Where the windows of a needle begin: one for each alignment it may have, that which is rarest in
/// ordinary logs. The needle has at least [`LEAST`](super::needles::LEAST) bytes.
pub(super) fn rarest(needle: &[u8]) -> impl Iterator<Item = usize> {
    let counts = Ordinary::counts();
    let last = (needle.len() - WINDOW).min(240);
    (0..STRIDE).filter_map(move |alignment| {
        (alignment..=last)
            .step_by(STRIDE)
            .min_by_key(|from| counts.likely(&needle[*from..from + WINDOW]))
    })
}
