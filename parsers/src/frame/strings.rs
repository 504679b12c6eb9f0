//! The texts of a frame's events: each once, one behind the other, so that a frame has two allocations for all of them.

/// The string table: all texts in one, and where each ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Strings {
    pub(super) text: String,
    pub(super) ends: Vec<u32>,
}

impl Strings {
    pub(super) fn at(&self, index: u64) -> Option<&str> {
        let index = usize::try_from(index).ok()?;
        let to = *self.ends.get(index)? as usize;
        let from = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)? as usize,
        };
        self.text.get(from..to)
    }

    /// Length of the next `fresh` strings together, which the cursor passes over.
    pub(super) fn told(&self, cursor: &mut u64, fresh: u64) -> u64 {
        let end = |cursor: u64| {
            let strings = usize::try_from(cursor).unwrap_or(usize::MAX);
            let last = self.ends[..strings.min(self.ends.len())].last();
            last.map_or(0, |end| u64::from(*end))
        };
        let from = end(*cursor);
        *cursor = cursor.saturating_add(fresh);
        end(*cursor) - from
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = u64> {
        let before = std::iter::once(0).chain(self.ends.iter().copied());
        self.ends
            .iter()
            .zip(before)
            .map(|(end, before)| u64::from(*end - before))
    }
}
