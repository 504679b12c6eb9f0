//! The one entrance: a time and an input in, outputs out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sentinel_config::{PipelineRules, RuleSettings, RunConfig};
use sentinel_parsers::wire::RunContext;

use crate::change::Change;
use crate::cluster_nodes::ClusterNodes;
use crate::context::{Rank, Source};
use crate::coverage::Collectors;
use crate::input::{Input, Millis, StreamId, Told};
use crate::interval::Timeline;
use crate::jobs::Jobs;
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::opening::{self, Opening};
use crate::output::{Outputs, Persist, Reply, RunRow};
use crate::pods::Pods;
use crate::rules::Cluster;
use crate::runs::Run;
use crate::settings::{Detect, Limits};
use crate::stream::Stream;
use crate::surroundings::Surroundings;
use crate::{cluster, coverage, engine, ingest};

/// What the core is told once.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// When a run ends and how big it may grow.
    pub run: RunConfig,
    /// Thresholds and severities.
    pub rules: RuleSettings,
    /// What the runs of some pipelines must contain.
    pub pipelines: Vec<PipelineRules>,
    /// Which Jobs are runs.
    pub detect: Detect,
    /// Bounds on what is kept.
    pub limits: Limits,
}

/// All runs, and what the cluster said.
///
/// The core forgets runs that are over ([`Limits::closed_runs`], [`Limits::closed_for`]) and knows
/// none after a restart. Before the shell passes on an input about a run or stream for which
/// [`Core::run`] or [`Core::stream`] gives `None`, it must bring back what the store holds of that
/// run with [`Core::restore_run`] and [`Core::restore`]; otherwise the stream would begin anew.
///
/// A sender with nothing to send must ask for its position now and then: a run of which nobody is
/// heard for `lost_after` is lost.
#[derive(Debug)]
pub struct Core {
    pub(crate) settings: Settings,
    pub(crate) runs: BTreeMap<String, Run>,
    /// Runs that are not over, by id.
    pub(crate) open: BTreeSet<String>,
    /// The run of each stream.
    pub(crate) run_of: HashMap<StreamId, String>,
    pub(crate) pods: Pods,
    pub(crate) jobs: Jobs,
    /// The cluster's nodes; `nodes` are those that streams come by way of.
    pub(crate) cluster_nodes: ClusterNodes,
    pub(crate) around: Surroundings,
    pub(crate) nodes: Nodes,
    pub(crate) collectors: Collectors,
    /// What held in the cluster, and when.
    pub(crate) timeline: Timeline,
    pub(crate) metrics: Metrics,
    /// Bytes that the ledgers of all streams hold, by their own estimate.
    pub(crate) held: usize,
    /// Inputs taken so far, and up to which of them all rows are durable.
    pub(crate) steps: u64,
    pub(crate) durable: u64,
    /// Broken on purpose: nothing is a duplicate.
    #[cfg(feature = "simulation")]
    pub(crate) takes_twice: bool,
}

impl Core {
    /// A core that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Core {
        Core {
            pods: Pods::new(settings.limits.pods),
            jobs: Jobs::new(settings.limits.jobs),
            cluster_nodes: ClusterNodes::new(settings.limits.nodes),
            around: Surroundings::new(&settings.limits),
            nodes: Nodes::new(settings.limits.nodes),
            collectors: Collectors::new(settings.limits.nodes),
            timeline: Timeline::new(
                settings.limits.interval_places,
                settings.limits.intervals_per_place,
            ),
            settings,
            runs: BTreeMap::new(),
            open: BTreeSet::new(),
            run_of: HashMap::new(),
            metrics: Metrics::default(),
            held: 0,
            steps: 0,
            durable: u64::MAX,
            #[cfg(feature = "simulation")]
            takes_twice: false,
        }
    }

    /// Breaks the position rule on purpose: what was taken before is taken again.
    #[cfg(feature = "simulation")]
    pub fn take_twice(&mut self) {
        self.takes_twice = true;
    }

    /// Takes one input into account.
    pub fn step(&mut self, now: Millis, input: Input) -> Outputs {
        self.steps += 1;
        match input {
            Input::OpenStream { stream, open } => {
                let opening = Opening {
                    stream: &stream,
                    open,
                    heard_ms: now,
                    node: None,
                };
                opening::open_stream(self, now, opening)
            }
            Input::Relay { stream, open, via } => opening::relay(self, now, &stream, open, &via),
            Input::Frame { stream, frame } => {
                let mut outputs = self.hear_node_of(now, &stream);
                outputs.absorb(ingest::frame(self, now, &stream, frame));
                outputs
            }
            Input::AskPosition { stream } => {
                let mut outputs = self.hear_node_of(now, &stream);
                outputs.absorb(self.hear(now, &stream, false));
                outputs
            }
            Input::Run {
                context,
                provenance,
                end,
            } => self.hear_of(now, &context, &provenance, end),
            Input::Collect { way, node } => coverage::collect(self, now, way, node.as_deref()),
            Input::Fact(fact) => cluster::fact(self, now, fact),
            Input::Tick => self.tick(now),
        }
    }

    /// Takes a stored input into account again; what it asked for was carried out long ago.
    pub fn restore(&mut self, then: Millis, input: Input) {
        drop(self.step(then, input));
    }

    /// Takes over what a stored run's row says that its streams do not: what other sources said,
    /// and since when it has been known.
    pub fn restore_run(&mut self, row: &RunRow) {
        let id = row.context.run_id.clone();
        let Some(run) = self.run_or_new(row.started_ms, &id) else {
            return;
        };
        run.started_ms = run.started_ms.min(row.started_ms);
        for word in &row.provenance {
            if !run.provenance.contains(word) {
                run.provenance.push(word.clone());
            }
        }
        let from = Source {
            rank: Rank::Stored,
            name: "stored",
            offset: 0,
        };
        let limits = self.settings.limits.clone();
        if let Some(run) = self.runs.get_mut(&id) {
            run.merged.merge(&from, &row.context, &limits);
        }
    }

    /// The run with that identifier, if it is in memory.
    #[must_use]
    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.get(id)
    }

    /// The stream, if it is in memory.
    #[must_use]
    pub fn stream(&self, id: &str) -> Option<&Stream> {
        self.runs.get(self.run_of.get(id)?)?.streams.get(id)
    }

    /// Runs that are not over, by id.
    pub fn open_runs(&self) -> impl Iterator<Item = &Run> {
        self.open.iter().filter_map(|id| self.runs.get(id))
    }

    /// All runs in memory, by id.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.values()
    }

    /// Bytes that tests and suites of all runs in memory take, by estimate.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// What was counted so far.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn hear_of(
        &mut self,
        now: Millis,
        context: &RunContext,
        provenance: &str,
        end: Told,
    ) -> Outputs {
        let limits = self.settings.limits.clone();
        if context.run_id.is_empty() {
            return self.refuse("the run id is empty");
        }
        let Some(run) = self.run_or_new(now, &context.run_id) else {
            return self.refuse("too many runs");
        };
        let source = Source {
            rank: Rank::of(provenance),
            name: provenance,
            offset: 0,
        };
        run.merged.merge(&source, context, &limits);
        note_source(run, provenance, limits.provenance);
        let news = match end {
            Told::Nothing => true,
            Told::GoesOn => run.endings.hear(provenance, None, limits.provenance),
            Told::Ended(ending) => run
                .endings
                .hear(provenance, Some(ending), limits.provenance),
        };
        run.started_ms = run.started_ms.min(now);
        // A source that repeats itself is no sign of life: lists are told again and again.
        if news {
            run.active_ms = run.active_ms.max(now);
            run.reconsiders = true;
        }
        run.changed |= Change::CONTEXT | Change::STATE;
        self.settle(now, &context.run_id, None)
    }

    fn tick(&mut self, now: Millis) -> Outputs {
        let mut outputs = Outputs::default();
        let open: Vec<String> = self.open.iter().cloned().collect();
        for run_id in open {
            self.mark_lost_nodes(now, &run_id);
            if let Some(run) = self.runs.get_mut(&run_id) {
                run.changed |= Change::TIME;
            }
            outputs.absorb(self.settle(now, &run_id, None));
        }
        self.forget(now);
        outputs
    }

    /// Brings a run that something happened to up to date: status, rules, rows, and the position of
    /// the stream concerned as the reply.
    pub(crate) fn settle(
        &mut self,
        now: Millis,
        run_id: &str,
        stream: Option<&StreamId>,
    ) -> Outputs {
        let is_of_pods = |run: &Run| run.changed.meets(Change::PODS);
        let mut outputs = match self.runs.get(run_id).is_some_and(is_of_pods) {
            true => self.join_attempts(run_id),
            false => Outputs::default(),
        };
        let Some(run) = self.runs.get_mut(run_id) else {
            return outputs;
        };
        let cluster = Cluster {
            pods: &self.pods,
            nodes: &self.cluster_nodes,
            around: &self.around,
            timeline: &self.timeline,
            collectors: &self.collectors,
        };
        let metrics = &mut self.metrics;
        engine::bring_up_to_date(run, now, &self.settings, cluster, metrics, &mut outputs);
        match run.status.is_over() {
            true => self.open.remove(run_id),
            false => self.open.insert(run_id.to_owned()),
        };
        if let Some(row) = run.take_row() {
            outputs.persist.insert(0, Persist::Run(Box::new(row)));
        }
        if stream.is_some() || !outputs.persist.is_empty() {
            run.step = self.steps;
        }
        if let Some(stream) = stream.and_then(|id| run.streams.get(id)) {
            let row = Persist::Stream(Box::new(stream.row()));
            outputs.persist.push(row);
            outputs.reply = Some(at(stream, false));
        }
        outputs
    }

    /// A stream's sender spoke without telling anything new: it lives, and learns the position.
    pub(crate) fn hear(&mut self, now: Millis, id: &StreamId, duplicate: bool) -> Outputs {
        let run = self.run_of.get(id).and_then(|run| self.runs.get_mut(run));
        let Some(run) = run else {
            return answer(Reply::UnknownStream);
        };
        let Some(stream) = run.streams.get(id) else {
            return answer(Reply::UnknownStream);
        };
        let reply = at(stream, duplicate);
        let mut outputs = Outputs::default();
        if !stream.is_closed() {
            run.active_ms = run.active_ms.max(now);
            if run.given_up {
                let run_id = run.id.clone();
                outputs = self.settle(now, &run_id, None);
            }
        }
        outputs.reply = Some(reply);
        outputs
    }

    pub(crate) fn refuse(&mut self, why: &'static str) -> Outputs {
        self.metrics.refused += 1;
        answer(Reply::Refused(why))
    }

    pub(crate) fn run_or_new(&mut self, now: Millis, id: &str) -> Option<&mut Run> {
        if !self.runs.contains_key(id) {
            if self.runs.len() >= self.settings.limits.runs {
                self.metrics.limit("runs", 1);
                return None;
            }
            let mut run = Run::new(id, now);
            run.pods = self.pods.of_run(id);
            self.runs.insert(id.to_owned(), run);
            self.open.insert(id.to_owned());
        }
        self.runs.get_mut(id)
    }
}

/// Adds a source to those that spoke of the run.
pub(crate) fn note_source(run: &mut Run, word: &str, limit: usize) {
    if run.provenance.iter().any(|known| known == word) {
        return;
    }
    if run.provenance.len() >= limit {
        *run.dropped.entry("provenance").or_default() += 1;
        return;
    }
    run.provenance.push(word.to_owned());
}

/// Where a stream stands.
pub(crate) fn at(stream: &Stream, duplicate: bool) -> Reply {
    Reply::At {
        committed: stream.committed(),
        closed: stream.is_closed(),
        duplicate,
    }
}

/// Outputs that are only a reply.
pub(crate) fn answer(reply: Reply) -> Outputs {
    Outputs {
        reply: Some(reply),
        ..Outputs::default()
    }
}
