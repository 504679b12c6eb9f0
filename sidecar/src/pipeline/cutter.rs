//! Collects events into frames and decides where one ends.

use std::borrow::Cow;
use std::collections::VecDeque;

use sentinel_config::SidecarConfig;
use sentinel_parsers::event::{Body, Event, Signature, TestDetail, TestEnd};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};
use sentinel_parsers::mask::anonymise;

/// Bytes without events are told no more often than this: the agent shall know that output flows.
const QUIET_MS: i64 = 1_000;

pub(super) struct Cutter {
    builder: FrameBuilder,
    ready: VecDeque<Frame>,
    epoch: [u8; 16],
    seq: u64,
    /// What the agent has; events before are not sent.
    committed: u64,
    /// Where the frame in the making begins.
    start: u64,
    /// Whether an event told of tests, sent or not.
    tells_of_tests: bool,
    /// Place of the last event seen, sent or not.
    last: Option<(u64, u32)>,
    /// When the first event of the frame in the making came.
    waiting_since: Option<i64>,
    cut_at: i64,
    /// When events were last sent on their way.
    told_at: i64,
    flush_ms: i64,
    max_events: u64,
    max_bytes: usize,
    excerpts: bool,
}

impl Cutter {
    pub(super) fn new(
        config: &SidecarConfig,
        epoch: [u8; 16],
        committed: u64,
        now_ms: i64,
    ) -> Cutter {
        let flush_ms = i64::try_from(config.flush_interval.as_millis()).unwrap_or(i64::MAX);
        Cutter {
            builder: FrameBuilder::new(),
            ready: VecDeque::new(),
            epoch,
            seq: 0,
            committed,
            start: committed,
            tells_of_tests: false,
            last: None,
            waiting_since: None,
            cut_at: now_ms,
            told_at: now_ms.saturating_sub(flush_ms),
            flush_ms,
            max_events: config.frame_events as u64,
            max_bytes: usize::try_from(config.frame_bytes).unwrap_or(usize::MAX),
            excerpts: config.excerpts,
        }
    }

    /// Whether any event told of tests, sent or not.
    pub(super) fn tells_of_tests(&self) -> bool {
        self.tells_of_tests
    }

    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// Where the frame in the making begins.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn take(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    pub(super) fn halve(&mut self) {
        self.max_events = (self.max_events / 2).max(1);
        self.max_bytes = (self.max_bytes / 2).max(1);
    }

    /// When the clock was set back, what is waited for begins anew: it would not come for as long.
    fn follow(&mut self, now_ms: i64) {
        self.waiting_since = self.waiting_since.map(|since| since.min(now_ms));
        self.cut_at = self.cut_at.min(now_ms);
        self.told_at = self.told_at.min(now_ms);
    }

    /// Takes an event the parser recognised.
    pub(super) fn event(&mut self, event: &Event<'_>, now_ms: i64) {
        self.tells_of_tests |= !matches!(
            event.body,
            Body::Signature(_) | Body::Gap(_) | Body::EndOfStream(_)
        );
        let before = self.last.replace((event.offset, event.sub));
        if event.offset < self.committed {
            return;
        }
        // Events of one line stay together, and a frame begins where a line does: a full one ends
        // where the line of the next event begins.
        let new_line = before.is_none_or(|(offset, _)| offset < event.offset);
        if new_line && !self.builder.is_empty() && self.is_full() {
            self.cut(event.offset, false, now_ms);
        }
        self.waiting_since.get_or_insert(now_ms);
        let time_ms = event.time_ms.or(Some(now_ms));
        if self.excerpts {
            return self.builder.push_at(event, time_ms);
        }
        let mut text = String::new();
        match masked(&event.body, &mut text) {
            Some(body) => {
                let event = Event {
                    body,
                    ..event.clone()
                };
                self.builder.push_at(&event, time_ms);
            }
            None => self.builder.push_at(event, time_ms),
        }
    }

    /// Adds an event of the transport's own, after those of its place.
    pub(super) fn told(&mut self, offset: u64, line: u64, body: Body<'_>, now_ms: i64) {
        let sub = match self.last {
            Some((last, sub)) if last == offset => sub + 1,
            _ => 0,
        };
        let event = Event {
            offset,
            sub,
            line,
            time_ms: None,
            lane: 0,
            dialect: "stream",
            body,
        };
        self.event(&event, now_ms);
    }

    /// Cuts a frame if one is due; `position` is the end of the last whole line.
    pub(super) fn tick(&mut self, position: u64, now_ms: i64) {
        self.follow(now_ms);
        let due = self.due_ms(position).is_some_and(|due| due <= now_ms);
        if due || (self.is_full() && !self.builder.is_empty()) {
            self.cut(position, false, now_ms);
        }
    }

    pub(super) fn due_ms(&self, position: u64) -> Option<i64> {
        let quiet = position > self.start;
        // After a silence the first event does not wait: a frame for it costs nobody more than it did.
        let waited = self.told_at.saturating_add(self.flush_ms);
        let due = self.waiting_since.map(|since| since.max(waited));
        due.or(quiet.then_some(self.cut_at + QUIET_MS))
    }

    /// Ends the frame in the making at a line start, or at the end of the stream.
    pub(super) fn cut(&mut self, end: u64, last: bool, now_ms: i64) {
        self.cut_at = now_ms;
        if self.waiting_since.take().is_some() {
            self.told_at = now_ms;
        }
        let end = end.max(self.start);
        if end == self.start && !last {
            return;
        }
        let header = Header {
            epoch: self.epoch,
            seq: self.seq,
            start: self.start,
            end,
            last,
        };
        self.seq += 1;
        self.start = end;
        self.ready.push_back(self.builder.finish(header));
    }

    fn is_full(&self) -> bool {
        self.builder.events() >= self.max_events
            || self.builder.payload_len() >= self.max_bytes
            || self.builder.is_full()
    }
}

/// What the event says with its free text masked, into `room`, if that carries what is nobody's business.
fn masked<'a>(body: &Body<'a>, room: &'a mut String) -> Option<Body<'a>> {
    Some(match body {
        Body::TestEnd(end) => Body::TestEnd(TestEnd {
            message: Some(mask(end.message?, room)?),
            ..end.clone()
        }),
        Body::TestDetail(detail) => Body::TestDetail(TestDetail {
            message: Some(mask(detail.message?, room)?),
            ..detail.clone()
        }),
        Body::Signature(signature) => Body::Signature(Signature {
            message: mask(signature.message, room)?,
            ..signature.clone()
        }),
        _ => return None,
    })
}

/// The text masked, if anything was.
fn mask<'r>(text: &str, room: &'r mut String) -> Option<&'r str> {
    let Cow::Owned(masked) = anonymise(text) else {
        return None;
    };
    *room = masked;
    Some(room)
}
