//! Makes room for what comes: which segments are deleted, and which never are.

use super::{Disk, SegmentWriter};

/// Bytes of the first segment at most, which is never deleted: the first lines tell whoever has to read on later what
/// is spoken.
const HEAD: u64 = 64 << 10;
/// Bytes before what is still needed that stay: what comes next may depend on them.
const CONTEXT: u64 = 64 << 10;

impl<D: Disk> SegmentWriter<D> {
    /// How many of the next `wanted` bytes may go into the present segment, after making room.
    pub(super) fn room(&mut self, wanted: u64) -> u64 {
        if self.left() < wanted {
            self.free(self.part(CONTEXT), wanted);
            if self.left() == 0 {
                self.free(0, wanted);
            }
        }
        let in_cap = self.left();
        let in_segment = match (&self.current, self.held.back()) {
            (Some(_), Some(held)) if held.bytes < self.longest(held.start) => {
                self.longest(held.start) - held.bytes
            }
            _ => {
                self.leave();
                self.longest(self.total)
            }
        };
        in_cap.min(in_segment)
    }

    /// Bytes that the next write may have.
    fn left(&self) -> u64 {
        let held = self.held_bytes.saturating_add(self.beside);
        let held = held.saturating_add(D::PER_WRITE);
        self.limits.cap_bytes.saturating_sub(held)
    }

    /// Bytes of the segment that starts there, at most.
    fn longest(&self, start: u64) -> u64 {
        match start {
            0 => self.part(HEAD).min(self.limits.segment_bytes),
            _ => self.limits.segment_bytes,
        }
    }

    /// So many bytes, but no more than a small part of the cap.
    fn part(&self, bytes: u64) -> u64 {
        bytes.min(self.limits.cap_bytes / 16).max(1)
    }

    /// Deletes segments that the agent has stored whole, or whose events are in the digest, until there is room: oldest
    /// first, never the current one, nor so many bytes before what is needed, nor the lines that tell what is spoken.
    /// All that needs not go stays: what comes next may depend on what was said long ago.
    fn free(&mut self, context: u64, wanted: u64) {
        let spent = self.disk.spent();
        self.beside = spent.beside;
        let (mut next, mut kept, mut any) = (0, 0, false);
        while self.left() < wanted
            && let Some(oldest) = self.held.get(next).copied()
        {
            let current = next + 1 == self.held.len() && self.current.is_some();
            if current || oldest.end.saturating_add(context) > spent.before {
                return;
            }
            // Of a small cap one segment is more than that, and the first that is kept matters most.
            let small = kept + oldest.bytes <= self.limits.cap_bytes / 8 || !any;
            if oldest.start == 0 || (small && spent.kept.contains(&oldest.start)) {
                any |= oldest.start > 0;
                kept += oldest.bytes;
                next += 1;
                continue;
            }
            if self.disk.remove(oldest.start).is_err() {
                return;
            }
            self.held.remove(next);
            self.held_bytes -= oldest.bytes;
        }
    }
}
