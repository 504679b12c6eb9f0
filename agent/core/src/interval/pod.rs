//! What the status of a pod and of its Job say: ends of containers with their times, reasons of waiting, and what the
//! cluster did to the pod as a whole.

use super::{Condition, Level};
use crate::fact::{ContainerFact, ContainerState, JobEnd, Terminated};
use crate::input::Millis;
use crate::jobs::taken_by;
use crate::pods::{Pod, is_our_sidecar};

/// Exit code of a process that SIGKILL ended.
const KILLED: i32 = 137;
/// Reasons of waiting of every container that starts.
const STARTING: [&str; 3] = ["", "ContainerCreating", "PodInitializing"];

/// All that is wrong with the pod now, and the ends of its containers that are remembered.
pub(crate) fn of_pod(pod: &Pod) -> Vec<Condition> {
    let mut found = Vec::new();
    for container in &pod.fact.containers {
        of_container(pod, container, &mut found);
    }
    whole(pod, &mut found);
    found
}

/// The end of its Job that ended the pod too.
pub(crate) fn of_job(end: &JobEnd) -> Option<Condition> {
    (end.reason == "DeadlineExceeded").then(|| {
        let condition = Condition::new(Level::Pod, &end.reason);
        condition.since(end.at_ms)
    })
}

fn of_container(pod: &Pod, container: &ContainerFact, found: &mut Vec<Condition>) {
    let base = |reason: &str| Condition {
        container: Some(container.name.clone()),
        ..Condition::new(Level::Container, reason)
    };
    let mut ended = |end: &Terminated, again: Option<Option<Millis>>| {
        let restarted = container.restart_count > 0;
        let killed_child = end.reason == "OOMKilled" && end.exit_code != KILLED;
        let crashed = match is_our_sidecar(container) {
            true => end.exit_code != 0 && pod.fact.phase == "Running" && !pod.has_ended(),
            false => pod.is_crash(end, restarted) && !ended_after_the_tests(pod, container, end),
        };
        if end.reason != "OOMKilled" && !crashed {
            return;
        }
        let condition = Condition {
            exit_code: Some(end.exit_code),
            // Only the container's end is told, not when the child was killed.
            within: killed_child,
            to_ms: match (killed_child, again) {
                (true, _) => end.finished_ms,
                (false, Some(since)) => since.or(end.finished_ms),
                (false, None) => None,
            },
            ..base(&end.reason)
        };
        found.push(condition.since(match killed_child {
            true => end.started_ms,
            false => end.finished_ms,
        }));
    };
    if let Some(end) = &container.last_terminated {
        let again = match &container.state {
            ContainerState::Running(since) => Some(*since),
            ContainerState::Terminated(end) => Some(end.started_ms),
            ContainerState::Waiting(_) | ContainerState::Unknown => None,
        };
        ended(end, again);
    }
    match &container.state {
        ContainerState::Terminated(end) => ended(end, None),
        ContainerState::Waiting(reason) if !STARTING.contains(&reason.as_str()) => {
            found.push(base(reason).note(container.message.as_deref()));
        }
        _ => {}
    }
}

/// Native sidecars are ended when the tests have: what they make of SIGTERM is of no matter.
fn ended_after_the_tests(pod: &Pod, container: &ContainerFact, end: &Terminated) -> bool {
    container.sidecar && end.exit_code == KILLED && pod.has_ended()
}

/// What holds of the pod as a whole.
fn whole(pod: &Pod, found: &mut Vec<Condition>) {
    let fact = &pod.fact;
    let condition = |reason: &str| Condition::new(Level::Pod, reason);
    if let Some(cause) = &fact.unschedulable {
        found.push(condition(&cause.reason).note(Some(&cause.message)));
    }
    if let Some(reason) = taken_by(fact) {
        let said = fact.disruption.as_ref().map(|cause| cause.message.as_str());
        found.push(condition(reason).note(fact.message.as_deref().or(said)));
    }
    // What has ended by itself is deleted to clean up.
    let over = matches!(fact.phase.as_str(), "Succeeded" | "Failed") || pod.has_ended();
    if (fact.deleting || pod.deleted) && (!over || pod.was_ended()) {
        found.push(condition("deleted"));
    }
}
