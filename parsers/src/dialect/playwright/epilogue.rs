//! The totals at the end of a run.

use super::lines::Place;
use crate::dialect::Emit;
use crate::dialect::closing::close;
use crate::event::{Counts, Printed, Status};

/// The figures so far.
#[derive(Default)]
pub(super) struct Epilogue {
    begun: Option<u64>,
    /// Whose list may follow.
    place: Option<Place>,
    printed: Printed,
    flaky: u64,
}

impl Epilogue {
    /// A figure was printed.
    pub(super) fn total(&mut self, place: Place, count: u64, line: u64) {
        self.begun = self.begun.or(Some(line));
        self.place = Some(place);
        let slot = match place {
            Place::Failed => &mut self.printed.failed,
            Place::Skipped => &mut self.printed.skipped,
            Place::Passed => &mut self.printed.passed,
            Place::Flaky => {
                self.flaky += count;
                return;
            }
            Place::Other => return,
        };
        *slot = Some(slot.unwrap_or(0).saturating_add(count));
    }

    /// Whose list may follow.
    pub(super) fn place(&self) -> Option<Place> {
        self.place
    }

    /// Tells the totals, and of the tests in them that nobody named.
    pub(super) fn end(&mut self, told: &Counts, emit: Emit<'_>) {
        let Some(line) = self.begun.take() else {
            return;
        };
        let mut printed = self.printed;
        if self.flaky > 0 {
            // A flaky test has passed in the end.
            printed.passed = Some(printed.passed.unwrap_or(0).saturating_add(self.flaky));
        }
        // Playwright prints one figure for all that failed.
        let mut told = *told;
        let all = told.failures();
        told.add(Status::Failed, all - told[Status::Failed]);
        close(printed, &told, line, emit);
    }
}
