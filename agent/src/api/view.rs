//! What the API shows of runs, tests and streams: the JSON both the agent writes and the command
//! line reads.

use std::collections::BTreeMap;

use sentinel_core::{Anomaly, Cause, Millis, RunStatus};
use sentinel_parsers::event::{Counts, Printed, Status};
use serde::{Deserialize, Serialize};

/// Something somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// Who; absent if it did not prove who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What was done.
    pub verb: String,
    /// To what.
    pub object: String,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries, in the list's order.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page {
            items: Vec::new(),
            next: None,
        }
    }
}

/// Tests by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// The sum of all.
    pub tests: u64,
    /// `passed`.
    pub passed: u64,
    /// `failed`.
    pub failed: u64,
    /// `errored`.
    pub errored: u64,
    /// `skipped`.
    pub skipped: u64,
    /// `xfail`.
    pub xfail: u64,
    /// `xpass`.
    pub xpass: u64,
    /// `todo`.
    pub todo: u64,
    /// `timed_out`.
    pub timed_out: u64,
    /// `unfinished`.
    pub unfinished: u64,
}

impl From<Counts> for Totals {
    fn from(counts: Counts) -> Self {
        Totals {
            tests: counts.total(),
            passed: counts[Status::Passed],
            failed: counts[Status::Failed],
            errored: counts[Status::Errored],
            skipped: counts[Status::Skipped],
            xfail: counts[Status::Xfail],
            xpass: counts[Status::Xpass],
            todo: counts[Status::Todo],
            timed_out: counts[Status::TimedOut],
            unfinished: counts[Status::Unfinished],
        }
    }
}

/// Totals as the frameworks printed them; absent where a figure was not printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedTotals {
    /// All tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<u64>,
    /// `passed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<u64>,
    /// `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// `errored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errored: Option<u64>,
    /// `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<u64>,
    /// `xfail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xfail: Option<u64>,
    /// `xpass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xpass: Option<u64>,
    /// `todo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<u64>,
}

impl From<Printed> for PrintedTotals {
    fn from(printed: Printed) -> Self {
        PrintedTotals {
            tests: printed.tests,
            passed: printed.passed,
            failed: printed.failed,
            errored: printed.errored,
            skipped: printed.skipped,
            xfail: printed.xfail,
            xpass: printed.xpass,
            todo: printed.todo,
        }
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// The run's identifier.
    pub run_id: String,
    /// The pipeline.
    pub pipeline: Option<String>,
    /// The environment tested.
    pub environment: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// Which try of the pipeline, from 1.
    pub attempt: Option<u32>,
    /// Further labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Who spoke of the run, in order of arrival.
    #[serde(default)]
    pub provenance: Vec<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// Why, in one line, once it is over.
    pub reason: Option<String>,
    /// First sign of it, Unix milliseconds.
    pub started_ms: Millis,
    /// When it was closed.
    pub ended_ms: Option<Millis>,
    /// Tests by status.
    pub totals: Totals,
    /// Tests that passed after failing.
    pub flaky: u64,
    /// Totals as printed, summed.
    pub printed: Option<PrintedTotals>,
    /// Number of tests announced.
    pub planned: Option<u64>,
    /// Exit code of the command.
    pub exit_code: Option<i32>,
    /// Signal that ended the command.
    pub signal: Option<i32>,
    /// Dialects recognised.
    #[serde(default)]
    pub dialects: Vec<String>,
    /// Bytes known to be lost.
    pub lost_bytes: u64,
    /// Known losses; left out of lists of runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapView>,
    /// Its streams; left out of lists of runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<StreamView>,
}

/// A known loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapView {
    /// The stream.
    pub stream: String,
    /// First lost byte.
    pub from: u64,
    /// First byte after the loss.
    pub to: u64,
    /// Why.
    pub reason: String,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamView {
    /// The agent's name for it.
    pub stream: String,
    /// The cluster, empty outside Kubernetes.
    pub cluster: String,
    /// The pod's uid, or the host name.
    pub pod_uid: String,
    /// The container, or a word for the source.
    pub container: String,
    /// The container's restart count.
    pub restart: u32,
    /// How the output is read.
    pub source: String,
    /// The command whose output it is.
    pub command: Option<String>,
    /// First byte not stored.
    pub committed: u64,
    /// Whether its last frame is stored.
    pub closed: bool,
    /// Events stored.
    pub events: u64,
    /// When it was opened, Unix milliseconds.
    pub opened_ms: Millis,
    /// When its latest frame came.
    pub last_frame_ms: Millis,
    /// Length told at the end.
    pub total_bytes: Option<u64>,
    /// SHA-256 told at the end.
    pub hash: Option<String>,
    /// Exit code told at the end.
    pub exit_code: Option<i32>,
    /// Signal told at the end.
    pub signal: Option<i32>,
    /// The node it comes by way of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The stream of a later attempt at the same work: this one's tests are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
}

/// A test: its latest attempt, and what became of the earlier ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestView {
    /// The suite, empty when unknown.
    pub suite: String,
    /// The name.
    pub name: String,
    /// How the latest attempt ended.
    pub status: Status,
    /// Its duration as printed.
    pub duration_s: Option<f64>,
    /// Number of the latest attempt, from 1.
    pub attempt: u32,
    /// How many attempts are known.
    pub attempts: u32,
    /// First line of the failure's or the skip's text.
    pub message: Option<String>,
    /// `file:line` of the failure.
    pub location: Option<String>,
    /// 1-based line in the stream.
    pub line: u64,
    /// The stream that told it.
    pub stream: String,
    /// The stream of a later attempt at the same work, if this one is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// The dialect that told it.
    pub dialect: String,
    /// Whether it passed after an attempt that did not.
    pub flaky: bool,
    /// Whether its tear-down failed beside its own result.
    #[serde(default)]
    pub teardown_error: bool,
    /// Whose fault its failure is, if it failed or has no result and that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The attempts before the latest, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<AttemptView>,
}

/// An attempt of a test that a later one followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Its number, from 1.
    pub attempt: u32,
    /// How it ended.
    pub status: Status,
    /// Its duration as printed.
    pub duration_s: Option<f64>,
    /// First line of the failure's text.
    pub message: Option<String>,
    /// `file:line` of the failure.
    pub location: Option<String>,
    /// 1-based line in the stream.
    pub line: u64,
    /// Whose fault its failure was, if that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// A rule's finding, as the core tells it.
pub type AnomalyView = Anomaly;

/// What is going on in a run right now, from memory and not from the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveRun {
    /// Where it stands.
    pub status: RunStatus,
    /// Tests by status.
    pub totals: Totals,
    /// Number of tests announced.
    pub planned: Option<u64>,
    /// Tests begun and not ended, oldest first, at most [`LiveRun::RUNNING`].
    pub running: Vec<LiveTest>,
    /// How many tests are begun and not ended.
    pub open: u64,
    /// The slowest finished test, if durations are known.
    pub slowest: Option<SlowTest>,
}

impl LiveRun {
    /// Running tests listed at most.
    pub const RUNNING: usize = 16;
}

/// A test that is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTest {
    /// The suite, empty when unknown.
    pub suite: String,
    /// The name.
    pub name: String,
    /// Since when, Unix milliseconds, if known.
    pub since_ms: Option<Millis>,
}

/// A finished test with its duration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowTest {
    /// The suite, empty when unknown.
    pub suite: String,
    /// The name.
    pub name: String,
    /// Its duration.
    pub duration_s: f64,
}
