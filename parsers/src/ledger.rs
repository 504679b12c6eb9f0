//! The fold from events to tests: who ran, how often, how it ended, and what the totals are.
//!
//! One ledger per stream. It is the single place that knows what the vocabulary means for counting:
//! attempts against repeated names, recaps against results, results counted before they are named,
//! suites named after their tests. The command line's `parse` and the agent both read it.

mod entry;
mod fold;
mod hold;
mod index;
mod recap;
mod wrapper;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::event::{Body, Counted, Counts, Event, Plan, Printed, Status, Summary};

use hold::Hold;
use index::{ByName, Index};

pub use entry::{Attempt, Suite, Test};

/// Tests a ledger keeps by name; results beyond are counted, and counted as dropped.
pub const TEST_CAP: usize = 200_000;
/// Attempts kept per test; a later one replaces the last.
pub const ATTEMPT_CAP: usize = 64;

/// The state of one stream's tests.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    tests: Vec<Test>,
    index: Index,
    /// Latest test of each name in any suite; made when first needed.
    by_name: Option<ByName<u32>>,
    suites: BTreeMap<Arc<str>, Suite>,
    /// Takes what is told of suites beyond [`TEST_CAP`].
    spare: Suite,
    totals: Counts,
    /// Results counted without a name that no name has claimed yet.
    anonymous: BTreeMap<Unnamed, Counts>,
    /// Tests told without a suite, waiting for an adopting suite end.
    orphans: HashMap<Teller, Vec<u32>>,
    /// Details that came before their result.
    early: ByName<Detail>,
    /// Tests begun and not ended.
    open: BTreeSet<u32>,
    /// How many of the tests of one name the recaps of a status have gone through.
    recapped: HashMap<(Key, Status), usize>,
    changed: BTreeSet<u32>,
    words: BTreeSet<Arc<str>>,
    /// The dialect and the suite most recently named.
    recent: [Option<Arc<str>>; 2],
    planned: Option<u64>,
    printed: Option<Printed>,
    dialects: Vec<Arc<str>>,
    dropped: u64,
    /// How many of those began and did not end, by lane and suite.
    dropped_open: HashMap<(u32, Option<Arc<str>>), u64>,
    last_result_ms: Option<i64>,
    /// A bound below [`TEST_CAP`], if one was set.
    cap: Option<usize>,
    hold: Hold,
}

/// Message and location.
type Detail = (Option<Box<str>>, Option<Box<str>>);

/// Lane, suite and name. The suite is part of the key only once it is known.
type Key = (u32, Option<Arc<str>>, Box<str>);

/// Dialect and lane: only what one writer told in one dialect belongs together.
type Teller = (Arc<str>, u32);

/// Who told results without names, and the suite.
type Unnamed = (Teller, Option<Arc<str>>);

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// Keeps at most this many tests by name from now on, and never more than [`TEST_CAP`].
    pub fn limit(&mut self, tests: usize) {
        self.cap = Some(tests);
    }

    /// Takes one event into account. Events must come in stream order, each once.
    pub fn apply(&mut self, event: &Event<'_>) {
        let dialect = self.word(event.dialect);
        match &event.body {
            Body::SuiteStart(s) if self.take_back(&dialect, s.suite, event) => {}
            Body::SuiteStart(s) => {
                let tags = self.hold.text(s.tags);
                let suite = self.suite(s.suite, event.time_ms);
                suite.tags = tags.or(suite.tags.take());
            }
            Body::SuiteEnd(s) => {
                let suite = self.suite(s.suite, event.time_ms);
                suite.ended_ms = event.time_ms;
                suite.status = s.status.or(suite.status);
                suite.duration_s = s.duration_s.or(suite.duration_s);
                if s.adopts {
                    self.adopt(&dialect, event.lane, s.suite);
                }
            }
            Body::Plan(plan) => self.plan(plan, event.time_ms),
            Body::TestStart(start) => self.start(&dialect, start, event),
            Body::TestEnd(end) if end.teardown => self.teardown(&dialect, end, event),
            Body::TestEnd(end) if end.recap => self.recap(&dialect, end, event),
            Body::TestEnd(end) => self.end(&dialect, end, event),
            Body::TestDetail(detail) => self.detail(detail, event.lane),
            Body::Counted(counted) => self.count(&dialect, counted, event),
            Body::Summary(summary) => self.summary(summary, event.time_ms),
            _ => return,
        }
        if !self.dialects.contains(&dialect) {
            self.dialects.push(dialect);
        }
    }

    /// All tests by name, in order of first appearance. The index is the ordinal, as long as none was
    /// [let go](Ledger::let_go) and none dropped.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// The test of this ordinal, if it is kept.
    #[must_use]
    pub fn test(&self, ordinal: u32) -> Option<&Test> {
        at(&self.tests, ordinal)
    }

    /// Tests begun and not ended, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Test> {
        self.open.iter().filter_map(|&i| self.test(i))
    }

    /// Suites by name.
    #[must_use]
    pub fn suites(&self) -> &BTreeMap<Arc<str>, Suite> {
        &self.suites
    }

    /// Tests by status, named or not; a failed tear-down counts as one errored test more.
    #[must_use]
    pub fn totals(&self) -> Counts {
        self.totals
    }

    /// Results that were counted but never named.
    #[must_use]
    pub fn unnamed(&self) -> Counts {
        let mut sum = Counts::ZERO;
        for counts in self.anonymous.values() {
            sum.merge(counts);
        }
        sum
    }

    /// The sum of the totals the frameworks printed.
    #[must_use]
    pub fn printed(&self) -> Option<Printed> {
        self.printed
    }

    /// The sum of the numbers of tests announced for whole sessions.
    #[must_use]
    pub fn planned(&self) -> Option<u64> {
        self.planned
    }

    /// Dialects that told something, in order of appearance.
    pub fn dialects(&self) -> impl Iterator<Item = &str> {
        self.dialects.iter().map(AsRef::as_ref)
    }

    /// Tests whose names were not kept because of [`TEST_CAP`], or of [`limit`](Ledger::limit).
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Time of the latest result, Unix milliseconds.
    #[must_use]
    pub fn last_result_ms(&self) -> Option<i64> {
        self.last_result_ms
    }

    /// Ordinals of the tests that changed since the last call.
    pub fn take_changed(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.changed)
    }

    /// One copy of each suite's and dialect's name; beyond a bound copies are no longer shared.
    fn word(&mut self, word: &str) -> Arc<str> {
        for recent in self.recent.iter().flatten() {
            if **recent == *word {
                return Arc::clone(recent);
            }
        }
        let found = match self.words.get(word) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = word.into();
                if self.words.len() < 2 * TEST_CAP {
                    self.words.insert(Arc::clone(&new));
                }
                new
            }
        };
        self.recent = [self.recent[1].take(), Some(Arc::clone(&found))];
        found
    }

    fn suite(&mut self, name: &str, time_ms: Option<i64>) -> &mut Suite {
        let known = self.suites.contains_key(name);
        let suite = match known {
            true => self.suites.get_mut(name).unwrap_or(&mut self.spare),
            false if self.suites.len() >= TEST_CAP || !self.hold.take_suite(name) => {
                &mut self.spare
            }
            false => {
                let name = self.word(name);
                self.suites.entry(name).or_default()
            }
        };
        suite.first_ms = suite.first_ms.or(time_ms);
        suite
    }

    fn plan(&mut self, plan: &Plan<'_>, time_ms: Option<i64>) {
        match plan.suite {
            Some(suite) => self.suite(suite, time_ms).planned = Some(plan.tests),
            None => self.planned = Some(self.planned.unwrap_or(0).saturating_add(plan.tests)),
        }
    }

    fn summary(&mut self, summary: &Summary<'_>, time_ms: Option<i64>) {
        self.printed = Some(self.printed.unwrap_or_default().plus(summary.printed));
        if let Some(name) = summary.suite {
            let suite = self.suite(name, time_ms);
            suite.duration_s = summary.duration_s.or(suite.duration_s);
        }
    }

    fn count(&mut self, dialect: &Arc<str>, counted: &Counted<'_>, event: &Event<'_>) {
        let time_ms = event.time_ms;
        let suite = counted.suite.map(|s| self.word(s));
        self.totals.merge(&counted.counts);
        self.last_result_ms = time_ms.or(self.last_result_ms);
        if let Some(name) = &suite {
            self.suite(name, time_ms).counts.merge(&counted.counts);
        }
        self.anonymous
            .entry(((Arc::clone(dialect), event.lane), suite))
            .or_default()
            .merge(&counted.counts);
    }
}

/// Place among tests in order of their ordinals.
fn place(tests: &[Test], ordinal: u32) -> Option<usize> {
    let at = ordinal as usize;
    match tests.get(at) {
        // As long as none is missing.
        Some(test) if test.ordinal == ordinal => Some(at),
        _ => tests.binary_search_by_key(&ordinal, |t| t.ordinal).ok(),
    }
}

fn at(tests: &[Test], ordinal: u32) -> Option<&Test> {
    tests.get(place(tests, ordinal)?)
}

fn at_mut(tests: &mut [Test], ordinal: u32) -> Option<&mut Test> {
    let place = place(tests, ordinal)?;
    tests.get_mut(place)
}

#[cfg(test)]
mod tests;
