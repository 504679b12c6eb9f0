//! The tests that markers have started: where a result without a suite finds its own.

use std::collections::VecDeque;

use hashbrown::HashMap;

/// Started tests that are remembered; beyond it the oldest is forgotten.
pub(super) const REMEMBERED: usize = 1024;

/// The started tests without a result, in the order of their starts.
#[derive(Debug, Default)]
pub(super) struct OpenTests {
    /// Name and suite.
    tests: VecDeque<(String, String)>,
    /// How many there are of a name, so that a name nobody started costs no search.
    by_name: HashMap<String, u32>,
}

impl OpenTests {
    /// Remembers a test that was started.
    pub(super) fn open(&mut self, name: String, suite: String) {
        if self.tests.len() == REMEMBERED
            && let Some((oldest, _)) = self.tests.pop_front()
        {
            self.count_off(&oldest);
        }
        *self.by_name.entry_ref(name.as_str()).or_default() += 1;
        self.tests.push_back((name, suite));
    }

    /// Whether a test of that name was started.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Forgets the latest test of that name, and of the suite if one is given; gives its suite.
    pub(super) fn close(&mut self, name: &str, suite: Option<&str>) -> Option<String> {
        if !self.holds(name) {
            return None;
        }
        let wanted = |(n, s): &(String, String)| n == name && suite.is_none_or(|suite| suite == s);
        let at = self.tests.iter().rposition(wanted)?;
        let (name, suite) = self.tests.remove(at)?;
        self.count_off(&name);
        Some(suite)
    }

    fn count_off(&mut self, name: &str) {
        if let Some(count) = self.by_name.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.by_name.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OpenTests, REMEMBERED};

    #[test]
    fn the_latest_of_a_name_is_closed_first_and_the_oldest_is_forgotten_first() {
        let mut tests = OpenTests::default();
        for suite in ["a", "b", "c"] {
            tests.open("t".to_owned(), suite.to_owned());
        }
        assert_eq!(tests.close("t", Some("b")).as_deref(), Some("b"));
        assert_eq!(tests.close("t", Some("b")), None);
        assert_eq!(tests.close("t", None).as_deref(), Some("c"));
        for n in 0..REMEMBERED {
            tests.open(format!("n{n}"), String::new());
        }
        assert!(!tests.holds("t") && tests.holds("n0"));
        assert_eq!(tests.close("t", None), None);
    }
}
