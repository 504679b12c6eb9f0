//! Takes texts apart into words, numbers and what stands between them, sixteen bytes at a time.

use wide::u8x16;

use crate::places::{first_eight, within};

/// In a skeleton: here stands a word.
pub(super) const WORD: u8 = 0;
/// In a skeleton: here stands a number.
pub(super) const NUMBER: u8 = 1;
/// Most tokens of a text that is told by its skeleton: as many as a mask has bits.
pub(super) const TOKENS_MAX: usize = 64;

/// What a hash is multiplied by, so that its upper bits depend on all below.
pub(super) const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Most digits of a number.
const DIGITS: usize = 9;
/// Longest text that is taken apart; longer ones are sentences.
const LONGEST: usize = 1024;

/// A word or a number, and where it stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Token {
    from: u32,
    length: u32,
    /// Its first eight bytes, 0 for those it does not have.
    pub(super) key: u64,
}

impl Token {
    #[inline]
    fn of(all: &[u8], from: usize, length: usize) -> Token {
        Token {
            from: from as u32,
            length: length as u32,
            key: first_eight(&all[from..]) & FIRST[length.min(8)],
        }
    }

    pub(super) fn bytes(self, all: &[u8]) -> &[u8] {
        &all[self.from as usize..][..self.length as usize]
    }

    /// Whether the key is all there is.
    #[inline]
    pub(super) fn is_short(self) -> bool {
        self.length <= 8
    }

    /// Whether key and length are the same, which is all there is of a short one.
    #[inline]
    fn is_alike(self, other: Token) -> bool {
        (self.key == other.key) & (self.length == other.length)
    }

    #[inline]
    pub(super) fn is_same(self, other: Token, all: &[u8]) -> bool {
        self.is_alike(other) && (self.is_short() || self.goes_on_as(other, all))
    }

    /// Whether the bytes beyond the key are the same as those of another of its length.
    #[inline(never)]
    fn goes_on_as(self, other: Token, all: &[u8]) -> bool {
        self.bytes(all)[8..] == other.bytes(all)[8..]
    }

    /// The number that its digits are, of which there are at most [`DIGITS`]; eight of them at once.
    #[inline]
    pub(super) fn number(self, all: &[u8]) -> u64 {
        // Digits that it does not have are zeros before the first.
        let eight = self.key << (64 - 8 * self.length.min(8)) & 0x0f0f_0f0f_0f0f_0f0f;
        let twos = eight.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
        let fours = twos.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
        let number = fours.wrapping_mul(10_000 << 32 | 1) >> 32;
        let behind = self.bytes(all).iter().skip(8);
        behind.fold(number, |n, b| n * 10 + u64::from(b - b'0'))
    }
}

/// By number of bytes: that many of eight.
const FIRST: [u64; 9] = {
    let mut masks = [0; 9];
    let mut n = 1;
    while n < 9 {
        masks[n] = masks[n - 1] << 8 | 0xff;
        n += 1;
    }
    masks
};

/// In a [gap](Apart::gaps): how long it is, from this bit on.
const LENGTH: u32 = 24;
/// Longest gap whose bytes it has.
const GAP: usize = 3;
/// A longer one.
const LONG: u32 = 4 << LENGTH;

/// One text taken apart; kept for its arrays.
pub(super) struct Apart {
    tokens: [Token; TOKENS_MAX],
    /// What stands before each token, with its length, and behind the last. Texts with the same gaps and numbers have
    /// the same pattern, if none is longer than [`GAP`].
    gaps: [u32; TOKENS_MAX + 1],
    count: usize,
    /// A hash of the gaps and of which tokens are numbers.
    pub(super) hash: u64,
    /// Bit by token: whether it is a number.
    pub(super) numbers: u64,
    /// Whether any gap is longer than [`GAP`].
    pub(super) is_gaping: bool,
}

impl Default for Apart {
    fn default() -> Apart {
        Apart {
            tokens: [Token::default(); TOKENS_MAX],
            gaps: [0; TOKENS_MAX + 1],
            count: 0,
            hash: 0,
            numbers: 0,
            is_gaping: false,
        }
    }
}

impl Apart {
    /// Takes the bytes from `from` to `to` apart; false if they are too many or have too many tokens.
    #[inline(never)]
    pub(super) fn take(&mut self, all: &[u8], from: usize, to: usize) -> bool {
        if to - from > LONGEST {
            return false;
        }
        let (mut of_digits, mut gaping, mut hash) = (0, 0, 0u64);
        let (mut count, mut at) = (0, from);
        // Of the byte before: whether it belongs to a token, and whether it is a digit; and where a token began last.
        let (mut within, mut digit, mut begin) = (0, 0, 0);
        let mut base = from;
        // The byte behind the last belongs to none.
        while base <= to {
            let (either, digits) = sixty_four(&all[base..], to - base);
            let (either_before, digits_before) = (either << 1 | within, digits << 1 | digit);
            let other = digits ^ digits_before;
            let mut begins = either & (!either_before | other);
            let mut ends = either_before & (!either | other);
            if within == 0 {
                begin = base + next(&mut begins);
            }
            (within, digit) = (either >> 63, digits >> 63);
            // Seldom any.
            for place in bits(digits_before & ends) {
                let token = count + (ends & ((1 << place) - 1)).count_ones() as usize;
                of_digits |= 1u64.checked_shl(token as u32).unwrap_or(0);
            }
            while ends != 0 {
                if count >= TOKENS_MAX {
                    return false;
                }
                let end = base + next(&mut ends);
                self.tokens[count] = Token::of(all, begin, end - begin);
                let gap = gap_of(all, at, begin);
                self.gaps[count] = gap;
                gaping |= gap;
                hash = (hash ^ u64::from(gap)).wrapping_mul(SPREAD);
                count += 1;
                at = end;
                begin = base + next(&mut begins);
            }
            base += 64;
        }
        let last = gap_of(all, at, to);
        self.gaps[count] = last;
        self.count = count;
        self.is_gaping = (gaping | last) & LONG != 0;
        self.numbers = self.numbers_of(of_digits);
        self.hash = (hash ^ u64::from(last) ^ self.numbers.rotate_left(32)).wrapping_mul(SPREAD);
        true
    }

    /// Which of these tokens of digits are numbers: one that would not be printed the same again is a word.
    #[inline]
    fn numbers_of(&self, of_digits: u64) -> u64 {
        let is = |n: usize| {
            let token = self.tokens[n];
            let first = token.key as u8;
            token.length as usize <= DIGITS && (first != b'0' || token.length == 1)
        };
        bits(of_digits).fold(0, |all, n| all | u64::from(is(n)) << n)
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens[..self.count]
    }

    pub(super) fn gaps(&self) -> &[u32] {
        &self.gaps[..=self.count]
    }

    /// What stands between the tokens of the text just taken apart, with [`WORD`] or [`NUMBER`] in the place of each.
    pub(super) fn pattern(&self, all: &[u8], from: usize, to: usize) -> Vec<u8> {
        let mut pattern = Vec::new();
        let mut at = from;
        for (n, token) in self.tokens().iter().enumerate() {
            let begin = token.from as usize;
            pattern.extend_from_slice(&all[at..begin]);
            let number = self.numbers >> n & 1 == 1;
            pattern.push(if number { NUMBER } else { WORD });
            at = begin + token.length as usize;
        }
        pattern.extend_from_slice(&all[at..to]);
        pattern
    }
}

/// A gap: its bytes, and how long it is.
#[inline]
fn gap_of(all: &[u8], from: usize, to: usize) -> u32 {
    let length = to - from;
    let bytes = match length {
        // As most are.
        1 => u32::from(all[from]),
        0..=GAP => (first_eight(&all[from..]) & FIRST[length]) as u32,
        _ => return LONG,
    };
    bytes | (length as u32) << LENGTH
}

/// Which bits are set, the lowest first.
#[inline]
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (set != 0).then_some(set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        lowest
    })
}

/// Takes the lowest bit; its place, or the last place if none is set.
#[inline]
fn next(bits: &mut u64) -> usize {
    let place = (*bits | 1 << 63).trailing_zeros() as usize;
    *bits &= bits.wrapping_sub(1);
    place
}

/// Which of the first 64 bytes are letters or digits, and which digits; of `length` bytes at most.
#[inline]
fn sixty_four(bytes: &[u8], length: usize) -> (u64, u64) {
    let (either, digits) = match bytes.first_chunk() {
        Some(piece) => classes(piece),
        None => {
            let mut padded = [0; 64];
            padded[..bytes.len()].copy_from_slice(bytes);
            classes(&padded)
        }
    };
    let known = match length {
        0..64 => (1 << length) - 1,
        _ => u64::MAX,
    };
    (either & known, digits & known)
}

/// Which bytes are letters or digits, and which digits. Letters are also what is beyond ASCII, and the two bytes that mean
/// something in a skeleton.
#[inline]
fn classes(piece: &[u8; 64]) -> (u64, u64) {
    let (sixteens, _) = piece.as_chunks();
    let both = sixteens.iter().map(|sixteen| {
        let bytes = u8x16::from(*sixteen);
        let digits = within(bytes, b'0', 10);
        let letters = within(bytes | u8x16::splat(0x20), b'a', 26);
        // The upper bit is all that counts: bytes beyond ASCII have it, and the two when two is taken from them.
        let either = letters | digits | bytes | (bytes - u8x16::splat(NUMBER + 1));
        (either.to_bitmask(), digits.to_bitmask())
    });
    both.rev().fold((0, 0), |(either, digits), (e, d)| {
        (either << 16 | u64::from(e), digits << 16 | u64::from(d))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte.
    fn plainly(text: &str) -> (Vec<u8>, Vec<&str>) {
        let class = |c: char| match c {
            '0'..='9' => 1,
            'a'..='z' | 'A'..='Z' | '\0' | '\x01' | '\u{80}'.. => 0,
            _ => 2,
        };
        let (mut pattern, mut tokens) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let kind = class(first);
            let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            if kind == 2 {
                pattern.extend_from_slice(run.as_bytes());
                continue;
            }
            let number = kind == 1 && run.len() <= DIGITS && (run == "0" || !run.starts_with('0'));
            pattern.push(if number { NUMBER } else { WORD });
            tokens.push(run);
        }
        (pattern, tokens)
    }

    proptest! {
        #[test]
        fn texts_are_taken_apart_as_byte_by_byte(
            before in "[a-z0-9]{0,20}",
            text in "([a-zA-Z]{1,12}|[0-9]{1,12}|[ /_.:@\\[`{-]{1,3}|é|\0|\x01){0,40}",
            after in "[a-z0-9]{0,20}",
        ) {
            let all = [before.as_str(), &text, &after].concat().into_bytes();
            let (pattern, tokens) = plainly(&text);
            let mut apart = Apart::default();
            let taken = apart.take(&all, before.len(), before.len() + text.len());
            prop_assert_eq!(taken, tokens.len() <= TOKENS_MAX && text.len() <= LONGEST);
            if taken {
                prop_assert_eq!(&apart.pattern(&all, before.len(), before.len() + text.len()), &pattern);
                let bytes: Vec<_> = apart.tokens().iter().map(|t| t.bytes(&all)).collect();
                prop_assert_eq!(bytes, tokens.iter().map(|t| t.as_bytes()).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_text_of_any_length_is_taken_apart_to_its_end() {
        let mut apart = Apart::default();
        for length in 0..=LONGEST {
            let text = "a".repeat(length).into_bytes();
            assert!(apart.take(&text, 0, length));
            assert_eq!(apart.tokens().len(), length.min(1));
            assert!(apart.tokens().iter().all(|t| t.bytes(&text) == text));
        }
        assert!(!apart.take(&vec![b'a'; LONGEST + 1], 0, LONGEST + 1));
    }
}
