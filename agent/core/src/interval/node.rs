//! What a node's conditions say.

use super::{Condition, Level};
use crate::fact::NodeFact;

/// Fewer nodes that are not ready are no matter of the whole cluster.
const MANY: usize = 2;

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

/// What is wrong with the cluster if so many of its nodes are not ready: whatever runs on them is missed elsewhere too.
pub(crate) fn of_nodes(not_ready: usize, all: usize) -> Option<Condition> {
    (not_ready >= MANY && 2 * not_ready >= all).then(|| {
        let note = format!("{not_ready} of {all}");
        Condition::new(Level::Cluster, "NodesNotReady").note(Some(&note))
    })
}
