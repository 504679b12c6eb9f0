//! What each event about a test means for the tests known so far.

use std::sync::Arc;

use super::index::ByName;
use super::{ATTEMPT_CAP, Attempt, Detail, Ledger, TEST_CAP, Test, at, at_mut};
use crate::event::{Event, Status, TestDetail, TestEnd, TestStart};

impl Ledger {
    /// The lane's tests of that suite and name, latest first.
    pub(super) fn find(
        &self,
        lane: u32,
        suite: Option<&Arc<str>>,
        name: &str,
    ) -> impl Iterator<Item = u32> {
        let suite = suite.map(|s| &**s);
        let all = self.index.all(lane, suite, name).iter().rev().copied();
        all.filter(move |i| is(&self.tests, *i, lane, suite, name))
    }

    /// The lane's latest test of that suite and name, or of that name in any suite if none is given.
    pub(super) fn latest(
        &mut self,
        lane: u32,
        suite: Option<&Arc<str>>,
        name: &str,
    ) -> Option<u32> {
        let exact = self.find(lane, suite, name).next();
        match (exact, suite) {
            (None, None) => self.latest_of(lane, name),
            (found, _) => found,
        }
    }

    /// The lane's latest test of that name in any suite.
    fn latest_of(&mut self, lane: u32, name: &str) -> Option<u32> {
        let tests = &self.tests;
        let known = self.by_name.get_or_insert_with(|| {
            let mut known = ByName::default();
            for test in tests {
                known.insert(test.lane, &test.name, test.ordinal);
            }
            known
        });
        known.at(lane, name).copied()
    }

    /// Adds a test, or counts it as dropped when the ledger is full.
    fn add(
        &mut self,
        (dialect, lane): (&Arc<str>, u32),
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
        let ordinal = self.told();
        let full = self.named() >= self.cap.unwrap_or(TEST_CAP).min(TEST_CAP) as u64;
        let ends_dropped = attempt.status != Status::Unfinished
            && !self.dropped_open.is_empty()
            && self.dropped_open.get(&(lane, suite.clone())) > Some(&0);
        if full || ends_dropped || !self.hold.take_test(name) {
            self.drop_test(lane, suite, attempt.status, full);
            return None;
        }
        if attempt.status == Status::Unfinished {
            self.open.insert(ordinal);
        }
        self.index.push(lane, suite.as_deref(), name, ordinal);
        if let Some(known) = &mut self.by_name {
            known.insert(lane, name, ordinal);
        }
        if suite.is_none() {
            self.orphans
                .entry((Arc::clone(dialect), lane))
                .or_default()
                .push(ordinal);
        }
        self.tests.push(Test {
            ordinal,
            suite,
            name: name.into(),
            dialect: Arc::clone(dialect),
            lane,
            tags: None,
            attempts: vec![attempt],
            teardown_error: false,
        });
        self.changed.insert(ordinal);
        Some(ordinal)
    }

    /// A test that is counted, not kept: begun, or ended. What ends is taken for one of those that began in
    /// the same suite, so that no test counts twice.
    fn drop_test(&mut self, lane: u32, suite: Option<Arc<str>>, status: Status, full: bool) {
        let room = self.dropped_open.len() < TEST_CAP;
        let place = (lane, suite);
        match (status, self.dropped_open.get_mut(&place)) {
            (Status::Unfinished, Some(open)) => *open += 1,
            (Status::Unfinished, None) if room => {
                self.dropped_open.insert(place, 1);
            }
            (Status::Unfinished, None) | (_, None | Some(0)) => {}
            (_, Some(open)) => {
                *open -= 1;
                self.totals.sub(Status::Unfinished, 1);
                if let Some(suite) = place.1.and_then(|suite| self.suites.get_mut(&suite)) {
                    suite.counts.sub(Status::Unfinished, 1);
                }
                return;
            }
        }
        match full {
            true => self.dropped += 1,
            false => self.hold.crowded_out(),
        }
    }

    /// Moves the counters from a test's status to another and sets it on the latest attempt.
    pub(super) fn set_status(&mut self, ordinal: u32, status: Status) {
        let Some(test) = at_mut(&mut self.tests, ordinal) else {
            return;
        };
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

    pub(super) fn start(&mut self, dialect: &Arc<str>, start: &TestStart<'_>, event: &Event<'_>) {
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
        let earlier = self.find(event.lane, suite.as_ref(), start.name).next();
        let number = |found| at(&self.tests, found).map_or(0, |test| test.last().number);
        let ordinal = match (start.attempt, earlier.map(|found| (found, number(found)))) {
            (Some(number), Some((found, last))) if last < number => {
                self.push_attempt(found, attempt);
                Some(found)
            }
            (Some(number), Some((found, last))) if last == number => Some(found),
            _ => self.add((dialect, event.lane), suite, start.name, attempt),
        };
        self.tag(ordinal, start.tags);
    }

    /// What a test's tags are now, if any were told.
    fn tag(&mut self, ordinal: Option<u32>, tags: Option<&str>) {
        if let (Some(test), Some(tags)) = (ordinal.and_then(|i| at_mut(&mut self.tests, i)), tags) {
            test.tags = self.hold.text(Some(tags));
        }
    }

    fn push_attempt(&mut self, ordinal: u32, attempt: Attempt) {
        let Some(test) = at_mut(&mut self.tests, ordinal) else {
            return;
        };
        let (old, new) = (test.status(), attempt.status);
        let suite = test.suite.clone();
        if test.attempts.len() >= ATTEMPT_CAP {
            test.attempts.pop();
        }
        test.attempts.push(attempt);
        self.hold.take_attempt();
        if new == Status::Unfinished {
            self.open.insert(ordinal);
            self.index
                .reopen(test.lane, test.suite.as_deref(), &test.name);
        } else {
            self.open.remove(&ordinal);
        }
        self.changed.insert(ordinal);
        self.recount(suite.as_ref(), old, new);
    }

    /// A result: closes the open test of that name, else a further attempt, else a further test.
    pub(super) fn end(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
        self.last_result_ms = event.time_ms.or(self.last_result_ms);
        let suite = end.suite.map(|s| self.word(s));
        let (message, location) = self.texts(end, event.lane);
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
            _ => self.which(event.lane, suite.as_ref(), end),
        };
        let ordinal = match found {
            Some(found) => {
                self.close(found, attempt, end.attempt);
                Some(found)
            }
            None => self.add((dialect, event.lane), suite, end.name, attempt),
        };
        self.tag(ordinal, end.tags);
    }

    /// Which of the tests of one name a result belongs to: the oldest open one; with a number, the
    /// latest whose number is not beyond it.
    fn which(&mut self, lane: u32, suite: Option<&Arc<str>>, end: &TestEnd<'_>) -> Option<u32> {
        let name = end.name;
        let Some(number) = end.attempt else {
            let (tests, suite) = (&self.tests, suite.map(|s| &**s));
            let is_open =
                |i: u32| at(tests, i).is_some_and(Test::is_open) && is(tests, i, lane, suite, name);
            return self.index.oldest_open(lane, suite, name, is_open);
        };
        // Attempts of one test come close together: no need to look through many of one name.
        self.find(lane, suite, name)
            .take(ATTEMPT_CAP)
            .find(|i| at(&self.tests, *i).is_some_and(|test| test.last().number <= number))
    }

    fn close(&mut self, ordinal: u32, attempt: Attempt, number: Option<u32>) {
        let Some(test) = at_mut(&mut self.tests, ordinal) else {
            return;
        };
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

    fn texts(&mut self, end: &TestEnd<'_>, lane: u32) -> Detail {
        let early = self.early.take(lane, end.name);
        let (message, location) = early.unwrap_or_default();
        (
            self.hold.text(end.message).or(message),
            self.hold.text(end.location).or(location),
        )
    }

    pub(super) fn detail(&mut self, detail: &TestDetail<'_>, lane: u32) {
        let suite = detail.suite.map(|s| self.word(s));
        let found = self.latest(lane, suite.as_ref(), detail.name);
        if let Some(test) = found.and_then(|i| at_mut(&mut self.tests, i)) {
            self.hold
                .amend(test.last_mut(), detail.message, detail.location);
            self.changed.insert(test.ordinal);
        } else if self.early.len() < TEST_CAP && self.hold.take_early(detail.name) {
            let told = (
                self.hold.text(detail.message),
                self.hold.text(detail.location),
            );
            self.early.insert(lane, detail.name, told);
        }
    }

    /// The suite of every test of the dialect and lane that waits for one is known now.
    pub(super) fn adopt(&mut self, dialect: &Arc<str>, lane: u32, suite: &str) {
        let Some(orphans) = self.orphans.remove(&(Arc::clone(dialect), lane)) else {
            return;
        };
        let suite = self.word(suite);
        self.hold.look_again();
        for ordinal in &orphans {
            if let Some(test) = at_mut(&mut self.tests, *ordinal) {
                test.suite = Some(Arc::clone(&suite));
            }
        }
        let tests = &self.tests;
        let names = orphans.iter().filter_map(|i| Some(&*at(tests, *i)?.name));
        self.index.release(lane, names, |i| {
            at(tests, i).is_some_and(|test| test.suite.is_none())
        });
        for ordinal in orphans {
            let Some(test) = at(&self.tests, ordinal) else {
                continue;
            };
            let status = test.status();
            self.index.push(lane, Some(&suite), &test.name, ordinal);
            self.suite(&suite, None).counts.add(status, 1);
            self.changed.insert(ordinal);
        }
    }
}

/// Whether the test is one of that lane, suite and name.
pub(super) fn is(tests: &[Test], ordinal: u32, lane: u32, suite: Option<&str>, name: &str) -> bool {
    at(tests, ordinal).is_some_and(|test| {
        &*test.name == name && test.suite.as_deref() == suite && test.lane == lane
    })
}
