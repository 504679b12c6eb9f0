//! # `pod_unschedulable`: no node takes a pod of the run
//!
//! **What it detects.** A pod's condition `PodScheduled` is false with the reason `Unschedulable`.
//!
//! **Why it matters.** The run waits for the cluster, not for the tests, and may wait for ever.
//!
//! **Signals used.** Pod facts; the scheduler's message is the evidence, and its Events (`FailedScheduling`).
//!
//! **False positives.** A cluster that adds a node for it: the finding is resolved once the pod has one.
//!
//! **Settings.** `rules.pod_unschedulable`: `severity`, `enabled`.
//!
//! **Example.** No node takes pod `team-a/e2e-x`: 0/3 nodes are available: 3 Insufficient cpu.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};

pub(super) const RULE: Rule = Rule {
    id: "pod_unschedulable",
    summary: "No node takes a pod of the run",
    category: Category::Infra,
    default_severity: Severity::Warning,
    when: Change::PODS,
    settings: |s| configured(s.pod_unschedulable.enabled, s.pod_unschedulable.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let Some(cause) = &pod.fact.unschedulable else {
            continue;
        };
        let place = pod.place();
        let title = format!("No node takes pod {place}");
        let finding = Finding::new(context.severity, format!("pod:{place}"), title)
            .fact(format!("{}: {}", cause.reason, cause.message))
            .facts(context.said_of(pod, None, &["FailedScheduling"]))
            .hint("compare what the pod asks for (resources, node selector, tolerations, volumes) with what the nodes have");
        findings.add(finding);
    }
}
