//! Events as a plain C struct of numbers and borrowed texts.

use std::ffi::{CStr, c_void};

use crate::Status;
use crate::event::{Body, Event, FRAMES, RunStart, Signature};

use super::{LENGTH, NULL, OnEvent};

/// `sentinel_text`: bytes that are valid as long as what they stand in. Null data is "not known", which is
/// not the same as no bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SentinelText {
    /// The first byte; not ended by NUL.
    pub data: *const u8,
    /// How many.
    pub length: usize,
}

impl SentinelText {
    pub(super) const NONE: SentinelText = SentinelText {
        data: std::ptr::null(),
        length: 0,
    };
}

impl From<&str> for SentinelText {
    fn from(text: &str) -> SentinelText {
        SentinelText {
            data: text.as_ptr(),
            length: text.len(),
        }
    }
}

impl From<Option<&str>> for SentinelText {
    fn from(text: Option<&str>) -> SentinelText {
        text.map_or(SentinelText::NONE, SentinelText::from)
    }
}

/// `sentinel_event`: the fields of every kind one after the other; those a kind does not have hold what
/// "not known" is for their type. Later versions append fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SentinelEvent {
    /// `sizeof(sentinel_event)` as this library knows it.
    pub size: u32,
    /// Which kind: a code of `sentinel_kind`.
    pub kind: u32,
    /// See [`Event::offset`].
    pub offset: u64,
    /// See [`Event::line`].
    pub line: u64,
    /// See [`Event::time_ms`]; the least number if not known.
    pub time_ms: i64,
    /// See [`Event::sub`].
    pub sub: u32,
    /// See [`Event::lane`].
    pub lane: u32,
    /// See [`Event::dialect`].
    pub dialect: SentinelText,
    /// The suite.
    pub suite: SentinelText,
    /// The test's name.
    pub name: SentinelText,
    /// First line of a failure's, skip's or error's text.
    pub message: SentinelText,
    /// `file:line` of the failure.
    pub location: SentinelText,
    /// Comma-separated tags.
    pub tags: SentinelText,
    /// A code of `sentinel_status`; -1 if not known.
    pub status: i32,
    /// From 1; 0 if not known.
    pub attempt: u32,
    /// Seconds; not a number if not known.
    pub duration_s: f64,
    /// The sum of `SENTINEL_ADOPTS`, `SENTINEL_RECAP`, `SENTINEL_TEARDOWN`.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
    /// Tests announced by a plan; `UINT64_MAX` otherwise.
    pub planned: u64,
    /// Results without names, by status.
    pub counts: [u64; 9],
    /// Totals as printed, in the order of `sentinel_printed`; `UINT64_MAX` for what was not printed.
    pub printed: [u64; 8],
    /// An error's class.
    pub error_class: SentinelText,
    /// An exception's type.
    pub exception: SentinelText,
    /// See [`crate::event::Signature::fingerprint`].
    pub fingerprint: SentinelText,
    /// See [`crate::event::Signature::group`].
    pub group: SentinelText,
    /// See [`crate::event::Signature::outer`].
    pub outer: SentinelText,
    /// See [`crate::event::Signature::frames`].
    pub frames: [SentinelText; FRAMES],
    /// See [`crate::event::Signature::within`]; 0 if it is told by itself.
    pub within: u64,
    /// Last line of an error's block; 0 otherwise.
    pub end_line: u64,
    /// A run's identifier.
    pub run_id: SentinelText,
    /// A run's pipeline.
    pub pipeline: SentinelText,
    /// A run's environment.
    pub environment: SentinelText,
    /// A run's branch.
    pub branch: SentinelText,
    /// A run's commit.
    pub commit: SentinelText,
    /// The outcome a run's end printed.
    pub outcome: SentinelText,
}

/// Flags of an event.
pub(super) const ADOPTS: u32 = 1;
pub(super) const RECAP: u32 = 2;
pub(super) const TEARDOWN: u32 = 4;

/// The kinds a parser tells; each code is one more than the place. (Gaps and ends of streams are told by
/// transports, not by parsers.)
const KINDS: [&CStr; 11] = [
    c"run_start",
    c"run_end",
    c"suite_start",
    c"suite_end",
    c"plan",
    c"test_start",
    c"test_end",
    c"test_detail",
    c"counted",
    c"summary",
    c"signature",
];

pub(super) fn name_of_kind(kind: u32) -> Option<&'static CStr> {
    let at = usize::try_from(kind).ok()?.checked_sub(1)?;
    KINDS.get(at).copied()
}

/// The code of a kind; none for those that C is not told.
fn code(kind: &str) -> Option<u32> {
    let at = KINDS.iter().position(|k| k.to_bytes() == kind.as_bytes())?;
    u32::try_from(at + 1).ok()
}

/// What a caller lends for a call.
///
/// # Safety
/// `length` bytes can be read at `data` for as long as the slice is used, unless it is null.
pub(super) unsafe fn slice<'a>(data: *const u8, length: usize) -> Result<&'a [u8], i32> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(NULL);
    }
    if isize::try_from(length).is_err() {
        return Err(LENGTH);
    }
    // SAFETY: not null, of a length that an object can have, readable by the caller's promise; bytes
    // need no alignment.
    Ok(unsafe { std::slice::from_raw_parts(data, length) })
}

/// Gives an event to the callback. The struct and its texts live on this side's stack and in the parser
/// for exactly that long.
pub(super) fn hand_over(event: &Event<'_>, on_event: OnEvent, user: *mut c_void) {
    if let Some(told) = told(event) {
        // SAFETY: the caller promised of the callback that it takes an event and its own pointer, and does
        // not unwind; `told` outlives the call.
        unsafe { on_event(user, &raw const told) };
    }
}

fn told(event: &Event<'_>) -> Option<SentinelEvent> {
    let mut c = SentinelEvent {
        offset: event.offset,
        line: event.line,
        time_ms: event.time_ms.unwrap_or(i64::MIN),
        sub: event.sub,
        lane: event.lane,
        dialect: event.dialect.into(),
        ..blank(code(event.body.kind())?)
    };
    let seconds = |s: Option<f64>| s.unwrap_or(f64::NAN);
    match &event.body {
        Body::RunStart(run) => run_start(&mut c, run),
        Body::RunEnd(run) => {
            c.run_id = run.run_id.into();
            c.outcome = run.status.into();
            c.duration_s = seconds(run.duration_s);
        }
        Body::SuiteStart(suite) => (c.suite, c.tags) = (suite.suite.into(), suite.tags.into()),
        Body::SuiteEnd(suite) => {
            c.suite = suite.suite.into();
            c.status = status(suite.status);
            c.duration_s = seconds(suite.duration_s);
            c.flags = u32::from(suite.adopts) * ADOPTS;
        }
        Body::Plan(plan) => (c.suite, c.planned) = (plan.suite.into(), plan.tests),
        Body::TestStart(test) => {
            (c.suite, c.name) = (test.suite.into(), test.name.into());
            (c.tags, c.attempt) = (test.tags.into(), test.attempt.unwrap_or(0));
        }
        Body::TestEnd(test) => {
            (c.suite, c.name) = (test.suite.into(), test.name.into());
            (c.tags, c.attempt) = (test.tags.into(), test.attempt.unwrap_or(0));
            (c.message, c.location) = (test.message.into(), test.location.into());
            (c.status, c.duration_s) = (status(Some(test.status)), seconds(test.duration_s));
            c.flags = u32::from(test.recap) * RECAP + u32::from(test.teardown) * TEARDOWN;
        }
        Body::TestDetail(test) => {
            (c.suite, c.name) = (test.suite.into(), test.name.into());
            (c.message, c.location) = (test.message.into(), test.location.into());
        }
        Body::Counted(counted) => {
            c.suite = counted.suite.into();
            c.counts = Status::ALL.map(|status| counted.counts[status]);
        }
        Body::Summary(summary) => {
            (c.suite, c.duration_s) = (summary.suite.into(), seconds(summary.duration_s));
            c.printed = summary.printed.to_array().map(|n| n.unwrap_or(u64::MAX));
        }
        Body::Signature(error) => signature(&mut c, error),
        Body::Gap(_) | Body::EndOfStream(_) => return None,
    }
    Some(c)
}

fn run_start(c: &mut SentinelEvent, run: &RunStart<'_>) {
    c.run_id = run.run_id.into();
    c.pipeline = run.pipeline.into();
    c.environment = run.environment.into();
    c.branch = run.branch.into();
    c.commit = run.commit.into();
    c.attempt = run.attempt.unwrap_or(0);
}

fn signature(c: &mut SentinelEvent, error: &Signature<'_>) {
    (c.error_class, c.exception) = (error.class.into(), error.exception.into());
    (c.message, c.fingerprint) = (error.message.into(), error.fingerprint.into());
    (c.group, c.outer) = (error.group.into(), error.outer.into());
    c.frames = error.frames.map(SentinelText::from);
    (c.end_line, c.within) = (error.end_line, error.within.unwrap_or(0));
}

fn status(status: Option<Status>) -> i32 {
    status.map_or(-1, |status| i32::from(status as u8))
}

/// An event of a kind of which nothing is known.
fn blank(kind: u32) -> SentinelEvent {
    const NONE: SentinelText = SentinelText::NONE;
    SentinelEvent {
        // Fits: a few hundred bytes.
        size: size_of::<SentinelEvent>() as u32,
        kind,
        offset: 0,
        line: 0,
        time_ms: i64::MIN,
        sub: 0,
        lane: 0,
        dialect: NONE,
        suite: NONE,
        name: NONE,
        message: NONE,
        location: NONE,
        tags: NONE,
        status: -1,
        attempt: 0,
        duration_s: f64::NAN,
        flags: 0,
        reserved: 0,
        planned: u64::MAX,
        counts: [0; 9],
        printed: [u64::MAX; 8],
        error_class: NONE,
        exception: NONE,
        fingerprint: NONE,
        group: NONE,
        outer: NONE,
        frames: [NONE; FRAMES],
        within: 0,
        end_line: 0,
        run_id: NONE,
        pipeline: NONE,
        environment: NONE,
        branch: NONE,
        commit: NONE,
        outcome: NONE,
    }
}
