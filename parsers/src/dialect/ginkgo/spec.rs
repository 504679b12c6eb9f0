//! A spec from its name to its result, in whichever order they come.

use super::head::Head;
use super::lines::{self, Mark};
use super::why::Why;
use crate::dialect::Emit;
use crate::dialect::script::cap;
use crate::event::{Body, Status, TestEnd, TestStart};

/// Tries told of one spec.
const TRIES_CAP: u32 = 50;

/// The spec being read.
#[derive(Debug)]
pub(super) struct Spec {
    name: Option<Box<str>>,
    pub(super) line: u64,
    place: Option<Box<str>>,
    mark: Option<Mark>,
    why: Why,
    started: bool,
}

impl Spec {
    pub(super) fn unnamed(line: u64) -> Spec {
        Spec {
            name: None,
            line,
            place: None,
            mark: None,
            why: Why::default(),
            started: false,
        }
    }

    pub(super) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn is_marked(&self) -> bool {
        self.mark.is_some()
    }

    pub(super) fn known_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        self.mark = Some(mark);
    }

    /// Takes the name, unless it is known: below a failure it is repeated.
    pub(super) fn name(&mut self, head: &Head) {
        if self.name.is_none() {
            self.name = head.name(self.mark.is_some()).map(|n| cap(&n).into());
            self.place = head.place().map(Into::into);
        }
    }

    pub(super) fn start(&mut self, suite: &str, emit: Emit<'_>) {
        let Some(name) = self.name.as_deref() else {
            return;
        };
        if self.started || lines::is_suite_node(name) {
            return;
        }
        self.started = true;
        let start = TestStart {
            suite: Some(suite),
            name,
            attempt: None,
            tags: None,
        };
        emit(self.line, Body::TestStart(start));
    }

    /// Output, or the reason of a failure.
    pub(super) fn text(&mut self, text: &str) {
        match &self.mark {
            Some(mark) if mark.first => self.why.first(text),
            // Before the result there are only those of version 2 that a try gave.
            None if text.trim_start().starts_with("Attempt #") => self.why.forget(),
            _ => self.why.second(text),
        }
    }

    /// Tells how it ended, if that is known of a spec with a name; gives the status that counts.
    pub(super) fn tell(&self, suite: &str, emit: Emit<'_>) -> Option<Status> {
        let (name, mark) = (self.name.as_deref()?, self.mark.as_ref()?);
        if lines::is_suite_node(name) {
            return self.tell_node(suite, name, mark, emit);
        }
        let mut end = TestEnd {
            duration_s: mark.seconds,
            ..TestEnd::new(Some(suite), name, mark.status)
        };
        if mark.status != Status::Passed {
            end.message = self.why.message();
            end.location = self.why.location().or(self.place.as_deref());
        }
        if let Some(tries) = mark.tries.filter(|n| (2..=TRIES_CAP).contains(n)) {
            self.tell_tries(tries, suite, name, emit);
            end.attempt = Some(tries);
        }
        emit(self.line, Body::TestEnd(end));
        Some(mark.status)
    }

    fn tell_tries(&self, tries: u32, suite: &str, name: &str, emit: Emit<'_>) {
        if !self.started {
            let start = TestStart {
                suite: Some(suite),
                name,
                attempt: None,
                tags: None,
            };
            emit(self.line, Body::TestStart(start));
        }
        for number in 1..tries {
            let end = TestEnd {
                attempt: Some(number),
                ..TestEnd::new(Some(suite), name, Status::Failed)
            };
            emit(self.line, Body::TestEnd(end));
        }
    }

    /// A node of the suite that failed takes all specs with it, or says what they left behind.
    fn tell_node(&self, suite: &str, name: &str, mark: &Mark, emit: Emit<'_>) -> Option<Status> {
        if !mark.status.is_failure() {
            return None;
        }
        let end = TestEnd {
            duration_s: mark.seconds,
            message: self.why.message(),
            location: self.why.location().or(self.place.as_deref()),
            ..TestEnd::new(Some(suite), name, Status::Errored)
        };
        emit(self.line, Body::TestEnd(end));
        Some(Status::Errored)
    }
}
