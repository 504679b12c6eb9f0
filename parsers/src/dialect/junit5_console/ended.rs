//! A result of the console launcher before it is told: what was thrown may stand behind it.

use crate::dialect::Emit;
use crate::dialect::java::{Thrown, is_assertion, is_assumption};
use crate::dialect::script::cap;
use crate::event::{Body, Counts, Status, TestEnd};

/// A test, or a container that may have broken.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// The line it is about.
    pub(super) number: u64,
    pub(super) suite: String,
    pub(super) name: String,
    /// A container is told only if it broke.
    pub(super) test: bool,
    /// As printed; some forms print none.
    pub(super) status: Option<Status>,
    pub(super) seconds: Option<f64>,
    /// Why it was skipped, or the message where no exception is shown.
    pub(super) reason: Option<String>,
    pub(super) thrown: Option<Thrown>,
}

impl Ended {
    /// What a reason says.
    pub(super) fn because(&mut self, reason: &str) {
        self.reason = Some(cap(reason).to_owned()).filter(|r| !r.is_empty());
    }

    /// What looked like a test is a class that broke.
    pub(super) fn take_for_class(&mut self) {
        if self.test && !self.name.is_empty() {
            if !self.suite.is_empty() {
                self.suite.push_str(" > ");
            }
            self.suite.push_str(&self.name);
            self.name.clear();
        }
    }

    /// JUnit prints `failed` for all that broke; its report tells checks that did not hold (failures)
    /// from anything else (errors), by what was thrown.
    fn outcome(&self) -> Status {
        let class = self.thrown.as_ref().map_or("", |thrown| &thrown.class);
        match self.status {
            Some(Status::Passed) | None if self.thrown.is_none() => Status::Passed,
            Some(Status::Skipped) => Status::Skipped,
            _ if is_assumption(class) => Status::Skipped,
            _ if class.is_empty() || is_assertion(class) => Status::Failed,
            _ => Status::Errored,
        }
    }

    /// Tells the result and counts it.
    pub(super) fn tell(self, told: &mut Counts, emit: Emit<'_>) {
        let status = self.outcome();
        if !self.test && !status.is_failure() {
            return;
        }
        told.add(status, 1);
        let thrown = self.thrown.as_ref();
        let end = TestEnd {
            duration_s: self.seconds,
            message: thrown.and_then(Thrown::message).or(self.reason.as_deref()),
            location: thrown.and_then(Thrown::location),
            ..TestEnd::new(Some(&self.suite), &self.name, status)
        };
        emit(self.number, Body::TestEnd(end));
    }
}
