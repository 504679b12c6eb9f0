//! One stream of a run: how far it is taken, what its tests are, and how it ended.

use std::collections::HashSet;
use std::sync::Arc;

use sentinel_parsers::event::{Body, Event};
use sentinel_parsers::frame::Header;
use sentinel_parsers::ledger::{Ledger, Test};
use sentinel_parsers::wire::OpenStream;

use crate::correlate::{Pace, Words};
use crate::input::{Millis, StreamId};
use crate::losses::Losses;
use crate::nodes::Route;
use crate::output::{GapRow, Persist, StreamRow, SuiteRow, TestRow};

/// A stream as the core knows it.
#[derive(Clone, Debug)]
pub struct Stream {
    id: StreamId,
    open: OpenStream,
    epoch: [u8; 16],
    committed: u64,
    closed: bool,
    events: u64,
    opened_ms: Millis,
    last_frame_ms: Millis,
    ledger: Ledger,
    /// Tests that passed after failing, by ordinal.
    flaky: HashSet<u32>,
    pub(crate) losses: Losses,
    end: Option<StreamEnd>,
    marks: Marks,
    /// Results over time.
    pub(crate) pace: Pace,
    /// Errors told since the latest result.
    pub(crate) errors: Words,
    pub(crate) route: Route,
    /// The stream in which the same work was done again.
    pub(crate) replaced_by: Option<StreamId>,
}

/// How a stream ended, as its end-of-stream event told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEnd {
    /// Length of the stream in bytes.
    pub total_bytes: u64,
    /// SHA-256 of its bytes.
    pub hash: Option<String>,
    /// Exit code of the command.
    pub exit_code: Option<i32>,
    /// Signal that ended the command.
    pub signal: Option<i32>,
    /// How the end is known.
    pub cause: String,
}

/// Signs of where the tests in a stream stand.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// When the first event about a suite or a test arrived.
    pub first_test_ms: Option<Millis>,
    /// When the latest event about a test arrived.
    pub last_test_ms: Option<Millis>,
    /// Line of the latest event about a test.
    pub last_test_line: u64,
    /// When totals were printed or a `RUN_END` marker arrived, if no test came after it.
    pub over_ms: Option<Millis>,
    /// What a `RUN_END` marker said the outcome is.
    pub run_end: Option<String>,
    /// Line of the `RUN_END` marker.
    pub run_end_line: u64,
}

/// What to do with a frame, by its byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Tells nothing new.
    Duplicate,
    /// Begins exactly where the stream stands.
    Contiguous,
    /// Begins before the position and reaches beyond it.
    Overlap,
    /// Begins beyond the position.
    Hole,
}

impl Stream {
    pub(crate) fn new(id: StreamId, open: OpenStream, epoch: [u8; 16], now: Millis) -> Stream {
        Stream {
            id,
            open,
            epoch,
            committed: 0,
            closed: false,
            events: 0,
            opened_ms: now,
            last_frame_ms: now,
            ledger: Ledger::new(),
            flaky: HashSet::new(),
            losses: Losses::default(),
            end: None,
            marks: Marks::default(),
            pace: Pace::default(),
            errors: Words::default(),
            route: Route::default(),
            replaced_by: None,
        }
    }

    /// The agent's name for it.
    #[must_use]
    pub fn id(&self) -> &StreamId {
        &self.id
    }

    /// Who made it, as told when it was opened.
    #[must_use]
    pub fn open(&self) -> &OpenStream {
        &self.open
    }

    /// First byte not taken.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Whether its last frame was taken.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Its tests.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// When it was opened.
    #[must_use]
    pub fn opened_ms(&self) -> Millis {
        self.opened_ms
    }

    /// When its latest frame that told something new arrived; until then when it was opened.
    #[must_use]
    pub fn last_frame_ms(&self) -> Millis {
        self.last_frame_ms
    }

    /// How it ended, if it told.
    #[must_use]
    pub fn end(&self) -> Option<&StreamEnd> {
        self.end.as_ref()
    }

    /// Losses, the first ones one by one.
    #[must_use]
    pub fn gaps(&self) -> &[GapRow] {
        &self.losses.gaps
    }

    /// Losses that are only counted.
    #[must_use]
    pub fn gaps_dropped(&self) -> u64 {
        self.losses.dropped
    }

    /// Bytes known to be lost.
    #[must_use]
    pub fn lost_bytes(&self) -> u64 {
        self.losses.bytes
    }

    /// Tests that passed after failing.
    #[must_use]
    pub fn flaky(&self) -> u64 {
        self.flaky.len() as u64
    }

    /// Signs of where its tests stand.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// When a test that is open began, in the agent's time: what the event says, as long as that
    /// lies between the opening of the stream and its latest frame.
    #[must_use]
    pub fn began_ms(&self, test: &Test) -> Millis {
        let latest = self.last_frame_ms.max(self.opened_ms);
        test.last()
            .started_ms
            .unwrap_or(latest)
            .clamp(self.opened_ms, latest)
    }

    pub(crate) fn epoch(&self) -> &[u8; 16] {
        &self.epoch
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The position rule.
    pub(crate) fn place(&self, header: &Header) -> Place {
        let new_last = header.last && !self.closed;
        if self.closed || (header.end <= self.committed && !new_last) {
            Place::Duplicate
        } else if header.start > self.committed {
            Place::Hole
        } else if header.start == self.committed {
            Place::Contiguous
        } else {
            Place::Overlap
        }
    }

    /// Bounds how many tests the ledger keeps by name from now on, and how many bytes.
    pub(crate) fn limit(&mut self, tests: usize, bytes: usize) {
        self.ledger.limit(tests);
        self.ledger.limit_bytes(bytes);
    }

    /// Takes one event into account.
    pub(crate) fn apply(&mut self, event: &Event<'_>, now: Millis) {
        self.events += 1;
        match &event.body {
            Body::EndOfStream(end) => {
                self.end = Some(StreamEnd {
                    total_bytes: end.total_bytes,
                    hash: end.hash.map(str::to_owned),
                    exit_code: end.exit_code,
                    signal: end.signal,
                    cause: end.cause.to_owned(),
                });
            }
            Body::RunEnd(end) => {
                self.marks.over_ms = Some(now);
                self.marks.run_end_line = event.line;
                if let Some(status) = end.status {
                    self.marks.run_end = Some(status.chars().take(64).collect());
                }
            }
            Body::RunStart(_) | Body::Signature(_) | Body::Gap(_) => {}
            body => {
                self.mark(body, event.line, now);
                self.ledger.apply(event);
            }
        }
    }

    fn mark(&mut self, body: &Body<'_>, line: u64, now: Millis) {
        let about_a_test = match body {
            Body::Summary(_) => {
                self.marks.over_ms = Some(now);
                return;
            }
            Body::TestStart(_) | Body::Counted(_) | Body::SuiteStart(_) => true,
            Body::TestEnd(end) => !end.recap,
            _ => false,
        };
        if about_a_test {
            self.marks.first_test_ms = self.marks.first_test_ms.or(Some(now));
            self.marks.last_test_ms = Some(now);
            self.marks.last_test_line = line;
            self.marks.over_ms = None;
        }
    }

    /// The frame is taken: moves the position.
    pub(crate) fn advance(&mut self, header: &Header, now: Millis) {
        self.committed = self.committed.max(header.end);
        self.closed |= header.last;
        self.last_frame_ms = self.last_frame_ms.max(now);
    }

    /// Rows of the tests that changed since the last call, one per attempt. What was told in rows may leave
    /// memory.
    pub(crate) fn changed_tests(
        &mut self,
        run_id: &str,
        rows: &mut Vec<Persist>,
        mut told: impl FnMut(&Arc<str>, &Test),
    ) {
        let changed = self.ledger.take_changed();
        rows.reserve(changed.len());
        let (run_id, stream): (Arc<str>, Arc<str>) = (run_id.into(), self.id.as_str().into());
        for ordinal in changed {
            let Some(test) = self.ledger.test(ordinal) else {
                continue;
            };
            told(&stream, test);
            // A later attempt also makes the earlier ones rows that are no longer the latest.
            let last = test.attempts.len() - 1;
            if last > 0 {
                match test.is_flaky() {
                    true => self.flaky.insert(ordinal),
                    false => self.flaky.remove(&ordinal),
                };
            }
            for (i, attempt) in test.attempts.iter().enumerate() {
                rows.push(Persist::Test(Box::new(TestRow {
                    run_id: Arc::clone(&run_id),
                    stream: Arc::clone(&stream),
                    ordinal,
                    suite: test.suite.clone(),
                    name: test.name.clone(),
                    dialect: Arc::clone(&test.dialect),
                    attempt: attempt.clone(),
                    latest: i == last,
                    teardown_error: test.teardown_error,
                })));
            }
        }
        self.ledger.let_go();
    }

    /// The row of one of its suites.
    pub(crate) fn suite_row(&self, run_id: &str, name: &str) -> Option<SuiteRow> {
        let suite = self.ledger.suites().get(name)?;
        Some(SuiteRow {
            run_id: run_id.to_owned(),
            stream: self.id.clone(),
            suite: name.to_owned(),
            counts: suite.counts,
            planned: suite.planned,
            first_ms: suite.first_ms,
            ended_ms: suite.ended_ms,
            duration_s: suite.duration_s,
        })
    }

    /// Its row.
    pub(crate) fn row(&self) -> StreamRow {
        let end = self.end.as_ref();
        StreamRow {
            stream: self.id.clone(),
            open: self.open.clone(),
            committed: self.committed,
            closed: self.closed,
            events: self.events,
            opened_ms: self.opened_ms,
            last_frame_ms: self.last_frame_ms,
            total_bytes: end.map(|e| e.total_bytes),
            hash: end.and_then(|e| e.hash.clone()),
            exit_code: end.and_then(|e| e.exit_code),
            signal: end.and_then(|e| e.signal),
            node: self.route.node.clone(),
            replaced_by: self.replaced_by.clone(),
        }
    }

    /// Names of all its suites.
    pub(crate) fn suite_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.ledger.suites().keys()
    }
}

/// The epoch's bytes, if it is 32 hex digits.
#[must_use]
pub fn epoch_bytes(hex: &str) -> Option<[u8; 16]> {
    if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 16];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}
