//! Lines that are the same as hundreds before them: a program that prints nothing but line feeds, or a
//! single character, would otherwise cost far more than it prints.

/// Bytes of a line beyond which it may be repeated as often as it likes: lines of that length are so few
/// that each may be read.
pub(super) const SHORT: usize = 16;
/// Lines in sequence that are read before the same one is passed over.
const READ: u32 = 256;

/// The latest line that was read and of which nothing came, and how often it was read in sequence.
#[derive(Default)]
pub(super) struct Repeats {
    line: [u8; SHORT],
    len: usize,
    times: u32,
    /// Its number in the stream.
    number: u64,
    passed: u64,
}

impl Repeats {
    /// Whether a short line need not be read: it is what was read before it hundreds of times.
    #[inline]
    pub(super) fn passes(&mut self, line: &[u8], number: u64) -> bool {
        let passes = self.times >= READ && self.is_next(line, number);
        if passes {
            self.number = number;
            self.passed += 1;
        }
        passes
    }

    /// A short line was read; `vain` if nothing came of it.
    #[inline]
    pub(super) fn read(&mut self, line: &[u8], number: u64, vain: bool) {
        self.times = match vain {
            false => 0,
            true if self.times > 0 && self.is_next(line, number) => self.times.saturating_add(1),
            true => {
                if let Some(place) = self.line.get_mut(..line.len()) {
                    place.copy_from_slice(line);
                    self.len = line.len();
                    1
                } else {
                    0
                }
            }
        };
        self.number = number;
    }

    /// Lines that were not read.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    fn is_next(&self, line: &[u8], number: u64) -> bool {
        self.number + 1 == number
            && self.len == line.len()
            && (line.is_empty() || self.line.get(..self.len) == Some(line))
    }
}
