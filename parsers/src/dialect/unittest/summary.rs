//! One run of `unittest`: what was told by name, and what its last lines say about the rest.

use super::describe;
use crate::dialect::Emit;
use crate::event::{Body, Counted, Counts, Printed, Status, Summary};

/// The kinds that the verdict gives figures for, in its order.
const KINDS: [Status; 5] = [
    Status::Failed,
    Status::Errored,
    Status::Skipped,
    Status::Xfail,
    Status::Xpass,
];

#[derive(Debug, Default)]
pub(super) struct Session {
    begun: bool,
    /// Whether result lines name the tests.
    verbose: bool,
    /// Results told by name.
    named: Counts,
    /// Progress characters.
    progress: Counts,
    /// Whether there are results that `Ran` does not count (sub-tests, class fixtures).
    pub(super) uneven: bool,
    /// Sections of class and module fixtures, which `Ran` does not count.
    pub(super) fixtures: u64,
    /// The `Ran` line: line number, tests, seconds.
    ran: Option<(u64, u64, Option<f64>)>,
}

impl Session {
    /// Whether the dialect is known to be spoken.
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    /// Whether result lines named the tests.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    pub(super) fn begin(&mut self) {
        self.begun = true;
    }

    /// A result was told by name, by a result line or by a section.
    pub(super) fn named(&mut self, status: Status, by_result_line: bool) {
        self.named.add(status, 1);
        self.verbose |= by_result_line;
    }

    pub(super) fn progress(&mut self, counts: &Counts) {
        self.progress.merge(counts);
    }

    pub(super) fn ran(&mut self, line: u64, tests: u64, seconds: Option<f64>) {
        self.begun = true;
        self.ran = Some((line, tests, seconds));
    }

    /// Reads the line that closes a run after its `Ran` line.
    pub(super) fn verdict(&mut self, text: &str, emit: Emit<'_>) -> bool {
        if self.ran.is_none() || text.is_empty() {
            return false;
        }
        let Some(figures) = describe::verdict(text) else {
            return false;
        };
        self.close(Some(figures), emit);
        true
    }

    /// The stream is over; the verdict may have been cut off.
    pub(super) fn finish(&mut self, emit: Emit<'_>) {
        if self.ran.is_some() {
            self.close(None, emit);
        }
    }

    fn close(&mut self, figures: Option<[u64; 5]>, emit: Emit<'_>) {
        let Some((line, tests, duration_s)) = self.ran else {
            return;
        };
        if let (false, Some(figures)) = (self.verbose, figures) {
            let counts = self.rest(tests, figures);
            if !counts.is_zero() {
                let suite = None;
                emit(line, Body::Counted(Counted { suite, counts }));
            }
        }
        let printed = figures.map_or_else(Printed::default, |f| Printed {
            failed: Some(f[0]),
            errored: Some(f[1]),
            skipped: Some(f[2]),
            xfail: Some(f[3]),
            xpass: Some(f[4]),
            ..Printed::default()
        });
        let printed = Printed {
            tests: (!self.uneven).then_some(tests),
            ..printed
        };
        emit(
            line,
            Body::Summary(Summary {
                suite: None,
                printed,
                duration_s,
            }),
        );
        *self = Session::default();
    }

    /// What was not told by name. The progress characters are believed if they agree with the
    /// verdict: `Ran` counts a test with several failed sub-tests once.
    fn rest(&mut self, tests: u64, figures: [u64; 5]) -> Counts {
        let mut counts = Counts::ZERO;
        let agree = KINDS
            .iter()
            .zip(figures)
            .all(|(status, n)| self.progress[*status] == n);
        let other: u64 = figures.iter().sum();
        let passed = self.progress[Status::Passed];
        if agree && (other > 0 || passed == tests) {
            counts.add(Status::Passed, passed);
            self.uneven |= passed + other != tests;
        } else {
            let of_tests = other.saturating_sub(self.fixtures);
            counts.add(Status::Passed, tests.saturating_sub(of_tests));
        }
        for (status, n) in KINDS.into_iter().zip(figures) {
            counts.add(status, n.saturating_sub(self.named[status]));
        }
        counts
    }
}
