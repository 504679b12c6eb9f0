//! One run: its streams, what they told together, and where it stands.

use std::collections::{BTreeMap, BTreeSet};

use sentinel_config::PipelineRules;
use sentinel_parsers::event::{Counts, Printed};
use sentinel_parsers::ledger::Test;
use sentinel_parsers::wire::RunContext;

use crate::anomaly::Anomaly;
use crate::change::Change;
use crate::context::Merged;
use crate::correlate::Suspects;
use crate::coverage::Unread;
use crate::ending::Endings;
use crate::failures::Failures;
use crate::input::{Millis, StreamId};
use crate::output::RunRow;
use crate::run::RunStatus;
use crate::signatures::Signatures;
use crate::stream::Stream;

/// A run as the core knows it.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) id: String,
    pub(crate) merged: Merged,
    pub(crate) provenance: Vec<String>,
    pub(crate) status: RunStatus,
    pub(crate) reason: Option<String>,
    pub(crate) started_ms: Millis,
    /// Latest sign of life: an opening, a frame, a word from another source.
    pub(crate) active_ms: Millis,
    /// The last input by which rows of it were written.
    pub(crate) step: u64,
    /// When the last stream ended, while none is open.
    pub(crate) quiet_ms: Option<Millis>,
    pub(crate) streams: BTreeMap<StreamId, Stream>,
    /// What others than the output say of its end.
    pub(crate) endings: Endings,
    /// Pods that the cluster ended, not their containers, with why: a Job only says that there were too many failures.
    pub(crate) taken: BTreeMap<String, String>,
    /// Whether it is over only because nothing was heard of it any more.
    pub(crate) given_up: bool,
    /// Whether somebody spoke of its end, so that a verdict that was given may be another one now.
    pub(crate) reconsiders: bool,
    pub(crate) signatures: Signatures,
    pub(crate) failures: Failures,
    pub(crate) suspects: Suspects,
    pub(crate) anomalies: BTreeMap<(&'static str, String), Anomaly>,
    /// Uids of its pods.
    pub(crate) pods: BTreeSet<String>,
    /// Pods of it that ran and of which nothing was read.
    pub(crate) unread: BTreeMap<String, Unread>,
    /// What was left out because of limits, by the limit's name.
    pub(crate) dropped: BTreeMap<&'static str, u64>,
    /// What changed since the rules last ran.
    pub(crate) changed: Change,
    /// What the stored row says.
    saved: Option<Digest>,
}

/// The parts of a run's row that change, small enough to compare after every frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Digest {
    context: u64,
    provenance: usize,
    status: RunStatus,
    reason: Option<String>,
    started_ms: Millis,
    quiet_ms: Option<Millis>,
    sums: Sums,
}

/// What the streams told together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Tests by status.
    pub totals: Counts,
    /// Totals as printed.
    pub printed: Option<Printed>,
    /// Tests announced.
    pub planned: Option<u64>,
    /// Tests that passed after failing.
    pub flaky: u64,
    /// Bytes known to be lost.
    pub lost_bytes: u64,
    /// The exit code all streams agree on, else the worst.
    pub exit_code: Option<i32>,
    /// The first signal that ended a command.
    pub signal: Option<i32>,
    /// How many (stream, dialect) pairs there are.
    dialects: usize,
}

impl Run {
    pub(crate) fn new(id: &str, now: Millis) -> Run {
        Run {
            id: id.to_owned(),
            merged: Merged::default(),
            provenance: Vec::new(),
            status: RunStatus::Pending,
            reason: None,
            started_ms: now,
            active_ms: now,
            step: 0,
            quiet_ms: None,
            streams: BTreeMap::new(),
            endings: Endings::default(),
            taken: BTreeMap::new(),
            given_up: false,
            reconsiders: false,
            signatures: Signatures::default(),
            failures: Failures::default(),
            suspects: Suspects::default(),
            anomalies: BTreeMap::new(),
            pods: BTreeSet::new(),
            unread: BTreeMap::new(),
            dropped: BTreeMap::new(),
            changed: Change::ALL,
            saved: None,
        }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Identity and labels as merged so far.
    #[must_use]
    pub fn context(&self) -> RunContext {
        self.merged.context(&self.id)
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.status
    }

    /// Why, in one line, once it is over.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// First sign of it.
    #[must_use]
    pub fn started_ms(&self) -> Millis {
        self.started_ms
    }

    /// When its last stream ended, or its last sign of life once it is lost.
    #[must_use]
    pub fn ended_ms(&self) -> Option<Millis> {
        self.quiet_ms
    }

    /// How long it has been going on, or went on.
    #[must_use]
    pub fn elapsed_ms(&self, now: Millis) -> Millis {
        let end = self.quiet_ms.unwrap_or(now);
        end.saturating_sub(self.started_ms).max(0)
    }

    /// Its streams.
    pub fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    /// Its streams but for those of attempts that a later one replaced.
    pub fn counted(&self) -> impl Iterator<Item = &Stream> {
        self.streams().filter(|s| s.replaced_by().is_none())
    }

    /// Tests by status over all streams that count.
    #[must_use]
    pub fn totals(&self) -> Counts {
        let mut totals = Counts::ZERO;
        for stream in self.counted() {
            totals.merge(&stream.ledger().totals());
        }
        totals
    }

    /// Tests that have begun and not ended, longest running first, with the time they began.
    #[must_use]
    pub fn running(&self) -> Vec<Running<'_>> {
        let mut running: Vec<Running<'_>> = self
            .counted()
            .flat_map(|stream| {
                stream.ledger().open().map(move |test| Running {
                    stream: stream.id(),
                    test,
                    since_ms: stream.began_ms(test),
                })
            })
            .collect();
        running.sort_by_key(|r| r.since_ms);
        running
    }

    /// The test that has been running longest.
    #[must_use]
    pub fn slowest_running(&self) -> Option<Running<'_>> {
        self.running().into_iter().next()
    }

    /// Findings about it, resolved ones included.
    pub fn anomalies(&self) -> impl Iterator<Item = &Anomaly> {
        self.anomalies.values()
    }

    /// The different errors in its output.
    #[must_use]
    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// Its failures over time.
    #[must_use]
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Its failures, with whose fault each is.
    #[must_use]
    pub fn suspects(&self) -> &Suspects {
        &self.suspects
    }

    /// Whether no more output is expected.
    pub(crate) fn is_settling(&self) -> bool {
        self.status == RunStatus::Finalizing || self.status.is_over()
    }

    /// What was left out because of limits, by the limit's name.
    #[must_use]
    pub fn dropped(&self) -> BTreeMap<&'static str, u64> {
        let mut dropped = self.dropped.clone();
        let mut note = |name, parts| {
            if parts > 0 {
                *dropped.entry(name).or_default() += parts;
            }
        };
        note("labels", self.merged.dropped());
        note("signatures_per_run", self.signatures.dropped());
        note("suspects_per_run", self.suspects.dropped());
        for stream in self.streams.values() {
            note("max_tests", stream.ledger().dropped());
            note("max_ledgers", stream.ledger().crowded_out());
            note("gaps_per_stream", stream.gaps_dropped());
        }
        dropped
    }

    /// The first pipeline rules whose match fits it.
    pub(crate) fn rules_of<'p>(&self, pipelines: &'p [PipelineRules]) -> Option<&'p PipelineRules> {
        let (pipeline, branch, environment) = self.merged.place();
        pipelines
            .iter()
            .find(|rules| rules.applies.fits(pipeline, branch, environment))
    }

    /// What its streams that count told together.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for stream in self.counted() {
            let ledger = stream.ledger();
            sums.totals.merge(&ledger.totals());
            sums.printed = match (sums.printed, ledger.printed()) {
                (Some(a), Some(b)) => Some(a.plus(b)),
                (a, b) => a.or(b),
            };
            if let Some(planned) = ledger.planned() {
                sums.planned = Some(sums.planned.unwrap_or(0).saturating_add(planned));
            }
            sums.flaky += stream.flaky();
            sums.lost_bytes = sums.lost_bytes.saturating_add(stream.lost_bytes());
            sums.dialects += ledger.dialects().count();
            if let Some(end) = stream.end() {
                sums.exit_code = worse(sums.exit_code, end.exit_code);
                sums.signal = sums.signal.or(end.signal);
            }
        }
        sums
    }

    /// Its row if it differs from the one stored; from then on it counts as stored.
    pub(crate) fn take_row(&mut self) -> Option<RunRow> {
        let digest = Digest {
            context: self.merged.version(),
            provenance: self.provenance.len(),
            status: self.status,
            reason: self.reason.clone(),
            started_ms: self.started_ms,
            quiet_ms: self.quiet_ms,
            sums: self.sums(),
        };
        if self.saved.as_ref() == Some(&digest) {
            return None;
        }
        let row = self.row(&digest.sums);
        self.saved = Some(digest);
        Some(row)
    }

    fn row(&self, sums: &Sums) -> RunRow {
        let mut dialects: Vec<String> = Vec::new();
        for dialect in self.streams.values().flat_map(|s| s.ledger().dialects()) {
            if !dialects.iter().any(|known| known == dialect) {
                dialects.push(dialect.to_owned());
            }
        }
        RunRow {
            context: self.context(),
            provenance: self.provenance.clone(),
            status: self.status,
            reason: self.reason.clone(),
            started_ms: self.started_ms,
            ended_ms: self.quiet_ms.filter(|_| self.status.is_over()),
            totals: sums.totals,
            printed: sums.printed,
            planned: sums.planned,
            flaky: sums.flaky,
            exit_code: sums.exit_code,
            signal: sums.signal,
            dialects,
            lost_bytes: sums.lost_bytes,
        }
    }
}

/// A test that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The stream that told it.
    pub stream: &'a StreamId,
    /// The test.
    pub test: &'a Test,
    /// When it began, in the agent's time.
    pub since_ms: Millis,
}

/// The worse of two exit codes: any failure beats success, then the larger number.
fn worse(a: Option<i32>, b: Option<i32>) -> Option<i32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(std::cmp::max_by_key(a, b, |code| code.unsigned_abs())),
        (a, b) => a.or(b),
    }
}
