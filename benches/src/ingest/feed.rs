//! Streams as a sidecar would send them: the sidecar's own pipeline over generated logs, encoded
//! before the clock starts.

use sentinel_config::Config;
use sentinel_parsers::Parser;
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};
use sentinel_sidecar::pipeline::Pipeline;
use sentinel_sidecar::segments::StreamEnd;

use crate::log::{self, Log};

/// Bytes of a request's body, and frames in it, as the sidecar limits them.
const REQUEST: (usize, usize) = (1 << 20, 16);
/// Bytes read at once, as the sidecar reads them.
const CHUNK: usize = 64 * 1024;

/// One stream, ready to be sent.
#[derive(Clone, Debug)]
pub struct Feed {
    /// How it is opened; its run is its own.
    pub open: OpenStream,
    /// Bodies of `POST .../frames`, in order.
    pub bodies: Vec<Vec<u8>>,
    /// Frames in all bodies.
    pub frames: u64,
    /// Events in all frames.
    pub events: u64,
    /// What was sent.
    pub log: Log,
}

impl Feed {
    /// The run it belongs to.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.open.run.run_id
    }
}

/// So many streams of so many tests each, the kinds of log in turn.
#[must_use]
pub fn feeds(streams: u64, tests: u64, config: &Config) -> Vec<Feed> {
    let kinds = [log::pytest, log::go_json, log::markers];
    let kinds = kinds.into_iter().cycle();
    (0..streams)
        .zip(kinds)
        .map(|(n, kind)| feed(n, kind(tests), config))
        .collect()
}

fn feed(n: u64, log: Log, config: &Config) -> Feed {
    let mut epoch = [0; 16];
    epoch[8..].copy_from_slice(&n.to_be_bytes());
    let now = sentinel_sidecar::clock::now_ms();
    let mut pipeline = Pipeline::resume(&config.sidecar, Parser::new(), epoch, 0, 0, now);
    for chunk in log.bytes.chunks(CHUNK) {
        pipeline.feed(chunk, now);
    }
    let end = StreamEnd {
        total_bytes: log.bytes.len() as u64,
        exit_code: Some(1),
        cause: "exit".to_owned(),
        ..StreamEnd::default()
    };
    pipeline.finish(&end, now);

    let (mut bodies, mut frames, mut events): (Vec<Vec<u8>>, u64, u64) = Default::default();
    let mut in_body = 0;
    while let Some(frame) = pipeline.take() {
        let bytes = frame.encode();
        frames += 1;
        events += frame.event_count();
        match bodies.last_mut() {
            Some(body) if body.len() + bytes.len() <= REQUEST.0 && in_body < REQUEST.1 => {
                body.extend_from_slice(&bytes);
                in_body += 1;
            }
            _ => {
                bodies.push(bytes);
                in_body = 1;
            }
        }
    }
    Feed {
        open: open(n, &epoch),
        bodies,
        frames,
        events,
        log,
    }
}

fn open(n: u64, epoch: &[u8; 16]) -> OpenStream {
    OpenStream {
        identity: StreamIdentity {
            cluster: String::new(),
            pod_uid: format!("host-{n}"),
            container: "run".to_owned(),
            restart: 0,
            source: "capture".to_owned(),
            epoch: epoch.iter().map(|b| format!("{b:02x}")).collect(),
        },
        run: RunContext {
            run_id: format!("run-{n}"),
            pipeline: Some("bench".to_owned()),
            ..RunContext::default()
        },
        command: Some("make test".to_owned()),
    }
}
