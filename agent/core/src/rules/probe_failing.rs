//! # `probe_failing`: a container of the run does not pass its probes
//!
//! **What it detects.** A running container with a readiness or startup probe has not been ready for longer than
//! `after`; or a container with a liveness or startup probe was killed (exit code 137 or 143, not for its memory) in a
//! pod that nobody ended.
//!
//! **Why it matters.** A service is not sent requests while its containers are not ready, and one that the kubelet
//! kills takes its requests with it: tests against it fail for no fault of theirs.
//!
//! **Signals used.** Container states and probes of the run's pods. Events of the kubelet (`Unhealthy`, `Killing`) say
//! which probe failed, how often and why; they are evidence, and nothing needs them, because they may be left out.
//!
//! **False positives.** A container that takes long to start, and says so by its probe: raise `after`.
//!
//! **Settings.** `rules.probe_failing`: `severity`, `enabled`, `after`.
//!
//! **Example.** Container `db` of pod `team-a/e2e-x` is not ready: Readiness probe failed, 21 times.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::{ContainerFact, Terminated};
use crate::pods::{Pod, Wait, is_our_sidecar};
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::settings::millis;

pub(super) const RULE: Rule = Rule {
    id: "probe_failing",
    summary: "A container of the run does not pass its probes",
    category: Category::Infra,
    default_severity: Severity::Warning,
    when: Change::PODS.and(Change::TIME),
    settings: |s| configured(s.probe_failing.enabled, s.probe_failing.severity),
    check,
};

/// What the kubelet says of probes.
const SAID: [&str; 3] = ["Unhealthy", "ProbeWarning", "Killing"];
/// SIGKILL and SIGTERM, as exit codes.
const KILLED: [i32; 2] = [137, 143];

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let after = millis(context.settings.probe_failing.after);
    for pod in context.pods().filter(|pod| !pod.deleted) {
        let containers = pod.fact.containers.iter();
        for container in containers.filter(|c| !is_our_sidecar(c)) {
            let wait = pod.waits.get(&container.name);
            let unready = wait.is_some_and(|(wait, since)| {
                *wait == Wait::Unready && context.now - since >= after
            });
            let finding = match killed(pod, container) {
                Some(end) => of_killed(context, pod, container, end),
                None if unready => of_unready(context, pod, container),
                None => continue,
            };
            let said = context.said_of(pod, Some(&container.name), &SAID);
            findings.add(finding.facts(said));
        }
    }
}

/// How it ended, if that was by a probe.
fn killed<'a>(pod: &Pod, container: &'a ContainerFact) -> Option<&'a Terminated> {
    let fact = &pod.fact;
    let ended = fact.deleting || fact.reason.is_some() || fact.disruption.is_some();
    let probed = container.has_liveness_probe && !ended;
    // A native sidecar is ended once the tests are over.
    let over = container.sidecar && pod.has_ended();
    let end = container.ended().or(container.last_terminated.as_ref());
    end.filter(|end| probed && !over && end.reason == "Error" && KILLED.contains(&end.exit_code))
}

fn of_killed(
    context: &RuleContext<'_>,
    pod: &Pod,
    container: &ContainerFact,
    end: &Terminated,
) -> Finding {
    let (place, name) = (pod.place(), &container.name);
    let title = format!("Container `{name}` of pod {place} was killed, which has a liveness probe");
    Finding::new(context.severity, format!("pod:{place}/{name}"), title)
        .number("exit_code", f64::from(end.exit_code))
        .count("restarts_count", u64::from(container.restart_count))
        .fact(pod.ends_of(container, end))
        .hint("it did not answer its probe in time: it hung, was overloaded, or the probe asks too soon or for too much")
}

fn of_unready(context: &RuleContext<'_>, pod: &Pod, container: &ContainerFact) -> Finding {
    let (place, name) = (pod.place(), &container.name);
    let title = format!("Container `{name}` of pod {place} runs and is not ready");
    Finding::new(context.severity, format!("pod:{place}/{name}"), title)
        .fact(format!("pod {place}: container {name} running, not ready"))
        .hint("requests to it fail until its probe passes: its own output, and what the probe asks for, say why")
}
