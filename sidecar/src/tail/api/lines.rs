//! Lines of an answer that comes in pieces, each whole.

/// Bytes of a line that are kept: what is longer is cut there, the same way each time it is read.
const LINE: usize = 1 << 20;

/// Cuts lines out of pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Hands over the lines that end in the next piece, with their ends.
    pub(super) fn push(&mut self, piece: &[u8], mut line: impl FnMut(&[u8])) {
        for part in piece.split_inclusive(|b| *b == b'\n') {
            let room = LINE.saturating_sub(self.begun.len());
            let ends = part.ends_with(b"\n");
            let text = &part[..part.len() - usize::from(ends)];
            self.begun.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.begun.push(b'\n');
                line(&self.begun);
                self.begun.clear();
            }
        }
    }

    /// What is left of a line that never ended.
    pub(super) fn rest(self) -> Vec<u8> {
        self.begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cutting_gives_the_same_lines() {
        let text = b"one\n\ntwo and a half\nrest";
        for cut in 1..=text.len() {
            let (mut lines, mut all) = (Lines::default(), Vec::new());
            for piece in text.chunks(cut) {
                lines.push(piece, |line| all.push(line.to_vec()));
            }
            assert_eq!(all, [&b"one\n"[..], b"\n", b"two and a half\n"], "{cut}");
            assert_eq!(lines.rest(), b"rest");
        }
    }

    #[test]
    fn a_line_without_end_stays_bounded_and_the_next_is_whole() {
        let (mut lines, mut lengths) = (Lines::default(), Vec::new());
        for _ in 0..5 {
            lines.push(&vec![b'x'; LINE / 2], |line| lengths.push(line.len()));
        }
        lines.push(b"\nnext\n", |line| lengths.push(line.len()));
        assert_eq!(lengths, [LINE + 1, 5]);
    }
}
