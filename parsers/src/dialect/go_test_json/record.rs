//! What a line of `go test -json` says.

use crate::decimal::decimal;
use crate::dialect::flat_json::{self, RawStr};

/// How the members begin of the records that most lines are.
pub(super) const TIME: &str = "{\"Time\":\"";
pub(super) const ACTION: &str = ",\"Action\":\"";
pub(super) const PACKAGE: &str = ",\"Package\":\"";
pub(super) const TEST: &str = ",\"Test\":\"";
pub(super) const OUTPUT: &str = ",\"Output\":\"";

/// The members of a line that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Record<'a> {
    pub(super) action: RawStr<'a>,
    pub(super) package: Option<RawStr<'a>>,
    pub(super) test: Option<RawStr<'a>>,
    pub(super) import_path: Option<RawStr<'a>>,
    pub(super) output: Option<RawStr<'a>>,
    pub(super) output_type: Option<RawStr<'a>>,
    pub(super) elapsed: Option<f64>,
    pub(super) failed_build: bool,
}

impl<'a> Record<'a> {
    /// Reads any object.
    pub(super) fn any(text: &'a str) -> Option<Record<'a>> {
        let mut record = Record::default();
        flat_json::object(text, |key, value| match key {
            "Action" => record.action = value.str().unwrap_or_default(),
            "Package" => record.package = value.str(),
            "Test" => record.test = value.str(),
            "ImportPath" => record.import_path = value.str(),
            "Output" => record.output = value.str(),
            "OutputType" => record.output_type = value.str(),
            "Elapsed" => record.elapsed = value.number(),
            "FailedBuild" => record.failed_build = true,
            _ => {}
        })?;
        Some(record)
    }

    /// Reads the records that most lines are, as Go prints them, several times as fast as any object:
    /// about one test, members in one order, nothing between them. Nothing for others.
    pub(super) fn usual(text: &'a str) -> Option<Record<'a>> {
        let mut record = Record::default();
        record.is_usual(text).then_some(record)
    }

    /// Reads such a record in place; whether it was one.
    #[inline]
    pub(super) fn is_usual(&mut self, text: &'a str) -> bool {
        let at = &mut 0;
        let mut member = |before| value(text, at, before);
        let about = member(TIME).and_then(|_| Some((member(ACTION)?, member(PACKAGE)?)));
        let Some((action, package)) = about else {
            return false;
        };
        (self.action, self.package) = (action, Some(package));
        self.about_test(text, *at)
    }

    /// Adds the test that stands there and what follows it; whether that is all of such a record.
    #[inline]
    pub(super) fn about_test(&mut self, text: &'a str, mut at: usize) -> bool {
        self.test = value(text, &mut at, TEST);
        self.test.is_some() && self.goes_on(text, at)
    }

    /// Adds what stands behind the test; whether that is all of such a record.
    #[inline]
    pub(super) fn goes_on(&mut self, text: &'a str, mut at: usize) -> bool {
        self.output = value(text, &mut at, OUTPUT);
        match &text[at..] {
            "}" => true,
            _ if self.output.is_some() => false,
            rest => {
                let elapsed = rest.strip_prefix(",\"Elapsed\":");
                let elapsed = elapsed.and_then(|e| e.strip_suffix('}'));
                self.elapsed = elapsed.and_then(decimal);
                self.elapsed.is_some()
            }
        }
    }
}

/// The string that stands behind this text at this place, and goes on to the place behind it.
#[inline]
fn value<'a>(text: &'a str, at: &mut usize, before: &str) -> Option<RawStr<'a>> {
    if !text.as_bytes().get(*at..)?.starts_with(before.as_bytes()) {
        return None;
    }
    let (value, end) = flat_json::string(text, *at + before.len())?;
    *at = end;
    Some(value)
}

/// Whether `go doc test2json` knows the action.
pub(super) fn is_action(word: &str) -> bool {
    matches!(
        word,
        "output" | "run" | "pass" | "fail" | "skip" | "pause" | "cont" | "start" | "bench" | "attr"
    ) || matches!(word, "artifacts" | "build-output" | "build-fail")
}
