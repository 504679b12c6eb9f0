//! What stands around windows in the needles: the look that tells most windows of a text from a needle's.

use super::needles::Entry;
use super::table;
use super::windows::{WINDOW, window};

/// Size of the table, as a power of two.
const SIZE: u32 = 13;

/// By the hash of a window, what stands around it in a needle: with one look it is clear that most
/// windows are not a needle's.
#[derive(Debug)]
pub(super) struct Checks(Box<[Check; 1 << SIZE]>);

/// The four bytes before a window and the four behind it, and which of their bits tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    text: u64,
    mask: u64,
}

/// What no window lets through.
const NOTHING: Check = Check { text: 1, mask: 0 };

impl Default for Checks {
    fn default() -> Checks {
        Checks(table(NOTHING))
    }
}

impl Checks {
    pub(super) fn of(entries: &[Entry]) -> Checks {
        let mut checks = Checks::default();
        let mut taken = vec![false; 1 << SIZE];
        for entry in entries {
            let at = Checks::place(entry.window);
            let new = entry.around;
            let check = &mut checks.0[at];
            *check = match std::mem::replace(&mut taken[at], true) {
                true => check.or(new),
                false => new,
            };
        }
        checks
    }

    fn place(window: u32) -> usize {
        (window.wrapping_mul(0x9e37_79b1) >> (32 - SIZE)) as usize
    }

    /// Whether the window there may be a needle's.
    #[inline]
    pub(super) fn may(&self, block: &[u8], at: usize) -> bool {
        let Some(around) = around(block, at) else {
            return true;
        };
        let check = &self.0[Checks::place(window(&block[at..]))];
        check.lets_through(around)
    }
}

/// The four bytes before the window there and the four behind it, if all are there.
#[inline]
pub(super) fn around(block: &[u8], at: usize) -> Option<u64> {
    let around = block.get(at.wrapping_sub(WINDOW)..)?;
    let around = around.first_chunk::<{ 3 * WINDOW }>()?;
    Some(u64::from(window(around)) | u64::from(window(&around[2 * WINDOW..])) << 32)
}

impl Check {
    /// What stands around the window at the offset in a needle.
    pub(super) fn of(needle: &[u8], offset: usize) -> Check {
        let mut check = Check { text: 0, mask: 0 };
        let before = (0..WINDOW).map(|byte| (offset.wrapping_sub(WINDOW - byte), byte));
        let places = before.chain((offset + WINDOW..).zip(WINDOW..2 * WINDOW));
        for (place, byte) in places {
            if let Some(text) = needle.get(place) {
                check.text |= u64::from(*text) << (8 * byte);
                check.mask |= 0xff << (8 * byte);
            }
        }
        check
    }

    #[inline]
    pub(super) fn lets_through(self, around: u64) -> bool {
        around & self.mask == self.text
    }

    /// What both let through, and perhaps more.
    fn or(self, other: Check) -> Check {
        let mask = self.mask & other.mask & !(self.text ^ other.text);
        Check {
            text: self.text & mask,
            mask,
        }
    }
}
