//! The errors after the results: headings, one or more, and the text that explains them all.

use super::lines;
use super::run::Run;
use crate::dialect::script::cap;
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Status, TestEnd};

/// Headings of one text.
const HEADING_CAP: usize = 10_000;

/// One of the lists of errors.
pub(super) struct Failures {
    /// Whether files and suites failed, not tests.
    is_suites: bool,
    /// Headings without a text yet, with their lines.
    headings: Vec<(Box<str>, u64)>,
    message: Option<Box<str>>,
    location: Option<Box<str>>,
}

impl Failures {
    /// Whether a heading between rules begins a list: of suites or of tests.
    pub(super) fn heading(text: &str) -> Option<bool> {
        if text.starts_with("Failed Suites ") {
            return Some(true);
        }
        let others = ["Failed Tests ", "Failed Typecheck Tests ", "Unhandled "];
        others.iter().any(|p| text.starts_with(p)).then_some(false)
    }

    pub(super) fn new(is_suites: bool) -> Failures {
        Failures {
            is_suites,
            headings: Vec::new(),
            message: None,
            location: None,
        }
    }

    /// A line of the list.
    pub(super) fn line(&mut self, line: &Line<'_>, run: &mut Run, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(heading) = lines::failure(text) {
            if self.message.is_some() {
                self.end(run, emit);
            }
            if self.headings.len() < HEADING_CAP {
                self.headings.push((heading.into(), line.number));
            }
            return Claim::Own;
        }
        if self.headings.is_empty() {
            return Claim::Pass;
        }
        if self.message.is_none() {
            self.message = Some(cap(text.trim()).into());
        } else if self.location.is_none() {
            self.location = lines::frame(text).map(|place| cap(place).into());
        }
        Claim::Text
    }

    /// The text is complete: tells it for all its headings.
    pub(super) fn end(&mut self, run: &mut Run, emit: Emit<'_>) {
        let message = self.message.take();
        let location = self.location.take();
        let (message, location) = (message.as_deref(), location.as_deref());
        for (heading, line) in std::mem::take(&mut self.headings) {
            if self.is_suites {
                let suite = match lines::own_file(&heading) {
                    Some(file) => file,
                    None => lines::titled(&heading).map_or(&*heading, |(_, titles)| titles),
                };
                let end = TestEnd {
                    message,
                    location,
                    ..TestEnd::new(Some(suite), "", Status::Errored)
                };
                emit(line, Body::TestEnd(end));
            } else if let Some((file, titles)) = lines::titled(&heading) {
                run.explain(file, titles, message, location, line, emit);
            }
        }
    }
}
