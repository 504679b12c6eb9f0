//! What is open between the messages of one flow, and what a message says in its attributes.

use crate::event::{Body, Status, TestEnd};

/// Characters of a message that are kept.
const MESSAGE_CAP: usize = 400;

/// What is open in one flow.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub suites: Vec<Suite>,
    pub tests: Vec<Test>,
}

#[derive(Debug)]
pub(super) struct Suite {
    pub name: String,
    /// The name it was told under, if it was: PHPUnit's suites of one method's data sets are not.
    pub told: Option<String>,
}

/// A test whose end has not come.
#[derive(Debug)]
pub(super) struct Test {
    /// The name as the messages give it.
    pub key: String,
    /// Number of the line that began it.
    pub line: u64,
    pub suite: String,
    pub name: String,
    pub attempt: Option<u32>,
    pub status: Status,
    pub message: Option<String>,
    pub location: Option<String>,
}

impl Flow {
    /// The open suites, and one more, joined.
    pub(super) fn path(&self, last: Option<&str>) -> String {
        let names: Vec<&str> = self
            .suites
            .iter()
            .map(|s| s.name.as_str())
            .chain(last)
            .collect();
        names.join(" > ")
    }
}

impl Test {
    pub(super) fn end(&self, duration_s: Option<f64>) -> Body<'_> {
        Body::TestEnd(TestEnd {
            duration_s,
            attempt: self.attempt,
            message: self.message.as_deref(),
            location: self.location.as_deref(),
            ..TestEnd::new(Some(&self.suite), &self.name, self.status)
        })
    }
}

/// Class and method of PHPUnit's `php_qn://FILE::\CLASS::METHOD`; the method of a class is empty.
pub(super) fn php(hint: &str) -> Option<(&str, &str)> {
    let (_, qualified) = hint.strip_prefix("php_qn://")?.split_once("::\\")?;
    Some(qualified.split_once("::").unwrap_or((qualified, "")))
}

/// The first line of the details that is a `file:line` alone.
pub(super) fn place(details: &str) -> Option<&str> {
    details.lines().map(str::trim).find(|line| {
        line.rsplit_once(':').is_some_and(|(file, number)| {
            !file.is_empty()
                && !file.contains(' ')
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        })
    })
}

pub(super) fn cap(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MESSAGE_CAP) {
        text.truncate(end);
    }
    text
}
