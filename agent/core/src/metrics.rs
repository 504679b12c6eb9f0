//! What the core counts about itself, for the shell's metrics page.

use std::collections::BTreeMap;

/// Counters since the core was made; they only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Frames taken.
    pub frames: u64,
    /// Events taken.
    pub events: u64,
    /// Events of kinds that a later version knows, passed over.
    pub unknown_events: u64,
    /// Frames that told nothing new.
    pub duplicates: u64,
    /// Frames that began beyond the position.
    pub holes: u64,
    /// Frames of streams nobody opened.
    pub unknown_streams: u64,
    /// Frames refused.
    pub refused: u64,
    /// Bytes of streams known to be lost.
    pub lost_bytes: u64,
    /// Cluster facts that changed something.
    pub facts: u64,
    /// Runs that came to a verdict.
    pub verdicts: u64,
    /// Runs reopened after their verdict.
    pub reopened: u64,
    /// Parts left out because of a limit, by the limit's name.
    pub limits: BTreeMap<&'static str, u64>,
}

impl Metrics {
    pub(crate) fn limit(&mut self, name: &'static str, parts: u64) {
        if parts > 0 {
            *self.limits.entry(name).or_default() += parts;
        }
    }
}
