//! What a node's conditions say.

use super::{Condition, Level};
use crate::fact::NodeFact;

/// All that is wrong with the node now.
pub(crate) fn of_node(node: &NodeFact) -> Vec<Condition> {
    let condition = |reason: &str| Condition::new(Level::Node, reason);
    let not_ready = node.not_ready.iter().map(|cause| {
        let reason = match cause.reason.as_str() {
            "" => "NotReady",
            told => told,
        };
        condition(reason)
            .note(Some("not ready"))
            .since(node.since_ms)
    });
    let short = node.pressure.iter().map(|reason| condition(reason));
    not_ready.chain(short).collect()
}
