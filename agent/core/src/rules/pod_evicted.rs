//! # `pod_evicted`: something in the cluster ended a pod of the run
//!
//! **What it detects.** A pod of the run has the condition `DisruptionTarget`, or failed with a reason of its own
//! (`Evicted`, `NodeLost`, `Preempting`, ...): not its containers ended it.
//!
//! **Why it matters.** What ran in it did not fail, and what it had not printed yet is missing.
//!
//! **Signals used.** Pod facts. An eviction by the Eviction API, a taint or a preemption sets the condition; one by the
//! kubelet for local storage only sets the reason (seen on Kubernetes 1.36). Events are evidence.
//!
//! **False positives.** None known: a pod's own deadline (`DeadlineExceeded`) is left to the run's verdict.
//!
//! **Settings.** `rules.pod_evicted`: `severity`, `enabled`.
//!
//! **Example.** Pod `team-a/e2e-x` was taken away: Evicted, pod ephemeral local storage usage exceeds the limit.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::jobs::taken_by;
use crate::pods::Pod;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};

pub(super) const RULE: Rule = Rule {
    id: "pod_evicted",
    summary: "Something in the cluster ended a pod of the run",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::PODS,
    settings: |s| configured(s.pod_evicted.enabled, s.pod_evicted.severity),
    check,
};

/// A limit of the pod's own, that whoever wrote it set.
const OWN_DEADLINE: &str = "DeadlineExceeded";
/// What others say who end pods.
const SAID: [&str; 5] = [
    "Evicted",
    "TaintManagerEviction",
    "Preempted",
    "Preempting",
    "NodeNotReady",
];

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let taken = taken_by(&pod.fact).filter(|reason| *reason != OWN_DEADLINE);
        if let Some(reason) = taken {
            findings.add(finding(context, pod, reason));
        }
    }
}

fn finding(context: &RuleContext<'_>, pod: &Pod, reason: &str) -> Finding {
    let place = pod.place();
    let title = format!("Pod {place} was taken away: {reason}");
    let mut finding = Finding::new(context.severity, format!("pod:{place}"), title);
    let node = pod.fact.node.as_deref().unwrap_or("no node");
    finding = finding.fact(format!(
        "pod {place} on {node}: phase {}, reason {reason}",
        pod.fact.phase
    ));
    let disruption = pod.fact.disruption.as_ref().map(|d| d.message.as_str());
    let said = pod.fact.message.as_deref().into_iter().chain(disruption);
    for message in said.filter(|message| !message.is_empty()) {
        finding = finding.fact(message);
    }
    finding
        .facts(context.said_of(pod, None, &SAID))
        .hint(hint(reason))
}

fn hint(reason: &str) -> &'static str {
    match reason {
        "Evicted" => {
            "the node ran short of what the pod used, or the pod used more than its limit: the message says of what"
        }
        "EvictionByEvictionAPI" => {
            "somebody drained the node or called the Eviction API: a PodDisruptionBudget holds that off"
        }
        "DeletionByTaintManager" => "the node got a taint that the pod does not tolerate",
        "PreemptionByScheduler" => {
            "a pod of higher priority took its place: give the tests a priority class"
        }
        "DeletionByPodGC" => "its node is gone, or too many pods had ended",
        "NodeLost" | "NodeShutdown" | "Terminated" => "its node went away",
        _ => "the cluster ended the pod, not the tests: run them again",
    }
}
