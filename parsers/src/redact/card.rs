//! Numbers of payment cards: 14 to 19 digits, perhaps in groups, with an issuer's beginning and a right
//! check digit.

use super::span::Span;
use super::table::{CARD, run, run_back};

/// Distance of the places looked at: two in sequence stand in the shortest card number.
const STEP: usize = 7;
/// Bytes with as many places as a word has bits.
const BLOCK: usize = 64 * STEP;
/// Most digits of a number.
const MOST: usize = 19;
/// Least digits of a number.
const LEAST: usize = 14;
/// How numbers are written in groups.
const GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

const fn is_separator(b: u8) -> bool {
    matches!(b, b' ' | b'-')
}

/// Whether a card number stands in the line; one look at every seventh byte for most lines.
pub(super) fn suspects(bytes: &[u8]) -> bool {
    // Behind the last run looked at.
    let mut seen = 0;
    let mut from = 0;
    while from + STEP < bytes.len() {
        let block = &bytes[from..bytes.len().min(from + BLOCK)];
        let mut pairs = pairs(block);
        while pairs != 0 {
            let nth = pairs.trailing_zeros() as usize;
            pairs &= pairs - 1;
            let at = from + nth * STEP;
            if at >= seen && dense(&bytes[at..=at + STEP]) {
                let head = &bytes[seen..at];
                let begin = at - run_back(head, head.len(), is_numeric);
                seen = at + run(&bytes[at..], is_numeric);
                if seen - begin >= LEAST && next(bytes, begin, seen).is_some() {
                    return true;
                }
            }
        }
        // The last place of a block is the first of the next.
        from += BLOCK - STEP;
    }
    false
}

/// Which of the places of a block could be in a number together with the next one: one bit each.
#[inline]
fn pairs(block: &[u8]) -> u64 {
    let (chunks, rest) = block.as_chunks::<STEP>();
    let bit = |b: u8, n: usize| u64::from(WEIGHTS[usize::from(b)] < OTHER) << n;
    let mut numeric = rest.first().map_or(0, |b| bit(*b, chunks.len()));
    for (n, chunk) in chunks.iter().enumerate() {
        numeric |= bit(chunk[0], n);
    }
    numeric & numeric >> 1
}

/// Whether these bytes could be part of a number: a separator stands behind four digits at least.
fn dense(bytes: &[u8]) -> bool {
    let weight = bytes.iter().map(|b| u32::from(WEIGHTS[usize::from(*b)]));
    let weight: u32 = weight.sum();
    weight as usize + 2 > STEP && weight < u32::from(OTHER)
}

/// What a byte weighs that is no part of a number.
const OTHER: u8 = 64;

/// By byte, 1 for a digit, 0 for a separator.
static WEIGHTS: [u8; 256] = {
    let mut all = [OTHER; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        if is_numeric(byte) {
            all[b] = byte.is_ascii_digit() as u8;
        }
        b += 1;
    }
    all
};

const fn is_numeric(b: u8) -> bool {
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
        fn looking_at_every_seventh_byte_misses_no_number(
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
