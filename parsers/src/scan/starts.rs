//! Needles at the beginning of a line: a table of them by the line's first two bytes, or nearly so: by the first and
//! the lowest bits of the second, which keeps the table small.

use super::{Bits, table};
use crate::places::first_eight;

/// Needles that stand at a line's beginning, behind blanks at most.
#[derive(Debug, Default)]
pub(super) struct Starts {
    added: Vec<Start>,
    /// Those that a pair of first bytes may begin, group by group, pairs of one index together. The first group is that
    /// of blanks, behind which it is looked again; pairs that begin nothing have none.
    groups: Vec<Box<[Start]>>,
    /// By the number of a group, whose needles are in it; all of them for blanks, none for 0.
    whose: Vec<Bits>,
    /// By the index of a pair of first bytes, which group, counted from 1. A line of one byte has a line feed for the second.
    by_pair: Pairs,
    /// By byte, the needles of a line of no other, if there are any.
    by_byte: Vec<Bits>,
}

/// A number for each index.
#[derive(Debug)]
struct Pairs(Box<[u16; 1 << (8 + SECOND)]>);

/// Bits of the second byte that are in the index.
const SECOND: u32 = 5;

impl Default for Pairs {
    fn default() -> Pairs {
        Pairs(table(0))
    }
}

#[derive(Clone, Debug)]
struct Start {
    text: Box<[u8]>,
    /// Its first eight bytes, and which of their bits tell.
    first: u64,
    mask: u64,
    /// Whether the needle is the whole line.
    whole: bool,
    bits: Bits,
}

impl Start {
    /// The first two bytes of lines that may begin with the needle.
    fn pairs(&self) -> Vec<[u8; 2]> {
        match (&*self.text, self.whole) {
            ([byte], false) => (0..=u8::MAX).map(|second| [*byte, second]).collect(),
            _ => vec![pair(&self.text)],
        }
    }

    /// Whether the line, whose first eight bytes are given, begins with the needle.
    fn begins(&self, line: &[u8], first: u64) -> bool {
        // What is beyond the line's end counts as zeros, which no needle holds.
        first & self.mask == self.first
            && !(self.whole && line.len() != self.text.len())
            && (self.text.len() <= 8 || line.starts_with(&self.text))
    }
}

/// The first two bytes.
#[inline]
fn pair(line: &[u8]) -> [u8; 2] {
    match line {
        [] => [b'\n', b'\n'],
        [a] | [a, b'\r'] => [*a, b'\n'],
        [a, b, ..] => [*a, *b],
    }
}

/// The group of pairs that begin with a blank.
const BLANKS: u16 = 1;

impl Starts {
    pub(super) fn add(&mut self, text: &str, bits: Bits) {
        let (text, whole) = match text.strip_suffix('\n') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let text: Box<[u8]> = text.as_bytes().into();
        let first = first_eight(&text);
        let mask = u64::MAX >> (64 - 8 * text.len().clamp(1, 8));
        self.added.push(Start {
            text,
            first,
            mask,
            whole,
            bits,
        });
    }

    pub(super) fn build(&mut self) {
        self.groups = vec![Box::default()];
        self.whose = vec![0, Bits::MAX];
        let mut begun: Vec<(usize, usize)> = Vec::new();
        for (at, start) in self.added.iter().enumerate() {
            begun.extend(start.pairs().into_iter().map(|pair| (index(pair), at)));
        }
        begun.sort_unstable();
        begun.dedup();
        for group in begun.chunk_by(|(one, _), (other, _)| one == other) {
            let starts: Box<[Start]> = group
                .iter()
                .map(|(_, at)| self.added[*at].clone())
                .collect();
            self.whose
                .push(starts.iter().fold(0, |all, s| all | s.bits));
            self.groups.push(starts);
            // There are fewer groups than indices, of which some are of blanks.
            self.by_pair.0[group[0].0] = self.groups.len() as u16;
        }
        for blank in [b' ', b'\t'] {
            for second in 0..=u8::MAX {
                self.by_pair.0[index([blank, second])] = BLANKS;
            }
        }
        self.by_byte = (0..=u8::MAX).map(|byte| self.of_pair(&[byte])).collect();
    }

    #[inline]
    pub(super) fn of(&self, line: &[u8]) -> Bits {
        if let [byte] = line {
            return self.by_byte.get(usize::from(*byte)).map_or(0, |bits| *bits);
        }
        self.of_pair(line)
    }

    /// Whose needles may stand there, as far as the line's first two bytes tell.
    #[inline]
    pub(super) fn may(&self, line: &[u8]) -> Bits {
        let group = self.by_pair.0[index(pair(line))];
        self.whose.get(usize::from(group)).map_or(0, |bits| *bits)
    }

    #[inline]
    fn of_pair(&self, line: &[u8]) -> Bits {
        match self.by_pair.0[index(pair(line))] {
            0 => 0,
            group => self.compare(line, group),
        }
    }

    fn compare(&self, line: &[u8], mut group: u16) -> Bits {
        let mut line = line;
        if group == BLANKS {
            line = line.trim_ascii_start();
            group = self.by_pair.0[index(pair(line))];
        }
        let Some(group) = self.groups.get(usize::from(group).wrapping_sub(1)) else {
            return 0;
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let first = first_eight(line);
        let begun = group.iter().filter(|start| start.begins(line, first));
        begun.fold(0, |bits, start| bits | start.bits)
    }
}

#[inline]
fn index([first, second]: [u8; 2]) -> usize {
    usize::from(first) << SECOND | usize::from(second & ((1 << SECOND) - 1))
}
