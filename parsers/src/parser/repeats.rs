//! Lines that are the same as thousands before them, alone or two in turn: a program that prints nothing
//! but line feeds, or a single character, would otherwise cost far more than it prints. The last two of
//! them are read when another line comes, so that whoever remembers what stands right before it does.

use crate::scan::Bits;

/// Bytes of a line beyond which it may be repeated as often as it likes: lines of that length are so few
/// that each may be read.
pub(super) const SHORT: usize = 16;
/// Lines in sequence that are read before the same ones are passed over: more than whoever collects the text of
/// a failure keeps of it.
const READ: u32 = 4096;

/// The latest two lines that were read, if they are short and nothing came of them.
pub(super) struct Repeats {
    /// Lines in sequence that are read before the same ones are passed over.
    enough: u32,
    /// By the lowest bit of their numbers.
    latest: [Short; 2],
    /// How many lines in sequence were each the same as the second before it.
    times: u32,
    /// Number and offset of the latest line in the stream.
    number: u64,
    offset: u64,
    /// How many of the latest lines were passed over and may be read yet, two at most.
    unread: u64,
    passed: u64,
}

/// A short line.
#[derive(Clone, Copy)]
pub(super) struct Short {
    bytes: [u8; SHORT],
    /// More than `SHORT` if there is none.
    len: usize,
    /// Whose needles it holds.
    pub(super) bits: Bits,
}

impl Default for Short {
    fn default() -> Short {
        Short {
            bytes: [0; SHORT],
            len: SHORT + 1,
            bits: 0,
        }
    }
}

impl Short {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    #[inline]
    fn is(&self, line: &[u8]) -> bool {
        // Two texts of no length are not compared: that costs some processors much time.
        self.len == line.len() && (line.is_empty() || self.bytes.get(..self.len) == Some(line))
    }
}

impl Repeats {
    /// Of which none is passed over if all lines are to be read.
    pub(super) fn new(thorough: bool) -> Repeats {
        Repeats {
            enough: if thorough { u32::MAX } else { READ },
            latest: [Short::default(); 2],
            times: 0,
            number: 0,
            offset: 0,
            unread: 0,
            passed: 0,
        }
    }

    /// Whether a short line need not be read: it is what was read before it thousands of times.
    #[inline]
    pub(super) fn passes(&mut self, line: &[u8], (offset, number): (u64, u64)) -> bool {
        let passes = self.times >= self.enough && self.repeats(line, number);
        if passes {
            (self.number, self.offset) = (number, offset);
            self.passed += 1;
            self.unread = (self.unread + 1).min(2);
        }
        passes
    }

    /// A short line was read that holds the needles of `bits`; `vain` if nothing came of it.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8], number: u64, bits: Bits, vain: bool) {
        self.times = match vain && self.repeats(line, number) {
            true => (self.times + 1).min(READ),
            false => 0,
        };
        if self.times == 0 {
            let place = &mut self.latest[(number & 1) as usize];
            (place.len, place.bits) = (line.len(), bits);
            if let Some(bytes) = place.bytes.get_mut(..line.len()) {
                bytes.copy_from_slice(line);
            }
        }
        self.number = number;
    }

    /// Whether lines were passed over, the last of which are to be read before another.
    #[inline]
    pub(super) fn are_unread(&self) -> bool {
        self.unread > 0
    }

    /// The first of the lines that are to be read yet, with its offset and number.
    pub(super) fn unread(&mut self) -> Option<(Short, u64, u64)> {
        let back = self.unread.checked_sub(1)?;
        self.unread = back;
        let number = self.number - back;
        let line = self.latest[(number & 1) as usize];
        let begin = match back {
            0 => self.offset,
            // The line before the latest, and its end.
            _ => self.offset - line.len as u64 - 1,
        };
        self.passed -= 1;
        Some((line, begin, number))
    }

    /// Lines that were not read.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    fn repeats(&self, line: &[u8], number: u64) -> bool {
        self.number + 1 == number && self.latest[(number & 1) as usize].is(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the lines are read, of which nothing comes but of those that hold an `!`.
    fn read(lines: &[&str]) -> usize {
        let mut repeats = Repeats::new(false);
        let (mut read, mut end) = (0, 0);
        for (number, line) in (1..).zip(lines) {
            let line = line.as_bytes();
            let offset = end;
            end += line.len() as u64 + 1;
            if !repeats.passes(line, (offset, number)) {
                let before = number;
                while let Some((again, at, number)) = repeats.unread() {
                    let missed = &lines[number as usize - 1..before as usize - 1];
                    assert_eq!(again.bytes(), missed[0].as_bytes());
                    let bytes: usize = missed.iter().map(|line| line.len() + 1).sum();
                    assert_eq!(at + bytes as u64, offset);
                    read += 1;
                }
                repeats.read(line, number, 0, !line.contains(&b'!'));
                read += 1;
            }
        }
        assert_eq!(repeats.passed() as usize, lines.len() - read);
        read
    }

    #[test]
    fn the_same_line_or_two_in_turn_are_read_some_thousand_times() {
        let most = READ as usize + 2;
        assert_eq!(read(&["x"; 100_000]), most);
        assert_eq!(read(&[""; 100_000]), most);
        assert_eq!(read(&["x", ""].repeat(50_000)), most);
        let after = [&["x"; 100_000][..], &["y"; 3]].concat();
        assert_eq!(read(&after), most + 2 + 3, "the last two are read as well");
    }

    #[test]
    fn others_are_all_read() {
        assert_eq!(read(&["x!"; 1_000]), 1_000);
        assert_eq!(read(&["x", "y!"].repeat(500)), 1_000);
        assert_eq!(read(&["x", "y", "z"].repeat(500)), 1_500);
        assert_eq!(read(&["x"; READ as usize]), READ as usize);
    }
}
