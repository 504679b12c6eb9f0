//! Numbers of payment cards: 14 to 19 digits, perhaps in groups, with an issuer's beginning and a right
//! check digit.

use super::span::Span;
use super::table::{CARD, run, run_back};
use crate::places::{self, PIECE};

/// Bytes that two pieces looked at one after the other have in common: no fewer than the shortest number's.
const COMMON: usize = 16;
/// Most digits of a number.
const MOST: usize = 19;
/// Least digits of a number.
pub(super) const LEAST: usize = 14;
/// How numbers are written in groups.
const GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

fn is_separator(b: u8) -> bool {
    matches!(b, b' ' | b'-')
}

/// Whether a card number stands in the line. Most lines have no digits and separators in sequence that are
/// as many as the shortest number has.
pub(super) fn suspects(bytes: &[u8]) -> bool {
    // Behind the last run looked at.
    let mut seen = 0;
    let mut from = 0;
    let mut rest = bytes;
    while let Some(piece) = rest.first_chunk() {
        if is_in(bytes, from, piece, &mut seen) {
            return true;
        }
        from += PIECE - COMMON;
        rest = &bytes[from..];
    }
    match bytes.last_chunk() {
        _ if rest.len() < LEAST || (from > 0 && rest.len() <= COMMON) => false,
        Some(piece) => is_in(bytes, bytes.len() - PIECE, piece, &mut seen),
        None => are_in_sequence(places::few_digits(bytes)) && is_in_short(bytes),
    }
}

/// Whether a card number stands in a line that is shorter than a piece.
#[cold]
fn is_in_short(bytes: &[u8]) -> bool {
    let mut piece = [0; PIECE];
    piece[..bytes.len()].copy_from_slice(bytes);
    is_in(bytes, 0, &piece, &mut 0)
}

/// Whether four digits are in sequence, as they are in each way to write a number.
#[inline]
fn are_in_sequence(digits: u64) -> bool {
    let twos = digits & digits >> 1;
    twos & twos >> 2 != 0
}

/// Whether a card number goes through the piece of the line that begins at `from`.
#[inline]
fn is_in(bytes: &[u8], from: usize, piece: &[u8; PIECE], seen: &mut usize) -> bool {
    let digits = places::digits(piece);
    if !are_in_sequence(digits) {
        return false;
    }
    let runs = long_runs(digits, places::separators(piece));
    runs != 0 && is_in_runs(bytes, from, runs, seen)
}

/// Where runs of at least as many digits begin as the shortest number has, separators between them counted
/// that stand as in a number: behind four digits and before one.
#[inline]
fn long_runs(digits: u64, separators: u64) -> u64 {
    let two = digits << 1 & digits << 2;
    let parting = separators & two & two << 2 & digits >> 1;
    let runs = digits | parting;
    let runs = runs & runs >> 1;
    let runs = runs & runs >> 2;
    let runs = runs & runs >> 4;
    runs & runs >> (LEAST - 8)
}

#[cold]
fn is_in_runs(bytes: &[u8], from: usize, mut runs: u64, seen: &mut usize) -> bool {
    while runs != 0 {
        let at = from + runs.trailing_zeros() as usize;
        runs &= runs - 1;
        if at >= *seen {
            let head = &bytes[*seen..at];
            let begin = at - run_back(head, head.len(), is_numeric);
            *seen = at + run(&bytes[at..], is_numeric);
            if next(bytes, begin, *seen).is_some() {
                return true;
            }
        }
    }
    false
}

fn is_numeric(b: u8) -> bool {
    b.is_ascii_digit() || is_separator(b)
}

/// Adds the card numbers of the line.
pub(super) fn find(bytes: &[u8], replaced: &[(usize, usize)], spans: &mut Vec<Span>) {
    let mut at = 0;
    while let Some((from, to)) = next(bytes, at, bytes.len()) {
        // Where a replacement goes on with the digits, a letter may have done so before.
        let near = replaced.partition_point(|r| r.1 < from);
        let near = replaced[near..].iter().take_while(|r| r.0 <= to).next();
        if near.is_none() {
            spans.push(Span {
                from,
                to,
                rule: CARD,
            });
        }
        at = to;
    }
}

/// The next card number that begins at or after a place that is not within a run of digits, and before
/// another.
fn next(bytes: &[u8], mut at: usize, until: usize) -> Option<(usize, usize)> {
    loop {
        let from = at + bytes[at..until].iter().position(u8::is_ascii_digit)?;
        let len = digits(bytes, from);
        let card = match len {
            4 => GROUPS
                .iter()
                .find_map(|groups| grouped(bytes, from, groups)),
            LEAST..=MOST => card(bytes, from, from + len),
            _ => None,
        };
        match card {
            Some(to) => return Some((from, to)),
            None => at = from + len,
        }
    }
}

/// Length of the run of digits at a place.
fn digits(bytes: &[u8], from: usize) -> usize {
    run(&bytes[from.min(bytes.len())..], |b| b.is_ascii_digit())
}

/// The end of a number in groups of these lengths with one kind of separator.
fn grouped(bytes: &[u8], from: usize, groups: &[usize]) -> Option<usize> {
    let mut at = from;
    let separator = *bytes.get(from + groups[0])?;
    for (n, group) in groups.iter().enumerate() {
        if n > 0 {
            if !is_separator(separator) || bytes.get(at) != Some(&separator) {
                return None;
            }
            at += 1;
        }
        if digits(bytes, at) != *group {
            return None;
        }
        at += group;
    }
    card(bytes, from, at)
}

/// The end of the number, if it is one of a card.
fn card(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let mut number = [0; MOST];
    let mut len = 0;
    for b in bytes[from..to].iter().filter(|b| b.is_ascii_digit()) {
        *number.get_mut(len)? = b - b'0';
        len += 1;
    }
    (is_alone(bytes, from, to) && is_card(&number[..len])).then_some(to)
}

/// Whether no letter or point goes on with the number on either side.
fn is_alone(bytes: &[u8], from: usize, to: usize) -> bool {
    let goes_on = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let before = match bytes[..from] {
        [.., b'\\', b'n' | b't' | b'r'] => false,
        [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => false,
        [.., b] => goes_on(b) || b == b'.',
        [] => false,
    };
    !before && !bytes.get(to).is_some_and(|b| goes_on(*b))
}

/// An issuer's beginning, its lengths, and the check digit of ISO/IEC 7812.
fn is_card(digits: &[u8]) -> bool {
    let number = |n: usize| {
        digits
            .iter()
            .take(n)
            .fold(0u32, |n, d| n * 10 + u32::from(*d))
    };
    let fits = match digits.len() {
        14 => matches!(number(3), 300..=305) || matches!(number(2), 36 | 38 | 39),
        15 => matches!(number(2), 34 | 37),
        16 => {
            digits[0] == 4
                || matches!(number(2), 51..=55 | 62 | 65)
                || matches!(number(3), 644..=649)
                || matches!(number(4), 2221..=2720 | 3528..=3589 | 6011)
        }
        19 => digits[0] == 4 || number(2) == 62,
        _ => false,
    };
    fits && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| u32::from(if i % 2 == 1 { doubled(*d) } else { *d }))
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn looking_for_long_runs_misses_no_number(
            before in 0usize..1000,
            parts in proptest::collection::vec(prop_oneof![
                "[0-9 -]{1,30}",
                "[0-9a:.]{1,12}",
                proptest::sample::select(&["4111 1111 1111 1111", "5500-0000-0000-0004", "30569309025904",
                    "3782 822463 10005", " ", "x", "."][..]).prop_map(str::to_owned),
            ], 0..8),
            after in 0usize..20,
        ) {
            let line = ".".repeat(before) + &parts.concat() + &"x".repeat(after);
            let bytes = line.as_bytes();
            prop_assert_eq!(suspects(bytes), next(bytes, 0, bytes.len()).is_some());
        }
    }
}
