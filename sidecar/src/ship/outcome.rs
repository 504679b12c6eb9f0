//! What is wanted of a shipment, and how far it came.

/// What somebody outside wants of a running shipment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Take what is there now as all there is, and deliver it.
    AtEnd,
    /// Return at once; what is not delivered stays where it is.
    Now,
}

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
    /// Requests that failed or were refused.
    pub failures: u64,
    /// What went wrong last, in one line; `None` when nothing did since something went well.
    pub trouble: Option<String>,
}
