//! The fold from events to tests: who ran, how often, how it ended, and what the totals are.
//!
//! One ledger per stream. It is the single place that knows what the vocabulary means for counting:
//! attempts against repeated names, recaps against results, results counted before they are named,
//! suites named after their tests. The command line's `parse` and the agent both read it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::event::{
    Body, Counted, Counts, Event, Plan, Printed, Status, Summary, TestDetail, TestEnd, TestStart,
};

/// Tests a ledger keeps by name; results beyond are counted, and counted as dropped.
pub const TEST_CAP: usize = 200_000;
/// Attempts kept per test; a later one replaces the last.
pub const ATTEMPT_CAP: usize = 64;

/// One execution of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// The result; [`Status::Unfinished`] until one is seen.
    pub status: Status,
    /// Duration in seconds as printed.
    pub duration_s: Option<f64>,
    /// First line of the failure's or the skip's text.
    pub message: Option<Box<str>>,
    /// `file:line` of the failure.
    pub location: Option<Box<str>>,
    /// 1-based line of the result, or of the start while there is no result.
    pub line: u64,
    /// Time of the start event, Unix milliseconds.
    pub started_ms: Option<i64>,
    /// Time of the result, Unix milliseconds.
    pub ended_ms: Option<i64>,
}

/// A test with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Place in the order of first appearance in the stream, from 0; the test's key.
    pub ordinal: u32,
    /// The suite; `None` while it is not known.
    pub suite: Option<Arc<str>>,
    /// The name.
    pub name: Box<str>,
    /// The dialect that told it.
    pub dialect: Arc<str>,
    /// Comma-separated tags as printed.
    pub tags: Option<Box<str>>,
    /// At least one, oldest first.
    pub attempts: Vec<Attempt>,
    /// Whether its tear-down failed beside its own result.
    pub teardown_error: bool,
}

impl Test {
    /// The latest attempt.
    #[must_use]
    pub fn last(&self) -> &Attempt {
        // Created with one attempt; none is ever removed.
        &self.attempts[self.attempts.len() - 1]
    }

    /// The status of the latest attempt.
    #[must_use]
    pub fn status(&self) -> Status {
        self.last().status
    }

    /// Whether it passed after an attempt that did not.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.status() == Status::Passed && self.attempts.iter().any(|a| a.status.is_failure())
    }

    /// Whether it has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status() == Status::Unfinished
    }

    fn last_mut(&mut self) -> &mut Attempt {
        let end = self.attempts.len() - 1;
        &mut self.attempts[end]
    }
}

/// A suite seen in the stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suite {
    /// Results told with this suite.
    pub counts: Counts,
    /// Number of tests announced.
    pub planned: Option<u64>,
    /// Time of the first event naming it, Unix milliseconds.
    pub first_ms: Option<i64>,
    /// Time of its end event.
    pub ended_ms: Option<i64>,
    /// Its own printed result.
    pub status: Option<Status>,
    /// Printed duration in seconds.
    pub duration_s: Option<f64>,
    /// Comma-separated tags as printed.
    pub tags: Option<Box<str>>,
}

/// The state of one stream's tests.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    tests: Vec<Test>,
    index: HashMap<Key, Vec<u32>>,
    suites: BTreeMap<Arc<str>, Suite>,
    totals: Counts,
    /// Results counted without a name that no name has claimed yet, by dialect and suite.
    anonymous: BTreeMap<(Arc<str>, Option<Arc<str>>), Counts>,
    /// Tests told without a suite, by dialect, waiting for an adopting suite end.
    orphans: HashMap<Arc<str>, Vec<u32>>,
    /// Details that came before their result.
    early: HashMap<Box<str>, Detail>,
    /// Tests begun and not ended.
    open: BTreeSet<u32>,
    /// How many of the tests of one name the recaps of a status have gone through.
    recapped: HashMap<(Key, Status), usize>,
    changed: BTreeSet<u32>,
    words: BTreeSet<Arc<str>>,
    planned: Option<u64>,
    printed: Option<Printed>,
    dialects: Vec<Arc<str>>,
    dropped: u64,
    last_result_ms: Option<i64>,
    /// A bound below [`TEST_CAP`], if one was set.
    cap: Option<usize>,
}

/// Message and location.
type Detail = (Option<Box<str>>, Option<Box<str>>);

/// Suite and name. The suite is part of the key only once it is known.
type Key = (Option<Arc<str>>, Box<str>);

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
            Body::SuiteStart(s) => {
                let tags = s.tags.map(Into::into);
                let suite = self.suite(s.suite, event.time_ms);
                suite.tags = tags.or(suite.tags.take());
            }
            Body::SuiteEnd(s) => {
                let suite = self.suite(s.suite, event.time_ms);
                suite.ended_ms = event.time_ms;
                suite.status = s.status.or(suite.status);
                suite.duration_s = s.duration_s.or(suite.duration_s);
                if s.adopts {
                    self.adopt(&dialect, s.suite);
                }
            }
            Body::Plan(plan) => self.plan(plan, event.time_ms),
            Body::TestStart(start) => self.start(&dialect, start, event),
            Body::TestEnd(end) if end.teardown => self.teardown(&dialect, end, event),
            Body::TestEnd(end) if end.recap => self.recap(&dialect, end, event),
            Body::TestEnd(end) => self.end(&dialect, end, event),
            Body::TestDetail(detail) => self.detail(detail),
            Body::Counted(counted) => self.count(&dialect, counted, event.time_ms),
            Body::Summary(summary) => self.summary(summary, event.time_ms),
            _ => return,
        }
        if !self.dialects.contains(&dialect) {
            self.dialects.push(dialect);
        }
    }

    /// All tests by name, in order of first appearance; the index is the ordinal.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// Tests begun and not ended, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Test> {
        self.open.iter().map(|&i| &self.tests[i as usize])
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

    /// Results whose names were not kept because of [`TEST_CAP`].
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

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = word.into();
        self.words.insert(Arc::clone(&new));
        new
    }

    fn suite(&mut self, name: &str, time_ms: Option<i64>) -> &mut Suite {
        let name = self.word(name);
        let suite = self.suites.entry(name).or_default();
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

    fn count(&mut self, dialect: &Arc<str>, counted: &Counted<'_>, time_ms: Option<i64>) {
        let suite = counted.suite.map(|s| self.word(s));
        self.totals.merge(&counted.counts);
        self.last_result_ms = time_ms.or(self.last_result_ms);
        if let Some(name) = &suite {
            self.suite(name, time_ms).counts.merge(&counted.counts);
        }
        self.anonymous
            .entry((Arc::clone(dialect), suite))
            .or_default()
            .merge(&counted.counts);
    }

    fn find(&self, suite: Option<&Arc<str>>, name: &str) -> Option<&Vec<u32>> {
        self.index.get(&(suite.cloned(), name.into()))
    }

    /// The latest test of that suite and name, or of that name in any suite if none is given.
    fn latest(&self, suite: Option<&Arc<str>>, name: &str) -> Option<u32> {
        if let Some(found) = self.find(suite, name).and_then(|v| v.last()) {
            return Some(*found);
        }
        match suite {
            Some(_) => None,
            None => self
                .tests
                .iter()
                .rev()
                .find(|t| &*t.name == name)
                .map(|t| t.ordinal),
        }
    }

    /// Adds a test, or counts it as dropped when the ledger is full.
    fn add(
        &mut self,
        dialect: &Arc<str>,
        suite: Option<Arc<str>>,
        name: &str,
        attempt: Attempt,
    ) -> Option<u32> {
        self.totals.add(attempt.status, 1);
        if let Some(suite) = &suite {
            self.suite(suite, attempt.started_ms.or(attempt.ended_ms))
                .counts
                .add(attempt.status, 1);
        }
        if self.tests.len() >= self.cap.unwrap_or(TEST_CAP).min(TEST_CAP) {
            self.dropped += 1;
            return None;
        }
        // Fits: TEST_CAP is far below u32::MAX.
        let ordinal = self.tests.len() as u32;
        if attempt.status == Status::Unfinished {
            self.open.insert(ordinal);
        }
        self.index
            .entry((suite.clone(), name.into()))
            .or_default()
            .push(ordinal);
        if suite.is_none() {
            self.orphans
                .entry(Arc::clone(dialect))
                .or_default()
                .push(ordinal);
        }
        self.tests.push(Test {
            ordinal,
            suite,
            name: name.into(),
            dialect: Arc::clone(dialect),
            tags: None,
            attempts: vec![attempt],
            teardown_error: false,
        });
        self.changed.insert(ordinal);
        Some(ordinal)
    }

    /// Moves the counters from a test's status to another and sets it on the latest attempt.
    fn set_status(&mut self, ordinal: u32, status: Status) {
        let test = &mut self.tests[ordinal as usize];
        let old = std::mem::replace(&mut test.last_mut().status, status);
        let suite = test.suite.clone();
        self.recount(suite.as_ref(), old, status);
        if status == Status::Unfinished {
            self.open.insert(ordinal);
        } else {
            self.open.remove(&ordinal);
        }
        self.changed.insert(ordinal);
    }

    fn recount(&mut self, suite: Option<&Arc<str>>, old: Status, new: Status) {
        self.totals.sub(old, 1);
        self.totals.add(new, 1);
        if let Some(suite) = suite.and_then(|s| self.suites.get_mut(s)) {
            suite.counts.sub(old, 1);
            suite.counts.add(new, 1);
        }
    }

    fn start(&mut self, dialect: &Arc<str>, start: &TestStart<'_>, event: &Event<'_>) {
        let suite = start.suite.map(|s| self.word(s));
        let attempt = Attempt {
            number: start.attempt.unwrap_or(1),
            status: Status::Unfinished,
            duration_s: None,
            message: None,
            location: None,
            line: event.line,
            started_ms: event.time_ms,
            ended_ms: None,
        };
        let earlier = self.latest_exact(suite.as_ref(), start.name);
        let ordinal = match (start.attempt, earlier) {
            (Some(number), Some(found)) if self.tests[found as usize].last().number < number => {
                self.push_attempt(found, attempt);
                Some(found)
            }
            (Some(number), Some(found)) if self.tests[found as usize].last().number == number => {
                Some(found)
            }
            _ => self.add(dialect, suite, start.name, attempt),
        };
        if let (Some(i), Some(tags)) = (ordinal, start.tags) {
            self.tests[i as usize].tags = Some(tags.into());
        }
    }

    fn latest_exact(&self, suite: Option<&Arc<str>>, name: &str) -> Option<u32> {
        self.find(suite, name).and_then(|v| v.last()).copied()
    }

    fn push_attempt(&mut self, ordinal: u32, attempt: Attempt) {
        let test = &mut self.tests[ordinal as usize];
        let (old, new) = (test.status(), attempt.status);
        let suite = test.suite.clone();
        if test.attempts.len() >= ATTEMPT_CAP {
            test.attempts.pop();
        }
        test.attempts.push(attempt);
        self.recount(suite.as_ref(), old, new);
        if new == Status::Unfinished {
            self.open.insert(ordinal);
        } else {
            self.open.remove(&ordinal);
        }
        self.changed.insert(ordinal);
    }

    /// A result: closes the open test of that name, else a further attempt, else a further test.
    fn end(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
        self.last_result_ms = event.time_ms.or(self.last_result_ms);
        let suite = end.suite.map(|s| self.word(s));
        let (message, location) = self.texts(end);
        let attempt = Attempt {
            number: end.attempt.unwrap_or(1),
            status: end.status,
            duration_s: end.duration_s,
            message,
            location,
            line: event.line,
            started_ms: None,
            ended_ms: event.time_ms,
        };
        let found = match (end.attempt, self.open.is_empty()) {
            // Nothing is open: no need to look through many tests of one name.
            (None, true) => None,
            _ => self
                .find(suite.as_ref(), end.name)
                .and_then(|all| self.which(all, end.attempt)),
        };
        let ordinal = match found {
            Some(found) => {
                self.close(found, attempt, end.attempt);
                Some(found)
            }
            None => self.add(dialect, suite, end.name, attempt),
        };
        if let (Some(i), Some(tags)) = (ordinal, end.tags) {
            self.tests[i as usize].tags = Some(tags.into());
        }
    }

    /// Which of the tests of one name a result belongs to: the oldest open one; with a number, the
    /// latest whose number is not beyond it.
    fn which(&self, all: &[u32], number: Option<u32>) -> Option<u32> {
        let test = |i: &&u32| &self.tests[**i as usize];
        match number {
            None => all.iter().find(|i| test(i).is_open()).copied(),
            Some(n) => all
                .iter()
                .rev()
                .find(|i| test(i).last().number <= n)
                .copied(),
        }
    }

    fn close(&mut self, ordinal: u32, attempt: Attempt, number: Option<u32>) {
        let test = &mut self.tests[ordinal as usize];
        let last = test.last_mut();
        if number.is_some_and(|n| n > last.number) {
            return self.push_attempt(ordinal, attempt);
        }
        let status = attempt.status;
        *last = Attempt {
            number: last.number,
            status: last.status,
            started_ms: last.started_ms,
            message: attempt.message.or(last.message.take()),
            location: attempt.location.or(last.location.take()),
            ..attempt
        };
        self.set_status(ordinal, status);
    }

    fn texts(&mut self, end: &TestEnd<'_>) -> Detail {
        let (message, location) = match self.early.is_empty() {
            true => (None, None),
            false => self.early.remove(end.name).unwrap_or_default(),
        };
        (
            end.message.map(Into::into).or(message),
            end.location.map(Into::into).or(location),
        )
    }

    /// A result repeated: amends the test of that name, or names one that was only counted.
    fn recap(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
        let suite = end.suite.map(|s| self.word(s));
        if let Some(found) = self.recapped(suite.as_ref(), end) {
            let test = &mut self.tests[found as usize];
            let last = test.last_mut();
            last.message = last.message.take().or(end.message.map(Into::into));
            last.location = last.location.take().or(end.location.map(Into::into));
            last.duration_s = last.duration_s.or(end.duration_s);
            let status = last.status;
            self.changed.insert(found);
            if status == Status::Unfinished {
                self.set_status(found, end.status);
            }
            return;
        }
        self.claim(dialect, suite.as_ref(), end.status);
        let recap = TestEnd {
            recap: false,
            attempt: None,
            ..end.clone()
        };
        self.end(dialect, &recap, event);
    }

    /// Which test a recap is about: of several of one name and status the recaps come in the order
    /// of the results, else the latest of that name.
    fn recapped(&mut self, suite: Option<&Arc<str>>, end: &TestEnd<'_>) -> Option<u32> {
        let several = self.find(suite, end.name).is_some_and(|all| all.len() > 1);
        if !several || (end.message.is_none() && end.location.is_none()) {
            return self.latest(suite, end.name);
        }
        let key = ((suite.cloned(), end.name.into()), end.status);
        let from = self.recapped.get(&key).copied().unwrap_or(0);
        let all = self.find(suite, end.name)?;
        let next = all.iter().enumerate().skip(from).find(|(_, i)| {
            let last = self.tests[**i as usize].last();
            last.status == end.status && last.message.is_none() && last.location.is_none()
        });
        match next.map(|(at, i)| (at, *i)) {
            Some((at, found)) => {
                self.recapped.insert(key, at + 1);
                Some(found)
            }
            None => all.last().copied(),
        }
    }

    /// Takes one result counted without a name back, preferring a suite that encloses the named one;
    /// tells whether there was one.
    fn claim(&mut self, dialect: &Arc<str>, suite: Option<&Arc<str>>, status: Status) -> bool {
        let fits = |of: &Option<Arc<str>>| match (of, suite) {
            (Some(of), Some(suite)) => suite.starts_with(&**of),
            (of, suite) => of.as_ref() == suite,
        };
        let has = |(key, counts): &(&(Arc<str>, Option<Arc<str>>), &mut Counts)| {
            key.0 == *dialect && counts[status] > 0
        };
        let key = self
            .anonymous
            .iter_mut()
            .filter(has)
            .map(|(key, _)| key.clone())
            .max_by_key(|key| (fits(&key.1), key.1.is_none()));
        let Some(key) = key else { return false };
        if let Some(counts) = self.anonymous.get_mut(&key) {
            counts.sub(status, 1);
        }
        self.totals.sub(status, 1);
        if let Some(suite) = key.1.and_then(|s| self.suites.get_mut(&s)) {
            suite.counts.sub(status, 1);
        }
        true
    }

    /// A failed tear-down: counts beside the test's own result. As a recap it was counted already,
    /// and if its test was too, that one has passed: a failed one is listed for itself.
    fn teardown(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
        let suite = end.suite.map(|s| self.word(s));
        let mut found = self.latest(suite.as_ref(), end.name);
        if found.is_none() && end.recap && self.claim(dialect, suite.as_ref(), Status::Passed) {
            let own = TestEnd::new(end.suite, end.name, Status::Passed);
            self.end(dialect, &own, event);
            found = self.latest(suite.as_ref(), end.name);
        }
        let Some(found) = found else {
            let end = TestEnd {
                teardown: false,
                ..end.clone()
            };
            return match end.recap {
                true => self.recap(dialect, &end, event),
                false => self.end(dialect, &end, event),
            };
        };
        if self.tests[found as usize].teardown_error {
            return;
        }
        if end.recap {
            self.claim(dialect, suite.as_ref(), Status::Errored);
        }
        self.totals.add(Status::Errored, 1);
        let test = &mut self.tests[found as usize];
        test.teardown_error = true;
        let last = test.last_mut();
        last.message = last.message.take().or(end.message.map(Into::into));
        self.changed.insert(found);
    }

    fn detail(&mut self, detail: &TestDetail<'_>) {
        let suite = detail.suite.map(|s| self.word(s));
        let (message, location) = (
            detail.message.map(Into::into),
            detail.location.map(Into::into),
        );
        match self.latest(suite.as_ref(), detail.name) {
            Some(found) => {
                let last = self.tests[found as usize].last_mut();
                last.message = last.message.take().or(message);
                last.location = last.location.take().or(location);
                self.changed.insert(found);
            }
            None if self.early.len() < TEST_CAP => {
                self.early.insert(detail.name.into(), (message, location));
            }
            None => {}
        }
    }

    /// The suite of every test of the dialect that waits for one is known now.
    fn adopt(&mut self, dialect: &Arc<str>, suite: &str) {
        let Some(orphans) = self.orphans.remove(dialect) else {
            return;
        };
        let suite = self.word(suite);
        for ordinal in orphans {
            let test = &mut self.tests[ordinal as usize];
            test.suite = Some(Arc::clone(&suite));
            let (name, status) = (test.name.clone(), test.status());
            self.index.remove(&(None, name.clone()));
            self.index
                .entry((Some(Arc::clone(&suite)), name))
                .or_default()
                .push(ordinal);
            self.suite(&suite, None).counts.add(status, 1);
            self.changed.insert(ordinal);
        }
    }
}

#[cfg(test)]
mod tests;
