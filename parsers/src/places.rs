//! Places of bytes, found sixteen bytes at a time: for what is looked for at every few dozen bytes, where
//! a search costs more to set up than to do.

use wide::u8x16;

/// Bytes looked at together.
const PIECE: usize = 64;

/// The places of one byte in a text, one after the other.
pub(crate) struct Places<'t> {
    text: &'t [u8],
    byte: u8,
    /// Those not given yet of the piece that was looked at last, a bit each.
    left: u64,
    /// Where that piece begins, and where the next does.
    from: usize,
    next: usize,
}

impl<'t> Places<'t> {
    pub(crate) fn of(byte: u8, text: &'t [u8]) -> Places<'t> {
        Places {
            text,
            byte,
            left: 0,
            from: 0,
            next: 0,
        }
    }

    /// The next place.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            let rest = self.text.get(self.next..)?;
            self.from = self.next;
            match rest.first_chunk() {
                Some(piece) => {
                    self.next += PIECE;
                    self.left = self.places_in(piece);
                }
                None => {
                    self.next = usize::MAX;
                    self.left = self.last(rest.len());
                }
            }
        }
        let place = self.from + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(place)
    }

    #[inline]
    fn places_in(&self, piece: &[u8; PIECE]) -> u64 {
        let byte = u8x16::splat(self.byte);
        let (sixteens, _) = piece.as_chunks::<16>();
        let masks = sixteens.iter().map(|s| mask(u8x16::from(*s).simd_eq(byte)));
        masks.rev().fold(0, |all, mask| all << 16 | u64::from(mask))
    }

    /// The places in the last bytes, which are no whole piece.
    #[inline]
    fn last(&self, bytes: usize) -> u64 {
        match self.text.last_chunk() {
            // None of them: nothing is shifted by the width.
            Some(_) if bytes == 0 => 0,
            Some(piece) => self.places_in(piece) >> (PIECE - bytes),
            None => {
                let bits = self.text[self.text.len() - bytes..].iter().rev();
                bits.fold(0, |all, b| all << 1 | u64::from(*b == self.byte))
            }
        }
    }
}

/// The place of the first quote or backslash from here on: where a string of JSON, of which most are short,
/// may end.
#[inline]
pub(crate) fn quote_or_escape(text: &[u8], from: usize) -> Option<usize> {
    /// Bytes after which a search is worth it.
    const FAR: usize = 128;
    let mut at = from;
    while let Some(piece) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let found = quotes_or_escapes(piece);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += 16;
        if at - from >= FAR {
            return memchr::memchr2(b'"', b'\\', text.get(at..)?).map(|place| at + place);
        }
    }
    let left = text.len().checked_sub(at)?;
    let found = match text.last_chunk() {
        // None of the last bytes is asked about: nothing is shifted by the width.
        Some(_) if left == 0 => return None,
        Some(piece) => quotes_or_escapes(piece) >> (16 - left),
        None => {
            let bits = text[at..].iter().rev();
            bits.fold(0, |all, b| all << 1 | u32::from(matches!(b, b'"' | b'\\')))
        }
    };
    (found != 0).then(|| at + found.trailing_zeros() as usize)
}

#[inline]
fn quotes_or_escapes(piece: &[u8; 16]) -> u32 {
    let piece = u8x16::from(*piece);
    mask(piece.simd_eq(u8x16::splat(b'"')) | piece.simd_eq(u8x16::splat(b'\\')))
}

/// A bit for every byte of an answer.
#[inline]
fn mask(answer: u8x16) -> u32 {
    answer.to_bitmask()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Places, quote_or_escape};

    proptest! {
        #[test]
        fn places_are_those_of_a_search(text in prop::collection::vec(prop::sample::select(b"\nab".to_vec()), 0..200)) {
            let mut places = Places::of(b'\n', &text);
            let found: Vec<usize> = std::iter::from_fn(|| places.next()).collect();
            let searched: Vec<usize> = memchr::memchr_iter(b'\n', &text).collect();
            prop_assert_eq!(found, searched);
        }

        #[test]
        fn strings_end_where_a_search_says(plain in 0..300_usize, end in prop::sample::select(b"\"\\".to_vec()), rest in ".{0,40}") {
            let mut text = vec![b'x'; plain];
            for from in [0, plain / 3, plain] {
                prop_assert_eq!(quote_or_escape(&text, from), None);
            }
            text.push(end);
            text.extend_from_slice(rest.as_bytes());
            for from in [0, plain / 3, plain] {
                prop_assert_eq!(quote_or_escape(&text, from), Some(plain));
            }
        }
    }
}
