//! Cluster objects as the core sees them: trimmed, plain, spelled as Kubernetes prints them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::input::Millis;

/// A trimmed cluster object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A pod was seen in this state.
    Pod(PodFact),
    /// A pod is gone.
    PodDeleted {
        /// The pod's uid.
        uid: String,
    },
}

/// What matters of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodFact {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.nodeName`, once scheduled.
    pub node: Option<String>,
    /// `status.phase`.
    pub phase: String,
    /// `status.reason` (`Evicted`, ...).
    pub reason: Option<String>,
    /// Labels and annotations under `run-sentinel.dev/`, without the prefix.
    pub sentinel: BTreeMap<String, String>,
    /// Name of the owning Job, if any.
    pub job: Option<String>,
    /// All containers: init, sidecar and main.
    pub containers: Vec<ContainerFact>,
}

/// What matters of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerFact {
    /// The container's name.
    pub name: String,
    /// Whether it is an init container (a native sidecar is one).
    pub init: bool,
    /// `restartCount`.
    pub restart_count: u32,
    /// Memory limit as written (`16Mi`).
    pub memory_limit: Option<String>,
    /// The present state.
    pub state: ContainerState,
    /// `lastState.terminated`, if any.
    pub last_terminated: Option<Terminated>,
}

/// A container's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContainerState {
    /// Not told.
    #[default]
    Unknown,
    /// Waiting, with the reason.
    Waiting(String),
    /// Running since.
    Running(Option<Millis>),
    /// Terminated.
    Terminated(Terminated),
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminated {
    /// `Completed`, `Error`, `OOMKilled`, ...
    pub reason: String,
    /// Exit code.
    pub exit_code: i32,
    /// Start.
    pub started_ms: Option<Millis>,
    /// End.
    pub finished_ms: Option<Millis>,
}
