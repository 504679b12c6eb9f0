//! Reads blocks of lines and passes over those that mean nothing to anybody.

use std::sync::Arc;

use super::ends::Ends;
use super::lanes::{FIRST_LINES, Lanes};
use super::recent::LINES;
use super::repeats::SHORT;
use super::texts::Texts;
use crate::event::Event;
use crate::line::{Block, BlockEnd, LINE_CAP, RawLine};
use crate::scan::{Bits, Hit, NeedleSet, ODD};

/// Behind the first lines, so many lines in sequence are looked at whatever they hold out of so many:
/// the stream may have come into other envelopes.
const SAMPLE: u64 = 4;
const SAMPLED: u64 = 4096;

impl Lanes {
    /// Reads a block of lines: passes over those that hold no needle, while nobody waits for more.
    pub(super) fn block(&mut self, block: &Block<'_>, out: &mut dyn FnMut(&Event<'_>)) -> BlockEnd {
        let (set, bytes) = (Arc::clone(&self.set), block.bytes);
        let always = set.always();
        let mut found = Found::new(std::mem::take(&mut self.hits));
        let (mut ends, mut end) = (Ends::of(bytes), BlockEnd::default());
        // Where the latest lines begin, by number.
        let mut begins = [0; LINES];
        let mut texts = Texts::of(bytes);
        let (mut wake, mut quick) = self.mood(always);
        let mut sample = next_sample(block.number);
        // A line that ends before the second place holds nothing but what its beginning tells.
        let (mut next, mut calm) = (0, 0);
        while next < bytes.len() {
            let (from, to) = (next, ends.next());
            next = to + 1;
            let number = block.number + end.lines;
            end.lines += 1;
            begins[number as usize % LINES] = from;
            let (line, place) = (&bytes[from..to], (block.offset + from as u64, number));
            if line.len() <= SHORT && number < sample && self.repeats.passes(line, place) {
                ends.pass(to);
                continue;
            }
            if self.repeats.are_unread() {
                self.read_repeated(out);
                (wake, quick) = self.mood(always);
                calm = 0;
            }
            if to < calm && number < sample && line.len() <= LINE_CAP && set.starts(line) == 0 {
                self.leaves(line, number);
                continue;
            }
            let plain = number < sample && to <= ends.plain();
            if quick && plain && self.takes(block, &mut texts, (from, to, number), out) {
                self.looked = number;
                wake = self.wakes();
                found.halt();
                continue;
            }
            let mut bits = set.starts(line) | found.bits(&set, bytes, (from, to), quick);
            bits |= if ends.pass(to) { ODD } else { 0 };
            if bits != 0 || wake || number >= sample {
                end.cut += self.visit(block, (from, to, number), bits, &begins, &mut texts, out);
                (wake, quick) = self.mood(always);
                sample = next_sample(number + 1);
            } else if to - from > LINE_CAP {
                end.cut += block.line(from, to, number).cut;
            } else {
                self.leaves(line, number);
            }
            calm = match wake || quick {
                true => 0,
                false => found.calm().min(ends.plain()),
            };
        }
        self.hits = found.hits;
        self.keep_recent(block, &begins, block.number + end.lines);
        end
    }

    /// Looks at a line, and before it at those that its readers want; gives what the cap cut off it.
    fn visit(
        &mut self,
        block: &Block<'_>,
        (from, to, number): (usize, usize, u64),
        bits: Bits,
        begins: &[usize; LINES],
        texts: &mut Texts<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u64 {
        let line = block.line(from, to, number);
        if self.looked + 1 < number {
            let lines = self.set.back(bits);
            self.look_back(block, begins, number, lines, out);
        }
        let text = match bits & ODD != 0 || line.cut > 0 {
            true => None,
            false => texts.line(from, to),
        };
        self.look(&line, (bits | self.set.always(), text), out);
        self.looked = number;
        if line.bytes.len() <= SHORT {
            let vain = self.vain && line.terminated && !self.is_watched();
            self.repeats.read(line.bytes, number, bits, vain);
        }
        line.cut
    }

    /// A line need not be read.
    #[inline]
    fn leaves(&mut self, line: &[u8], number: u64) {
        if line.len() <= SHORT {
            self.repeats.read(line, number, 0, true);
        }
    }

    /// Reads the last of the lines that were passed over as the same as thousands before them.
    pub(super) fn read_repeated(&mut self, out: &mut dyn FnMut(&Event<'_>)) {
        while let Some((short, offset, number)) = self.repeats.unread() {
            self.passed_up_to(number);
            let line = RawLine {
                bytes: short.bytes(),
                offset,
                number,
                cut: 0,
                terminated: true,
            };
            self.look(&line, (short.bits | self.set.always(), None), out);
            self.looked = number;
        }
    }

    /// Reads a line [at once](Lanes::at_once), if it is one that may be; whether it was.
    fn takes(
        &mut self,
        block: &Block<'_>,
        texts: &mut Texts<'_>,
        (from, to, number): (usize, usize, u64),
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        let line = &block.bytes[from..to];
        if line.len() > LINE_CAP || block.cut > 0 {
            return false;
        }
        let Some(reader) = self.reader(line, number) else {
            return false;
        };
        let place = (block.offset + from as u64, number);
        let text = texts.line(from, to);
        text.is_some_and(|text| self.at_once(reader, text, place, out))
    }

    /// Whether the next line has to be looked at whatever it holds, and whether it may be read at once.
    fn mood(&self, always: Bits) -> (bool, bool) {
        let all = always != 0;
        (all || self.wakes(), !all && self.is_quick())
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
            self.look(&line, (0, None), out);
        }
        self.recent = recent;
        for before in first.max(block.number)..number {
            let from = begins[before as usize % LINES];
            let to = begins[(before + 1) as usize % LINES] - 1;
            self.look(&block.line(from, to, before), (0, None), out);
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

/// The needles found in a block, which is searched as far as it is asked about.
struct Found {
    hits: Vec<Hit>,
    /// The first of them that was not passed, and where the searched piece of the block begins and ends.
    next: usize,
    begin: usize,
    end: usize,
    /// Bytes to search next.
    reach: usize,
}

impl Found {
    fn new(mut hits: Vec<Hit>) -> Found {
        hits.clear();
        Found {
            hits,
            next: 0,
            begin: 0,
            end: 0,
            reach: 0,
        }
    }

    /// A line was read that nobody asks about: the next few may be of the same kind.
    fn halt(&mut self) {
        self.reach = 0;
    }

    /// Up to where no needle stands that was not asked about, as far as was searched.
    fn calm(&self) -> usize {
        let hit = self.hits.get(self.next);
        hit.map_or(self.end, |hit| self.end.min(self.begin + hit.at as usize))
    }

    /// Whose needles the line holds. Those before it are not asked about any more.
    #[inline]
    fn bits(
        &mut self,
        set: &NeedleSet,
        block: &[u8],
        (from, to): (usize, usize),
        quick: bool,
    ) -> Bits {
        if to > self.end {
            self.search(set, block, (from, to), quick);
        }
        let mut bits = 0;
        while let Some(hit) = self.hits.get(self.next) {
            let at = self.begin + hit.at as usize;
            if at >= to {
                break;
            }
            self.next += 1;
            if at >= from {
                bits |= hit.bits;
            }
        }
        bits
    }

    /// Searches the block from the line on. While lines are read at once, no more of it than a few
    /// lines, then more and more.
    #[inline(never)]
    fn search(&mut self, set: &NeedleSet, block: &[u8], (from, to): (usize, usize), quick: bool) {
        self.reach = match quick {
            true => (2 * self.reach).max(to - from),
            false => block.len(),
        };
        let far = block.len().min(from.saturating_add(self.reach));
        let end = memchr::memrchr(b'\n', &block[to..far.max(to)]).map_or(to, |at| to + at);
        set.scan(&block[from..end], &mut self.hits);
        (self.next, self.begin, self.end) = (0, from, end);
    }
}
