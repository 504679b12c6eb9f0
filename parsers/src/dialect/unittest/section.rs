//! A `FAIL:` or `ERROR:` section at the end of a run: the traceback's message and place.

use super::{describe, nose2};
use crate::event::Status;

/// Characters of a message that are kept.
const MESSAGE_CAP: usize = 400;

/// The section being read.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) status: Status,
    pub(super) suite: String,
    pub(super) name: String,
    /// Line of its heading.
    pub(super) line: u64,
    /// Whether the line of dashes under the heading has been seen.
    pub(super) in_body: bool,
    message: String,
    reading: Reading,
    /// Whether the latest line says that another exception's traceback follows.
    chained: bool,
    innermost: Option<(String, u64)>,
    in_test: Option<(String, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Nothing yet.
    Start,
    /// Between `Traceback` and the exception.
    Frames,
    /// After the exception.
    Rest,
    /// Captured output.
    Output,
}

impl Section {
    pub(super) fn new(status: Status, suite: &str, name: &str, line: u64) -> Section {
        Section {
            status,
            suite: suite.to_owned(),
            name: name.to_owned(),
            line,
            in_body: false,
            message: String::new(),
            reading: Reading::Start,
            chained: false,
            innermost: None,
            in_test: None,
        }
    }

    /// A line below the heading: of the traceback, or, above it, of what nose2 says of a generated test.
    pub(super) fn line(&mut self, text: &str) {
        if self.in_body {
            self.body(text);
        } else if let Some(suite) = nose2::suite_of(text, &self.name) {
            self.suite = suite.to_owned();
        }
    }

    /// A line of the traceback, or of what follows it.
    fn body(&mut self, text: &str) {
        // Exception groups draw their tracebacks with a margin.
        let text = match self.reading {
            Reading::Frames => text.strip_prefix("  | ").unwrap_or(text),
            _ => text.strip_prefix("  + Exception Group ").unwrap_or(text),
        };
        let header = text == "Traceback (most recent call last):";
        match self.reading {
            Reading::Start if header => self.reading = Reading::Frames,
            Reading::Start if !text.trim().is_empty() => self.exception(text.trim()),
            Reading::Frames => self.frame(text),
            Reading::Rest if header && self.chained => {
                self.message.clear();
                (self.innermost, self.in_test) = (None, None);
                self.reading = Reading::Frames;
            }
            Reading::Rest if matches!(text, "Stdout:" | "Stderr:") => {
                self.reading = Reading::Output;
            }
            _ => {}
        }
        if !text.trim().is_empty() {
            self.chained = matches!(
                text,
                "During handling of the above exception, another exception occurred:"
                    | "The above exception was the direct cause of the following exception:"
            );
        }
    }

    fn frame(&mut self, text: &str) {
        if let Some(frame) = text.strip_prefix("  File \"") {
            if let Some((file, line, function)) = place(frame) {
                let at = (file.to_owned(), line);
                if function == self.name {
                    self.in_test = Some(at.clone());
                }
                self.innermost = Some(at);
            }
        } else if !text.is_empty() && !text.starts_with(' ') {
            self.exception(text);
        }
    }

    fn exception(&mut self, text: &str) {
        let end = text
            .char_indices()
            .nth(MESSAGE_CAP)
            .map_or(text.len(), |(at, _)| at);
        self.message.push_str(&text[..end]);
        self.reading = Reading::Rest;
    }

    pub(super) fn message(&self) -> Option<&str> {
        (!self.message.is_empty()).then_some(self.message.as_str())
    }

    /// The line of the test method, else the innermost one.
    pub(super) fn location(&self) -> Option<String> {
        let (file, line) = self.in_test.as_ref().or(self.innermost.as_ref())?;
        Some(format!("{file}:{line}"))
    }
}

/// `x.py", line 3, in f`: file, line, function.
fn place(frame: &str) -> Option<(&str, u64, &str)> {
    let (file, rest) = frame.split_once("\", line ")?;
    let (line, function) = match rest.split_once(", in ") {
        Some((line, function)) => (line, function),
        None => (rest, ""),
    };
    Some((file, line.parse().ok()?, function))
}

/// The section with this heading.
pub(super) fn of(status: Status, text: &str, line: u64) -> Section {
    match describe::headed(text) {
        Some(test) => Section::new(status, test.suite, test.name, line),
        None => Section::new(status, "", text, line),
    }
}
