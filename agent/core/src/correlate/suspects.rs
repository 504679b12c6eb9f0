//! The failures of a run with what each is judged by, bounded; which of them must be judged again.

use std::collections::BTreeMap;
use std::sync::Arc;

use sentinel_parsers::Status;
use sentinel_parsers::ledger::Test;

use super::words::{Said, Words};
use super::{Cause, Court, Results};
use crate::change::Change;
use crate::input::{Millis, StreamId};
use crate::output::{CauseRow, Outputs, Persist};
use crate::rules::Cluster;
use crate::runs::Run;
use crate::step::Settings;
use crate::stream::Stream;
use crate::text::{short, test_name};

/// Tests without a result that are taken from one stream.
const OPEN: usize = 100;
/// How long a cluster may take to tell what made a test fail.
pub(super) const TOLD_WITHIN: Millis = 60_000;

/// Stream, ordinal, attempt.
type Key = (StreamId, u32, u32);

/// A test that failed, or has no result although nothing more can come.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The stream that told it.
    pub stream: StreamId,
    /// Suite and name.
    pub test: String,
    /// How it ended.
    pub status: Status,
    /// Line of the result, or of the start.
    pub line: u64,
    /// When it began, as far as that is known.
    pub from_ms: Millis,
    /// When it failed; for one without a result when its output ended, if it did.
    pub to_ms: Option<Millis>,
    /// The beginning of the failure's text.
    pub message: Option<String>,
    pub(crate) own: Words,
    /// Errors in the output between the result before it and its own.
    pub(crate) around: Words,
    cause: Option<Cause>,
    /// What it has in common with others of the same cause.
    group: Option<(String, Millis)>,
    /// Whether it must be judged again.
    stale: bool,
}

impl Suspect {
    /// Whether it came to a result.
    pub(crate) fn has_result(&self) -> bool {
        self.status != Status::Unfinished
    }

    /// What it comes down to: its own text, else the errors before it.
    pub(super) fn said(&self) -> Said {
        match self.own.said() {
            Said::Nothing => self.around.said(),
            said => said,
        }
    }

    /// Whether the failure's text names that thing, as a word of its own.
    pub(crate) fn names(&self, name: &str) -> bool {
        let text = self.message.as_deref().unwrap_or_default();
        let is_inside = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        !name.is_empty()
            && text.match_indices(name).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                !before.is_some_and(is_inside) && !after.is_some_and(is_inside)
            })
    }

    /// Whose fault it is, once it was judged.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// The cause it shares with others: what, and since when.
    #[must_use]
    pub fn group(&self) -> Option<&(String, Millis)> {
        self.group.as_ref()
    }

    fn says_the_same(&self, other: &Suspect) -> bool {
        (self.status, self.from_ms, self.to_ms) == (other.status, other.from_ms, other.to_ms)
            && self.message == other.message
            && (self.own, self.around) == (other.own, other.around)
    }
}

impl Stream {
    /// A test ended: it counts in the stream's pace, and errors told since the result before it are the failure's, by its
    /// line.
    pub(crate) fn ended(
        &mut self,
        status: Status,
        line: u64,
        at: Millis,
        before: &mut BTreeMap<u64, Words>,
    ) {
        let errors = std::mem::take(&mut self.errors);
        if status.is_failure() && errors != Words::default() {
            before.insert(line, errors);
        }
        let one = Results {
            passed: u64::from(status == Status::Passed),
            failed: u64::from(status.is_failure()),
        };
        self.pace.add(at, one);
    }
}

/// The failures of a run.
#[derive(Clone, Debug, Default)]
pub struct Suspects {
    kept: BTreeMap<Key, Suspect>,
    /// Whether one must be judged again.
    stale: bool,
    dropped: u64,
}

impl Suspects {
    /// All that are kept, by stream and order.
    pub fn all(&self) -> impl Iterator<Item = &Suspect> {
        self.kept.values()
    }

    /// Failures that were not kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// A test of the stream changed: it is a suspect, or no longer. `around` are the errors told just before its result.
    pub(crate) fn take(
        &mut self,
        now: Millis,
        (stream, test): (&Arc<str>, &Test),
        around: Words,
        limit: usize,
    ) {
        let attempt = test.last();
        let key = (stream.to_string(), test.ordinal, attempt.number);
        if !attempt.status.is_failure() {
            self.kept.remove(&key);
            return;
        }
        let end = attempt.ended_ms.or(attempt.started_ms);
        // A clock that is ahead told of the future.
        let end = end.map_or(now, |end| end.min(now));
        let lasted = attempt.duration_s.unwrap_or(0.0) * 1_000.0;
        let began = attempt.started_ms;
        // A duration as printed: what does not fit is no duration.
        let from_ms = began
            .unwrap_or(end.saturating_sub(lasted as Millis))
            .min(end);
        let around = around.with(self.kept.get(&key).map_or(Words::default(), |s| s.around));
        let suspect = suspect(&key.0, test, (from_ms, Some(end)), around);
        self.keep(key, suspect, limit);
    }

    /// A test of an output that is over has no result.
    fn without_result(&mut self, stream: &Stream, test: &Test, limit: usize) {
        let key = (stream.id().clone(), test.ordinal, test.last().number);
        let end = stream.is_closed().then(|| stream.last_frame_ms());
        let suspect = suspect(&key.0, test, (stream.began_ms(test), end), Words::default());
        self.keep(key, suspect, limit);
    }

    fn keep(&mut self, key: Key, suspect: Suspect, limit: usize) {
        let full = self.kept.len() >= limit;
        match self.kept.get_mut(&key) {
            Some(known) if known.says_the_same(&suspect) => return,
            Some(known) => {
                let (cause, group) = (known.cause.take(), known.group.take());
                *known = Suspect {
                    cause,
                    group,
                    ..suspect
                };
            }
            None if full => {
                self.dropped += 1;
                return;
            }
            None => {
                self.kept.insert(key, suspect);
            }
        }
        self.stale = true;
    }

    /// Something held from that time on, or no longer: whoever it may have made fail is judged again.
    pub(crate) fn look_again(&mut self, from: Millis) {
        let since = from.saturating_sub(TOLD_WITHIN);
        for suspect in self.kept.values_mut() {
            if suspect.to_ms.is_none_or(|end| end >= since) {
                suspect.stale = true;
                self.stale = true;
            }
        }
    }
}

fn suspect(
    stream: &str,
    test: &Test,
    (from_ms, to_ms): (Millis, Option<Millis>),
    around: Words,
) -> Suspect {
    let attempt = test.last();
    let message = attempt.message.as_deref();
    Suspect {
        stream: stream.to_owned(),
        test: test_name(test.suite.as_deref(), &test.name),
        status: attempt.status,
        line: attempt.line,
        from_ms,
        to_ms,
        message: message.map(short),
        own: message.map_or(Words::default(), Words::of_text),
        around,
        cause: None,
        group: None,
        stale: true,
    }
}

/// Takes tests of outputs that are over for suspects, and judges whoever must be judged again. Nothing else is looked
/// at: a fact costs the failures of its runs, never their tests.
pub(crate) fn update(
    run: &mut Run,
    now: Millis,
    settings: &Settings,
    cluster: Cluster<'_>,
    outputs: &mut Outputs,
) {
    let limit = settings.limits.suspects_per_run;
    if run.changed.meets(Change::STATE.and(Change::PODS)) {
        take_open(run, cluster, limit);
        if run.is_settling() {
            // All results are in: how tests fared meanwhile is known for good.
            run.suspects.look_again(Millis::MIN);
        }
    }
    if !std::mem::take(&mut run.suspects.stale) {
        return;
    }
    let court = Court {
        now,
        run,
        settings,
        cluster,
    };
    let stale = court.run.suspects.kept.iter().filter(|(_, s)| s.stale);
    let judged: Vec<_> = stale
        .map(|(key, s)| (key.clone(), court.judge(s)))
        .collect();
    for (key, judged) in judged {
        let Some(suspect) = run.suspects.kept.get_mut(&key) else {
            continue;
        };
        suspect.stale = false;
        suspect.group = judged.group;
        run.changed |= Change::CAUSES;
        if suspect.cause.as_ref() == Some(&judged.cause) {
            continue;
        }
        suspect.cause = Some(judged.cause.clone());
        let (stream, ordinal, attempt) = key;
        outputs.persist.push(Persist::Cause(Box::new(CauseRow {
            run_id: run.id.clone(),
            stream,
            ordinal,
            attempt,
            cause: judged.cause,
        })));
    }
}

/// Tests that have begun, in outputs from which nothing more comes.
fn take_open(run: &mut Run, cluster: Cluster<'_>, limit: usize) {
    let over = run.status.is_over();
    for stream in run.streams.values() {
        let gone = || {
            let pod = cluster.pods.get(&stream.open().identity.pod_uid);
            pod.is_some_and(|pod| pod.deleted)
        };
        if over || stream.is_closed() || stream.replaced_by().is_some() || gone() {
            for test in stream.ledger().open().take(OPEN) {
                run.suspects.without_result(stream, test, limit);
            }
        }
    }
}
