//! Sentinel's own markers, which tests print to tell what they do whatever their framework.
//!
//! `TEST_START TEST_PASS TEST_FAIL TEST_SKIP SUITE_START SUITE_END RUN_START RUN_END`, upper case,
//! alone on a line or after a log prefix, in any of these spellings:
//!
//! ```text
//! TEST_START login
//! TEST_PASS: "user logs in" (12ms)
//! 2026-01-01T10:00:00Z INFO app: TEST_FAIL login 1.2s suite=api reason="no answer"
//! TEST_PASS name=login suite=api duration=1m2s tags=slow,db attempt=2
//! [TEST_START suite=api] login
//! {"event":"TEST_PASS","name":"login","suite":"api","duration":1.2}
//! RUN_START run_id=42 pipeline=nightly environment=staging branch=main commit=3f2a9bc attempt=1
//! ```
//!
//! # Grammar
//!
//! ```text
//! line       = [ prefix ] ( plain | bracketed | json ) ;
//! plain      = [ "event=" | "type=" | "marker=" ] , word , [ ":" ] , [ body ]
//!            | ( "msg=" | "message=" ) , '"' , word , [ ":" ] , [ body ] , '"' , ... ;
//! bracketed  = "[" , word , [ ":" ] , [ body ] , "]" , [ ":" ] , [ body ] ;
//! json       = object with event, type or marker = word, or msg or message = plain | bracketed ;
//! word       = ( "TEST_" , ( "START" | "PASS" | "FAIL" | "SKIP" ) )
//!            | ( ( "SUITE_" | "RUN_" ) , ( "START" | "END" ) ) ;
//! body       = [ name ] , { " " , ( pair | duration ) } ;
//! name       = quoted | bare ;
//! quoted     = '"' ... '"' | "'" ... "'" | "`" ... "`" ; (* \" \' \` \\ \n \t \r stand for themselves *)
//! bare       = text up to " key=" of a known key, to a duration at its end, or, for TEST_FAIL and
//!              TEST_SKIP, to the first " - " or ": ", behind which the reason stands ;
//! pair       = key , "=" , ( quoted | word without spaces | text up to the next pair ) ;
//!              (* the last for name and reason only; pairs may be parted by , and ; *)
//! key        = "name" | "test" | "suite" | "duration" | "duration_s" | "duration_ms" | "time" | "elapsed"
//!            | "tags" | "tag" | "attempt" | "reason" | "message" | "error" | "location" | "run_id" | "run"
//!            | "pipeline" | "environment" | "env" | "branch" | "commit" | "sha" | "status" | "result" ;
//! duration   = [ "in " ] , span | "(" , span , ")" | "[" , span , "]" ;
//! span       = number , unit , { number , unit } ;  (* a number alone, as a key's value: seconds *)
//! unit       = "h" | "m" | "min" | "s" | "sec" | "ms" | "us" | "µs" | "ns" ;
//! prefix     = { token , " " } ;
//! token      = date or time | level | "[...]" | "(...)" | "<...>" | name ":" | ( name | level ) "|"
//!            | logger name beside a date, time or level | "-" | "|" after another token ;
//! ```
//!
//! TEST_* and SUITE_START need a name. SUITE_END and RUN_* may stand alone; RUN_* take one bare word,
//! the run's identifier or, for RUN_END, its status.
//!
//! # What is no marker
//!
//! A marker's word mentioned in a sentence, a command or a program: anything else than a prefix
//! before it (`the TEST_START marker`, `echo TEST_START`, `const TEST_START`, `$TEST_FAIL`, quotes), or
//! behind it what no name begins with (`TEST_START = 1`, `TEST_PASS()`, `TEST_PASS, TEST_FAIL`) or what
//! only a sentence goes on with (`TEST_PASS is`, `TEST_PASS means`). A line that begins with the word and
//! goes on like a name is taken for a marker.
//!
//! # Context
//!
//! A TEST_* without suite belongs to the suite its TEST_START named, else to the innermost open
//! suite, else to none. If a bare text is the name of a test that was started, it is that name,
//! whatever durations or colons it holds.

mod fields;
mod grammar;
mod json;
mod open;
mod prefix;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, RunEnd, RunStart, Status, SuiteEnd, SuiteStart, TestEnd, TestStart};
use crate::places::capital_before;
use fields::Fields;
pub(crate) use fields::duration;
use grammar::{Record, Word};
use open::OpenTests;

/// The words of markers, for a search over whole blocks: one stands in every marker.
pub(crate) const WORDS: &[&str] = &[
    "TEST_START",
    "TEST_PASS",
    "TEST_FAIL",
    "TEST_SKIP",
    "SUITE_START",
    "SUITE_END",
    "RUN_START",
    "RUN_END",
];

/// Whether one of them may stand in the line, as its capital letters before an underscore tell: cheap, for
/// it is asked about lines that are somebody's test.
pub(crate) fn may_stand_in(line: &[u8]) -> bool {
    capital_before(line, b'_')
}

/// Suites that may be open within each other.
const SUITE_DEPTH: usize = 32;
/// Recognises markers; holds which suites and tests are open so that a result finds its place.
#[derive(Debug, Default)]
pub(crate) struct Markers {
    suites: Vec<String>,
    /// Suites opened beyond the depth that is remembered.
    deeper: u64,
    tests: OpenTests,
}

impl Markers {
    pub(crate) fn new() -> Markers {
        Markers::default()
    }

    pub(crate) fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let Some(word_at) = grammar::find_word(line.text) else {
            return Claim::Pass;
        };
        let Some(record) = grammar::record(line.text, word_at) else {
            return Claim::Pass;
        };
        match self.body(record, line.number, emit) {
            Some(()) => Claim::Own,
            None => Claim::Pass,
        }
    }

    /// Emits what the record says; `None` if it lacks what its word needs.
    fn body(&mut self, record: Record<'_>, number: u64, emit: Emit<'_>) -> Option<()> {
        let Record { word, mut fields } = record;
        match word {
            Word::TestStart => self.test_start(fields, number, emit),
            Word::TestPass => self.test_end(Status::Passed, fields, number, emit),
            Word::TestFail => self.test_end(Status::Failed, fields, number, emit),
            Word::TestSkip => self.test_end(Status::Skipped, fields, number, emit),
            Word::SuiteStart => {
                fields.settle(false, |_| true);
                let suite = fields.name.or(fields.suite).filter(|s| !s.is_empty())?;
                let start = SuiteStart {
                    suite: &suite,
                    tags: fields.tags.as_deref(),
                };
                emit(number, Body::SuiteStart(start));
                self.open_suite(&suite);
                Some(())
            }
            Word::SuiteEnd => {
                self.suite_end(fields, number, emit);
                Some(())
            }
            Word::RunStart => run_start(fields, number, emit),
            Word::RunEnd => run_end(fields, number, emit),
        }
    }

    fn suite_end(&mut self, mut fields: Fields<'_>, number: u64, emit: Emit<'_>) {
        fields.settle(false, |name| self.suites.iter().any(|s| s == name));
        let named = fields.name.or(fields.suite).filter(|s| !s.is_empty());
        let closed = self.close_suite(named.as_deref());
        let Some(suite) = closed.or(named.map(Cow::into_owned)) else {
            return;
        };
        let end = SuiteEnd {
            suite: &suite,
            status: fields.status.as_deref().and_then(Status::parse),
            duration_s: fields.duration_s,
            adopts: false,
        };
        emit(number, Body::SuiteEnd(end));
    }

    fn test_start(&mut self, mut fields: Fields<'_>, number: u64, emit: Emit<'_>) -> Option<()> {
        fields.settle(false, |_| true);
        let name = fields.name.filter(|n| !n.is_empty())?;
        let suite = match fields.suite {
            Some(suite) => suite,
            None => Cow::Borrowed(self.suites.last().map_or("", String::as_str)),
        };
        let start = TestStart {
            suite: Some(&suite),
            name: &name,
            attempt: fields.attempt,
            tags: fields.tags.as_deref(),
        };
        emit(number, Body::TestStart(start));
        self.tests.open(&name, &suite);
        Some(())
    }

    fn test_end(
        &mut self,
        status: Status,
        mut fields: Fields<'_>,
        number: u64,
        emit: Emit<'_>,
    ) -> Option<()> {
        let reasons = status != Status::Passed;
        fields.settle(reasons, |name| self.tests.holds(name));
        let name = fields.name.filter(|n| !n.is_empty())?;
        let given = fields.suite.as_deref();
        let open = self.tests.close(&name, given);
        let suite = given
            .or(open.as_deref())
            .or(self.suites.last().map(String::as_str))
            .unwrap_or("");
        let end = TestEnd {
            duration_s: fields.duration_s,
            attempt: fields.attempt,
            message: fields.reason.as_deref().filter(|r| !r.is_empty()),
            location: fields.location.as_deref(),
            tags: fields.tags.as_deref(),
            ..TestEnd::new(Some(suite), &name, status)
        };
        emit(number, Body::TestEnd(end));
        Some(())
    }

    fn open_suite(&mut self, suite: &str) {
        if self.suites.len() < SUITE_DEPTH {
            self.suites.push(suite.to_owned());
        } else {
            self.deeper += 1;
        }
    }

    /// Closes the suite of that name with those inside it, or the innermost; gives its name.
    fn close_suite(&mut self, named: Option<&str>) -> Option<String> {
        let at = match named {
            Some(name) => self.suites.iter().rposition(|s| s == name),
            None if self.deeper > 0 => None,
            None => self.suites.len().checked_sub(1),
        };
        let Some(at) = at else {
            self.deeper = self.deeper.saturating_sub(1);
            return None;
        };
        self.deeper = 0;
        self.suites.drain(at..).next()
    }
}

fn run_start(mut fields: Fields<'_>, number: u64, emit: Emit<'_>) -> Option<()> {
    let run_id = fields.run_word()?;
    let start = RunStart {
        run_id: run_id.as_deref(),
        pipeline: fields.pipeline.as_deref(),
        environment: fields.environment.as_deref(),
        branch: fields.branch.as_deref(),
        commit: fields.commit.as_deref(),
        attempt: fields.attempt,
    };
    emit(number, Body::RunStart(start));
    Some(())
}

fn run_end(mut fields: Fields<'_>, number: u64, emit: Emit<'_>) -> Option<()> {
    let mut run_id = fields.run_word()?;
    let bare = fields.run_id.is_none() && fields.status.is_none();
    if bare && run_id.as_deref().is_some_and(fields::is_outcome) {
        fields.status = run_id.take();
    }
    let end = RunEnd {
        run_id: run_id.as_deref(),
        status: fields.status.as_deref(),
        duration_s: fields.duration_s,
    };
    emit(number, Body::RunEnd(end));
    Some(())
}
