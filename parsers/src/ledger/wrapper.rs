//! A test that turns out to be no test: the function in which another framework runs its suite. Once
//! its output says so it is taken back, else it would be counted beside the tests inside it.

use std::sync::Arc;

use super::{Event, Ledger};

impl Ledger {
    /// Takes back the latest test if the suite that begins now has its name and its teller, and
    /// nothing is known of it but that it began. Gives whether that was so.
    pub(super) fn take_back(&mut self, dialect: &Arc<str>, name: &str, event: &Event<'_>) -> bool {
        let Some(test) = self.tests.pop_if(|test| {
            let told = test.dialect == *dialect && test.lane == event.lane;
            let begun = test.is_open() && test.attempts.len() == 1;
            told && begun && test.suite.is_none() && *test.name == *name
        }) else {
            return false;
        };
        self.totals.sub(test.status(), 1);
        self.open.remove(&test.ordinal);
        self.changed.remove(&test.ordinal);
        // Made anew when needed.
        self.by_name = None;
        if let Some(orphans) = self.orphans.get_mut(&(Arc::clone(dialect), test.lane)) {
            orphans.pop();
        }
        let names = std::iter::once(&*test.name);
        self.index.release(test.lane, names, |i| i != test.ordinal);
        true
    }
}
