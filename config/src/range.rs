//! A range of counts with open or closed ends.

use crate::section::section;

section! {
    /// How many there may be: both ends included, an absent end is no bound.
    pub struct Range {
        /// The fewest that are right.
        pub min: Option<usize> = count_or_none(),
        /// The most that are right.
        pub max: Option<usize> = count_or_none(),
    }
}

impl Range {
    /// Whether `count` is within the range.
    #[must_use]
    pub fn contains(&self, count: usize) -> bool {
        self.min.is_none_or(|min| min <= count) && self.max.is_none_or(|max| count <= max)
    }

    /// Whether neither end bounds anything.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether no count is within the range.
    pub(crate) fn is_empty(&self) -> bool {
        matches!((self.min, self.max), (Some(min), Some(max)) if min > max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_included_and_may_be_open() {
        let range = |min, max| Range { min, max };
        assert!(range(None, None).contains(0) && range(None, None).is_open());
        assert!(range(Some(2), None).contains(2) && !range(Some(2), None).contains(1));
        assert!(range(None, Some(2)).contains(2) && !range(None, Some(2)).contains(3));
        assert!(range(Some(3), Some(2)).is_empty() && !range(Some(2), Some(2)).is_empty());
    }
}
