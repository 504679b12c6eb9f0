//! The bit set of windows: four bytes of a needle each, chosen where ordinary logs hold them least.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::needles::{Entry, LEAST};

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
        Windows(Box::new([0; 1 << (BITS - 6)]))
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
pub(super) fn rarest(needle: &[u8]) -> usize {
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
