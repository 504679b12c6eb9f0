//! The text of one failure in the list below the results.

use super::lines;
use crate::dialect::Emit;
use crate::dialect::script::{cap, frame, position};
use crate::event::{Body, Status, TestEnd};

/// What is kept of it.
pub(super) struct Failure {
    title: Box<str>,
    line: u64,
    /// `file:line` above the excerpt of the code.
    place: Option<Box<str>>,
    /// First line that is neither place nor code.
    said: Option<Box<str>>,
    /// The line before the first frame, which is the error.
    error: Option<Box<str>>,
    latest: Box<str>,
    location: Option<Box<str>>,
}

impl Failure {
    pub(super) fn new(title: &str, line: u64) -> Failure {
        Failure {
            title: title.into(),
            line,
            place: None,
            said: None,
            error: None,
            latest: "".into(),
            location: None,
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        let text = text.trim();
        if text.starts_with("at ") {
            if self.error.is_none() {
                self.error = Some(std::mem::take(&mut self.latest));
            }
            self.locate(frame(text));
            return;
        }
        if let Some(place) = text.strip_prefix("› ") {
            // A relative path, in spite of the scheme.
            self.locate(position(place.strip_prefix("file://").unwrap_or(place)));
            return;
        }
        if self.place.is_none() && self.said.is_none() && position(text) == Some(text) {
            self.place = Some(cap(text).into());
            return;
        }
        if self.said.is_none() && !is_code(text) {
            self.said = Some(cap(text).into());
        }
        if self.error.is_none() {
            self.latest = cap(text).into();
        }
    }

    fn locate(&mut self, place: Option<&str>) {
        let place = place.filter(|p| !p.contains("node_modules/"));
        if let (None, Some(place)) = (&self.location, place) {
            self.location = Some(cap(place).into());
        }
    }

    pub(super) fn tell(&self, emit: Emit<'_>) {
        let (suite, name) = lines::names(&self.title);
        let end = TestEnd {
            message: self.error.as_deref().or(self.said.as_deref()),
            location: self.location.as_deref().or(self.place.as_deref()),
            recap: true,
            ..TestEnd::new(Some(suite), name, Status::Failed)
        };
        emit(self.line, Body::TestEnd(end));
    }
}

/// `3: test('adds', ...)`.
fn is_code(text: &str) -> bool {
    let number = text.split_once(':').map_or("", |(number, _)| number);
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}
