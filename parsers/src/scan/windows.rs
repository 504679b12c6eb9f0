//! The bit set of windows: four bytes of a needle each, chosen where ordinary logs hold them least.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::needles::{Entry, LEAST};

/// Bytes of a window.
pub(super) const WINDOW: usize = 4;
/// Size of the bit set, as a power of two: 32 KiB.
const BITS: u32 = 18;

/// One bit per hash of a window.
#[derive(Debug)]
pub(super) struct Windows {
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
    pub(super) fn of(entries: &[Entry]) -> Windows {
        let ordinary = ordinary();
        let tries = (0..Windows::TRIES).map(|n| {
            let mut tried = Windows::default();
            tried.factor = tried.factor.wrapping_add(n.wrapping_mul(0x3779_b1c2));
            for entry in entries {
                tried.bits[tried.row(entry.window)] |= 1 << (entry.window & 63);
            }
            let through = ordinary.iter().filter(|(w, _)| tried.bit(**w) == 1);
            (through.map(|(_, count)| count).sum::<u32>(), tried)
        });
        tries
            .min_by_key(|(through, _)| *through)
            .map_or_else(Windows::default, |(_, best)| best)
    }

    #[inline]
    fn row(&self, window: u32) -> usize {
        (window.wrapping_mul(self.factor) >> (32 - (BITS - 6))) as usize
    }

    /// A number whose lowest bit is 1 if the window may be one of a needle.
    #[inline]
    pub(super) fn word(&self, window: u32) -> u64 {
        self.bits[self.row(window)] >> (window & 63)
    }

    /// 1 if the window may be one of a needle, else 0.
    #[inline]
    pub(super) fn bit(&self, window: u32) -> u64 {
        self.word(window) & 1
    }
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
