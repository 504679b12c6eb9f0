//! The lines passed over last, kept for readers that need what stands before a line with a needle.

use crate::scan::LOOKBACK;

/// Lines kept.
pub(super) const LINES: usize = LOOKBACK as usize + 1;
/// Longer lines are headings of nothing, and are not kept.
const LENGTH: usize = 1024;

/// A ring of the latest lines that nobody looked at.
#[derive(Default)]
pub(super) struct Recent {
    lines: [Kept; LINES],
    next: usize,
    /// Number of the latest.
    latest: u64,
}

/// A line; `number` 0 if there is none.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

impl Recent {
    /// Keeps a line.
    pub(super) fn keep(&mut self, number: u64, offset: u64, bytes: &[u8]) {
        if bytes.len() > LENGTH {
            return;
        }
        let kept = &mut self.lines[self.next];
        self.next = (self.next + 1) % LINES;
        (kept.number, kept.offset) = (number, offset);
        self.latest = number;
        kept.bytes.clear();
        kept.bytes.extend_from_slice(bytes);
    }

    /// Whether a line was kept that is near enough before that of the number for anybody to want it.
    #[inline]
    pub(super) fn is_near(&self, number: u64) -> bool {
        self.latest + u64::from(LOOKBACK) >= number
    }

    /// The lines kept whose numbers lie in the range, in order.
    pub(super) fn of(&self, from: u64, to: u64) -> impl Iterator<Item = &Kept> {
        let (late, early) = self.lines.split_at(self.next);
        let lines = early.iter().chain(late);
        lines.filter(move |kept| (from.max(1)..to).contains(&kept.number))
    }
}
