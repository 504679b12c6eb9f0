//! What became of a shipment, for whoever started it.

/// How far a shipment came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShipOutcome {
    /// The agent's name for the stream, once it was opened.
    pub stream: Option<String>,
    /// Everything before this offset is stored by the agent.
    pub committed: u64,
    /// Whether the agent has the whole stream and its end.
    pub complete: bool,
    /// Bytes read from the source so far.
    pub read: u64,
    /// Whether the last line had no line feed; it was sent all the same.
    pub unterminated: bool,
    /// Bytes cut from lines that are longer than is kept.
    pub cut: u64,
    /// Requests that failed or were refused.
    pub failures: u64,
    /// What went wrong last, in one line; `None` when nothing did since something went well.
    pub trouble: Option<String>,
}

impl ShipOutcome {
    /// A request failed or was refused.
    pub(super) fn failed(&mut self, what: &str) {
        self.failures += 1;
        self.trouble(what);
    }

    /// Something went wrong.
    pub(super) fn trouble(&mut self, what: &str) {
        // Said once until it changes: the same every few seconds would drown everything else.
        if self.trouble.as_deref() != Some(what) {
            tracing::warn!("{what}");
            self.trouble = Some(what.to_owned());
        }
    }
}
