//! What the tests of shipping share: a log, its recording, a shipment of it, and the check of what arrived.

use std::path::Path;
use std::time::{Duration, Instant};

use sentinel_config::SidecarConfig;
use sentinel_parsers::Parser;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo};
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::sync::watch;

use crate::agent::{Agent, State};

pub(crate) fn log(tests: usize) -> Vec<u8> {
    let line = |i| format!("TEST_START name=t{i}\nsome words of test {i}\nTEST_PASS name=t{i}\n");
    (0..tests).map(line).collect::<String>().into_bytes()
}

/// What the agent must hold at the end, but for the end of stream itself.
pub(crate) fn wanted(bytes: &[u8]) -> Vec<String> {
    let mut events = Vec::new();
    let mut parser = Parser::new();
    let mut take = |e: &sentinel_parsers::Event<'_>| {
        events.push(format!("{}.{} {:?}", e.offset, e.sub, e.body));
    };
    parser.feed(bytes, &mut take);
    parser.finish(&mut take);
    events
}

/// All events are there, once and in order, and then the end.
pub(crate) fn check(state: &State, bytes: &[u8]) {
    assert!(state.stored.closed);
    assert_eq!(state.stored.committed, bytes.len() as u64);
    let (end, events) = state.stored.events.split_last().unwrap();
    assert!(end.contains("EndOfStream"), "{end}");
    assert_eq!(events, wanted(bytes));
}

pub(crate) fn config() -> SidecarConfig {
    SidecarConfig {
        frame_events: 10,
        flush_interval: Duration::from_millis(5),
        retry_min: Duration::from_millis(1),
        retry_max: Duration::from_millis(20),
        keep_alive: Duration::from_millis(50),
        ..SidecarConfig::default()
    }
}

pub(crate) fn writer(dir: &Path) -> (SegmentWriter, OpenStream) {
    let info = StreamInfo::new("a command".to_owned(), Some("run-1".to_owned()));
    let limits = Limits {
        segment_bytes: 1000,
        cap_bytes: 1 << 30,
    };
    let open = OpenStream {
        identity: of_stream("capture", "run", &info.epoch),
        run: RunContext {
            run_id: "run-1".to_owned(),
            ..RunContext::default()
        },
        command: None,
    };
    (SegmentWriter::create(dir, &info, limits).unwrap(), open)
}

/// A whole recorded stream.
pub(crate) fn recorded(dir: &Path, bytes: &[u8]) -> OpenStream {
    let (mut writer, open) = writer(dir);
    for chunk in bytes.chunks(777) {
        writer.append(chunk);
    }
    writer.finish(Some(0), None).unwrap();
    open
}

pub(crate) fn ship(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
) -> ShipOutcome {
    ship_as(source, open, agent, stop, &config())
}

pub(crate) fn ship_as(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
    config: &SidecarConfig,
) -> ShipOutcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let reading = Reading::default();
    let shipped = ship::run(source, open.clone(), agent, config, &reading, stop);
    let limited = async { tokio::time::timeout(Duration::from_secs(60), shipped).await };
    runtime.block_on(limited).unwrap().unwrap()
}

pub(crate) fn ship_with(
    dir: &Path,
    open: &OpenStream,
    agent: &Agent,
    config: &SidecarConfig,
) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    ship_as(source, open, &agent.url(), stop, config)
}

pub(crate) fn ship_dir(dir: &Path, open: &OpenStream, agent: &Agent) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    ship(source, open, &agent.url(), stop)
}

pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}
