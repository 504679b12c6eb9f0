//! Lengths of runs of letters and of digits, of which most words consist: told for a piece of text at once.

use crate::places::{PIECE, digits, letters};

/// How far a run is told, at least.
pub(super) const FAR: usize = 24;

/// Which bytes of a piece of the text are letters, and which digits.
#[derive(Default)]
pub(super) struct Runs {
    /// Where the piece begins and ends.
    from: usize,
    to: usize,
    letters: u64,
    digits: u64,
}

impl Runs {
    /// How many letters of ASCII stand at this place, or how many digits, at least as far as [`FAR`]. Each is asked for in
    /// the same text, behind those before.
    #[inline]
    pub(super) fn run(&mut self, text: &[u8], at: usize) -> usize {
        if at + FAR > self.to {
            self.look(text, at);
        }
        let before = at - self.from;
        let run = match self.digits >> before & 1 {
            0 => self.letters >> before,
            _ => self.digits >> before,
        };
        run.trailing_ones() as usize
    }

    /// Looks at the piece that begins there, unless it was: of the last nothing stands behind.
    fn look(&mut self, text: &[u8], at: usize) {
        if self.to == text.len() && self.to > self.from {
            return;
        }
        let rest = &text[at..];
        let mut padded = [0; PIECE];
        let piece = rest.first_chunk().unwrap_or_else(|| {
            padded[..rest.len()].copy_from_slice(rest);
            &padded
        });
        (self.letters, self.digits) = (letters(piece), digits(piece));
        (self.from, self.to) = (at, at + rest.len().min(PIECE));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_those_byte_by_byte(text in "([a-zA-Z]{1,30}|[0-9]{1,30}|[@\\[`{/:_ é]{1,3}){0,30}") {
            let text = text.as_bytes();
            let mut runs = Runs::default();
            for at in 0..text.len() {
                let digit = text[at].is_ascii_digit();
                let is = |b: &&u8| b.is_ascii_alphanumeric() && b.is_ascii_digit() == digit;
                let run = text[at..].iter().take_while(is).count();
                prop_assert_eq!(runs.run(text, at).min(FAR), run.min(FAR), "at {}", at);
            }
        }
    }
}
