//! Tests as they are remembered from one line to the next.

use super::describe::Described;
use crate::event::Status;

/// A described test, kept.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) suite: String,
    pub(super) name: String,
    pub(super) line: u64,
}

/// The test that began and has no result yet, and the result its output may end with.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) test: Known,
    pub(super) glued: Option<(u64, Status, Option<String>)>,
}

impl Known {
    pub(super) fn of(test: &Described<'_>, line: u64) -> Known {
        Known {
            suite: test.suite.to_owned(),
            name: test.name.to_owned(),
            line,
        }
    }
}
