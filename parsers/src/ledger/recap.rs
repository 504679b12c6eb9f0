//! Results told a second time, and results of tear-downs, which stand beside the test's own: neither
//! may count twice.

use std::sync::Arc;

use super::fold::is;
use super::{Ledger, Test, Unnamed, at, at_mut};
use crate::event::{Counts, Event, Status, TestEnd};

impl Ledger {
    /// A result repeated: amends the test of that name, or names one that was only counted.
    pub(super) fn recap(&mut self, dialect: &Arc<str>, end: &TestEnd<'_>, event: &Event<'_>) {
        let suite = end.suite.map(|s| self.word(s));
        let found = self.recapped(event.lane, suite.as_ref(), end);
        if let Some(test) = found.and_then(|i| at_mut(&mut self.tests, i)) {
            let ordinal = test.ordinal;
            let last = test.last_mut();
            self.hold.amend(last, end.message, end.location);
            last.duration_s = last.duration_s.or(end.duration_s);
            let status = last.status;
            self.changed.insert(ordinal);
            if status == Status::Unfinished {
                self.set_status(ordinal, end.status);
            }
            return;
        }
        let claimed = self.claim((dialect, event.lane), suite.as_ref(), end.status);
        if !claimed && self.hold.may_be_gone(end.status) {
            // Of one that was let go: it is counted.
            return;
        }
        let recap = TestEnd {
            recap: false,
            attempt: None,
            ..end.clone()
        };
        self.end(dialect, &recap, event);
    }

    /// Which test a recap is about: of several of one name and status the recaps come in the order
    /// of the results, else the latest of that name.
    fn recapped(&mut self, lane: u32, suite: Option<&Arc<str>>, end: &TestEnd<'_>) -> Option<u32> {
        let several = self.find(lane, suite, end.name).nth(1).is_some();
        if !several || (end.message.is_none() && end.location.is_none()) {
            return self.latest(lane, suite, end.name);
        }
        let key = ((lane, suite.cloned(), end.name.into()), end.status);
        let from = self.recapped.get(&key).copied().unwrap_or(0);
        let all = self.index.all(lane, suite.map(|s| &**s), end.name);
        let next = all.iter().enumerate().skip(from).find(|(_, i)| {
            let suite = suite.map(|s| &**s);
            let bare = |test: &Test| {
                let last = test.last();
                last.status == end.status && last.message.is_none() && last.location.is_none()
            };
            is(&self.tests, **i, lane, suite, end.name) && at(&self.tests, **i).is_some_and(bare)
        });
        match next.map(|(at, i)| (at, *i)) {
            Some((at, found)) => {
                self.recapped.insert(key, at + 1);
                Some(found)
            }
            None => self.find(lane, suite, end.name).next(),
        }
    }

    /// Takes one result counted without a name back, preferring a suite that encloses the named one;
    /// tells whether there was one.
    fn claim(
        &mut self,
        teller: (&Arc<str>, u32),
        suite: Option<&Arc<str>>,
        status: Status,
    ) -> bool {
        let fits = |of: &Option<Arc<str>>| match (of, suite) {
            (Some(of), Some(suite)) => suite.starts_with(&**of),
            (of, suite) => of.as_ref() == suite,
        };
        let has = |((of, _), counts): &(&Unnamed, &mut Counts)| {
            (&of.0, of.1) == teller && counts[status] > 0
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
        let teller = (dialect, event.lane);
        let suite = end.suite.map(|s| self.word(s));
        let mut found = self.latest(event.lane, suite.as_ref(), end.name);
        if found.is_none() && end.recap && self.claim(teller, suite.as_ref(), Status::Passed) {
            let own = TestEnd::new(end.suite, end.name, Status::Passed);
            self.end(dialect, &own, event);
            found = self.latest(event.lane, suite.as_ref(), end.name);
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
        let Some(test) = at_mut(&mut self.tests, found).filter(|test| !test.teardown_error) else {
            return;
        };
        test.teardown_error = true;
        self.hold.amend(test.last_mut(), end.message, None);
        if end.recap {
            self.claim(teller, suite.as_ref(), Status::Errored);
        }
        self.totals.add(Status::Errored, 1);
        self.changed.insert(found);
    }
}
