//! What these tests share: shipments to the stand-in agent, and the check of what arrived.

use std::path::Path;
use std::time::{Duration, Instant};

use sentinel_config::SidecarConfig;
use sentinel_parsers::Parser;
use sentinel_parsers::wire::OpenStream;
use sentinel_sidecar::ship::{ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tokio::sync::watch;

use crate::agent::{Agent, State};
use crate::shipping::ship_as;
pub(crate) use crate::shipping::{config, log, recorded, writer};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

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

pub(crate) fn ship(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
) -> ShipOutcome {
    ship_as(source, open, agent, stop, &config(), PATIENCE)
}

pub(crate) fn ship_with(
    dir: &Path,
    open: &OpenStream,
    agent: &Agent,
    config: &SidecarConfig,
) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    ship_as(source, open, &agent.url(), stop, config, PATIENCE)
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
