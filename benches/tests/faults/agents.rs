//! A real agent in this process, and the comparison of its store with what was written.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_agent::{Agent, Handle, Options};
use sentinel_benches::oracle::{self, compare, events_of};
use sentinel_benches::process::until;
use sentinel_config::{Config, SidecarConfig};
use sentinel_parsers::wire::OpenStream;
use sentinel_sidecar::segments::SegmentWriter;
use sentinel_sidecar::ship::{ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::shipping::ship_as;

pub(crate) struct Running {
    data: TempDir,
    handle: Option<Handle>,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    pub(crate) fn start() -> Running {
        Running::with(&Config::default(), ([127, 0, 0, 1], 0).into())
    }

    pub(crate) fn with(config: &Config, listen: SocketAddr) -> Running {
        let data = tempfile::tempdir().unwrap();
        let mut options = Options::new(data.path().to_owned());
        options.listen = Some(listen);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.block_on(Agent::start(config, options)).unwrap();
        Running {
            data,
            handle: Some(handle),
            runtime,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.handle().addr()
    }

    pub(crate) fn duplicates(&self) -> u64 {
        self.handle().watch().frames_duplicate.value()
    }

    /// Stops it, and looks whether it has exactly these streams, each whole.
    pub(crate) fn check(mut self, streams: &[(&OpenStream, &[u8])]) {
        let handle = self.handle.take().unwrap();
        self.runtime.block_on(handle.shutdown());
        check(&database(self.data.path()), streams);
    }
}

/// The database of a data directory.
pub(crate) fn database(data: &Path) -> PathBuf {
    data.join("sentinel.db")
}

/// Looks whether a store has exactly these streams, each whole, with its end and without a loss.
pub(crate) fn check(store: &Path, streams: &[(&OpenStream, &[u8])]) {
    let stored = oracle::stored(store).unwrap();
    assert_eq!(stored.len(), streams.len());
    for (open, written) in streams {
        let stream = &stored[&open.identity.epoch];
        compare(&events_of(written), &stream.events).unwrap();
        assert_eq!(stream.gaps, []);
        assert!(stream.closed);
    }
}

/// Ships a recorded stream; it must be whole within the time.
pub(crate) fn ship(
    dir: &Path,
    open: &OpenStream,
    url: &str,
    config: &SidecarConfig,
    patience: Duration,
) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    let outcome = ship_as(source, open, url, stop, config, patience);
    assert!(outcome.complete, "{outcome:?}");
    outcome
}

/// Writes where a reader sees it.
pub(crate) fn append(writer: &mut SegmentWriter, bytes: &[u8]) {
    writer.append(bytes);
    writer.flush();
}

pub(crate) fn wait_until(what: &str, patience: Duration, holds: impl FnMut() -> bool) {
    until(patience, what, holds).unwrap();
}
