//! Who reads the output of a run's pods: each one's own sidecar, a collector that follows its node's files or the logs
//! API, or nobody. What nobody reads could hide anything: it is said, and its run is never green.

use std::collections::{BTreeMap, BTreeSet};

use sentinel_parsers::wire::{ContainerToRead, PodToRead, ToRead};

use crate::fact::{ContainerFact, ContainerState, PodFact, Terminated};
use crate::input::Millis;
use crate::output::{Outputs, Reply};
use crate::pods::{Pod, Pods, is_our_sidecar};
use crate::runs::Run;
use crate::step::{Core, answer};
use crate::stream::Stream;

/// A collector that has not asked for so long is gone.
const GONE: Millis = 30_000;
/// Pods told to a collector at once; those that are done make room for others.
const PODS: usize = 1_000;
/// Pods named on a run that nobody read.
const UNREAD: usize = 100;
/// Reasons of containers that never ran, or of which nobody knows that they did.
const NEVER_RAN: [&str; 3] = ["StartError", "ContainerCannotRun", "ContainerStatusUnknown"];

/// A way to a pod's output. One is in force per pod, for as long as the pod is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The pod's own sidecar, however that reads.
    Sidecar,
    /// The log files of the pod's node.
    Node,
    /// The logs API.
    Api,
}

impl Way {
    /// The word for it in a stream's identity, of a collector's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::Sidecar => "sidecar",
            Way::Node => "node",
            Way::Api => "api",
        }
    }

    /// The way by which a stream came.
    #[must_use]
    pub fn of_source(source: &str) -> Way {
        match source {
            "node" => Way::Node,
            "api" => Way::Api,
            _ => Way::Sidecar,
        }
    }
}

/// What is remembered of a pod's way beside its streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Covered {
    /// Since when the core has known that containers run which are to be read.
    ran_ms: Option<Millis>,
    /// The way of the collector that was told to read it: another would tell everything a second time.
    given: Option<Way>,
}

impl Covered {
    /// The same once the pod is in this state.
    pub(crate) fn at(self, now: Millis, fact: &PodFact) -> Covered {
        let ran = self.ran_ms.or_else(|| has_run(fact).then_some(now));
        Covered {
            ran_ms: ran,
            ..self
        }
    }
}

/// Collectors by what they read, with when they last asked. Of those that read files each has a node.
#[derive(Debug, Default)]
pub(crate) struct Collectors {
    limit: usize,
    heard: BTreeMap<(Way, Option<String>), Millis>,
}

impl Collectors {
    pub(crate) fn new(limit: usize) -> Collectors {
        Collectors {
            limit,
            heard: BTreeMap::new(),
        }
    }

    /// One asked; whether there is room for it.
    fn hear(&mut self, now: Millis, way: Way, node: Option<&str>) -> bool {
        let key = (way, node.map(str::to_owned));
        if !self.heard.contains_key(&key) && self.heard.len() >= self.limit {
            self.heard
                .retain(|_, heard| now.saturating_sub(*heard) < GONE);
            if self.heard.len() >= self.limit {
                return false;
            }
        }
        self.heard.insert(key, now);
        true
    }

    fn is_there(&self, now: Millis, way: Way, node: Option<&str>) -> bool {
        let heard = self.heard.get(&(way, node.map(str::to_owned)));
        heard.is_some_and(|heard| now.saturating_sub(*heard) < GONE)
    }

    /// The best way that one is there for; the pod may ask for a way.
    fn way_to(&self, now: Millis, fact: &PodFact) -> Option<Way> {
        let asked = fact.sentinel.get("source").map(String::as_str);
        let node = fact.node.as_deref();
        if asked != Some("api") && node.is_some() && self.is_there(now, Way::Node, node) {
            return Some(Way::Node);
        }
        (asked != Some("node") && self.is_there(now, Way::Api, None)).then_some(Way::Api)
    }
}

/// Why nothing was read of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// There is nobody to read it.
    Nobody,
    /// Who should read it sent nothing.
    Silent(Way),
}

/// The way to a pod's output, if anybody goes it.
fn way(now: Millis, run: &Run, pod: &Pod, collectors: &Collectors) -> Option<Way> {
    let mut of_pod = run.streams().filter(|stream| is_of(pod_of(stream), pod));
    let by_stream = of_pod
        .next()
        .map(|stream| Way::of_source(&stream.open().identity.source));
    let injected = || pod.fact.containers.iter().any(is_our_sidecar);
    by_stream
        .or_else(|| injected().then_some(Way::Sidecar))
        .or(pod.covered.given)
        .or_else(|| collectors.way_to(now, &pod.fact))
}

/// Pods of the run that ran and of which nothing was read, with why and since when that is known.
pub(crate) fn unread<'a>(
    now: Millis,
    run: &'a Run,
    pods: &'a Pods,
    collectors: &'a Collectors,
) -> impl Iterator<Item = (&'a Pod, Unread, Millis)> {
    let read: BTreeSet<&str> = run.streams().map(pod_of).collect();
    let known = run.pods.iter().filter_map(|uid| pods.get(uid));
    known.filter_map(move |pod| {
        let since = pod.covered.ran_ms?;
        let is_read = [&pod.fact.uid, &pod.fact.name].map(|word| read.contains(word.as_str()));
        if is_read.contains(&true) || !is_expected(&pod.fact) {
            return None;
        }
        let why = match way(now, run, pod, collectors) {
            None => Unread::Nobody,
            Some(way) => Unread::Silent(way),
        };
        Some((pod, why, since))
    })
}

/// Takes down on the run, for its verdict, of which of its pods nothing was read.
pub(crate) fn note(now: Millis, run: &mut Run, pods: &Pods, collectors: &Collectors) {
    let unread: BTreeMap<String, Unread> = unread(now, run, pods, collectors)
        .take(UNREAD)
        .map(|(pod, why, _)| (pod.place(), why))
        .collect();
    if run.unread != unread {
        run.unread = unread;
        // A pod may be heard of after its run was judged.
        run.reconsiders = true;
    }
}

/// A collector asks what to read: of every run in memory what is its to read and not yet read.
pub(crate) fn collect(core: &mut Core, now: Millis, way: Way, node: Option<&str>) -> Outputs {
    if !core.collectors.hear(now, way, node) {
        core.metrics.limit("collectors", 1);
        return core.refuse("too many collectors");
    }
    let mut told: BTreeMap<String, PodToRead> = BTreeMap::new();
    for run in core.runs.values() {
        for pod in run.pods.iter().filter_map(|uid| core.pods.get(uid)) {
            let here = way != Way::Node || pod.fact.node.as_deref() == node;
            if here
                && pod.covered.ran_ms.is_some()
                && is_expected(&pod.fact)
                && self::way(now, run, pod, &core.collectors) == Some(way)
                && !is_done(run, pod)
            {
                told.entry(pod.fact.uid.clone())
                    .or_insert_with(|| to_read(run, pod));
            }
        }
    }
    let over = told.len().saturating_sub(PODS);
    core.metrics.limit("pods_to_read", over as u64);
    let pods: Vec<PodToRead> = told.into_values().take(PODS).collect();
    for told in &pods {
        if let Some(pod) = core.pods.get_mut(&told.uid) {
            pod.covered.given = Some(way);
        }
    }
    answer(Reply::ToRead(ToRead { pods }))
}

fn to_read(run: &Run, pod: &Pod) -> PodToRead {
    let fact = &pod.fact;
    let containers = containers(fact).map(|c| ContainerToRead {
        name: c.name.clone(),
        restarts: c.restart_count,
    });
    PodToRead {
        uid: fact.uid.clone(),
        namespace: fact.namespace.clone(),
        name: fact.name.clone(),
        containers: containers.collect(),
        run_id: run.id().to_owned(),
        over: is_over(pod),
    }
}

/// Whether nothing more is written by it.
fn is_over(pod: &Pod) -> bool {
    pod.deleted || matches!(pod.fact.phase.as_str(), "Succeeded" | "Failed")
}

/// Whether all that it wrote was read.
fn is_done(run: &Run, pod: &Pod) -> bool {
    let mut streams = run.streams().filter(|s| is_of(pod_of(s), pod)).peekable();
    is_over(pod) && streams.peek().is_some() && streams.all(Stream::is_closed)
}

/// What a stream's sender calls the pod that it comes from.
fn pod_of(stream: &Stream) -> &str {
    &stream.open().identity.pod_uid
}

/// Whether that is what a stream calls the pod: outside of its sidecar a sender in it knows but the host's name.
fn is_of(word: &str, pod: &Pod) -> bool {
    word == pod.fact.uid || word == pod.fact.name
}

/// Whether output of the pod is expected: it is a Job's or its own run, and nobody said otherwise. Other pods that name a
/// run are what its tests work with.
fn is_expected(fact: &PodFact) -> bool {
    let said_otherwise = fact.sentinel.get("source").is_some_and(|s| s == "none");
    let owner = fact.owner.as_ref();
    !said_otherwise && owner.is_none_or(|owner| owner.kind == "Job")
}

/// Containers that are read: the one that was named, or all that the pod's end waits for.
fn containers(fact: &PodFact) -> impl Iterator<Item = &ContainerFact> {
    let named = fact.sentinel.get("container");
    let exists = |name: &&String| fact.containers.iter().any(|c| c.name == **name);
    let named = named.filter(exists);
    fact.containers.iter().filter(move |c| match named {
        Some(name) => c.name == *name,
        None => !c.init && !is_our_sidecar(c),
    })
}

fn has_run(fact: &PodFact) -> bool {
    let ran = |end: &Terminated| !NEVER_RAN.contains(&end.reason.as_str());
    containers(fact).any(|container| {
        let mut ends = container
            .ended()
            .into_iter()
            .chain(&container.last_terminated);
        matches!(container.state, ContainerState::Running(_)) || ends.any(ran)
    })
}
