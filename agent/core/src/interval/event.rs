//! What Events tell that no status does: that something happened to a pod, a container or a node, at moments between the
//! first and the last time it was said.

use super::{Condition, Level};
use crate::events::Said;
use crate::input::Millis;

/// Reasons of Events that are intervals. What the status of a pod or a node says as well is left to it: of two tellings of one
/// thing one would be a hint too many.
const REASONS: [&str; 18] = [
    "ContainerGCFailed",
    "EvictionThresholdMet",
    "ExceededGracePeriod",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedKillPod",
    "FailedMapVolume",
    "FailedMount",
    "FailedPostStartHook",
    "FailedPreStopHook",
    "FreeDiskSpaceFailed",
    "ImageGCFailed",
    "NetworkNotReady",
    "OOMKilling",
    "ProbeWarning",
    "Rebooted",
    "SystemOOM",
    "Unhealthy",
];

/// A probe that fails fewer times than the kubelet's default threshold means nothing.
const UNHEALTHY: u32 = 3;

/// What the Events of one object say happened to it.
pub(crate) fn of_events(now: Millis, of_node: bool, said: &[Said]) -> Vec<Condition> {
    let told = said.iter().map(|said| &said.fact);
    let telling = told.filter(|fact| {
        let is_one_of_them = REASONS.contains(&fact.reason.as_str());
        is_one_of_them && (fact.reason != "Unhealthy" || fact.count >= UNHEALTHY)
    });
    let condition = |fact: &crate::fact::EventFact| {
        let container = fact.about.container.clone().filter(|_| !of_node);
        let level = match (of_node, &container) {
            (true, _) => Level::Node,
            (false, Some(_)) => Level::Container,
            (false, None) => Level::Pod,
        };
        Condition {
            container,
            to_ms: fact.last_ms.or(Some(now)),
            ..Condition::new(level, &fact.reason)
                .note(Some(&fact.message))
                .since(fact.first_ms.or(fact.last_ms))
        }
    };
    telling.map(condition).collect()
}
