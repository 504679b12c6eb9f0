//! A pod as the core sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cause, Owner};
use crate::input::Millis;

/// What matters of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodFact {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.creationTimestamp`.
    pub created_ms: Option<Millis>,
    /// Which part of an Indexed Job's work it does.
    pub index: Option<u32>,
    /// `spec.nodeName`, once scheduled.
    pub node: Option<String>,
    /// `status.phase`.
    pub phase: String,
    /// `status.reason` (`Evicted`, ...).
    pub reason: Option<String>,
    /// Labels and annotations under `run-sentinel.dev/`, without the prefix.
    pub sentinel: BTreeMap<String, String>,
    /// Its controller: a Job, a ReplicaSet.
    pub owner: Option<Owner>,
    /// `status.message`.
    pub message: Option<String>,
    /// The condition `DisruptionTarget`: something in the cluster is about to end it, or has.
    pub disruption: Option<Cause>,
    /// Why it is on no node yet.
    pub unschedulable: Option<Cause>,
    /// Whether it is being deleted.
    pub deleting: bool,
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
    /// Whether it is a native sidecar: an init container that is always restarted.
    pub sidecar: bool,
    /// `restartCount`.
    pub restart_count: u32,
    /// Memory limit as written (`16Mi`).
    pub memory_limit: Option<String>,
    /// Whether it is ready; one without a probe is when it runs.
    pub ready: bool,
    /// Whether a probe says when it is ready.
    pub has_readiness_probe: bool,
    /// Whether a failing probe ends it.
    pub has_liveness_probe: bool,
    /// The present state.
    pub state: ContainerState,
    /// What is said about the present state.
    pub message: Option<String>,
    /// `lastState.terminated`, if any.
    pub last_terminated: Option<Terminated>,
}

impl ContainerFact {
    /// Its present end, if it does not run and is not about to.
    #[must_use]
    pub fn ended(&self) -> Option<&Terminated> {
        match &self.state {
            ContainerState::Terminated(end) => Some(end),
            _ => None,
        }
    }
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
