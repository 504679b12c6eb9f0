//! A run: its status and what decides it.

use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Announced; nothing seen yet.
    Pending,
    /// Output is coming or expected.
    Running,
    /// Its command has ended; late streams and facts may still come.
    Finalizing,
    /// Everything is known and nothing failed.
    Passed,
    /// Tests failed.
    Failed,
    /// It broke without (or beside) a failing test.
    Errored,
    /// It was ended because it took too long.
    TimedOut,
    /// Somebody ended it.
    Aborted,
    /// It fell silent without an end.
    Lost,
    /// Evidence is missing that could hide a failure.
    Incomplete,
}

impl RunStatus {
    /// The word used in JSON, SQL, metrics and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RunStatus::Pending => "pending",
            RunStatus::Running => "running",
            RunStatus::Finalizing => "finalizing",
            RunStatus::Passed => "passed",
            RunStatus::Failed => "failed",
            RunStatus::Errored => "errored",
            RunStatus::TimedOut => "timed_out",
            RunStatus::Aborted => "aborted",
            RunStatus::Lost => "lost",
            RunStatus::Incomplete => "incomplete",
        }
    }

    /// Whether the run is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(
            self,
            RunStatus::Pending | RunStatus::Running | RunStatus::Finalizing
        )
    }
}
