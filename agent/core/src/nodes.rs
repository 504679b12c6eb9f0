//! The nodes that streams come by way of: when each was last heard of, and which are lost.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::input::{Millis, StreamId};
use crate::output::Outputs;
use crate::runs::Run;
use crate::settings::millis;
use crate::step::Core;

/// How a stream comes here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// The node it comes by way of; none if its sender sends it here.
    pub(crate) node: Option<String>,
    /// When that node was last heard of, if it is lost.
    pub(crate) lost_ms: Option<Millis>,
}

impl Route {
    /// It comes by way of this node, which was just heard of, or from its sender.
    pub(crate) fn by(node: Option<&str>) -> Route {
        Route {
            node: node.map(str::to_owned),
            lost_ms: None,
        }
    }

    pub(crate) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }
}

/// When each node was last heard of.
#[derive(Debug)]
pub(crate) struct Nodes {
    limit: usize,
    heard: BTreeMap<String, Millis>,
}

impl Nodes {
    pub(crate) fn new(limit: usize) -> Nodes {
        Nodes {
            limit,
            heard: BTreeMap::new(),
        }
    }

    /// Makes room for one that is new, in place of one that is lost; false if there is none.
    fn has_room_for(&mut self, node: &str, now: Millis, after: Millis) -> bool {
        if self.heard.contains_key(node) || self.heard.len() < self.limit {
            return true;
        }
        let longest = self.heard.iter().min_by_key(|(_, heard)| **heard);
        let longest = longest.map(|(name, heard)| (name.clone(), *heard));
        match longest {
            Some((name, heard)) if now.saturating_sub(heard) >= after => {
                self.heard.remove(&name);
                true
            }
            _ => false,
        }
    }

    /// The node spoke. True if it was lost until now.
    fn hear(&mut self, node: &str, now: Millis, after: Millis) -> bool {
        match self.heard.get_mut(node) {
            Some(heard) => {
                let was_lost = now.saturating_sub(*heard) >= after;
                *heard = now.max(*heard);
                was_lost
            }
            None => {
                self.heard.insert(node.to_owned(), now);
                false
            }
        }
    }

    /// Tells the streams of the run that are not over whether their nodes are lost.
    fn mark(&self, run: &mut Run, now: Millis, after: Millis) {
        for stream in run.streams.values_mut().filter(|s| !s.is_closed()) {
            let Some(node) = stream.route.node() else {
                continue;
            };
            // One that made room for others had been lost before.
            let heard = self.heard.get(node).copied();
            let heard = heard.unwrap_or_else(|| stream.last_frame_ms());
            let lost = now.saturating_sub(heard) >= after;
            stream.route.lost_ms = lost.then_some(heard);
        }
    }
}

impl Core {
    fn node_lost_after(&self) -> Millis {
        millis(self.settings.run.node_lost_after)
    }

    /// Nobody could be heard until now: every node has its whole time again. For the start, when
    /// what was stored has been taken up.
    pub fn wake(&mut self, now: Millis) {
        for heard in self.nodes.heard.values_mut() {
            *heard = now.max(*heard);
        }
    }

    /// Whether one more node can be kept track of.
    pub(crate) fn has_room_for_node(&mut self, now: Millis, node: &str) -> bool {
        let after = self.node_lost_after();
        self.nodes.has_room_for(node, now, after)
    }

    /// A node spoke; if it was lost, its runs are no longer.
    pub(crate) fn hear_node(&mut self, now: Millis, node: &str) -> Outputs {
        let after = self.node_lost_after();
        let mut outputs = Outputs::default();
        if !self.nodes.hear(node, now, after) {
            return outputs;
        }
        let waiting: Vec<String> = self
            .runs
            .values()
            .filter(|run| run.streams.values().any(|s| s.route.node() == Some(node)))
            .map(|run| run.id.clone())
            .collect();
        for run_id in waiting {
            if let Some(run) = self.runs.get_mut(&run_id) {
                self.nodes.mark(run, now, after);
                run.changed |= Change::STATE;
            }
            outputs.absorb(self.settle(now, &run_id, None));
        }
        outputs
    }

    /// The node that the stream comes by way of, if it does, spoke.
    pub(crate) fn hear_node_of(&mut self, now: Millis, id: &StreamId) -> Outputs {
        let after = self.node_lost_after();
        let node = self.run_of.get(id).and_then(|run| self.runs.get(run));
        let node = node.and_then(|run| run.streams.get(id)?.route.node());
        match node {
            // The usual case costs a look, and no copy of the name.
            Some(node)
                if self
                    .nodes
                    .heard
                    .get(node)
                    .is_some_and(|heard| now.saturating_sub(*heard) < after) =>
            {
                self.nodes.hear(node, now, after);
                Outputs::default()
            }
            Some(node) => {
                let node = node.to_owned();
                self.hear_node(now, &node)
            }
            None => Outputs::default(),
        }
    }

    /// Time passed for a run's nodes as well.
    pub(crate) fn mark_lost_nodes(&mut self, now: Millis, run_id: &str) {
        let after = self.node_lost_after();
        if let Some(run) = self.runs.get_mut(run_id) {
            self.nodes.mark(run, now, after);
        }
    }
}
