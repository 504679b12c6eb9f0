//! A Job as the core sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Owner;
use crate::input::Millis;

/// What matters of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFact {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// Labels and annotations under `run-sentinel.dev/`, without the prefix: the Job's own before those of its
    /// pods' template.
    pub sentinel: BTreeMap<String, String>,
    /// Its controller: a CronJob, a JobSet.
    pub owner: Option<Owner>,
    /// `spec.completions`.
    pub completions: Option<u32>,
    /// `status.succeeded`.
    pub succeeded: u32,
    /// `status.failed`.
    pub failed: u32,
    /// `status.startTime`.
    pub started_ms: Option<Millis>,
    /// How it ended, if it has.
    pub end: Option<JobEnd>,
}

/// A Job's last condition: `Complete` or `Failed`. `SuccessCriteriaMet` and `FailureTarget` come seconds before, while
/// pods still end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEnd {
    /// `Complete` or `Failed`.
    pub condition: String,
    /// `CompletionsReached`, `BackoffLimitExceeded`, `DeadlineExceeded`, ...
    pub reason: String,
    /// When, as told.
    pub at_ms: Option<Millis>,
}
