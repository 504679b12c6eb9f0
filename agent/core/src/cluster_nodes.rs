//! The cluster's nodes as last seen, by name.

use std::collections::BTreeMap;

use crate::fact::NodeFact;

/// Nodes of the cluster, bounded.
#[derive(Debug, Default)]
pub(crate) struct ClusterNodes {
    limit: usize,
    nodes: BTreeMap<String, NodeFact>,
}

impl ClusterNodes {
    pub(crate) fn new(limit: usize) -> ClusterNodes {
        ClusterNodes {
            limit,
            nodes: BTreeMap::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&NodeFact> {
        self.nodes.get(name)
    }

    /// Takes a node's state into account; whether it tells anything new. A node beyond the limit is not kept.
    pub(crate) fn take(&mut self, fact: NodeFact) -> bool {
        let known = self.nodes.get(&fact.name);
        if known == Some(&fact) || (known.is_none() && self.nodes.len() >= self.limit) {
            return false;
        }
        self.nodes.insert(fact.name.clone(), fact);
        true
    }

    /// How many are not ready, and how many there are.
    pub(crate) fn not_ready(&self) -> (usize, usize) {
        let not_ready = self.nodes.values().filter(|node| node.not_ready.is_some());
        (not_ready.count(), self.nodes.len())
    }

    /// A node is gone; whether it was known.
    pub(crate) fn delete(&mut self, name: &str) -> bool {
        self.nodes.remove(name).is_some()
    }
}
