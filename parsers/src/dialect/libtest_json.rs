//! libtest's JSON lines (`cargo test -- -Z unstable-options --format json`), and what nextest prints
//! in that format.
//!
//! Format source: `library/test/src/formatters/json.rs` of the Rust distribution. The binary is
//! named by cargo's headings, which stand between the objects as text.

use crate::dialect::flat_json::{self, RawStr};
use crate::dialect::libtest::{Block, DOC_SUITE, Figures, Suites};
use crate::dialect::libtest::{is_doc_name, suite_heading, test_name};
use crate::dialect::needle::Needles;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, TestEnd, TestStart};

#[cfg(test)]
mod tests;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "libtest_json",
    summary: "cargo test with --format json",
    sniff: |line| {
        (line.text.starts_with('{') && line.text.contains("\"type\":"))
            || suite_heading(line.text).is_some()
    },
    needles: NEEDLES,
    lookback: 0,
    new: || Box::<LibtestJson>::default(),
};

/// What shows that a line means something: libtest writes these members so and not otherwise.
const NEEDLES: &[&str] = &[
    "\"type\": \"suite\"",
    "\"type\":\"suite\"",
    "\"type\": \"test\"",
    "\"type\":\"test\"",
    "\"type\": \"bench\"",
    "\"type\":\"bench\"",
    "\"type\": \"report\"",
    "\"type\":\"report\"",
    "\nRunning ",
    "\nDoc-tests ",
];

/// Whether one of them stands in a line.
static MARKS: Needles = Needles::of(NEEDLES);

/// State over one stream.
#[derive(Default)]
struct LibtestJson {
    suites: Suites,
    suite: Option<Box<str>>,
    /// Whether a suite was begun in this format.
    open: bool,
}

/// The members of a line that matter.
#[derive(Clone, Copy, Default)]
struct Record<'a> {
    kind: RawStr<'a>,
    event: RawStr<'a>,
    name: Option<RawStr<'a>>,
    test_count: Option<u64>,
    seconds: Option<f64>,
    stdout: Option<RawStr<'a>>,
    message: Option<RawStr<'a>>,
    reason: Option<RawStr<'a>>,
    passed: Option<u64>,
    failed: u64,
    ignored: u64,
    measured: u64,
}

impl Dialect for LibtestJson {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(suite) = suite_heading(line.text) {
            self.suites.heading(suite);
            // Remembered and passed: the text format has the same headings.
            return Claim::Pass;
        }
        if !line.text.starts_with('{') || !MARKS.stand_in(line.text) {
            return Claim::Pass;
        }
        let Some(record) = read(line.text) else {
            return Claim::Pass;
        };
        match (record.kind.escaped(), record.event.escaped()) {
            ("suite", "started") => self.begin(&record, line.number, emit),
            _ if !self.open => Claim::Pass,
            ("suite", "ok" | "failed") => self.end(&record, line.number, emit),
            ("test", event) => self.test(&record, event, line.number, emit),
            ("bench", _) => self.result(&record, Status::Passed, line.number, emit),
            ("suite" | "report", _) => Claim::Own,
            _ => Claim::Pass,
        }
    }

    fn finish(&mut self, _emit: Emit<'_>) {}

    fn attention(&self) -> Attention {
        Attention::Needles
    }
}

fn read(text: &str) -> Option<Record<'_>> {
    let mut record = Record::default();
    flat_json::object(text, |key, value| match key {
        "type" => record.kind = value.str().unwrap_or_default(),
        "event" => record.event = value.str().unwrap_or_default(),
        "name" => record.name = value.str(),
        "test_count" => record.test_count = value.count(),
        "exec_time" => record.seconds = value.number().or_else(|| seconds(value.str()?)),
        "stdout" => record.stdout = value.str(),
        "message" => record.message = value.str(),
        "reason" => record.reason = value.str(),
        "passed" => record.passed = value.count(),
        "failed" => record.failed = value.count().unwrap_or_default(),
        "ignored" => record.ignored = value.count().unwrap_or_default(),
        "measured" => record.measured = value.count().unwrap_or_default(),
        _ => {}
    })?;
    Some(record)
}

/// Old versions print times as `"0.123s"`.
fn seconds(text: RawStr<'_>) -> Option<f64> {
    text.escaped().strip_suffix('s')?.parse().ok()
}

impl LibtestJson {
    fn begin(&mut self, record: &Record<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let Some(tests) = record.test_count else {
            return Claim::Pass;
        };
        self.open = true;
        self.suite = self.suites.begin(tests, number, emit);
        Claim::Own
    }

    fn end(&mut self, record: &Record<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let Some(passed) = record.passed else {
            return Claim::Pass;
        };
        let figures = Figures {
            passed,
            failed: record.failed,
            ignored: record.ignored,
            measured: record.measured,
            seconds: record.seconds,
            ok: record.event.escaped() == "ok",
        };
        let suite = self.suite.take();
        self.suites.end(suite.as_deref(), &figures, number, emit);
        Claim::Own
    }

    fn test(&self, record: &Record<'_>, event: &str, number: u64, emit: Emit<'_>) -> Claim {
        let late = record.reason.map(RawStr::escaped) == Some("time limit exceeded");
        let status = match event {
            "started" => return self.started(record, number, emit),
            "ok" => Status::Passed,
            "failed" if late => Status::TimedOut,
            "failed" | "allowed_failure" => Status::Failed,
            "ignored" => Status::Skipped,
            // Runs for over a minute; its result is still to come.
            "timeout" => return Claim::Own,
            _ => return Claim::Pass,
        };
        self.result(record, status, number, emit)
    }

    fn started(&self, record: &Record<'_>, number: u64, emit: Emit<'_>) -> Claim {
        let Some(name) = record.name.map(RawStr::text) else {
            return Claim::Pass;
        };
        let (suite, name) = self.place(&name);
        let start = TestStart {
            suite,
            name,
            attempt: None,
            tags: None,
        };
        emit(number, Body::TestStart(start));
        Claim::Own
    }

    fn result(&self, record: &Record<'_>, status: Status, number: u64, emit: Emit<'_>) -> Claim {
        let Some(name) = record.name.map(RawStr::text) else {
            return Claim::Pass;
        };
        let (suite, name) = self.place(&name);
        let mut block = Block::new(name, number);
        let stdout = record.stdout.filter(|_| status.is_failure());
        for text in stdout.map(RawStr::text).unwrap_or_default().lines() {
            block.note(text, number);
        }
        let reason = block.reason().filter(|_| stdout.is_some());
        let said = record.message.map(RawStr::text);
        let end = TestEnd {
            duration_s: record.seconds,
            message: said.as_deref().or(reason.as_ref().map(|r| r.0)),
            location: reason.as_ref().and_then(|r| r.1.as_deref()),
            ..TestEnd::new(suite, name, status)
        };
        emit(number, Body::TestEnd(end));
        Claim::Own
    }

    /// Suite and name; nextest prints `BINARY$NAME`.
    fn place<'n>(&'n self, full: &'n str) -> (Option<&'n str>, &'n str) {
        let full = test_name(full).unwrap_or(full);
        if self.suite.is_none()
            && let Some((suite, name)) = full.split_once('$')
        {
            return (Some(suite), name);
        }
        let doc = is_doc_name(full).then_some(DOC_SUITE);
        (self.suite.as_deref().or(doc), full)
    }
}
