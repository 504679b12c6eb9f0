//! How much a ledger holds in memory, and what it lets go of: tests that have ended and were stored elsewhere, oldest
//! first. What is told later of one that is gone must not count it twice.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Attempt, Ledger, Suite, Test};
use crate::event::Status;

/// Bytes of a test or a suite besides its texts, with its places in the indexes.
const TEST: usize = 320;
const ATTEMPT: usize = 112;
const SUITE: usize = 300;

/// What may be held before tests that need nothing more are let go.
const CALM: usize = 48 << 10;
/// What may be held before any test that has ended is let go.
const MUCH: usize = 4 << 20;
/// The latest tests stay: what is told after a result is mostly told soon.
const RECENT: usize = 64;
/// Different tags that are remembered of tests that are gone.
const TAGS: usize = 1_000;

/// What a ledger holds, and what is gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    /// Bytes held, by estimate.
    bytes: usize,
    /// Bytes that may be held, if that was told.
    most: Option<usize>,
    /// Texts and suites that were not kept for want of room.
    cut: u64,
    /// Whether a suite is among them.
    no_suite: bool,
    /// Tests that were not.
    crowded_out: u64,
    /// What must be held before it is worth looking for tests to let go.
    worth: usize,
    /// Tests that were let go.
    gone: u64,
    /// Whether failures are among them.
    failures: bool,
    /// Their tags.
    tags: BTreeSet<Box<str>>,
}

impl Hold {
    /// Whether there is room for so many more; if so, they are held from now on.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let room = self.most.is_none_or(|most| self.bytes + bytes <= most);
        if room {
            self.bytes += bytes;
        }
        room
    }

    /// Whether there is room for a test of this name.
    pub(super) fn take_test(&mut self, name: &str) -> bool {
        self.take(TEST + ATTEMPT + name.len())
    }

    /// Whether there is room for a suite of this name. It is asked again with each of its tests, which are
    /// counted for themselves; so that none was kept is counted once.
    pub(super) fn take_suite(&mut self, name: &str) -> bool {
        let room = self.take(SUITE + name.len());
        if !room && !self.no_suite {
            self.no_suite = true;
            self.cut += 1;
        }
        room
    }

    /// The text, if there is room for it.
    pub(super) fn text(&mut self, text: Option<&str>) -> Option<Box<str>> {
        let text = text?;
        let room = self.take(text.len());
        self.cut += u64::from(!room);
        room.then(|| text.into())
    }

    pub(super) fn take_attempt(&mut self) {
        self.bytes += ATTEMPT;
    }

    /// Whether there is room for what is told of a test before its result.
    pub(super) fn take_early(&mut self, name: &str) -> bool {
        let room = self.take(ATTEMPT + name.len());
        self.cut += u64::from(!room);
        room
    }

    /// What could not be let go may be now.
    pub(super) fn look_again(&mut self) {
        self.worth = 0;
    }

    /// A test was not kept for want of room.
    pub(super) fn crowded_out(&mut self) {
        self.crowded_out += 1;
    }

    /// Adds texts that an attempt has not.
    pub(super) fn amend(
        &mut self,
        attempt: &mut Attempt,
        message: Option<&str>,
        location: Option<&str>,
    ) {
        if attempt.message.is_none() {
            attempt.message = self.text(message);
        }
        if attempt.location.is_none() {
            attempt.location = self.text(location);
        }
    }

    /// Whether a test of such a result may have been let go.
    pub(super) fn may_be_gone(&self, status: Status) -> bool {
        match status.is_failure() {
            true => self.failures,
            false => self.gone > 0,
        }
    }
}

impl Ledger {
    /// Keeps texts, tests and suites only as long as they take at most so many bytes from now on; further
    /// ones are counted.
    pub fn limit_bytes(&mut self, bytes: usize) {
        self.hold.most = Some(bytes);
    }

    /// Bytes it holds, by estimate.
    #[must_use]
    pub fn held(&self) -> usize {
        self.hold.bytes
    }

    /// Tests, suites and texts that were not kept because of [`limit_bytes`](Ledger::limit_bytes).
    #[must_use]
    pub fn crowded_out(&self) -> u64 {
        self.hold.crowded_out + self.hold.cut
    }

    /// Tests told by name so far, those that were let go included.
    #[must_use]
    pub fn named(&self) -> u64 {
        self.tests.len() as u64 + self.hold.gone
    }

    /// The ordinal of the next test: those that were not kept have theirs too, so that it depends on
    /// nothing but what was told.
    pub(super) fn told(&self) -> u32 {
        let told = self.named() + self.dropped + self.hold.crowded_out;
        u32::try_from(told).unwrap_or(u32::MAX)
    }

    /// Comma-separated tags of tests and suites, as printed.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let tests = self.tests.iter().map(|test| test.tags.as_deref());
        let suites = self.suites.values().map(|suite| suite.tags.as_deref());
        let gone = self.hold.tags.iter().map(|tags| Some(&**tags));
        tests.chain(suites).chain(gone).flatten()
    }

    /// Lets go of tests that have ended, once much is held; for who has stored them when
    /// [`take_changed`](Ledger::take_changed) named them. Those that may still be told of stay the longest: the
    /// latest ones, failures, those of several attempts, those that wait for their suite's name; and the slowest.
    /// All others are counted as before, and no longer among [`tests`](Ledger::tests).
    pub fn let_go(&mut self) {
        if self.hold.bytes < CALM.max(self.hold.worth) {
            return;
        }
        self.release(Ledger::is_calm);
        if self.hold.bytes > MUCH {
            self.release(|_, _| true);
        }
        // Twice as much, so that each test that stays is looked at a few times at most.
        self.hold.worth = self.hold.bytes * 2;
    }

    /// Whether nothing more is to be expected of a test.
    fn is_calm(&self, test: &Test) -> bool {
        let well = matches!(test.status(), Status::Passed | Status::Skipped);
        let teller = || (std::sync::Arc::clone(&test.dialect), test.lane);
        well && test.attempts.len() == 1
            && !test.teardown_error
            && (test.suite.is_some() || !self.orphans.contains_key(&teller()))
    }

    /// Lets go of the tests that have ended and may be, but for the latest ones and the slowest.
    fn release(&mut self, may: impl Fn(&Ledger, &Test) -> bool) {
        let early = &self.tests[..self.tests.len().saturating_sub(RECENT)];
        let duration = |test: &&Test| test.last().duration_s.unwrap_or(0.0);
        let slowest = self
            .tests
            .iter()
            .max_by(|a, b| duration(a).total_cmp(&duration(b)))
            .map(|test| test.ordinal);
        let going: HashSet<u32> = early
            .iter()
            .filter(|test| !test.is_open() && Some(test.ordinal) != slowest)
            .filter(|test| !self.changed.contains(&test.ordinal) && may(self, test))
            .map(|test| test.ordinal)
            .collect();
        if going.is_empty() {
            return;
        }
        let (gone, stay): (Vec<Test>, Vec<Test>) = std::mem::take(&mut self.tests)
            .into_iter()
            .partition(|test| going.contains(&test.ordinal));
        self.tests = stay;
        self.index.forget(&gone);
        for orphans in self.orphans.values_mut() {
            orphans.retain(|ordinal| !going.contains(ordinal));
        }
        // Both are made anew when needed: they tell places among the tests of a name.
        self.by_name = None;
        self.recapped = HashMap::new();
        self.hold.gone += gone.len() as u64;
        for test in gone {
            self.hold.failures |= test.attempts.iter().any(|a| a.status.is_failure());
            if let Some(tags) = test.tags.filter(|_| self.hold.tags.len() < TAGS) {
                self.hold.tags.insert(tags);
            }
        }
        self.weigh();
    }

    /// Estimates anew what is held.
    fn weigh(&mut self) {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let tests = self.tests.iter().map(|test| {
            let attempts = test.attempts.iter();
            let attempts = attempts.map(|a| ATTEMPT + text(&a.message) + text(&a.location));
            TEST + test.name.len() + text(&test.tags) + attempts.sum::<usize>()
        });
        let suite =
            |(name, suite): (&std::sync::Arc<str>, &Suite)| SUITE + name.len() + text(&suite.tags);
        let suites = self.suites.iter().map(suite);
        let tags = self.hold.tags.iter().map(|tags| tags.len());
        let early = self.early.values();
        let early = early.map(|(message, location)| ATTEMPT + text(message) + text(location));
        self.hold.bytes = tests.chain(suites).chain(tags).chain(early).sum();
    }
}

#[cfg(test)]
mod tests;
