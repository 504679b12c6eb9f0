//! What is said of a failure in the end: a class, a confidence, hints.

use serde::{Deserialize, Serialize};

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Culprit {
    /// The cluster, the machine, or what runs beside the tests.
    Infra,
    /// The product under test.
    App,
    /// The test: what it compared was not as it expects.
    Test,
    /// Nobody can tell.
    Unknown,
}

impl Culprit {
    /// Its word in store and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Culprit::Infra => "infra",
            Culprit::App => "app",
            Culprit::Test => "test",
            Culprit::Unknown => "unknown",
        }
    }
}

/// Whose fault a failure is, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Who is to blame.
    pub class: Culprit,
    /// How surely, from 0 to 1.
    pub confidence: f64,
    /// What speaks for it, best first; what else might be it.
    pub hints: Vec<Hint>,
}

/// One possible cause with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// What, when, and how tests fared meanwhile.
    pub text: String,
    /// Its score.
    pub confidence: f64,
}
