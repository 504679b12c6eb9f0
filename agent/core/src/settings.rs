//! What the core is told once: configuration of runs and rules, and the limits on what it keeps.

use std::time::Duration;

use crate::input::Millis;

/// Bounds on everything input can make grow; reaching one is counted, and shown on the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs in memory, open or over.
    pub runs: usize,
    /// Runs that are over and kept in memory, so that late streams can reopen them.
    pub closed_runs: usize,
    /// How long a run that is over is kept in memory.
    pub closed_for: Duration,
    /// Bytes that tests, suites and their texts may take in memory, of all runs together.
    pub ledger_bytes: usize,
    /// Streams of one run.
    pub streams_per_run: usize,
    /// Labels of one run.
    pub labels: usize,
    /// Bytes of one label's key or value, and of any other word of a run's context.
    pub label_bytes: usize,
    /// Sources named on one run.
    pub provenance: usize,
    /// Different error fingerprints kept per run.
    pub signatures_per_run: usize,
    /// Anomalies kept per run.
    pub anomalies_per_run: usize,
    /// Gaps kept one by one per stream; their bytes are always counted.
    pub gaps_per_stream: usize,
    /// Pods remembered.
    pub pods: usize,
    /// Jobs remembered.
    pub jobs: usize,
    /// Failures of one run of which it is found out whose fault they are.
    pub suspects_per_run: usize,
    /// Intervals kept of one pod, node or namespace.
    pub intervals_per_place: usize,
    /// Pods, nodes and namespaces of which intervals are kept.
    pub interval_places: usize,
    /// Nodes that streams come by way of, and nodes of the cluster.
    pub nodes: usize,
    /// Events remembered.
    pub events: usize,
    /// EndpointSlices remembered.
    pub slices: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            runs: 10_000,
            closed_runs: 64,
            closed_for: Duration::from_secs(3600),
            ledger_bytes: 32 << 20,
            streams_per_run: 1_000,
            labels: 64,
            label_bytes: 1_024,
            provenance: 32,
            signatures_per_run: 200,
            anomalies_per_run: 500,
            gaps_per_stream: 1_000,
            pods: 10_000,
            jobs: 10_000,
            suspects_per_run: 500,
            intervals_per_place: 64,
            interval_places: 10_000,
            nodes: 10_000,
            events: 10_000,
            slices: 10_000,
        }
    }
}

/// Which Jobs are runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detect {
    /// Those with a label or annotation under `run-sentinel.dev/`, on themselves or on their pods' template.
    #[default]
    Labelled,
    /// All.
    All,
}

/// A duration in the core's unit, saturating.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
