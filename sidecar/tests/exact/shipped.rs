//! A stream shipped by pure calls: bytes to frames, over the wire's bytes and back, and what an agent makes of them.

use std::fmt::Write;

use sentinel_config::SidecarConfig;
use sentinel_parsers::Parser;
use sentinel_parsers::event::{Body, Event};
use sentinel_parsers::frame::{Frame, Limits};
use sentinel_parsers::ledger::{Ledger, Test};
use sentinel_sidecar::pipeline::Pipeline;
use sentinel_sidecar::segments::{Lost, StreamEnd};

/// A sidecar that sends small frames.
pub(crate) struct Sidecar {
    pipeline: Pipeline,
    sent: Vec<Frame>,
    now_ms: i64,
}

impl Sidecar {
    /// Reads the stream from its beginning; the agent has everything before `committed`.
    pub(crate) fn begin(committed: u64) -> Sidecar {
        Sidecar::begin_at(0, committed)
    }

    /// The same of a stream of which everything before `start` is gone.
    pub(crate) fn begin_at(start: u64, committed: u64) -> Sidecar {
        let config = SidecarConfig {
            frame_events: 1,
            excerpts: true,
            ..SidecarConfig::default()
        };
        let parser = Parser::new();
        Sidecar {
            pipeline: Pipeline::resume(&config, parser, [7; 16], committed, start, 0),
            sent: Vec::new(),
            now_ms: 0,
        }
    }

    /// Reads bytes; a second passes.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.now_ms += 1_000;
        self.pipeline.feed(bytes, self.now_ms);
        self.take();
    }

    /// The same line by line, so that frames end wherever they may.
    pub(crate) fn read_lines(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            self.read(line);
        }
    }

    /// Bytes that are there no more.
    pub(crate) fn miss(&mut self, from: u64, to: u64) {
        let reason = "rotated_away".to_owned();
        self.pipeline.lose(&Lost { from, to, reason });
    }

    pub(crate) fn dialects(&self) -> usize {
        self.pipeline.dialects()
    }

    /// The command ended.
    pub(crate) fn end(mut self, total: usize) -> Vec<Frame> {
        let end = StreamEnd {
            total_bytes: total as u64,
            exit_code: Some(1),
            cause: "exit".to_owned(),
            ..StreamEnd::default()
        };
        self.pipeline.finish(&end, self.now_ms);
        self.take();
        self.sent
    }

    /// What went over the wire.
    fn take(&mut self) {
        while let Some(frame) = self.pipeline.take() {
            let bytes = frame.encode();
            let (frame, read) = Frame::decode(&bytes, &Limits::default()).unwrap();
            assert_eq!(read, bytes.len());
            self.sent.push(frame);
        }
    }
}

/// Everything of an event but when it was read.
pub(crate) fn told(event: &Event<'_>) -> String {
    let Event {
        offset,
        sub,
        lane,
        dialect,
        body,
        ..
    } = event;
    format!("{offset}.{sub} lane {lane} {dialect} {body:?}")
}

/// The events of frames, in order.
pub(crate) fn events(frames: &[Frame]) -> Vec<String> {
    let events = frames.iter().flat_map(Frame::events);
    events.map(|event| told(&event)).collect()
}

/// The tests of a stream and their results, as text.
pub(crate) fn tests(frames: &[Frame]) -> String {
    let mut ledger = Ledger::new();
    for event in frames.iter().flat_map(Frame::events) {
        ledger.apply(&event);
    }
    let mut told = String::new();
    for test in ledger.tests() {
        writeln!(told, "{}", result(test)).unwrap();
    }
    let (unnamed, totals) = (ledger.unnamed(), ledger.totals());
    writeln!(told, "unnamed {unnamed:?}\ntotals {totals:?}").unwrap();
    writeln!(told, "printed {:?}", ledger.printed()).unwrap();
    told
}

fn result(test: &Test) -> String {
    let statuses: Vec<_> = test.attempts.iter().map(|a| a.status).collect();
    let suite = test.suite.as_deref().unwrap_or("?");
    let down = if test.teardown_error {
        " and its tear-down failed"
    } else {
        ""
    };
    format!(
        "{} {} {suite} | {} {statuses:?}{down}",
        test.lane, test.dialect, test.name
    )
}

/// Whether it is told that whoever read on did not read all of what stands before.
pub(crate) fn tells(frames: &[Frame]) -> bool {
    let mut events = frames.iter().flat_map(Frame::events);
    events.any(|event| matches!(event.body, Body::Gap(gap) if gap.reason == "forgotten"))
}

/// Every event has a place of its own, in order, and frames stand end to end.
pub(crate) fn check_places(frames: &[Frame]) {
    let places: Vec<_> = frames
        .iter()
        .flat_map(Frame::events)
        .map(|e| (e.offset, e.sub))
        .collect();
    assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    let ends = frames.iter().map(|f| f.header().end);
    let starts = frames.iter().map(|f| f.header().start);
    assert!(starts.skip(1).eq(ends.take(frames.len() - 1)));
}

/// A stream read without a break, with frames as small as they may be.
pub(crate) fn whole(bytes: &[u8]) -> Vec<Frame> {
    let mut sidecar = Sidecar::begin(0);
    sidecar.read_lines(bytes);
    sidecar.end(bytes.len())
}

/// The places where a frame ends and the next begins.
pub(crate) fn ends(frames: &[Frame]) -> Vec<u64> {
    let mut ends: Vec<u64> = frames.iter().map(|f| f.header().end).collect();
    ends.dedup();
    ends
}

/// Those of the frames that end by an offset.
pub(crate) fn before(frames: &[Frame], committed: u64) -> Vec<Frame> {
    let stored = frames
        .iter()
        .filter(|f| f.header().end <= committed && !f.header().last);
    stored.cloned().collect()
}
