//! A Kubernetes Event as the core sees it: what somebody in the cluster said of an object, and how often.

use serde::{Deserialize, Serialize};

use crate::input::Millis;

/// What matters of an Event. Who says the same again says it in the same Event, with a higher count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFact {
    /// `metadata.uid`.
    pub uid: String,
    /// What it is about.
    pub about: About,
    /// One word: `BackOff`, `FailedScheduling`, `Unhealthy`, ...
    pub reason: String,
    /// A sentence, bounded by whoever trims.
    pub message: String,
    /// How often it was said: the series' count, else the old counter, at least 1.
    pub count: u32,
    /// When it was said first, as told.
    pub first_ms: Option<Millis>,
    /// When it was said last, as told.
    pub last_ms: Option<Millis>,
}

/// The object that an Event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `Pod`, `Node`, `Job`, ...
    pub kind: String,
    /// Its namespace; empty where there is none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; of a node some components say its name here, of a pod some say nothing.
    pub uid: String,
    /// The container, if it is about one.
    pub container: Option<String>,
}

/// Reasons that can be evidence. All others tell how things go well, or what the objects tell themselves.
const REASONS: [&str; 31] = [
    "BackOff",
    "ContainerGCFailed",
    "ErrImageNeverPull",
    "Evicted",
    "EvictionThresholdMet",
    "ExceededGracePeriod",
    "Failed",
    "FailedAttachVolume",
    "FailedCreatePodContainer",
    "FailedCreatePodSandBox",
    "FailedKillPod",
    "FailedMapVolume",
    "FailedMount",
    "FailedPreStopHook",
    "FailedPostStartHook",
    "FailedScheduling",
    "FreeDiskSpaceFailed",
    "ImageGCFailed",
    "InspectFailed",
    "InvalidDiskCapacity",
    "Killing",
    "NetworkNotReady",
    "NodeNotReady",
    "OOMKilling",
    "Preempted",
    "Preempting",
    "ProbeWarning",
    "Rebooted",
    "SystemOOM",
    "TaintManagerEviction",
    "Unhealthy",
];

/// Whether the core keeps Events of this reason about this kind of object.
#[must_use]
pub fn is_evidence(kind: &str, reason: &str) -> bool {
    matches!(kind, "Pod" | "Node") && REASONS.contains(&reason)
}
