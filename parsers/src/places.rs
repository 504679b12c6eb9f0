//! Places of bytes, found sixteen bytes at a time: for what is looked for at every few dozen bytes, where
//! a search costs more to set up than to do.

use wide::u8x16;

/// Bytes looked at together.
pub(crate) const PIECE: usize = 64;
/// Places listed before any of them is given, but for those of one more piece.
const LISTED: usize = 64;

/// The places of one byte in a text, one after the other. They are listed in batches, mostly without a
/// jump for each: a jump that depends on the text is guessed wrong as often as it is taken.
pub(crate) struct Places<'t> {
    text: &'t [u8],
    byte: u8,
    /// Places from `from` on, of which the first so many were given.
    list: [u32; LISTED + PIECE],
    listed: usize,
    given: usize,
    from: usize,
    /// What was not looked at yet begins here.
    next: usize,
}

impl<'t> Places<'t> {
    pub(crate) fn of(byte: u8, text: &'t [u8]) -> Places<'t> {
        Places {
            text,
            byte,
            list: [0; LISTED + PIECE],
            listed: 0,
            given: 0,
            from: 0,
            next: 0,
        }
    }

    /// The next place.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.given == self.listed && !self.fill() {
            return None;
        }
        let place = self.from + self.list[self.given] as usize;
        self.given += 1;
        Some(place)
    }

    /// Lists the next places; whether there are any.
    #[inline(never)]
    fn fill(&mut self) -> bool {
        (self.listed, self.given, self.from) = (0, 0, self.next);
        // So far that the list's numbers hold every place.
        let far = self.text.len().min(self.from.saturating_add(1 << 30));
        let rest = &self.text[self.from.min(far)..far];
        let (pieces, _) = rest.as_chunks();
        for piece in pieces {
            let places = self.places_in(piece);
            self.list(places, self.next - self.from);
            self.next += PIECE;
            if self.listed >= LISTED {
                return true;
            }
        }
        if far == self.text.len() && self.next < far {
            let places = self.last(far - self.next);
            self.list(places, self.next - self.from);
            self.next = far;
        }
        self.listed > 0 || (self.next < self.text.len() && self.fill())
    }

    /// Lists the places of a piece. Most have two at most.
    #[inline]
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

/// A bit for every digit of a piece, and for every space and dash.
#[inline]
pub(crate) fn digits_and_separators(piece: &[u8; PIECE]) -> (u64, u64) {
    let (sixteens, _) = piece.as_chunks::<16>();
    sixteens
        .iter()
        .rev()
        .fold((0, 0), |(digits, separators), s| {
            let bytes = u8x16::from(*s);
            let value = bytes - u8x16::splat(b'0');
            let digit = value.min(u8x16::splat(9)).simd_eq(value);
            let separator = bytes.simd_eq(u8x16::splat(b' ')) | bytes.simd_eq(u8x16::splat(b'-'));
            let add = |all: u64, answer| all << 16 | u64::from(mask(answer));
            (add(digits, digit), add(separators, separator))
        })
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
