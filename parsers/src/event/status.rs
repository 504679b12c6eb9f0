//! How a test ended, and how many tests ended how.

use serde::{Deserialize, Serialize};

/// How a test ended, or where it stands.
///
/// There is no `flaky`: a test that failed at first and passed in a retry keeps both attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// The test passed.
    Passed = 0,
    /// An assertion failed.
    Failed = 1,
    /// The test broke outside its own assertions: set-up, tear-down, collection, a crash.
    Errored = 2,
    /// The test was not run.
    Skipped = 3,
    /// The test failed as it was expected to.
    Xfail = 4,
    /// The test passed although it was expected to fail.
    Xpass = 5,
    /// The test is marked as work still to be done; its result does not count (TAP `# TODO`).
    Todo = 6,
    /// The test's runner ended it because it took too long.
    TimedOut = 7,
    /// The test began and its end was never seen.
    Unfinished = 8,
}

impl Status {
    /// Every status, in the order of the wire codes.
    pub const ALL: [Status; 9] = [
        Status::Passed,
        Status::Failed,
        Status::Errored,
        Status::Skipped,
        Status::Xfail,
        Status::Xpass,
        Status::Todo,
        Status::TimedOut,
        Status::Unfinished,
    ];

    /// The word used in JSON, SQL, metrics and the API.
    ///
    /// ```
    /// assert_eq!(sentinel_parsers::Status::TimedOut.as_str(), "timed_out");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Errored => "errored",
            Status::Skipped => "skipped",
            Status::Xfail => "xfail",
            Status::Xpass => "xpass",
            Status::Todo => "todo",
            Status::TimedOut => "timed_out",
            Status::Unfinished => "unfinished",
        }
    }

    /// The status with the given word, if there is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// The status with the given wire code, if there is one.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Status> {
        if (code as usize) < Status::ALL.len() {
            Some(Status::ALL[code as usize])
        } else {
            None
        }
    }

    /// Whether this status makes a run red.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Status::Failed | Status::Errored | Status::TimedOut)
    }
}

/// How many tests stand in each status; index with a [`Status`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; 9]);

impl Counts {
    /// No tests at all.
    pub const ZERO: Counts = Counts([0; 9]);

    /// `n` tests of one status.
    #[must_use]
    pub fn of(status: Status, n: u64) -> Counts {
        let mut counts = Counts::ZERO;
        counts.add(status, n);
        counts
    }

    /// Adds `n` tests of the status, saturating.
    pub fn add(&mut self, status: Status, n: u64) {
        let slot = &mut self.0[status as usize];
        *slot = slot.saturating_add(n);
    }

    /// Takes `n` tests of the status away, stopping at zero.
    pub fn sub(&mut self, status: Status, n: u64) {
        let slot = &mut self.0[status as usize];
        *slot = slot.saturating_sub(n);
    }

    /// Adds every count of the other.
    pub fn merge(&mut self, other: &Counts) {
        for status in Status::ALL {
            self.add(status, other[status]);
        }
    }

    /// All tests, whatever their status.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Tests that failed, errored or timed out.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self[Status::Failed]
            .saturating_add(self[Status::Errored])
            .saturating_add(self[Status::TimedOut])
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 9]
    }
}

impl std::ops::Index<Status> for Counts {
    type Output = u64;
    fn index(&self, status: Status) -> &u64 {
        &self.0[status as usize]
    }
}
