//! The tests that markers have started: where a result without a suite finds its own.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;

use crate::remembered::Remembered;

/// Started tests that are remembered; beyond it the oldest is forgotten.
pub(super) const REMEMBERED: usize = 512;
/// Bytes of their names and suites together.
const ROOM: usize = 32 * 1024;
/// Places that names are counted at.
const PLACES: usize = 2048;

/// The started tests without a result, in the order of their starts.
#[derive(Debug, Default)]
pub(super) struct OpenTests {
    /// The suite follows the name.
    tests: Remembered<Open, REMEMBERED, ROOM>,
    /// How many names there are of a hash, so that one that nobody started costs no search.
    counts: Vec<u16>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug)]
struct Open {
    hash: u32,
    /// Length of the name.
    name: u32,
}

impl OpenTests {
    /// Remembers a test that was started.
    pub(super) fn open(&mut self, name: &str, suite: &str) {
        let text = [name, suite].concat();
        while self.tests.is_crowded(text.len()) {
            self.forget(0);
        }
        let hash = self.hash(name);
        let known = self.tests.len();
        let name = name.len() as u32;
        self.tests.push(Open { hash, name }, &text);
        if self.tests.len() > known {
            self.counts.resize(PLACES, 0);
            self.counts[hash as usize % PLACES] += 1;
        }
    }

    /// Whether a test of that name was started.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.find(name, None).is_some()
    }

    /// Forgets the latest test of that name, and of the suite if one is given; gives its suite.
    pub(super) fn close(&mut self, name: &str, suite: Option<&str>) -> Option<String> {
        let (at, suite) = self.find(name, suite)?;
        let suite = suite.to_owned();
        self.forget(at);
        Some(suite)
    }

    /// The latest test of that name, and of the suite if one is given; and its suite.
    fn find(&self, name: &str, suite: Option<&str>) -> Option<(usize, &str)> {
        let hash = self.hash(name);
        if self
            .counts
            .get(hash as usize % PLACES)
            .is_none_or(|count| *count == 0)
        {
            return None;
        }
        let mut before = usize::MAX;
        loop {
            before = self.tests.latest(before, |open| open.hash == hash)?;
            let (open, text) = self.tests.at(before)?;
            let (n, s) = text.split_at(open.name as usize);
            if n == name && suite.is_none_or(|suite| suite == s) {
                return Some((before, s));
            }
        }
    }

    fn forget(&mut self, at: usize) {
        if let Some(open) = self.tests.remove(at) {
            self.counts[open.hash as usize % PLACES] -= 1;
        }
    }

    fn hash(&self, name: &str) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name.as_bytes());
        hasher.finish() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenTests, REMEMBERED};

    #[test]
    fn the_latest_of_a_name_is_closed_first_and_the_oldest_is_forgotten_first() {
        let mut tests = OpenTests::default();
        for suite in ["a", "b", "c"] {
            tests.open("t", suite);
        }
        assert_eq!(tests.close("t", Some("b")).as_deref(), Some("b"));
        assert_eq!(tests.close("t", Some("b")), None);
        assert_eq!(tests.close("t", None).as_deref(), Some("c"));
        for n in 0..REMEMBERED {
            tests.open(&format!("n{n}"), "");
        }
        assert!(!tests.holds("t") && tests.holds("n0"));
        assert_eq!(tests.close("t", None), None);
    }
}
