//! A node's JSON, trimmed to what the core judges by.

use sentinel_core::fact::NodeFact;
use serde_json::Value;

use super::trim::{cause, list, text, time};

/// Conditions that should not hold.
const PRESSURE: [&str; 4] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
];

/// What matters of a node; `None` if it has no name.
#[must_use]
pub fn node_fact(node: &Value) -> Option<NodeFact> {
    let conditions = list(&node["status"]["conditions"]);
    let named = |kind: &str| conditions.iter().find(|c| c["type"] == kind);
    let ready = named("Ready");
    let holds = |kind: &&str| named(kind).is_some_and(|c| c["status"] == "True");
    let pressure = PRESSURE.into_iter().filter(holds).map(str::to_owned);
    Some(NodeFact {
        name: text(&node["metadata"]["name"])?,
        not_ready: ready.filter(|c| c["status"] != "True").map(cause),
        since_ms: ready.and_then(|c| time(&c["lastTransitionTime"])),
        pressure: pressure.collect(),
    })
}
