//! Brings failure texts and tests together: by name where the progress showed names, else by the
//! order in which the list at the end names them.

use super::node;
use super::session::{Session, Style, end};
use super::summary::Listed;
use super::traceback::{Kind, Traceback, heading, place_with};
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Status, TestDetail, TestEnd};

/// Failures waiting for their text, and texts waiting for their name; later ones go without.
const WAITING_CAP: usize = 20_000;
/// How far ahead a text may be in the order of failures, or the reverse.
const LOOKAHEAD: usize = 64;

/// A failure whose text is still to come.
#[derive(Debug)]
pub(super) struct Expected {
    /// The node id; empty when only a letter told the failure.
    pub id: Box<str>,
    /// The sub-test; empty for whole tests.
    pub sub: Box<str>,
    /// The file the letter belonged to; empty if unknown.
    pub file: Box<str>,
}

/// A failure text whose test is still to be named.
#[derive(Debug)]
pub(super) struct Held {
    text: Traceback,
    file: Box<str>,
}

impl Held {
    /// Whether its heading gives a name, if no list does.
    pub(super) fn is_titled(&self) -> bool {
        !self.text.title.is_empty()
    }

    /// Whether it came from the block of errors.
    pub(super) fn is_error(&self) -> bool {
        self.text.kind != Kind::Test
    }

    /// The status of its test.
    pub(super) fn status(&self) -> Status {
        match self.is_error() {
            true => Status::Errored,
            false => Status::Failed,
        }
    }

    /// Tells the result by the heading, the only name there is.
    pub(super) fn tell_by_title(&self, emit: Emit<'_>) {
        let place = self.text.location().unwrap_or_default();
        let file = match place.rsplit_once(':') {
            Some((file, _)) if self.file.is_empty() => file,
            _ => &self.file,
        };
        let (suite, name) = node::from_title(file, &self.text.title);
        let told = TestEnd {
            message: self.text.message(),
            location: self.text.location(),
            recap: true,
            teardown: self.text.kind == Kind::Teardown,
            ..end(&suite, name, self.status())
        };
        emit(self.text.line, Body::TestEnd(told));
    }
}

/// The name of a sub-test, an entry of its own beside its test.
pub(super) fn sub_name(name: &str, sub: &str) -> String {
    format!("{name} {sub}")
}

impl Session {
    /// Remembers a failure until its text comes.
    pub(super) fn expect(&mut self, error: bool, id: &str, sub: &str, file: &str) {
        let queue = match error {
            true => &mut self.errored,
            false => &mut self.failed,
        };
        if queue.len() < WAITING_CAP {
            queue.push_back(Expected {
                id: id.into(),
                sub: sub.into(),
                file: file.into(),
            });
        }
    }

    /// Takes the width of the terminal from a banner, if it is not known.
    pub(super) fn widen(&mut self, banner: &str) {
        if self.width == 0 {
            self.width = banner.chars().count();
        }
    }

    /// A block of failures, errors or anything else begins.
    pub(super) fn enter_block(&mut self, errors: bool) {
        self.in_errors = errors;
    }

    /// Whether the text being read has come to the test's captured output.
    pub(super) fn in_captured_output(&self) -> bool {
        self.reading.as_ref().is_some_and(|r| r.captured)
    }

    /// A line of the FAILURES or ERRORS block.
    pub(super) fn failure_line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.begin_text(line, '_', emit) {
            return Claim::Own;
        }
        if let Some(reading) = &mut self.reading {
            reading.read(line.text);
            return Claim::Text;
        }
        if let Some((place, message)) = place_with(line.text) {
            self.one_line(place, message, line.number, emit);
        }
        Claim::Text
    }

    /// A heading begins a new text; tells whether the line was one.
    pub(super) fn begin_text(&mut self, line: &Line<'_>, rule: char, emit: Emit<'_>) -> bool {
        let Some(title) = heading(line.text, rule) else {
            return false;
        };
        if !self.is_wide(line.text, rule) {
            return false;
        }
        let text = Traceback::new(title, line.number);
        let error = self.in_errors || text.kind != Kind::Test;
        let target = match text.kind {
            Kind::Collection => None,
            _ => self.take_expected(error, &text.title),
        };
        let named = self.style == Some(Style::Verbose);
        if named && self.in_captured_output() && target.is_none() && text.kind == Kind::Test {
            return false;
        }
        self.leave_block(emit);
        self.reading = Some(text);
        self.target = target;
        true
    }

    /// Whether the line reaches over the terminal's width, as headings do; one with a long title
    /// has a single character on each side and may be longer.
    fn is_wide(&self, text: &str, rule: char) -> bool {
        if self.width == 0 {
            return true;
        }
        let length = text.chars().count();
        let bare = !text[rule.len_utf8()..].starts_with(rule);
        length == self.width || length + 1 == self.width || (bare && length > self.width)
    }

    /// The failure of that title: the next one, or one of those after it.
    fn take_expected(&mut self, error: bool, title: &str) -> Option<Expected> {
        let queue = match error {
            true => &mut self.errored,
            false => &mut self.failed,
        };
        let fits = |e: &Expected| {
            e.id.is_empty() || (node::is_titled(&e.id, title) && (title.ends_with(&*e.sub)))
        };
        let found = queue.iter().take(LOOKAHEAD).position(fits)?;
        queue.remove(found)
    }

    /// A failure in one line (`--tb=line`): the next one.
    fn one_line(&mut self, place: &str, message: &str, line: u64, emit: Emit<'_>) {
        let (queue, kind) = match self.in_errors {
            true => (&mut self.errored, Kind::Setup),
            false => (&mut self.failed, Kind::Test),
        };
        self.target = queue.pop_front();
        if self.target.is_some() {
            self.reading = Some(Traceback::in_one_line(kind, place, message, line));
            self.leave_block(emit);
        }
    }

    /// The text being read is complete.
    pub(super) fn leave_block(&mut self, emit: Emit<'_>) {
        self.tell_slowest(emit);
        let Some(text) = self.reading.take() else {
            return;
        };
        let target = self.target.take();
        match (text.kind, target) {
            (Kind::Collection, _) => {
                self.seen.add(Status::Errored, 1);
                self.uncollected += 1;
                let told = TestEnd {
                    message: text.message(),
                    location: text.location(),
                    ..end(&text.title, "", Status::Errored)
                };
                emit(text.line, Body::TestEnd(told));
            }
            (_, Some(expected)) if !expected.id.is_empty() => detail(&text, &expected, emit),
            (_, target) if self.held.len() < WAITING_CAP => self.held.push_back(Held {
                text,
                file: target.map(|e| e.file).unwrap_or_default(),
            }),
            _ => {}
        }
    }

    /// A test named in the list at the end.
    pub(super) fn listed(&mut self, listed: &Listed<'_>, line: u64, emit: Emit<'_>) {
        let error = listed.status == Status::Errored;
        self.listed.0 |= listed.status == Status::Failed;
        self.listed.1 |= error;
        let held = match listed.status {
            Status::Failed | Status::Errored => self.take_held(error, listed),
            _ => None,
        };
        let text = held.as_ref().map(|h| &h.text);
        let (suite, name) = node::split(listed.id);
        let sub_name = (!listed.sub.is_empty()).then(|| sub_name(name, listed.sub));
        if name.is_empty() && self.uncollected > 0 {
            self.uncollected -= 1;
        } else if self.style != Some(Style::Verbose) {
            self.claim(listed.status);
        }
        let told = TestEnd {
            message: text.and_then(Traceback::message).or(listed.message),
            location: text.and_then(Traceback::location),
            recap: true,
            teardown: text.is_some_and(|t| t.kind == Kind::Teardown),
            ..end(suite, sub_name.as_deref().unwrap_or(name), listed.status)
        };
        emit(line, Body::TestEnd(told));
    }

    /// The held text of that test: the next of its kind, or one of those after it.
    fn take_held(&mut self, error: bool, listed: &Listed<'_>) -> Option<Held> {
        let fits = |h: &Held| {
            h.is_error() == error
                && (h.text.title.is_empty()
                    || (node::is_titled(listed.id, &h.text.title)
                        && h.text.title.ends_with(listed.sub)))
        };
        let found = self.held.iter().take(LOOKAHEAD).position(fits)?;
        self.held.remove(found)
    }

    /// A line of the list that names nothing: a message's further lines, what comes before the end.
    pub(super) fn after_list(&self, text: &str) -> Claim {
        if text.starts_with('!') && text.ends_with('!') {
            Claim::Own
        } else {
            Claim::Text
        }
    }
}

fn detail(text: &Traceback, expected: &Expected, emit: Emit<'_>) {
    let (suite, name) = node::split(&expected.id);
    let sub_name = (!expected.sub.is_empty()).then(|| sub_name(name, &expected.sub));
    let detail = TestDetail {
        suite: Some(suite),
        name: sub_name.as_deref().unwrap_or(name),
        message: text.message(),
        location: text.location(),
    };
    emit(text.line, Body::TestDetail(detail));
}
