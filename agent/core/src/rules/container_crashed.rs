//! # `container_crashed`: a container of the run crashed, or crashes again and again
//!
//! **What it detects.** A container was started again after an exit code that is not 0 (`CrashLoopBackOff` included),
//! or ended by a signal that nobody in the pod's life asked for. An end for memory is `oom_killed`'s.
//!
//! **Why it matters.** Tests against a service that crashes fail for no fault of theirs; a test container that crashes
//! leaves tests without results.
//!
//! **Signals used.** Restart counts, present and last ends of the containers of the run's pods. A test container that
//! ends once with a small exit code is a failing test, not a crash. SIGTERM (143), unless the container alone is started
//! again, and SIGKILL (137) in a pod that is being ended are how Kubernetes ends containers. Beside the tests a severity lower; our
//! own sidecar is `sidecar_lost`'s.
//!
//! **False positives.** A container that is meant to be started again after failing.
//!
//! **Settings.** `rules.container_crashed`: `severity`, `enabled`.
//!
//! **Example.** Container `db` of pod `team-a/e2e-x`, beside the tests, crashed: exit code 1, started again 3 times.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::{ContainerFact, ContainerState, Terminated};
use crate::pods::{Pod, SIGKILL, is_our_sidecar};
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};

pub(super) const RULE: Rule = Rule {
    id: "container_crashed",
    summary: "A container of the run crashed",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::PODS.and(Change::STATE),
    settings: |s| configured(s.container_crashed.enabled, s.container_crashed.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let containers = pod.fact.containers.iter();
        for container in containers.filter(|c| !is_our_sidecar(c)) {
            if let Some(end) = crash(pod, container) {
                findings.add(finding(context, pod, container, end));
            }
        }
    }
}

/// The end that was a crash, if there was one: the present one before the last.
fn crash<'a>(pod: &Pod, container: &'a ContainerFact) -> Option<&'a Terminated> {
    let restarted = container.restart_count > 0;
    let mut ends = container
        .ended()
        .into_iter()
        .chain(container.last_terminated.as_ref());
    // A native sidecar that does not heed SIGTERM is killed after the tests.
    let killed =
        |end: &&Terminated| container.sidecar && end.exit_code == SIGKILL && pod.has_ended();
    ends.find(|end| pod.is_crash(end, restarted) && !killed(end))
}

fn finding(
    context: &RuleContext<'_>,
    pod: &Pod,
    container: &ContainerFact,
    end: &Terminated,
) -> Finding {
    let (place, name) = (pod.place(), &container.name);
    let beside = context.is_beside_the_tests(pod, name);
    let (severity, where_) = match beside {
        true => (context.milder(), ", beside the tests,"),
        false => (context.severity, ""),
    };
    let looping =
        matches!(&container.state, ContainerState::Waiting(reason) if reason == "CrashLoopBackOff");
    let what = match (looping, container.restart_count > 0) {
        (true, _) => "crashes again and again",
        (false, true) => "crashed and was started again",
        (false, false) => "crashed",
    };
    let title = format!("Container `{name}` of pod {place}{where_} {what}");
    let finding = Finding::new(severity, format!("pod:{place}/{name}"), title)
        .number("exit_code", f64::from(end.exit_code))
        .count("restarts_count", u64::from(container.restart_count))
        .fact(pod.ends_of(container, end));
    let said = context.said_of(pod, Some(name), &["BackOff", "Unhealthy"]);
    let finding = finding.facts(said);
    match end.exit_code {
        SIGKILL => finding.hint("exit code 137 without OOMKilled: the kubelet killed it, as after a failing liveness probe, or something in the container did"),
        _ => finding.hint(format!(
            "its last lines say why: kubectl logs -n {} {} -c {name} --previous",
            pod.fact.namespace, pod.fact.name
        )),
    }
}
