//! # `container_not_started`: a container of the run cannot start
//!
//! **What it detects.** A container waits with a reason that does not go away by itself (`ErrImagePull`,
//! `ImagePullBackOff`, `ErrImageNeverPull`, `InvalidImageName`, `CreateContainerConfigError`, `CreateContainerError`,
//! `RunContainerError`), or ended with `StartError` or `ContainerCannotRun`: its command does not exist. Or the pod
//! has had its node for longer than `after` and the container is still `ContainerCreating`.
//!
//! **Why it matters.** Not one test can run, and without this the run only looks slow.
//!
//! **Signals used.** Container states of the run's pods, init containers and native sidecars included. Beside the
//! tests a severity lower, except that an init container holds the tests up. Events (`Failed`, `BackOff`,
//! `FailedMount`, ...) are evidence, and nothing needs them.
//!
//! **False positives.** A registry that is away for a moment: the finding is resolved once the container runs.
//!
//! **Settings.** `rules.container_not_started`: `severity`, `enabled`, `after`.
//!
//! **Example.** Container `test` of pod `team-a/e2e-x` cannot start: ImagePullBackOff.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::{ContainerFact, ContainerState};
use crate::pods::{Pod, Wait, is_our_sidecar};
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::settings::millis;

pub(super) const RULE: Rule = Rule {
    id: "container_not_started",
    summary: "A container of the run cannot start",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::PODS.and(Change::TIME),
    settings: |s| {
        configured(
            s.container_not_started.enabled,
            s.container_not_started.severity,
        )
    },
    check,
};

/// Reasons of waiting that need somebody, with what that is.
const STUCK: [(&str, &str); 7] = [
    ("ErrImagePull", PULL),
    ("ImagePullBackOff", PULL),
    (
        "ErrImageNeverPull",
        "the image is not on the node, and imagePullPolicy is Never",
    ),
    ("InvalidImageName", "the image's name cannot be read"),
    (
        "CreateContainerConfigError",
        "a ConfigMap, Secret or key that the container names does not exist",
    ),
    ("CreateContainerError", RUNTIME),
    ("RunContainerError", RUNTIME),
];
const PULL: &str =
    "check the image's name and tag, the registry, and the pull secret; the message says which";
const COMMAND: &str = "the command does not exist in the image, or may not be run";
const RUNTIME: &str = "the container runtime refused: the message says why";
/// What the kubelet says of a container that it cannot start.
const SAID: [&str; 10] = [
    "BackOff",
    "ErrImageNeverPull",
    "Failed",
    "FailedAttachVolume",
    "FailedCreatePodContainer",
    "FailedCreatePodSandBox",
    "FailedMapVolume",
    "FailedMount",
    "InspectFailed",
    "NetworkNotReady",
];
const CREATING: &str = "a volume cannot be mounted, or the pod's network cannot be set up: Events of the pod say which";
/// Reasons of an end that was no beginning.
const NEVER_RAN: [&str; 2] = ["StartError", "ContainerCannotRun"];

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let containers = pod.fact.containers.iter();
        for container in containers.filter(|c| !is_our_sidecar(c)) {
            let creating = creating(context, pod, container);
            if let Some((reason, hint)) = stuck(container).or(creating) {
                findings.add(finding(context, pod, container, (reason, hint)));
            }
        }
    }
}

/// Whether it has been in the making for too long. What the pod waits for is told by no state.
fn creating<'a>(
    context: &RuleContext<'_>,
    pod: &Pod,
    container: &'a ContainerFact,
) -> Option<(&'a str, &'static str)> {
    let after = millis(context.settings.container_not_started.after);
    let ContainerState::Waiting(reason) = &container.state else {
        return None;
    };
    let (wait, since) = pod.waits.get(&container.name)?;
    let long = *wait == Wait::Creating && context.now - since >= after;
    long.then_some((reason.as_str(), CREATING))
}

/// Why the container cannot start, if it cannot.
pub(super) fn stuck(container: &ContainerFact) -> Option<(&str, &'static str)> {
    let never_ran = |reason: &str| NEVER_RAN.contains(&reason);
    match &container.state {
        ContainerState::Terminated(end) if never_ran(&end.reason) => Some((&end.reason, COMMAND)),
        ContainerState::Waiting(reason) => {
            let last = container.last_terminated.as_ref();
            if let Some(end) = last.filter(|end| never_ran(&end.reason)) {
                return Some((&end.reason, COMMAND));
            }
            let (word, hint) = STUCK.iter().find(|(word, _)| word == reason)?;
            Some((word, hint))
        }
        _ => None,
    }
}

fn finding(
    context: &RuleContext<'_>,
    pod: &Pod,
    container: &ContainerFact,
    (reason, hint): (&str, &'static str),
) -> Finding {
    let (place, name) = (pod.place(), &container.name);
    let holds_up = container.init && !container.sidecar;
    let severity = match !holds_up && context.is_beside_the_tests(pod, name) {
        true => context.milder(),
        false => context.severity,
    };
    let subject = format!("pod:{place}/{name}");
    let title = format!("Container `{name}` of pod {place} cannot start: {reason}");
    let finding = Finding::new(severity, subject, title)
        .fact(format!("pod {place}: container {name} {reason}"));
    let finding = match container.message.as_deref() {
        Some(message) => finding.fact(message),
        None => finding,
    };
    finding
        .facts(context.said_of(pod, Some(name), &SAID))
        .hint(hint)
}
