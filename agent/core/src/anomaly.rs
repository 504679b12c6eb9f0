//! A rule's finding: what, how bad, by which numbers, with which evidence.

use serde::{Deserialize, Serialize};

use crate::input::Millis;

/// What kind of trouble an anomaly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The cluster or the machine.
    Infra,
    /// The product under test.
    App,
    /// The tests themselves.
    Test,
    /// The shape of the run: what is missing, what contradicts.
    Structure,
}

/// How urgent an anomaly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warning,
    /// The run cannot be trusted or has failed for this reason.
    Critical,
}

/// One figure a rule decided by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// What it is, with its unit as last word (`silent_seconds`, `threshold_seconds`).
    pub name: String,
    /// The value.
    pub value: f64,
}

/// Where a finding can be checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The stream, if it is in the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// 1-based line in the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What stands there, or what the cluster said.
    pub text: String,
}

/// A rule's finding about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The run.
    pub run_id: String,
    /// The rule's id.
    pub rule: String,
    /// What it is about (`suite:api`, `test:api/login`, `pod:team-a/x`, `run`); with run and rule
    /// the anomaly's key.
    pub subject: String,
    /// The category.
    pub category: Category,
    /// The severity.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// The figures it was decided by.
    pub numbers: Vec<Number>,
    /// Where to look.
    pub evidence: Vec<Evidence>,
    /// What to do or where the cause may be, best first.
    pub hints: Vec<String>,
    /// When it was first found.
    pub first_ms: Millis,
    /// When it last changed.
    pub last_ms: Millis,
    /// Whether it no longer holds.
    pub resolved: bool,
}
