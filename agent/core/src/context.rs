//! A run's identity and labels, merged from every source that speaks of it.
//!
//! Each value remembers who claimed it. The strongest claim wins, whatever the order of arrival:
//! first by rank of the source, then by its name, then by where in it the claim stands, then by
//! the value itself.

use std::collections::BTreeMap;

use sentinel_parsers::event::RunStart;
use sentinel_parsers::wire::RunContext;

use crate::settings::Limits;

/// How much a source's word counts; stronger first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A `RUN_START` marker in the output itself.
    Marker,
    /// A person.
    Operator,
    /// What was merged before a restart of the agent.
    Stored,
    /// Labels and environment, as whoever opened the stream read them.
    Stream,
    /// A Kubernetes Job.
    Job,
    /// A CI system's webhook.
    Webhook,
    /// Anything else.
    Other,
}

impl Rank {
    /// The rank of a source by its provenance word.
    pub(crate) fn of(provenance: &str) -> Rank {
        match provenance.split(':').next() {
            Some("operator") => Rank::Operator,
            Some("job") => Rank::Job,
            Some("webhook") => Rank::Webhook,
            _ => Rank::Other,
        }
    }
}

/// Who says something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source<'a> {
    pub(crate) rank: Rank,
    /// Provenance word or stream.
    pub(crate) name: &'a str,
    /// Where in the stream.
    pub(crate) offset: u64,
}

/// A value with who claimed it; the smaller claim is the stronger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<T> {
    rank: Rank,
    name: String,
    offset: u64,
    value: T,
}

/// The merged context of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    pipeline: Option<Claim<String>>,
    environment: Option<Claim<String>>,
    branch: Option<Claim<String>>,
    commit: Option<Claim<String>>,
    attempt: Option<Claim<u32>>,
    labels: BTreeMap<String, Claim<String>>,
    /// Counts changes of values.
    version: u64,
    /// Values and labels left out because of a limit.
    dropped: u64,
}

impl Merged {
    /// Takes over what a source says.
    pub(crate) fn merge(&mut self, from: &Source<'_>, said: &RunContext, limits: &Limits) {
        self.word(|m| &mut m.pipeline, from, said.pipeline.as_deref(), limits);
        self.word(
            |m| &mut m.environment,
            from,
            said.environment.as_deref(),
            limits,
        );
        self.word(|m| &mut m.branch, from, said.branch.as_deref(), limits);
        self.word(|m| &mut m.commit, from, said.commit.as_deref(), limits);
        self.attempt(from, said.attempt);
        for (key, value) in &said.labels {
            self.label(from, key, value, limits);
        }
    }

    /// Takes over what a `RUN_START` marker of a run's own output says. A marker that names another
    /// run does not move the stream: the name is kept as the label `marked-run-id`.
    pub(crate) fn mark(
        &mut self,
        from: &Source<'_>,
        said: &RunStart<'_>,
        run_id: &str,
        limits: &Limits,
    ) {
        self.word(|m| &mut m.pipeline, from, said.pipeline, limits);
        self.word(|m| &mut m.environment, from, said.environment, limits);
        self.word(|m| &mut m.branch, from, said.branch, limits);
        self.word(|m| &mut m.commit, from, said.commit, limits);
        self.attempt(from, said.attempt);
        if let Some(other) = said.run_id.filter(|id| *id != run_id) {
            self.label(from, "marked-run-id", other, limits);
        }
    }

    /// The context as it stands.
    pub(crate) fn context(&self, run_id: &str) -> RunContext {
        let word = |claim: &Option<Claim<String>>| claim.as_ref().map(|c| c.value.clone());
        RunContext {
            run_id: run_id.to_owned(),
            pipeline: word(&self.pipeline),
            environment: word(&self.environment),
            branch: word(&self.branch),
            commit: word(&self.commit),
            attempt: self.attempt.as_ref().map(|c| c.value),
            labels: self
                .labels
                .iter()
                .map(|(key, claim)| (key.clone(), claim.value.clone()))
                .collect(),
        }
    }

    /// Pipeline, branch and environment; empty where nobody named one.
    pub(crate) fn place(&self) -> (&str, &str, &str) {
        (
            self.pipeline.as_ref().map_or("", |c| &c.value),
            self.branch.as_ref().map_or("", |c| &c.value),
            self.environment.as_ref().map_or("", |c| &c.value),
        )
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn word(
        &mut self,
        slot: impl Fn(&mut Merged) -> &mut Option<Claim<String>>,
        from: &Source<'_>,
        said: Option<&str>,
        limits: &Limits,
    ) {
        let Some(value) = said.filter(|v| !v.is_empty()) else {
            return;
        };
        if value.len() > limits.label_bytes {
            self.dropped += 1;
            return;
        }
        if claim(slot(self), from, value) {
            self.version += 1;
        }
    }

    fn attempt(&mut self, from: &Source<'_>, said: Option<u32>) {
        let Some(value) = said.filter(|n| *n > 0) else {
            return;
        };
        let new = Claim::new(from, value);
        if self.attempt.as_ref().is_none_or(|old| new < *old) {
            let changed = self.attempt.as_ref().is_none_or(|old| old.value != value);
            self.attempt = Some(new);
            self.version += u64::from(changed);
        }
    }

    /// Beyond the limit the labels that sort last are left out, so that the order of arrival does
    /// not decide which stay.
    fn label(&mut self, from: &Source<'_>, key: &str, value: &str, limits: &Limits) {
        if key.is_empty() || value.is_empty() {
            return;
        }
        if key.len() > limits.label_bytes || value.len() > limits.label_bytes {
            self.dropped += 1;
            return;
        }
        if let Some(old) = self.labels.get_mut(key) {
            let new = Claim::new(from, value.to_owned());
            if new < *old {
                self.version += u64::from(new.value != old.value);
                *old = new;
            }
            return;
        }
        self.labels
            .insert(key.to_owned(), Claim::new(from, value.to_owned()));
        if self.labels.len() <= limits.labels {
            self.version += 1;
            return;
        }
        self.dropped += 1;
        let last = self.labels.pop_last();
        self.version += u64::from(last.is_some_and(|(last, _)| last != key));
    }
}

impl<T> Claim<T> {
    fn new(from: &Source<'_>, value: T) -> Claim<T> {
        Claim {
            rank: from.rank,
            name: from.name.to_owned(),
            offset: from.offset,
            value,
        }
    }
}

/// Puts the claim into the slot if it is the stronger one; tells whether the value changed.
fn claim(slot: &mut Option<Claim<String>>, from: &Source<'_>, value: &str) -> bool {
    let new = Claim::new(from, value.to_owned());
    match slot {
        Some(old) if *old <= new => false,
        Some(old) => {
            let changed = old.value != new.value;
            *old = new;
            changed
        }
        None => {
            *slot = Some(new);
            true
        }
    }
}
