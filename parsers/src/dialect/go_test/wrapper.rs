//! The Go test that runs a suite of Ginkgo's: its specs are the tests, not itself.

use super::GoTest;
use super::lines::Outcome;
use crate::dialect::Emit;
use crate::event::{Body, Status, SuiteStart};

/// The test that runs a suite of Ginkgo's, whose specs are the tests.
#[derive(Default)]
pub(super) enum Wrapper {
    #[default]
    None,
    /// Under `-v`: it has begun.
    Begun(Box<str>),
    /// Without `-v`: a suite runs in a test nobody has named.
    Unnamed,
    /// The same, and it failed: the next result is the test's.
    Failed,
}

impl GoTest {
    /// A suite of Ginkgo's begins in the current test, or, without `-v`, in some test.
    pub(super) fn wrap(&mut self, number: u64, emit: Emit<'_>) {
        self.close_reports(0, emit);
        if let Wrapper::Begun(_) = self.wrapper {
            // It runs several.
            return;
        }
        self.wrapper = match self.current.take() {
            Some(name) if self.begun.end(&name).is_some() => {
                let start = SuiteStart {
                    suite: &name,
                    tags: None,
                };
                emit(number, Body::SuiteStart(start));
                Wrapper::Begun(name)
            }
            _ => Wrapper::Unnamed,
        };
    }

    /// Whether a result is the wrapper's.
    pub(super) fn wraps(&self, outcome: &Outcome<'_>) -> bool {
        match &self.wrapper {
            Wrapper::Begun(name) => **name == *outcome.name,
            Wrapper::Failed => outcome.indent == Some(0) && outcome.status == Status::Failed,
            Wrapper::None | Wrapper::Unnamed => false,
        }
    }
}
