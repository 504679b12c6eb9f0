//! What each event about a test means for the tests known so far.

use std::sync::Arc;

use super::{ATTEMPT_CAP, Attempt, Detail, Ledger, TEST_CAP, Test};
use crate::event::{Counts, Event, Status, TestDetail, TestEnd, TestStart};

impl Ledger {
    /// Tests of that suite and name, latest first.
    fn find(&self, suite: Option<&Arc<str>>, name: &str) -> impl Iterator<Item = u32> {
        let suite = suite.map(|s| &**s);
        let all = self.index.all(suite, name).iter().rev().copied();
        all.filter(move |i| is(&self.tests, *i, suite, name))
    }

    /// The latest test of that suite and name, or of that name in any suite if none is given.
    fn latest(&mut self, suite: Option<&Arc<str>>, name: &str) -> Option<u32> {
        let exact = self.find(suite, name).next();
        match (exact, suite) {
            (None, None) => self.latest_of(name),
            (found, _) => found,
        }
    }

    /// The latest test of that name in any suite.
    fn latest_of(&mut self, name: &str) -> Option<u32> {
        let tests = &self.tests;
        let known = self
            .by_name
            .get_or_insert_with(|| tests.iter().map(|t| (t.name.clone(), t.ordinal)).collect());
        known.get(name).copied()
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
        self.index.push(suite.as_deref(), name, ordinal);
        if let Some(known) = &mut self.by_name {
            known.insert(name.into(), ordinal);
        }
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
        self.find(suite, name).next()
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
            let test = &self.tests[ordinal as usize];
            self.index.reopen(test.suite.as_deref(), &test.name);
        } else {
            self.open.remove(&ordinal);
        }
        self.changed.insert(ordinal);
    }

    /// A result: closes the open test of that name, else a further attempt, else a further test.
    pub(super) fn end(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
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
            _ => self.which(suite.as_ref(), end.name, end.attempt),
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
    fn which(&mut self, suite: Option<&Arc<str>>, name: &str, number: Option<u32>) -> Option<u32> {
        let Some(number) = number else {
            let (tests, suite) = (&self.tests, suite.map(|s| &**s));
            let is_open = |i: u32| tests[i as usize].is_open() && is(tests, i, suite, name);
            return self.index.oldest_open(suite, name, is_open);
        };
        // Attempts of one test come close together: no need to look through many of one name.
        self.find(suite, name)
            .take(ATTEMPT_CAP)
            .find(|i| self.tests[*i as usize].last().number <= number)
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
    pub(super) fn recap(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
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
        let several = self.find(suite, end.name).nth(1).is_some();
        if !several || (end.message.is_none() && end.location.is_none()) {
            return self.latest(suite, end.name);
        }
        let key = ((suite.cloned(), end.name.into()), end.status);
        let from = self.recapped.get(&key).copied().unwrap_or(0);
        let all = self.index.all(suite.map(|s| &**s), end.name);
        let next = all.iter().enumerate().skip(from).find(|(_, i)| {
            let last = self.tests[**i as usize].last();
            let suite = suite.map(|s| &**s);
            is(&self.tests, **i, suite, end.name)
                && last.status == end.status
                && last.message.is_none()
                && last.location.is_none()
        });
        match next.map(|(at, i)| (at, *i)) {
            Some((at, found)) => {
                self.recapped.insert(key, at + 1);
                Some(found)
            }
            None => self.latest_exact(suite, end.name),
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
    pub(super) fn teardown(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
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

    pub(super) fn detail(&mut self, detail: &TestDetail<'_>) {
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
    pub(super) fn adopt(&mut self, dialect: &Arc<str>, suite: &str) {
        let Some(orphans) = self.orphans.remove(dialect) else {
            return;
        };
        let suite = self.word(suite);
        for ordinal in &orphans {
            self.tests[*ordinal as usize].suite = Some(Arc::clone(&suite));
        }
        let tests = &self.tests;
        let names = orphans.iter().map(|i| &*tests[*i as usize].name);
        self.index
            .release(names, |i| tests[i as usize].suite.is_none());
        for ordinal in orphans {
            let test = &self.tests[ordinal as usize];
            let status = test.status();
            self.index.push(Some(&suite), &test.name, ordinal);
            self.suite(&suite, None).counts.add(status, 1);
            self.changed.insert(ordinal);
        }
    }
}

/// Whether the test is one of that suite and name.
fn is(tests: &[Test], ordinal: u32, suite: Option<&str>, name: &str) -> bool {
    tests
        .get(ordinal as usize)
        .is_some_and(|test| &*test.name == name && test.suite.as_deref() == suite)
}
