//! The latest of many short texts, in memory that is allocated once: what is remembered of a log that may be without
//! an end must not grow with it, neither by the number of texts nor by their length.

use std::collections::VecDeque;

/// At most `MOST` texts of together at most `ROOM` bytes, up to 4 GiB, with a value each, in the order in which they came.
/// Nothing is allocated before the first.
#[derive(Debug)]
pub(crate) struct Remembered<T, const MOST: usize, const ROOM: usize> {
    entries: VecDeque<Entry<T>>,
    /// The texts of the entries, in their order, with holes where one was removed.
    bytes: Vec<u8>,
    /// Bytes of it that are no holes.
    used: usize,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    from: u32,
    length: u32,
}

impl<T, const MOST: usize, const ROOM: usize> Default for Remembered<T, MOST, ROOM> {
    fn default() -> Self {
        Remembered {
            entries: VecDeque::new(),
            bytes: Vec::new(),
            used: 0,
        }
    }
}

impl<T, const MOST: usize, const ROOM: usize> Remembered<T, MOST, ROOM> {
    /// Whether one, the oldest, must be forgotten for another text of that length.
    pub(crate) fn is_crowded(&self, length: usize) -> bool {
        // An eighth stays free, so that it takes many texts until they are moved again.
        let used = self.used + length + ROOM / 8;
        !self.entries.is_empty() && (self.entries.len() >= MOST || used > ROOM)
    }

    /// Adds a text; older ones are forgotten for it. One that is longer than an eighth of the room is not remembered.
    pub(crate) fn push(&mut self, value: T, text: &str) {
        if text.len() > ROOM / 8 {
            return;
        }
        while self.is_crowded(text.len()) {
            self.remove(0);
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(ROOM);
            self.entries.reserve_exact(MOST);
        }
        if self.bytes.len() + text.len() > ROOM {
            self.close_up();
        }
        self.entries.push_back(Entry {
            value,
            from: self.bytes.len() as u32,
            length: text.len() as u32,
        });
        self.bytes.extend_from_slice(text.as_bytes());
        self.used += text.len();
    }

    /// Moves the texts together.
    fn close_up(&mut self) {
        let mut to = 0;
        for entry in &mut self.entries {
            let (from, length) = (entry.from as usize, entry.length as usize);
            self.bytes.copy_within(from..from + length, to);
            entry.from = to as u32;
            to += length;
        }
        self.bytes.truncate(to);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn at(&self, index: usize) -> Option<(&T, &str)> {
        let entry = self.entries.get(index)?;
        let from = entry.from as usize;
        let text = &self.bytes[from..from + entry.length as usize];
        // Only whole texts are added.
        Some((&entry.value, str::from_utf8(text).unwrap_or_default()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&T, &str)> {
        (0..self.len()).filter_map(|n| self.at(n))
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.entries.back().map(|entry| &entry.value)
    }

    /// Where the latest stands, before that place, of which the value is as wanted.
    pub(crate) fn latest(&self, before: usize, wanted: impl Fn(&T) -> bool) -> Option<usize> {
        let entries = self.entries.range(..before.min(self.entries.len()));
        entries.into_iter().rposition(|entry| wanted(&entry.value))
    }

    pub(crate) fn remove(&mut self, index: usize) -> Option<T> {
        let entry = self.entries.remove(index)?;
        self.used -= entry.length as usize;
        Some(entry.value)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let used = &mut self.used;
        self.entries.retain(|entry| {
            let kept = keep(&entry.value);
            if !kept {
                *used -= entry.length as usize;
            }
            kept
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 8;
    const ROOM: usize = 64;

    /// What shall be remembered, without holes and with all the memory there is.
    fn plainly(of: &mut Vec<(u32, String)>, value: u32, text: &str) {
        if text.len() > ROOM / 8 {
            return;
        }
        let used = |of: &[(u32, String)]| of.iter().map(|(_, t)| t.len()).sum::<usize>();
        while of.len() >= MOST || (!of.is_empty() && used(of) + text.len() > ROOM - ROOM / 8) {
            of.remove(0);
        }
        of.push((value, text.to_owned()));
    }

    proptest! {
        #[test]
        fn the_latest_are_remembered_whatever_was_removed_between(
            steps in prop::collection::vec((0u32..20, "[a-cé]{0,9}", 0usize..12), 0..200),
        ) {
            let (mut texts, mut plain) = (Remembered::<_, MOST, ROOM>::default(), Vec::new());
            for (value, text, remove) in &steps {
                texts.push(*value, text);
                plainly(&mut plain, *value, text);
                if *remove < plain.len() {
                    prop_assert_eq!(texts.remove(*remove), Some(plain.remove(*remove).0));
                }
                if *remove == 11 {
                    texts.retain(|v| v % 2 == 0);
                    plain.retain(|(v, _)| v % 2 == 0);
                }
                prop_assert!(texts.bytes.capacity() <= ROOM);
                let at = |n| texts.at(n).map(|(v, t)| (*v, t.to_owned()));
                prop_assert_eq!((0..texts.len()).filter_map(at).collect::<Vec<_>>(), plain.clone());
                let latest = plain.iter().rposition(|(v, _)| v == value);
                prop_assert_eq!(texts.latest(usize::MAX, |v| v == value), latest);
            }
        }
    }
}
