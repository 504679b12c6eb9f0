//! Reads blocks of lines and passes over those that mean nothing to anybody.

use std::sync::Arc;

use super::lanes::{FIRST_LINES, Lanes};
use super::recent::LINES;
use crate::event::Event;
use crate::line::{Block, BlockEnd, LINE_CAP, RawLine};
use crate::scan::{Bits, ODD};

/// Behind the first lines, so many lines in sequence are looked at whatever they hold out of so many:
/// the stream may have come into other envelopes.
const SAMPLE: u64 = 4;
const SAMPLED: u64 = 512;

impl Lanes {
    /// Reads a block of lines: passes over those that hold no needle, while nobody waits for more.
    pub(super) fn block(&mut self, block: &Block<'_>, out: &mut dyn FnMut(&Event<'_>)) -> BlockEnd {
        let (set, bytes) = (Arc::clone(&self.set), block.bytes);
        let mut hits = std::mem::take(&mut self.hits);
        set.scan(bytes, &mut hits);
        let mut found = hits.iter().peekable();
        let mut odd = Odd::of(bytes);
        let mut end = BlockEnd::default();
        // Where the latest lines begin, by number.
        let mut begins = [0; LINES];
        let mut from = 0;
        let always = set.always();
        let mut wake = always != 0 || self.wakes();
        let mut sample = next_sample(block.number);
        while from < bytes.len() {
            let to = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |l| from + l);
            let number = block.number + end.lines;
            end.lines += 1;
            begins[number as usize % LINES] = from;
            let mut bits = set.starts(&bytes[from..to]);
            while let Some(hit) = found.next_if(|hit| (hit.at as usize) < to) {
                bits |= hit.bits;
            }
            if odd.next < to {
                bits |= odd.bits(to);
            }
            if bits != 0 || wake || number >= sample {
                let line = block.line(from, to, number);
                end.cut += line.cut;
                self.look_back(block, &begins, number, set.back(bits), out);
                self.look(&line, bits | always, out);
                self.looked = number;
                wake = always != 0 || self.wakes();
                sample = next_sample(number + 1);
            } else if to - from > LINE_CAP {
                end.cut += block.line(from, to, number).cut;
            }
            from = to + 1;
        }
        self.hits = hits;
        self.keep_recent(block, &begins, block.number + end.lines);
        end
    }

    /// Whether the next line has to be looked at whatever it holds.
    fn wakes(&self) -> bool {
        self.attentive > 0 || self.envelopes.see_every_line() || self.is_watched()
    }

    /// Looks at so many lines before one that nobody looked at: some reader may want them.
    fn look_back(
        &mut self,
        block: &Block<'_>,
        begins: &[usize; LINES],
        number: u64,
        lines: u64,
        out: &mut dyn FnMut(&Event<'_>),
    ) {
        let first = (self.looked + 1).max(number.saturating_sub(lines));
        if first >= number {
            return;
        }
        let recent = std::mem::take(&mut self.recent);
        for kept in recent.of(first, number.min(block.number)) {
            let line = RawLine {
                bytes: &kept.bytes,
                offset: kept.offset,
                number: kept.number,
                cut: 0,
                terminated: true,
            };
            self.look(&line, 0, out);
        }
        self.recent = recent;
        for before in first.max(block.number)..number {
            let from = begins[before as usize % LINES];
            let to = begins[(before + 1) as usize % LINES] - 1;
            self.look(&block.line(from, to, before), 0, out);
        }
    }

    /// Keeps the last lines of a block that nobody looked at.
    fn keep_recent(&mut self, block: &Block<'_>, begins: &[usize; LINES], next: u64) {
        let first = next.saturating_sub(LINES as u64).max(block.number);
        for number in first.max(self.looked + 1)..next {
            let from = begins[number as usize % LINES];
            let to = match number + 1 == next {
                true => block.bytes.len() - usize::from(block.bytes.ends_with(b"\n")),
                false => begins[(number + 1) as usize % LINES] - 1,
            };
            let offset = block.offset + from as u64;
            self.recent.keep(number, offset, &block.bytes[from..to]);
        }
    }
}

/// The number of the first line from this one on that is looked at whatever it holds.
fn next_sample(number: u64) -> u64 {
    match number % SAMPLED < SAMPLE || number <= FIRST_LINES {
        true => number,
        false => (number / SAMPLED + 1) * SAMPLED,
    }
}

/// Places in a block that make a line show something else than its bytes.
struct Odd<'a> {
    bytes: &'a [u8],
    /// The first of them that was not passed.
    next: usize,
}

impl<'a> Odd<'a> {
    fn of(bytes: &'a [u8]) -> Odd<'a> {
        let mut odd = Odd { bytes, next: 0 };
        odd.seek(0);
        odd
    }

    /// Finds the first place from here on. A carriage return right before a line's end shows nothing.
    fn seek(&mut self, mut from: usize) {
        while let Some(at) = memchr::memchr2(0x1b, b'\r', &self.bytes[from..]) {
            let at = from + at;
            let plain = self.bytes[at] == b'\r' && self.bytes.get(at + 1) == Some(&b'\n');
            if !plain {
                self.next = at;
                return;
            }
            from = at + 1;
        }
        self.next = usize::MAX;
    }

    /// What is to be said of the line that ends there, and goes on behind it.
    fn bits(&mut self, end: usize) -> Bits {
        if self.next >= end {
            return 0;
        }
        self.seek(end);
        ODD
    }
}
