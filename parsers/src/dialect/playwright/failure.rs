//! The text of a failure: one part per try.

use super::lines::{Titled, is_retry};
use crate::dialect::Emit;
use crate::dialect::script::{cap, frame};
use crate::event::{Body, Status, TestEnd};

/// Tries kept of one test.
const TRIES_CAP: usize = 50;

/// What is kept of it.
pub(super) struct Failure {
    id: Box<str>,
    suite: String,
    name: Box<str>,
    /// Where the test stands.
    place: Box<str>,
    pub(super) line: u64,
    tries: Vec<Try>,
}

/// One try: message and location.
#[derive(Default)]
struct Try {
    message: Option<Box<str>>,
    location: Option<Box<str>>,
}

impl Failure {
    pub(super) fn new(titled: &Titled<'_>, line: u64) -> Failure {
        let (suite, name) = titled.names();
        Failure {
            id: titled.id.into(),
            suite,
            name: name.into(),
            place: titled.place.into(),
            line,
            tries: vec![Try::default()],
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn names(&self) -> (String, &str) {
        (self.suite.clone(), &self.name)
    }

    /// Number of tries that failed.
    pub(super) fn tries(&self) -> u32 {
        // At most TRIES_CAP.
        self.tries.len() as u32
    }

    pub(super) fn note(&mut self, text: &str) {
        if is_retry(text) {
            if self.tries.len() < TRIES_CAP {
                self.tries.push(Try::default());
            }
            return;
        }
        let text = text.trim();
        let Some(latest) = self.tries.last_mut() else {
            return;
        };
        if latest.message.is_none() {
            latest.message = Some(cap(text).into());
        } else if latest.location.is_none() {
            latest.location = frame(text).map(|place| cap(place).into());
        }
    }

    /// Why the last try failed.
    pub(super) fn message(&self) -> Option<&str> {
        self.tries.last().and_then(|t| t.message.as_deref())
    }

    /// Where the last try failed.
    pub(super) fn location(&self) -> Option<&str> {
        let found = self.tries.last().and_then(|t| t.location.as_deref());
        found.or(Some(&self.place))
    }

    /// Tells every try; the first as the name of a counted result if it was counted.
    pub(super) fn tell(&self, counted: bool, emit: Emit<'_>) {
        for (number, one) in (1_u32..).zip(&self.tries) {
            let end = TestEnd {
                message: one.message.as_deref(),
                location: one.location.as_deref().or(Some(&self.place)),
                attempt: (number > 1).then_some(number),
                recap: counted && number == 1,
                ..TestEnd::new(Some(&self.suite), &self.name, Status::Failed)
            };
            emit(self.line, Body::TestEnd(end));
        }
    }
}
