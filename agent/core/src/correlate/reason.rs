//! What each reason of an interval weighs, how late the cluster tells it, and how well it fits what a failure says.

use super::words::Said;
use super::{Culprit, Reach};
use crate::input::Millis;
use crate::interval::{Interval, Level, Origin};

/// What a reason means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meaning {
    /// Who is to blame if it was the cause.
    pub(super) culprit: Culprit,
    /// How surely such a thing makes tests fail.
    pub(super) weight: f64,
    /// How long it may have acted before the cluster told it.
    pub(super) lag_ms: Millis,
}

const SECOND: Millis = 1_000;
/// Exit code of a process that SIGKILL ended, and of one that was asked.
const KILLED: [i32; 3] = [130, 137, 143];

/// Reasons that Kubernetes prints, with their weight and lag in seconds. Weights follow the severities that the kubelet's
/// and the controllers' reasons are commonly given: what ends a container or a pod weighs most, what merely makes a
/// node short of something least; what never ran was never there, what crashes again and again is there in between. A node's lease runs out 40 s after it fell silent, and the controller looks every 5 s;
/// a readiness probe fails three times, 10 s apart, before an endpoint is taken away.
const REASONS: [(&str, f64, Millis); 35] = [
    ("OOMKilled", 1.0, 5),
    ("CrashLoopBackOff", 0.8, 2),
    ("ErrImagePull", 1.0, 30),
    ("ImagePullBackOff", 1.0, 30),
    ("ErrImageNeverPull", 1.0, 30),
    ("InvalidImageName", 1.0, 30),
    ("CreateContainerConfigError", 1.0, 30),
    ("CreateContainerError", 1.0, 30),
    ("RunContainerError", 1.0, 30),
    ("Evicted", 1.0, 30),
    ("EvictionByEvictionAPI", 1.0, 30),
    ("DeletionByTaintManager", 1.0, 30),
    ("DeletionByPodGC", 1.0, 60),
    ("PreemptionByScheduler", 1.0, 30),
    ("Preempting", 1.0, 30),
    ("TerminationByKubelet", 1.0, 30),
    ("NodeLost", 1.0, 60),
    ("NodeShutdown", 1.0, 30),
    ("Shutdown", 1.0, 30),
    ("Terminated", 1.0, 30),
    ("UnexpectedAdmissionError", 1.0, 5),
    ("DeadlineExceeded", 0.95, 30),
    ("deleted", 0.9, 30),
    ("NoReadyEndpoints", 1.0, 30),
    ("MemoryPressure", 0.5, 30),
    ("DiskPressure", 0.5, 30),
    ("PIDPressure", 0.5, 30),
    ("NetworkUnavailable", 0.9, 30),
    // Only Events tell these.
    ("Rebooted", 1.0, 60),
    ("OOMKilling", 0.9, 5),
    ("SystemOOM", 0.9, 5),
    ("NetworkNotReady", 0.9, 30),
    ("Unhealthy", 0.5, 30),
    // Of the whole cluster; that nothing is heard is told after 30 s.
    ("APIServerSilent", 1.0, 60),
    ("NodesNotReady", 1.0, 60),
];
/// A node that is not ready, for whatever reason.
const NOT_READY: (f64, Millis) = (1.0, 60);
/// A container that crashed beside the tests, or that was killed and not for its memory.
const CRASHED: (f64, Millis) = (0.85, 5);
/// Any other reason: it was worth telling, and no more is known.
const OTHER: (f64, Millis) = (0.3, 10);

/// What an interval means for a test it reaches; nothing if it means nothing.
pub(super) fn meaning(interval: &Interval, reach: Reach) -> Option<Meaning> {
    let infra = |(weight, lag): (f64, Millis)| {
        Some(Meaning {
            culprit: Culprit::Infra,
            weight,
            lag_ms: lag * SECOND,
        })
    };
    if let Some((_, weight, lag)) = REASONS.iter().find(|(r, ..)| *r == interval.reason) {
        return infra((*weight, *lag));
    }
    match (interval.level, interval.exit_code) {
        // Of these a status would tell if they were grave.
        _ if interval.source == Origin::Event => infra(OTHER),
        (Level::Container, Some(code)) if reach == Reach::OwnContainer => match code {
            // Tests that failed end so.
            ..=128 => None,
            code if KILLED.contains(&code) => infra(CRASHED),
            // A crash of the tests' own process.
            _ => Some(Meaning {
                culprit: Culprit::App,
                weight: CRASHED.0,
                lag_ms: CRASHED.1 * SECOND,
            }),
        },
        (Level::Container, Some(_)) => infra(CRASHED),
        (Level::Node, _) => infra(NOT_READY),
        _ => infra(OTHER),
    }
}

/// Reasons of kills for memory of which a node's Events tell, and no status.
const KILLS: [&str; 2] = ["OOMKilling", "SystemOOM"];

/// Whether the failure says that such a thing could not be reached, or that something was killed when the node killed.
pub(super) fn points_at(interval: &Interval, reach: Reach, said: Said) -> bool {
    match said {
        Said::Unreachable => matches!(reach, Reach::Beside | Reach::Service),
        Said::Killed | Said::Memory => KILLS.contains(&interval.reason.as_str()),
        _ => false,
    }
}

/// How well a cause that reaches the test so fits what the failure says; `None` is a test without a result.
///
/// Who printed a comparison was alive and reached what it compared. Who says that something cannot be reached fits a
/// container, service or node that is gone, and hardly the end of the container that said it.
pub(super) fn fit(interval: &Interval, reach: Reach, said: Option<Said>, is_over: bool) -> f64 {
    use Said::{Assertion, Crashed, Exception, Killed, Late, Memory, Unreachable, Unwell};
    let is = |reasons: &[&str]| reasons.contains(&interval.reason.as_str());
    let disk = is(&["DiskPressure", "Evicted", "FreeDiskSpaceFailed"]);
    let memory = is(&["OOMKilled", "MemoryPressure"]) || is(&KILLS);
    match (reach, said) {
        (_, Some(Memory | Killed)) if memory => 1.0,
        (_, Some(Said::Disk)) if disk => 1.0,
        (Reach::OurSidecar, None) => 1.0,
        (Reach::OurSidecar, Some(_)) => 0.0,
        (Reach::OwnContainer | Reach::OwnPod, None) if interval.within => 0.8,
        (Reach::OwnContainer | Reach::OwnPod | Reach::Node, None) => 1.0,
        (Reach::Beside, None) => 0.7,
        (Reach::Service | Reach::Cluster, None) => 0.5,
        (Reach::OwnContainer | Reach::OwnPod, Some(Killed)) => 1.0,
        (Reach::OwnContainer, Some(Unreachable | Late)) if interval.within => 0.6,
        // It went on after the failure.
        (Reach::OwnContainer, Some(_)) => 0.1,
        (Reach::OwnPod, Some(Unreachable)) => 0.7,
        (Reach::OwnPod, Some(Late | Said::Nothing)) => 0.3,
        (Reach::Beside | Reach::Service | Reach::Node | Reach::Cluster, Some(Unreachable)) => 1.0,
        // Who answers is there again.
        (Reach::Beside | Reach::Service | Reach::Node | Reach::Cluster, Some(Unwell))
            if is_over =>
        {
            0.5
        }
        (Reach::Beside | Reach::Service | Reach::Node | Reach::Cluster, Some(Unwell)) => 0.8,
        (Reach::Beside | Reach::Service | Reach::Node | Reach::Cluster, Some(Late)) => 0.8,
        (_, Some(Assertion | Said::Disk)) => 0.15,
        (_, Some(Exception | Crashed)) => 0.35,
        (_, Some(_)) => 0.45,
    }
}
