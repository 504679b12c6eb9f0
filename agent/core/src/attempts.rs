//! Attempts of a Job's pods: which stream tells of the same work as another, done again later. A test counts once, as the
//! latest attempt told it; what earlier ones told is kept and shown apart.
//!
//! Of an Indexed Job the pods of one index do the same work, of a Job that wants one completion all of its pods; of other
//! Jobs nobody can tell. A container that is started again begins its work again. A later attempt replaces an earlier one
//! once it has told of a test: until then there is nothing to replace it by.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::input::{Millis, StreamId};
use crate::jobs::Jobs;
use crate::output::{Outputs, Persist};
use crate::pods::{Pods, job_of};
use crate::runs::Run;
use crate::step::Core;
use crate::stream::Stream;

/// What is done: the Job and its part, or else the pod; the container, and how its output is read.
type Work<'a> = (&'a str, u32, &'a str, &'a str);
/// Which attempt at it: when the pod was made, which pod, how often its container was started again.
type Attempt<'a> = (Option<Millis>, &'a str, u32);

/// What a stream is an attempt at.
fn attempt<'a>(stream: &'a Stream, pods: &'a Pods, jobs: &Jobs) -> (Work<'a>, Attempt<'a>) {
    let who = &stream.open().identity;
    let pod = pods.get(&who.pod_uid).map(|pod| &pod.fact);
    let part = pod.and_then(|fact| {
        let job = job_of(fact)?;
        let index = fact.index.or_else(|| jobs.wants_one(job).then_some(0))?;
        Some((job, index))
    });
    let (of, index) = part.unwrap_or((&who.pod_uid, 0));
    let made = pod.and_then(|fact| fact.created_ms);
    (
        (of, index, &who.container, &who.source),
        (made, &who.pod_uid, who.restart),
    )
}

/// The streams that another one replaced of which that was not known yet, each with the next that did.
fn news(run: &Run, pods: &Pods, jobs: &Jobs) -> Vec<(StreamId, StreamId)> {
    let mut works: BTreeMap<Work<'_>, Vec<(Attempt<'_>, &Stream)>> = BTreeMap::new();
    for stream in run.streams() {
        let (work, attempt) = attempt(stream, pods, jobs);
        works.entry(work).or_default().push((attempt, stream));
    }
    let mut news = Vec::new();
    for attempts in works.values_mut().filter(|attempts| attempts.len() > 1) {
        attempts.sort_by_key(|(attempt, _)| *attempt);
        for (attempt, stream) in attempts.iter() {
            let mut later = attempts.iter().filter(|(other, _)| other > attempt);
            let next = later.find(|(_, other)| other.has_tests());
            if let Some((_, next)) = next
                && stream.replaced_by() != Some(next.id())
            {
                news.push((stream.id().clone(), next.id().clone()));
            }
        }
    }
    news
}

impl Stream {
    /// The stream of a later attempt at the same work, once that has told of tests: this one no longer counts.
    #[must_use]
    pub fn replaced_by(&self) -> Option<&StreamId> {
        self.replaced_by.as_ref()
    }

    /// Whether it has told of a test.
    pub(crate) fn has_tests(&self) -> bool {
        !self.ledger().totals().is_zero()
    }
}

impl Core {
    /// Finds out which streams of the run others replaced. What was told before stays: pods are forgotten.
    pub(crate) fn join_attempts(&mut self, run_id: &str) -> Outputs {
        let mut outputs = Outputs::default();
        let Some(run) = self.runs.get_mut(run_id) else {
            return outputs;
        };
        if run.streams.len() < 2 {
            return outputs;
        }
        for (replaced, by) in news(run, &self.pods, &self.jobs) {
            let Some(stream) = run.streams.get_mut(&replaced) else {
                continue;
            };
            stream.replaced_by = Some(by);
            run.changed |= Change::ALL;
            run.reconsiders = true;
            outputs
                .persist
                .push(Persist::Stream(Box::new(stream.row())));
        }
        outputs
    }

    /// What is stored of a stream that another one replaced; comes after what is stored of both.
    pub fn restore_replaced(&mut self, now: Millis, stream: &StreamId, by: StreamId) {
        let Some(run_id) = self.run_of.get(stream).cloned() else {
            return;
        };
        let run = self.runs.get_mut(&run_id);
        if let Some(stream) = run.and_then(|run| run.streams.get_mut(stream)) {
            stream.replaced_by = Some(by);
        }
        drop(self.settle(now, &run_id, None));
    }
}
