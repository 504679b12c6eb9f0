//! The texts of a frame's events: each once, one behind the other, so that a frame has two allocations for all of them.

/// The string table: all texts in one, and where each ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Strings {
    pub(super) text: String,
    pub(super) ends: Vec<u32>,
}

/// Whether two texts are the same, for short ones: found out here sooner than a search for a difference begins.
#[inline]
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let alike = |(a, b): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*a) == u64::from_le_bytes(*b);
    match (one.last_chunk(), other.last_chunk()) {
        (Some(a), Some(b)) => {
            let mut eights = one.as_chunks().0.iter().zip(other.as_chunks().0);
            alike((a, b)) && eights.all(alike)
        }
        _ => one.iter().zip(other).all(|(a, b)| a == b),
    }
}

impl Strings {
    /// None yet, with room for as many as there are here.
    pub(super) fn with_room(&self) -> Strings {
        Strings {
            text: String::with_capacity(self.text.len()),
            ends: Vec::with_capacity(self.ends.len()),
        }
    }

    pub(super) fn at(&self, index: u64) -> Option<&str> {
        let (from, to) = self.place(index)?;
        self.text.get(from..to)
    }

    /// Whether the string with that index is this one.
    #[inline]
    pub(super) fn holds_at(&self, index: u64, text: &str) -> bool {
        let told = self.place(index);
        let told = told.and_then(|(from, to)| self.text.as_bytes().get(from..to));
        told.is_some_and(|told| is_same(told, text.as_bytes()))
    }

    #[inline]
    fn place(&self, index: u64) -> Option<(usize, usize)> {
        let index = usize::try_from(index).ok()?;
        let to = *self.ends.get(index)? as usize;
        let from = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)? as usize,
        };
        Some((from, to))
    }

    /// Length of the next `fresh` strings together, which the cursor passes over.
    pub(super) fn told(&self, cursor: &mut u64, fresh: u64) -> u64 {
        let from = self.end(*cursor);
        *cursor = cursor.saturating_add(fresh);
        self.end(*cursor) - from
    }

    /// Length of the first so many strings together.
    #[inline]
    pub(super) fn end(&self, strings: u64) -> u64 {
        let strings = usize::try_from(strings).unwrap_or(usize::MAX);
        let last = self.ends[..strings.min(self.ends.len())].last();
        last.map_or(0, |end| u64::from(*end))
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = u64> {
        let before = std::iter::once(0).chain(self.ends.iter().copied());
        self.ends
            .iter()
            .zip(before)
            .map(|(end, before)| u64::from(*end - before))
    }
}
