//! Whether a line holds one of a dialect's needles, told as the search over blocks tells it: a dialect that
//! is closed or at ease is shown other lines only by chance, and must make nothing of them.

use memchr::memmem;

/// A list of needles, and those of lines of progress letters as both pytest and unittest print them.
macro_rules! with_letters {
    ($($needle:literal),* $(,)?) => {
        &[
            $($needle,)*
            "\n..",
            "\n.F",
            "\nF.",
            "\nFF",
            "\n.E",
            "\nE.",
            "\nEE",
            "\n.s",
            "\ns.",
            "\nss",
            "\n.x",
            "\nx.",
            "\nxx",
            "\nFE",
            "\nEF",
            "\nFs",
            "\nsF",
            "\nEs",
            "\nsE",
            "\nxs",
            "\nsx",
            "\n.\n",
            "\nF\n",
            "\nE\n",
            "\ns\n",
            "\nx\n",
        ]
    };
}
pub(super) use with_letters;

/// A dialect's needles, found by their first byte.
pub(super) struct Needles {
    all: &'static [&'static str],
    /// Those that begin with a byte, a bit each.
    by_first: [u64; 256],
    /// Those that may stand anywhere; the others stand at a line's beginning.
    anywhere: u64,
}

impl Needles {
    /// The needles of a row of the table. One with a line feed before it stands at a line's beginning; with
    /// one behind it, it is the whole line.
    pub(super) const fn of(all: &'static [&'static str]) -> Needles {
        assert!(all.len() <= 64, "more needles than bits");
        let (mut by_first, mut anywhere) = ([0; 256], 0);
        let mut at = 0;
        while at < all.len() {
            match all[at].as_bytes() {
                [b'\n', first, ..] => by_first[*first as usize] |= 1 << at,
                [first, ..] => {
                    by_first[*first as usize] |= 1 << at;
                    anywhere |= 1 << at;
                }
                [] => panic!("a needle is empty"),
            }
            at += 1;
        }
        Needles {
            all,
            by_first,
            anywhere,
        }
    }

    /// Whether one of them stands in the line.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        let inner = text.trim_ascii_start();
        let first = inner.as_bytes().first();
        let begins = first.map_or(0, |byte| self.by_first[usize::from(*byte)] & !self.anywhere);
        let begun = |needle: &str| match needle[1..].strip_suffix('\n') {
            Some(whole) => inner == whole,
            None => inner.starts_with(&needle[1..]),
        };
        self.some(begins).any(begun) || self.stand_within(text.as_bytes())
    }

    /// Whether one of those that may stand anywhere does. In a short text each place is looked at for all of
    /// them; a long one is searched for each.
    fn stand_within(&self, text: &[u8]) -> bool {
        /// Length of a text of which a search costs more than such a pass.
        const SHORT: usize = 32;
        if text.len() > SHORT {
            let within = |needle: &str| memmem::find(text, needle.as_bytes()).is_some();
            return self.some(self.anywhere).any(within);
        }
        text.iter().enumerate().any(|(at, byte)| {
            let begins = self.by_first[usize::from(*byte)] & self.anywhere;
            let mut begun = self.some(begins);
            begun.any(|needle| text[at..].starts_with(needle.as_bytes()))
        })
    }

    /// Those whose bits are set.
    fn some(&self, mut bits: u64) -> impl Iterator<Item = &'static str> {
        std::iter::from_fn(move || {
            let needle = self.all.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(*needle)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DIALECTS;

    #[test]
    fn needles_stand_anywhere_or_at_the_beginning_or_alone() {
        let needles = Needles::of(&[" ... ok", "\nRan ", "\n.\n"]);
        for line in ["test_a ... ok (1 s)", "  Ran 1 test", "\t."] {
            assert!(needles.stand_in(line), "{line}");
        }
        for line in ["test_a ... fail", "It Ran 1 test", ". .", ""] {
            assert!(!needles.stand_in(line), "{line}");
        }
    }

    #[test]
    fn the_needles_of_every_dialect_stand_in_themselves() {
        for info in DIALECTS.iter().filter(|info| info.needles.len() <= 64) {
            let needles = Needles::of(info.needles);
            for needle in info.needles {
                assert!(needles.stand_in(needle.trim_matches('\n')), "{needle:?}");
            }
            assert!(!needles.stand_in("an idle line"), "{}", info.id);
        }
    }
}
