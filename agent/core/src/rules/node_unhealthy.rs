//! # `node_unhealthy`: a node that runs a pod of the run is not ready, or short of something
//!
//! **What it detects.** The node of one of the run's pods has `Ready` not true, or one of `MemoryPressure`,
//! `DiskPressure`, `PIDPressure`, `NetworkUnavailable` true.
//!
//! **Why it matters.** A pod on a lost node stays `Running` for minutes while nothing runs.
//!
//! **Signals used.** Node facts; the pods' nodes. Events of the node are evidence.
//!
//! **False positives.** A kubelet that restarts: the node is ready again within seconds.
//!
//! **Settings.** `rules.node_unhealthy`: `severity`, `enabled`.
//!
//! **Example.** Node `node-1`, with 2 pods of the run, is not ready: NodeStatusUnknown.

use std::collections::BTreeMap;

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::events;
use crate::fact::NodeFact;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};

pub(super) const RULE: Rule = Rule {
    id: "node_unhealthy",
    summary: "A node with pods of the run is not ready or short of something",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::PODS,
    settings: |s| configured(s.node_unhealthy.enabled, s.node_unhealthy.severity),
    check,
};

/// What is said of a node that does not do well.
const SAID: [&str; 5] = [
    "NodeNotReady",
    "Rebooted",
    "EvictionThresholdMet",
    "FreeDiskSpaceFailed",
    "SystemOOM",
];
/// Pods named.
const PODS: usize = 5;

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let mut on: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for pod in context.pods().filter(|pod| !pod.deleted) {
        let over = matches!(pod.fact.phase.as_str(), "Succeeded" | "Failed");
        if let Some(node) = pod.fact.node.as_deref().filter(|_| !over) {
            on.entry(node).or_default().push(pod.place());
        }
    }
    for (name, mut pods) in on {
        let Some(node) = context.node(name) else {
            continue;
        };
        let Some(what) = what(node) else { continue };
        pods.sort();
        let count = pods.len() as u64;
        pods.truncate(PODS);
        let severity = match node.not_ready {
            Some(_) => context.severity,
            None => context.milder(),
        };
        let title = format!("Node {name}, which runs pods of the run, {what}");
        let mut finding = Finding::new(severity, format!("node:{name}"), title)
            .count("pods_count", count)
            .fact(format!("pods on it: {}", pods.join(", ")));
        if let Some(cause) = &node.not_ready {
            finding = finding.fact(format!("{}: {}", cause.reason, cause.message));
        }
        let said = events::evidence(context.said_of_node(name), &SAID, None);
        let finding = finding.facts(said);
        findings.add(finding.hint("what fails or hangs there may be the node's fault: look whether other nodes have it too"));
    }
}

fn what(node: &NodeFact) -> Option<String> {
    match (&node.not_ready, node.pressure.is_empty()) {
        (Some(cause), _) => Some(format!("is not ready: {}", cause.reason)),
        (None, false) => Some(format!("has {}", node.pressure.join(" and "))),
        (None, true) => None,
    }
}
