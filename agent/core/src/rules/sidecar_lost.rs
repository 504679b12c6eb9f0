//! # `sidecar_lost`: our own sidecar crashed in a pod of the run
//!
//! **What it detects.** The container `sentinel-sidecar` was started again, or ended with an exit code that is not 0
//! while its pod went on; or it cannot start: its image cannot be pulled.
//!
//! **Why it matters.** It never makes a test fail, and nothing is lost while the output can be read again; but it is our
//! fault, and results may come late.
//!
//! **Signals used.** The sidecar's container state. Ends while the pod ends are as they should be: 143 and 137 too.
//!
//! **False positives.** None known.
//!
//! **Settings.** `rules.sidecar_lost`: `severity`, `enabled`.
//!
//! **Example.** The sidecar of pod `team-a/e2e-x` was started again: exit code 1.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::{ContainerState, Terminated};
use crate::pods::{Pod, is_our_sidecar};
use crate::rules::container_not_started::stuck;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};

pub(super) const RULE: Rule = Rule {
    id: "sidecar_lost",
    summary: "Our own sidecar crashed",
    category: Category::Infra,
    default_severity: Severity::Warning,
    when: Change::PODS,
    settings: |s| configured(s.sidecar_lost.enabled, s.sidecar_lost.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let ours = pod.fact.containers.iter().filter(|c| is_our_sidecar(c));
        for container in ours {
            let runs_on = pod.fact.phase == "Running" && !pod.fact.deleting && !pod.deleted;
            let failed = |end: &&Terminated| end.exit_code != 0;
            let present = match &container.state {
                ContainerState::Terminated(end) if runs_on => Some(end),
                _ => None,
            };
            if let Some((reason, hint)) = stuck(container) {
                findings.add(unwatched(context, pod, (reason, hint)));
                continue;
            }
            let last = container.last_terminated.as_ref();
            let Some(end) = present.or(last).filter(failed) else {
                continue;
            };
            let place = pod.place();
            let title = format!("The sidecar of pod {place} crashed");
            let finding = Finding::new(context.severity, format!("pod:{place}"), title)
                .number("exit_code", f64::from(end.exit_code))
                .count("restarts_count", u64::from(container.restart_count))
                .fact(pod.end_of(&container.name, end))
                .hint("the tests are not to blame: please report it, with the sidecar's log");
            findings.add(finding);
        }
    }
}

/// The sidecar cannot start: nobody watches the tests. A native sidecar holds them up as well, until its image is there.
fn unwatched(context: &RuleContext<'_>, pod: &Pod, (reason, hint): (&str, &str)) -> Finding {
    let place = pod.place();
    let title = format!("Nobody watches the tests of pod {place}: its sidecar cannot start");
    let containers = pod.fact.containers.iter();
    let message = containers.filter(|c| is_our_sidecar(c));
    let message = message.filter_map(|c| c.message.clone());
    Finding::new(context.severity, format!("pod:{place}"), title)
        .fact(format!("pod {place}: the sidecar {reason}"))
        .facts(message)
        .hint(hint)
}
