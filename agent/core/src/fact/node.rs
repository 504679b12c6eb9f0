//! A node as the core sees it.

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::input::Millis;

/// What matters of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFact {
    /// `metadata.name`.
    pub name: String,
    /// Why it is not ready, while it is not (`NodeStatusUnknown`, `KubeletNotReady`).
    pub not_ready: Option<Cause>,
    /// When its readiness changed last, as told.
    pub since_ms: Option<Millis>,
    /// Conditions that should not hold and do: `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`.
    pub pressure: Vec<String>,
}
