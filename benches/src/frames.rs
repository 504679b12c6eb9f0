//! Frames made by hand, of a stream that tells of one passed test after another.

use std::ops::Range;

use sentinel_parsers::event::{Body, Event, Status, TestEnd};
use sentinel_parsers::frame::{Frame, FrameBuilder, Header};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};

/// Bytes of the imagined log each test takes.
pub const PER_TEST: u64 = 20;
/// What a body of frames says it is.
pub const KIND: &str = "application/vnd.sentinel.frame";

const EPOCH: [u8; 16] = [7; 16];

/// How a stream of such frames is opened, as that of a run of its own.
#[must_use]
pub fn open(run: &str) -> OpenStream {
    OpenStream {
        identity: StreamIdentity {
            cluster: String::new(),
            pod_uid: "host".to_owned(),
            container: run.to_owned(),
            restart: 0,
            source: "capture".to_owned(),
            epoch: EPOCH.iter().map(|b| format!("{b:02x}")).collect(),
        },
        run: RunContext {
            run_id: run.to_owned(),
            ..RunContext::default()
        },
        command: None,
    }
}

/// The frame of these tests, each of which ends and has passed.
#[must_use]
pub fn passed(tests: Range<u64>) -> Frame {
    let header = Header {
        epoch: EPOCH,
        seq: tests.start,
        start: tests.start * PER_TEST,
        end: tests.end * PER_TEST,
        last: false,
    };
    let mut builder = FrameBuilder::new();
    for n in tests {
        let name = format!("test_{n}");
        builder.push(&Event {
            offset: n * PER_TEST,
            sub: 0,
            line: n + 1,
            time_ms: None,
            lane: 0,
            dialect: "sentinel",
            body: Body::TestEnd(TestEnd::new(Some("api"), &name, Status::Passed)),
        });
    }
    builder.finish(header)
}
