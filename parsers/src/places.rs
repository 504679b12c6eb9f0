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

/// Which of sixteen bytes are among those.
#[inline]
fn is_in<const N: usize>(sixteen: &[u8; 16], sought: [u8; N]) -> u8x16 {
    let sixteen = u8x16::from(*sixteen);
    let each = sought.map(|byte| sixteen.simd_eq(u8x16::splat(byte)));
    each.into_iter().fold(u8x16::ZERO, |all, one| all | one)
}

/// Whether one of these bytes is there.
#[inline]
pub(crate) fn holds_any<const N: usize>(bytes: &[u8], sought: [u8; N]) -> bool {
    let (sixteens, rest) = bytes.as_chunks();
    let all = sixteens.iter();
    let all = all.fold(u8x16::ZERO, |all, s| all | is_in(s, sought));
    match bytes.last_chunk() {
        Some(last) => mask(all | is_in(last, sought)) != 0,
        None => rest.iter().any(|byte| sought.contains(byte)),
    }
}

/// The place of the first of these bytes.
#[inline]
pub(crate) fn find_any<const N: usize>(bytes: &[u8], sought: [u8; N]) -> Option<usize> {
    let (sixteens, rest) = bytes.as_chunks();
    for (sixteen, n) in sixteens.iter().zip(0..) {
        let found = mask(is_in(sixteen, sought));
        if found != 0 {
            return Some(16 * n + found.trailing_zeros() as usize);
        }
    }
    let rest = rest.iter().position(|byte| sought.contains(byte))?;
    Some(16 * sixteens.len() + rest)
}

/// The places of a byte, of which the first mostly suffices.
#[inline]
pub(crate) fn places_of(bytes: &[u8], sought: u8) -> impl Iterator<Item = usize> {
    let first = find_any(bytes, [sought]);
    let behind = first.map_or(bytes.len(), |at| at + 1);
    let others = memchr::memchr_iter(sought, &bytes[behind..]);
    first.into_iter().chain(others.map(move |at| behind + at))
}

/// The first eight bytes; zeros for those that are not there.
#[inline]
pub(crate) fn first_eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes
            .iter()
            .rev()
            .fold(0, |all, b| all << 8 | u64::from(*b)),
    }
}

/// The same as [`str::trim_start`], for texts that mostly begin with what is seen.
#[inline]
pub(crate) fn trim_start(text: &str) -> &str {
    match text.as_bytes() {
        [first, ..] if first.is_ascii_graphic() => text,
        [b' ', second, ..] if second.is_ascii_graphic() => &text[1..],
        _ => text.trim_start(),
    }
}

/// The same as [`str::trim`], for texts that mostly begin and end with what is seen, or with blanks of ASCII.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    let before = bytes.iter().take_while(|b| **b == b' ').count();
    match &bytes[before..] {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => &text[before..],
        _ => text.trim(),
    }
}

/// Whether a capital letter of ASCII stands right before this byte.
#[inline]
pub(crate) fn capital_before(bytes: &[u8], sought: u8) -> bool {
    let is_pair = |pairs: &[u8; 17]| {
        let ([first @ .., _], [_, second @ ..]) = (pairs, pairs);
        within(u8x16::from(*first), b'A', 26) & u8x16::from(*second).simd_eq(u8x16::splat(sought))
    };
    let Some(last) = bytes.last_chunk() else {
        return bytes
            .array_windows()
            .any(|[a, b]| a.is_ascii_uppercase() && *b == sought);
    };
    let mut all = is_pair(last);
    let mut rest = bytes;
    while let Some(pairs) = rest.first_chunk() {
        all |= is_pair(pairs);
        rest = &rest[16..];
    }
    mask(all) != 0
}

/// Which bytes are among so many from this one on.
#[inline]
pub(crate) fn within(bytes: u8x16, first: u8, count: u8) -> u8x16 {
    let from_first = bytes - u8x16::splat(first);
    from_first.min(u8x16::splat(count - 1)).simd_eq(from_first)
}

/// Whether every byte is a letter or digit of ASCII or one of those five.
#[inline]
pub(crate) fn all_alnum_or(bytes: &[u8], others: [u8; 5]) -> bool {
    let plainly = |b: u8| b.is_ascii_alphanumeric() || others.contains(&b);
    all(bytes, plainly, |sixteen| {
        let bytes = u8x16::from(*sixteen);
        let alnum = within(bytes | u8x16::splat(0x20), b'a', 26) | within(bytes, b'0', 10);
        alnum | is_in(sixteen, others)
    })
}

/// Whether every byte is one of ASCII that is seen.
#[inline]
pub(crate) fn all_graphic(bytes: &[u8]) -> bool {
    all(
        bytes,
        |b| b.is_ascii_graphic(),
        |sixteen| within(u8x16::from(*sixteen), b'!', 94),
    )
}

/// Whether all bytes are so: as is told of one, and of sixteen.
#[inline]
fn all(bytes: &[u8], one: impl Fn(u8) -> bool, each: impl Fn(&[u8; 16]) -> u8x16) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().all(|b| one(*b));
    };
    let (sixteens, _) = bytes.as_chunks();
    let all = sixteens.iter().fold(each(last), |all, s| all & each(s));
    mask(all) == 0xffff
}

/// A bit for every digit of a piece, of at most 64 bytes and whole sixteens.
#[inline]
pub(crate) fn digits<const N: usize>(piece: &[u8; N]) -> u64 {
    bits(piece, |bytes| within(bytes, b'0', 10))
}

/// A bit for every letter of ASCII of a piece.
#[inline]
pub(crate) fn letters(piece: &[u8; PIECE]) -> u64 {
    bits(piece, |bytes| within(bytes | u8x16::splat(0x20), b'a', 26))
}

/// A bit for every byte that is the same in both.
#[inline]
pub(crate) fn equal(one: &[u8; 16], other: &[u8; 16]) -> u64 {
    u64::from(mask(u8x16::from(*one).simd_eq(u8x16::from(*other))))
}

/// A bit for every digit of less bytes than a piece.
#[inline]
pub(crate) fn few_digits(bytes: &[u8]) -> u64 {
    let Some(last) = bytes.last_chunk::<16>() else {
        let digits = bytes.iter().rev().map(|b| u64::from(b.is_ascii_digit()));
        return digits.fold(0, |all, digit| all << 1 | digit);
    };
    let (sixteens, _) = bytes.as_chunks::<16>();
    let before = sixteens.iter().rev();
    let before = before.fold(0, |all, sixteen| all << 16 | digits(sixteen));
    before | digits(last) << (bytes.len() - 16)
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

    use super::*;

    proptest! {
        #[test]
        fn few_digits_are_those_of_a_piece(text in "[/0-9:]{0,63}") {
            let mut piece = [0; PIECE];
            piece[..text.len()].copy_from_slice(text.as_bytes());
            prop_assert_eq!(few_digits(text.as_bytes()), digits(&piece));
        }

        #[test]
        fn a_capital_before_a_byte_is_found(text in "([@AZ\\[az_]|[a-z]{1,20}){0,20}") {
            let plainly = text.as_bytes().windows(2).any(|w| w[0].is_ascii_uppercase() && w[1] == b'_');
            prop_assert_eq!(capital_before(text.as_bytes(), b'_'), plainly);
        }

        #[test]
        fn another_byte_than_those_is_found(text in "([a-zA-Z0-9_/]{0,30}[`{@\\[/:é-]?){0,3}") {
            let is = |b: u8| b.is_ascii_alphanumeric() || b"_./-#".contains(&b);
            prop_assert_eq!(all_alnum_or(text.as_bytes(), *b"_./-#"), text.bytes().all(is));
        }

        #[test]
        fn a_byte_that_is_not_seen_is_found(text in "([!-~]{0,30}[ \t~!\x7fé]?){0,3}") {
            let plainly = text.bytes().all(|b| b.is_ascii_graphic());
            prop_assert_eq!(all_graphic(text.as_bytes()), plainly);
        }

        #[test]
        fn texts_are_trimmed_as_by_the_library(text in "[ \\t\u{b}\u{2003}a]{0,3}[ a!é]{0,3}[ \\t\u{b}\u{2003}~]{0,3}") {
            prop_assert_eq!(trim_start(&text), text.trim_start());
            prop_assert_eq!(trim(&text), text.trim());
        }

        #[test]
        fn a_byte_that_is_there_is_found(bytes in prop::collection::vec(prop::sample::select(b"abcxyz".to_vec()), 0..70), sought in prop::sample::select(vec![*b"x__", *b"_y_", *b"__z"])) {
            prop_assert_eq!(holds_any(&bytes, sought), bytes.iter().any(|b| sought.contains(b)));
            prop_assert_eq!(find_any(&bytes, sought), bytes.iter().position(|b| sought.contains(b)));
            let others: Vec<u8> = bytes.into_iter().filter(|b| !sought.contains(b)).collect();
            prop_assert!(!holds_any(&others, sought));
            prop_assert_eq!(find_any(&others, sought), None);
            let plainly: Vec<usize> = memchr::memchr_iter(b'a', &others).collect();
            prop_assert_eq!(places_of(&others, b'a').collect::<Vec<_>>(), plainly);
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
