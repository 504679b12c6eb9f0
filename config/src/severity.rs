//! How urgent a finding is.

use serde::{Deserialize, Serialize};

use crate::kind::Choice;

/// How urgent a finding is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warning,
    /// The run cannot be trusted, or has failed for this reason.
    Critical,
}

impl Severity {
    /// The word in configuration, store and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// The severity of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Severity> {
        Severity::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, severity)| *severity)
    }
}

impl Choice for Severity {
    const WORDS: &'static [(&'static str, Severity)] = &[
        ("info", Severity::Info),
        ("warning", Severity::Warning),
        ("critical", Severity::Critical),
    ];
}
