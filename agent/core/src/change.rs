//! Which parts of a run a step touched: rules run only when something they look at changed.

use std::ops::{BitOr, BitOrAssign};

/// A set of parts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change(u16);

impl Change {
    /// Nothing.
    pub const NONE: Change = Change(0);
    /// Tests, suites, totals.
    pub const TESTS: Change = Change(1);
    /// Error signatures.
    pub const SIGNATURES: Change = Change(1 << 1);
    /// The run's pods.
    pub const PODS: Change = Change(1 << 2);
    /// A stream came, ended or lost bytes; the run's status changed.
    pub const STATE: Change = Change(1 << 3);
    /// Time passed.
    pub const TIME: Change = Change(1 << 4);
    /// Who the run is: its pipeline and labels.
    pub const CONTEXT: Change = Change(1 << 5);
    /// A suite appeared.
    pub const SUITES: Change = Change(1 << 6);
    /// Whose fault its failures are.
    pub const CAUSES: Change = Change(1 << 7);
    /// Everything.
    pub const ALL: Change = Change(0xff);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Change) -> Change {
        Change(self.0 | other.0)
    }

    /// Whether they have a part in common.
    #[must_use]
    pub const fn meets(self, other: Change) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Change {
    type Output = Change;
    fn bitor(self, other: Change) -> Change {
        self.and(other)
    }
}

impl BitOrAssign for Change {
    fn bitor_assign(&mut self, other: Change) {
        *self = self.and(other);
    }
}
