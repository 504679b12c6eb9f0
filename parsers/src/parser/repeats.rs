//! Lines that are the same as hundreds before them, alone or two in turn: a program that prints nothing
//! but line feeds, or a single character, would otherwise cost far more than it prints.

/// Bytes of a line beyond which it may be repeated as often as it likes: lines of that length are so few
/// that each may be read.
pub(super) const SHORT: usize = 16;
/// Lines in sequence that are read before the same ones are passed over.
const READ: u32 = 256;

/// The latest two lines that were read, if they are short and nothing came of them.
#[derive(Default)]
pub(super) struct Repeats {
    /// By the lowest bit of their numbers.
    latest: [Short; 2],
    /// How many lines in sequence were each the same as the second before it.
    times: u32,
    /// Number of the latest line in the stream.
    number: u64,
    passed: u64,
}

#[derive(Clone, Copy)]
struct Short {
    bytes: [u8; SHORT],
    /// More than `SHORT` if there is none.
    len: usize,
}

impl Default for Short {
    fn default() -> Short {
        Short {
            bytes: [0; SHORT],
            len: SHORT + 1,
        }
    }
}

impl Short {
    #[inline]
    fn is(&self, line: &[u8]) -> bool {
        // Two texts of no length are not compared: that costs some processors much time.
        self.len == line.len() && (line.is_empty() || self.bytes.get(..self.len) == Some(line))
    }
}

impl Repeats {
    /// Whether a short line need not be read: it is what was read before it hundreds of times.
    #[inline]
    pub(super) fn passes(&mut self, line: &[u8], number: u64) -> bool {
        let passes = self.times >= READ && self.repeats(line, number);
        if passes {
            self.number = number;
            self.passed += 1;
        }
        passes
    }

    /// A short line was read; `vain` if nothing came of it.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8], number: u64, vain: bool) {
        self.times = match vain && self.repeats(line, number) {
            true => self.times.saturating_add(1),
            false => 0,
        };
        if self.times == 0 {
            let place = &mut self.latest[(number & 1) as usize];
            place.len = line.len();
            if let Some(bytes) = place.bytes.get_mut(..line.len()) {
                bytes.copy_from_slice(line);
            }
        }
        self.number = number;
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
        let mut repeats = Repeats::default();
        let mut read = 0;
        for (number, line) in (1..).zip(lines) {
            let line = line.as_bytes();
            if !repeats.passes(line, number) {
                repeats.read(line, number, !line.contains(&b'!'));
                read += 1;
            }
        }
        assert_eq!(repeats.passed() as usize, lines.len() - read);
        read
    }

    #[test]
    fn the_same_line_or_two_in_turn_are_read_a_few_hundred_times() {
        let most = READ as usize + 2;
        assert_eq!(read(&["x"; 10_000]), most);
        assert_eq!(read(&[""; 10_000]), most);
        assert_eq!(read(&["x", ""].repeat(5_000)), most);
        let after = [&["x"; 10_000][..], &["y"; 3]].concat();
        assert_eq!(read(&after), most + 3);
    }

    #[test]
    fn others_are_all_read() {
        assert_eq!(read(&["x!"; 1_000]), 1_000);
        assert_eq!(read(&["x", "y!"].repeat(500)), 1_000);
        assert_eq!(read(&["x", "y", "z"].repeat(500)), 1_500);
        assert_eq!(read(&["x"; READ as usize]), READ as usize);
    }
}
