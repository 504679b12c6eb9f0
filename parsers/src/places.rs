//! Places of bytes, found sixteen at a time: for what is looked for at every few dozen bytes, where a search
//! costs more to set up than to do.

use wide::u8x16;

/// Bytes looked at together.
pub(crate) const PIECE: usize = 64;

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

/// Whether one of three bytes is there.
#[inline]
pub(crate) fn holds_any(bytes: &[u8], sought: [u8; 3]) -> bool {
    let is_in = |sixteen: &[u8; 16]| {
        let sixteen = u8x16::from(*sixteen);
        let [one, two, three] = sought.map(|byte| sixteen.simd_eq(u8x16::splat(byte)));
        one | two | three
    };
    let (sixteens, rest) = bytes.as_chunks();
    let all = sixteens.iter().fold(u8x16::ZERO, |all, s| all | is_in(s));
    match bytes.last_chunk() {
        Some(last) => mask(all | is_in(last)) != 0,
        None => rest.iter().any(|byte| sought.contains(byte)),
    }
}

/// A bit for every digit of a piece, of at most 64 bytes and whole sixteens.
#[inline]
pub(crate) fn digits<const N: usize>(piece: &[u8; N]) -> u64 {
    bits(piece, |bytes| {
        let value = bytes - u8x16::splat(b'0');
        value.min(u8x16::splat(9)).simd_eq(value)
    })
}

/// A bit for every space and dash of a piece.
#[inline]
pub(crate) fn separators(piece: &[u8; PIECE]) -> u64 {
    bits(piece, |bytes| {
        bytes.simd_eq(u8x16::splat(b' ')) | bytes.simd_eq(u8x16::splat(b'-'))
    })
}

#[inline]
fn bits(piece: &[u8], ask: impl Fn(u8x16) -> u8x16) -> u64 {
    let (sixteens, _) = piece.as_chunks::<16>();
    let sixteens = sixteens.iter().rev();
    sixteens.fold(0, |all, s| {
        all << 16 | u64::from(mask(ask(u8x16::from(*s))))
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

    use super::{holds_any, quote_or_escape};

    proptest! {
        #[test]
        fn a_byte_that_is_there_is_found(bytes in prop::collection::vec(prop::sample::select(b"abcxyz".to_vec()), 0..70), sought in prop::sample::select(vec![*b"x__", *b"_y_", *b"__z"])) {
            prop_assert_eq!(holds_any(&bytes, sought), bytes.iter().any(|b| sought.contains(b)));
            let others: Vec<u8> = bytes.into_iter().filter(|b| !sought.contains(b)).collect();
            prop_assert!(!holds_any(&others, sought));
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
