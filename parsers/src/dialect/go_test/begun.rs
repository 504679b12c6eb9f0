//! Go tests that have begun and not ended, with what they printed.

use std::collections::HashMap;

use hashlink::LinkedHashMap;

use super::excerpt::Excerpt;

/// Tests that wait for their turn (`=== PAUSE`) and are remembered: a package may have many.
const PAUSED_CAP: usize = 100_000;
/// Tests that run and are remembered: as many as nest, or run in parallel. Beyond, the one that was heard of longest ago
/// is forgotten, for the log was cut or the process died; should it be told of again, only what it printed is missing.
const RUNNING_CAP: usize = 64;

#[derive(Default)]
pub(super) struct Begun {
    /// In the order in which they were last heard of.
    running: LinkedHashMap<Box<str>, Excerpt>,
    paused: HashMap<Box<str>, Excerpt>,
}

impl Begun {
    /// A test begins, anew if it is known.
    pub(super) fn begin(&mut self, name: &str) {
        self.paused.remove(name);
        self.run(name.into(), Excerpt::default());
    }

    /// It waits until others have ended.
    pub(super) fn pause(&mut self, name: &str) {
        let room = self.paused.len() < PAUSED_CAP;
        if room && let Some((name, excerpt)) = self.running.remove_entry(name) {
            self.paused.insert(name, excerpt);
        }
    }

    /// What follows is its output.
    pub(super) fn go_on(&mut self, name: &str) {
        if self.running.to_back(name).is_some() {
            return;
        }
        match self.paused.remove_entry(name) {
            Some((name, excerpt)) => self.run(name, excerpt),
            None => self.run(name.into(), Excerpt::default()),
        }
    }

    fn run(&mut self, name: Box<str>, excerpt: Excerpt) {
        self.running.insert(name, excerpt);
        if self.running.len() > RUNNING_CAP {
            self.running.pop_front();
        }
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.running.contains_key(name) || self.paused.contains_key(name)
    }

    pub(super) fn excerpt(&mut self, name: &str) -> Option<&mut Excerpt> {
        match self.running.get_mut(name) {
            None => self.paused.get_mut(name),
            found => found,
        }
    }

    /// It ended.
    pub(super) fn end(&mut self, name: &str) -> Option<Excerpt> {
        let running = self.running.remove(name);
        running.or_else(|| self.paused.remove(name))
    }

    pub(super) fn clear(&mut self) {
        *self = Begun::default();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Excerpt)> {
        let all = self.running.iter().chain(&self.paused);
        all.map(|(name, excerpt)| (&**name, excerpt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_that_run_the_oldest_is_forgotten_and_none_that_waits() {
        let mut begun = Begun::default();
        for n in 0..2 * RUNNING_CAP {
            begun.begin(&format!("waits{n}"));
            begun.pause(&format!("waits{n}"));
        }
        for n in 0..=RUNNING_CAP {
            begun.begin(&format!("runs{n}"));
        }
        assert!(!begun.holds("runs0") && begun.holds("runs1"));
        begun.go_on("waits0");
        assert!(!begun.holds("runs1") && begun.holds("waits0"));
        assert_eq!(begun.iter().count(), 3 * RUNNING_CAP - 1);
        assert!(begun.end("waits1").is_some() && begun.end("waits1").is_none());
        assert!(begun.excerpt("waits2").is_some());
    }

    #[test]
    fn what_a_test_printed_before_it_waited_is_kept() {
        let mut begun = Begun::default();
        begun.begin("TestA");
        let noted = |begun: &mut Begun| {
            begun
                .excerpt("TestA")
                .and_then(|e| e.failure().map(|r| r.line))
        };
        if let Some(excerpt) = begun.excerpt("TestA") {
            excerpt.note("    a_test.go:1: no", 7, false);
        }
        begun.pause("TestA");
        assert_eq!(noted(&mut begun), Some(7));
        begun.go_on("TestA");
        assert_eq!(noted(&mut begun), Some(7));
        begun.begin("TestA");
        assert_eq!(noted(&mut begun), None);
    }
}
