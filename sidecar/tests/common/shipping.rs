//! What tests of shipping share wherever they are: a log, its recording, and a shipment of it.

use std::path::Path;
use std::time::Duration;

use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo};
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::Source;
use tokio::sync::watch;

pub(crate) fn log(tests: usize) -> Vec<u8> {
    let line = |i| format!("TEST_START name=t{i}\nsome words of test {i}\nTEST_PASS name=t{i}\n");
    (0..tests).map(line).collect::<String>().into_bytes()
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
    writer_as(dir, "run-1")
}

/// The same of a run of this name.
pub(crate) fn writer_as(dir: &Path, run: &str) -> (SegmentWriter, OpenStream) {
    let info = StreamInfo::new("a command".to_owned(), Some(run.to_owned()));
    let limits = Limits {
        segment_bytes: 1000,
        cap_bytes: 1 << 30,
    };
    let open = OpenStream {
        identity: of_stream("capture", "run", &info.epoch),
        run: RunContext {
            run_id: run.to_owned(),
            ..RunContext::default()
        },
        command: None,
    };
    (SegmentWriter::create(dir, &info, limits).unwrap(), open)
}

/// A whole recorded stream.
pub(crate) fn recorded(dir: &Path, bytes: &[u8]) -> OpenStream {
    recorded_as(dir, bytes, "run-1")
}

/// The same of a run of this name.
pub(crate) fn recorded_as(dir: &Path, bytes: &[u8], run: &str) -> OpenStream {
    let (mut writer, open) = writer_as(dir, run);
    for chunk in bytes.chunks(777) {
        writer.append(chunk);
    }
    writer.finish(Some(0), None).unwrap();
    open
}

/// Ships a source to its end, which must come in time.
pub(crate) fn ship_as(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
    config: &SidecarConfig,
    patience: Duration,
) -> ShipOutcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let reading = Reading::default();
    let shipped = ship::run(source, open.clone(), agent, config, &reading, stop);
    let limited = async { tokio::time::timeout(patience, shipped).await };
    runtime.block_on(limited).unwrap().unwrap()
}
