//! Catch2's TAP: every result is an assertion, under a comment that names its test case.

use super::syntax::{self, Directive, TestLine};
use crate::dialect::{Claim, Emit};
use crate::event::{Body, Status, TestEnd, TestStart};

#[derive(Debug, Default)]
pub(super) struct Grouped {
    /// The latest comment: the test case of the next assertion.
    title: String,
    case: Option<Case>,
    last_number: u64,
}

/// A test case whose assertions are being told.
#[derive(Debug)]
struct Case {
    name: String,
    status: Status,
    /// The first failed assertion, or the reason of the skip.
    message: Option<String>,
    /// Line of the latest assertion.
    line: u64,
}

impl Grouped {
    pub(super) fn line(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if let Some(title) = text.strip_prefix('#') {
            self.title.clear();
            self.title.push_str(title.trim());
            return Claim::Own;
        }
        if syntax::plan(text).is_some() {
            self.finish(emit);
            return Claim::Own;
        }
        // `warning 3 - ...` takes a number and says nothing of the result.
        let line = match text.strip_prefix("warning ") {
            Some(rest) => syntax::test_line(text).or_else(|| warning(rest)),
            None => syntax::test_line(text),
        };
        match line {
            Some(line) if line.number == Some(self.last_number + 1) => {
                self.assertion(&line, number, emit);
                Claim::Own
            }
            _ => Claim::Pass,
        }
    }

    /// Whether assertions of a test case may go on.
    pub(super) fn is_attentive(&self) -> bool {
        self.case.is_some()
    }

    pub(super) fn finish(&mut self, emit: Emit<'_>) {
        let Some(case) = self.case.take() else { return };
        let end = TestEnd::new(Some(""), &case.name, case.status);
        let message = case.message.as_deref();
        emit(case.line, Body::TestEnd(TestEnd { message, ..end }));
    }

    fn assertion(&mut self, line: &TestLine<'_>, number: u64, emit: Emit<'_>) {
        self.last_number += 1;
        if self.case.as_ref().is_none_or(|c| c.name != self.title) {
            self.finish(emit);
            emit(
                number,
                Body::TestStart(TestStart {
                    suite: Some(""),
                    name: &self.title,
                    attempt: None,
                    tags: None,
                }),
            );
            self.case = Some(Case {
                name: self.title.clone(),
                status: Status::Passed,
                message: None,
                line: number,
            });
        }
        let Some(case) = &mut self.case else { return };
        case.line = number;
        let status = match line.directive {
            Some((Directive::Skip, _)) => Status::Skipped,
            // A failure that the test case allows.
            Some((Directive::Todo, _)) => return,
            _ if line.ok => return,
            _ => Status::Failed,
        };
        if case.status != Status::Failed {
            case.status = status;
            case.message = Some(line.name.to_owned());
        }
    }
}

/// The number of a warning.
fn warning(rest: &str) -> Option<TestLine<'_>> {
    let (number, name) = rest.split_once(" - ")?;
    Some(TestLine {
        ok: true,
        number: Some(number.parse().ok()?),
        name,
        dashed: true,
        directive: None,
        duration_s: None,
    })
}
