//! Needles at the beginning of a line: a bit set by the first two bytes, then the needles themselves.

use super::Bits;

/// Needles that stand at a line's beginning, behind blanks at most.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// Sorted by their first two bytes.
    needles: Vec<Start>,
    /// The first two bytes of each.
    pairs: Vec<u16>,
    /// The bytes that are needles themselves, whatever follows.
    single: Vec<(u8, Bits)>,
    /// One bit per pair of first bytes; a line of one byte has a line feed for the second.
    may: Pairs,
}

/// One bit per pair of bytes.
#[derive(Debug)]
struct Pairs(Box<[u64; 1 << 10]>);

impl Default for Pairs {
    fn default() -> Pairs {
        Pairs(Box::new([0; 1 << 10]))
    }
}

impl Pairs {
    fn set(&mut self, pair: u16) {
        self.0[usize::from(pair >> 6)] |= 1 << (pair & 63);
    }

    #[inline]
    fn has(&self, pair: u16) -> bool {
        self.0[usize::from(pair >> 6)] >> (pair & 63) & 1 == 1
    }
}

#[derive(Debug)]
struct Start {
    text: Box<[u8]>,
    /// Whether the needle is the whole line.
    whole: bool,
    bits: Bits,
}

impl Start {
    fn pair(&self) -> u16 {
        pair(&self.text)
    }
}

/// The first two bytes.
#[inline]
fn pair(line: &[u8]) -> u16 {
    match line {
        [] => u16::from_be_bytes([b'\n', b'\n']),
        [a] | [a, b'\r'] => u16::from_be_bytes([*a, b'\n']),
        [a, b, ..] => u16::from_be_bytes([*a, *b]),
    }
}

impl Starts {
    pub(super) fn add(&mut self, text: &str, bits: Bits) {
        let (text, whole) = match text.strip_suffix('\n') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let text = text.as_bytes().into();
        self.needles.push(Start { text, whole, bits });
    }

    pub(super) fn build(&mut self) {
        self.needles.sort_by_key(Start::pair);
        self.pairs = self.needles.iter().map(Start::pair).collect();
        let single = |s: &Start| match (&*s.text, s.whole) {
            ([byte], false) => Some((*byte, s.bits)),
            _ => None,
        };
        self.single = self.needles.iter().filter_map(single).collect();
        for start in &self.needles {
            match (&*start.text, start.whole) {
                // One byte with anything behind it.
                ([byte], false) => {
                    (0..=u8::MAX).for_each(|b| self.may.set(u16::from_be_bytes([*byte, b])));
                }
                _ => self.may.set(start.pair()),
            }
        }
        // Whose first bytes are blanks is seen behind them.
        for blank in [b' ', b'\t'] {
            (0..=u8::MAX).for_each(|b| self.may.set(u16::from_be_bytes([blank, b])));
        }
    }

    #[inline]
    pub(super) fn of(&self, line: &[u8]) -> Bits {
        match self.may.has(pair(line)) {
            true => self.compare(line),
            false => 0,
        }
    }

    fn compare(&self, line: &[u8]) -> Bits {
        let line = line.trim_ascii_start();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let pair = pair(line);
        let from = self.pairs.partition_point(|p| *p < pair);
        let same = self.pairs[from..]
            .iter()
            .take_while(|p| **p == pair)
            .count();
        let found = self.needles[from..from + same]
            .iter()
            .filter(|s| match s.whole {
                true => line == &*s.text,
                false => line.starts_with(&s.text),
            })
            .fold(0, |bits, s| bits | s.bits);
        let single = self
            .single
            .iter()
            .filter(|(byte, _)| line.first() == Some(byte));
        single.fold(found, |bits, (_, of)| bits | of)
    }
}
