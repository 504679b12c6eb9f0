//! Where the lines of a block end, and where it holds what makes a line show something else than its
//! bytes: both found in one pass, many bytes at a time.

use fearless_simd::{Level, Simd, SimdBase, SimdFrom, SimdMask, dispatch, u8x64};

/// Bytes looked at together.
const PIECE: usize = 64;
/// Line ends listed before any of them is given, but for those of one more piece. So many that most of a block
/// is in the processor's cache before it is searched for needles, which waits for memory far longer.
const LISTED: usize = 512;
const ESCAPE: u8 = 0x1b;

/// The line ends of a block, one after the other. They are listed in batches, mostly without a jump for
/// each: a jump that depends on the text is guessed wrong as often as it is taken.
pub(super) struct Ends<'t> {
    text: &'t [u8],
    /// Places from `from` on, of which the first so many were given.
    list: [u32; LISTED + PIECE],
    listed: usize,
    given: usize,
    from: usize,
    /// What was not looked at yet begins here.
    next: usize,
    /// Where the first odd byte stands that was not passed, or what was not looked at yet begins.
    odd: usize,
}

impl<'t> Ends<'t> {
    pub(super) fn of(text: &'t [u8]) -> Ends<'t> {
        Ends {
            text,
            list: [0; LISTED + PIECE],
            listed: 0,
            given: 0,
            from: 0,
            next: 0,
            odd: 0,
        }
    }

    /// The next line's end: that of its line feed, or of the block.
    #[inline]
    pub(super) fn next(&mut self) -> usize {
        if self.given == self.listed && !self.fill() {
            return self.text.len();
        }
        let place = self.from + self.list[self.given] as usize;
        self.given += 1;
        place
    }

    /// Up to where nothing odd stands behind what was passed, as far as was looked: at least to the end
    /// that was given last.
    #[inline]
    pub(super) fn plain(&self) -> usize {
        self.odd
    }

    /// Passes the bytes before a line's end; whether they held something odd.
    #[inline]
    pub(super) fn pass(&mut self, end: usize) -> bool {
        let is_odd = self.odd < end;
        if is_odd {
            self.seek(end);
        }
        is_odd
    }

    /// Finds the first odd byte from here on: an escape or a carriage return. One right before a line's end
    /// shows nothing.
    fn seek(&mut self, mut from: usize) {
        while let Some(at) = memchr::memchr2(ESCAPE, b'\r', &self.text[from..self.next]) {
            let at = from + at;
            let plain = self.text[at] == b'\r' && self.text.get(at + 1) == Some(&b'\n');
            if !plain {
                self.odd = at;
                return;
            }
            from = at + 1;
        }
        self.odd = self.next;
    }

    /// Lists the next line ends; whether there are any.
    #[inline(never)]
    fn fill(&mut self) -> bool {
        (self.listed, self.given) = (0, 0);
        while self.listed == 0 && self.next < self.text.len() {
            let (is_known, begin) = (self.odd < self.next, self.next);
            self.from = begin;
            let odd = dispatch!(Level::new(), simd => self.look(simd));
            match odd {
                _ if is_known => {}
                true => self.seek(begin),
                false => self.odd = self.next,
            }
        }
        self.listed > 0
    }

    /// Lists the line ends of the next pieces, until there are enough; whether something odd may be in them.
    #[inline(always)]
    fn look<S: Simd>(&mut self, simd: S) -> bool {
        // So far that the list's numbers hold every place.
        let far = self.text.len().min(self.from.saturating_add(1 << 30));
        let rest = &self.text[self.from.min(far)..far];
        let mut is_odd = false;
        for piece in rest.as_chunks().0 {
            let (ends, odd) = kinds(simd, piece);
            self.list(ends, self.next - self.from);
            is_odd |= odd;
            self.next += PIECE;
            if self.listed >= LISTED {
                return is_odd;
            }
        }
        let left = far - self.next;
        if left > 0 && far == self.text.len() {
            let (ends, odd) = match self.text.last_chunk() {
                Some(piece) => kinds(simd, piece),
                None => {
                    let mut piece = [0; PIECE];
                    piece[PIECE - left..].copy_from_slice(rest);
                    kinds(simd, &piece)
                }
            };
            self.list(ends >> (PIECE - left), self.next - self.from);
            is_odd |= odd;
            self.next = far;
        }
        is_odd
    }

    /// Lists the places of a piece. Most have two at most.
    #[inline(always)]
    fn list(&mut self, mut places: u64, from: usize) {
        // There is room for a whole piece.
        self.list[self.listed % (LISTED + PIECE)] = from as u32 + places.trailing_zeros();
        self.listed += usize::from(places != 0);
        places &= places.wrapping_sub(1);
        while places != 0 {
            self.list[self.listed % (LISTED + PIECE)] = from as u32 + places.trailing_zeros();
            self.listed += 1;
            places &= places - 1;
        }
    }
}

/// A bit for every line feed of a piece, and whether an escape or a carriage return is in it.
#[inline(always)]
fn kinds<S: Simd>(simd: S, piece: &[u8; PIECE]) -> (u64, bool) {
    let bytes = u8x64::simd_from(simd, *piece);
    let is = |byte| bytes.simd_eq(u8x64::splat(simd, byte));
    (is(b'\n').to_bitmask(), (is(ESCAPE) | is(b'\r')).any_true())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ends;

    proptest! {
        #[test]
        fn line_ends_and_odd_lines_are_those_of_a_search(
            text in prop::collection::vec(prop::sample::select(b"\nab".to_vec()), 0..400),
            odd in prop::collection::vec((0..400_usize, prop::sample::select(b"\r\x1b".to_vec())), 0..6),
            passes in prop::collection::vec(any::<bool>(), 400),
        ) {
            let mut text = text;
            for (at, byte) in odd {
                if let Some(place) = text.get_mut(at) {
                    *place = byte;
                }
            }
            let (mut ends, mut from, mut before) = (Ends::of(&text), 0, false);
            for passes in passes {
                if from > text.len() {
                    break;
                }
                let to = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at);
                prop_assert_eq!(ends.next(), to);
                let line = &text[from..to];
                let line = match to < text.len() {
                    true => line.strip_suffix(b"\r").unwrap_or(line),
                    false => line,
                };
                let odd = before || line.iter().any(|byte| b"\r\x1b".contains(byte));
                prop_assert_eq!(ends.plain() < to, odd);
                if passes {
                    prop_assert_eq!(ends.pass(to), odd);
                }
                (from, before) = (to + 1, odd && !passes);
            }
        }
    }
}
