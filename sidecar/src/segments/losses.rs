//! Which bytes of a stream are in no segment, to the byte.

use serde::{Deserialize, Serialize};

/// How many separate losses are listed; later ones lengthen the last, which then also covers
/// bytes that were kept: never less than what is lost.
const LISTED: usize = 1024;

/// A lost range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// First lost byte.
    pub from: u64,
    /// First byte after the loss.
    pub to: u64,
    /// `cap` (the directory was full) or `write_failed` (the disk would not take it).
    pub reason: String,
}

/// The losses of one stream, in order; neighbours with the same reason are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    list: Vec<Lost>,
    bytes: u64,
}

impl Losses {
    /// Adds a range that begins at or after the end of the last one.
    pub fn add(&mut self, from: u64, to: u64, reason: &str) {
        if from >= to {
            return;
        }
        self.bytes += to - from;
        let full = self.list.len() >= LISTED;
        match self.list.last_mut() {
            Some(last) if full || (last.to == from && last.reason == reason) => last.to = to,
            _ => self.list.push(Lost {
                from,
                to,
                reason: reason.to_owned(),
            }),
        }
    }

    /// Bytes lost in all.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The ranges.
    #[must_use]
    pub fn list(&self) -> &[Lost] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_and_the_list_is_bounded_without_telling_less() {
        let mut losses = Losses::default();
        losses.add(0, 5, "cap");
        losses.add(5, 9, "cap");
        losses.add(9, 10, "write_failed");
        assert_eq!(losses.list().len(), 2);
        for i in 10..5000 {
            losses.add(i * 2, i * 2 + 1, "cap");
        }
        assert_eq!(losses.list().len(), LISTED);
        assert_eq!(losses.list().last().map(|l| l.to), Some(9999));
        assert_eq!(losses.bytes(), 10 + 4990);
    }
}
