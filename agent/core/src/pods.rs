//! What the cluster said of pods: bounded, keyed by uid, deaf to repeated and outdated facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Covered;
use crate::fact::{ContainerFact, ContainerState, PodFact, Terminated};
use crate::input::Millis;
use crate::jobs::Jobs;
use crate::runs::Run;
use crate::text::test_name;

/// Out-of-memory kills kept per pod.
const KILLS: usize = 16;
/// Tests named per kill.
const TESTS: usize = 5;
/// Of the pods that may have to go, so many are looked at.
const LOOKED_AT: usize = 64;
/// The reason Kubernetes gives a container its memory limit killed.
const OOM: &str = "OOMKilled";

/// A pod as remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its latest state.
    pub fact: PodFact,
    /// Whether it is gone.
    pub deleted: bool,
    /// Every kill for memory seen so far; later states do not take one back.
    pub kills: Vec<OomKill>,
    /// Containers that others wait for, by name: in which way, and since when the core has known it. The cluster's
    /// own clock may be another.
    pub(crate) waits: BTreeMap<String, (Wait, Millis)>,
    pub(crate) covered: Covered,
}

/// A state of a container that should pass by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It is in the making on its node.
    Creating,
    /// It runs, has a probe, and is not ready.
    Unready,
}

impl Pod {
    /// Namespace and name, as `kubectl` takes them.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}/{}", self.fact.namespace, self.fact.name)
    }

    /// How a container of it ended, as evidence.
    pub(crate) fn end_of(&self, container: &str, end: &Terminated) -> String {
        let (place, reason, exit_code) = (self.place(), &end.reason, end.exit_code);
        format!(
            "pod {place}: container {container} terminated, reason {reason}, exit code {exit_code}"
        )
    }

    /// The same, with how often the container was started again.
    pub(crate) fn ends_of(&self, container: &ContainerFact, end: &Terminated) -> String {
        let end = self.end_of(&container.name, end);
        format!("{end}, {} restarts", container.restart_count)
    }

    /// Whether its container of that name is a native sidecar.
    pub(crate) fn is_sidecar(&self, name: &str) -> bool {
        let mut containers = self.fact.containers.iter();
        containers.any(|c| c.sidecar && c.name == name)
    }

    /// Whether the containers that its end waits for have ended: native sidecars are ended then.
    pub(crate) fn has_ended(&self) -> bool {
        let ended = |c: &ContainerFact| matches!(c.state, ContainerState::Terminated(_));
        let main = self.fact.containers.iter().filter(|c| !c.init);
        main.clone().count() > 0 && main.into_iter().all(ended)
    }
}

/// Shells and Kubernetes add 128 to a signal's number.
const BY_SIGNAL: i32 = 128;
/// Exit code of a process that SIGKILL ended.
pub(crate) const SIGKILL: i32 = 137;
/// SIGINT and SIGTERM: a request, not a crash.
const ASKED: [i32; 2] = [130, 143];

impl Pod {
    /// Whether a container's end was a crash: not for memory, and by nobody who ended the pod.
    pub(crate) fn is_crash(&self, end: &Terminated, restarted: bool) -> bool {
        // Those have rules of their own, or never ran.
        if matches!(
            end.reason.as_str(),
            "OOMKilled" | "Completed" | "StartError" | "ContainerCannotRun"
        ) {
            return false;
        }
        let code = end.exit_code;
        let fact = &self.fact;
        let ends = self.deleted || fact.deleting || fact.reason.is_some();
        let ends = ends || fact.disruption.is_some();
        // Whoever asks one container of a pod that goes on to end, and starts it again, is the kubelet: its liveness
        // probe failed.
        if (ASKED.contains(&code) && (ends || !restarted)) || (code == SIGKILL && ends) {
            return false;
        }
        code > BY_SIGNAL || (restarted && code != 0)
    }

    /// Whether a container that its end waits for was ended from outside.
    pub(crate) fn was_ended(&self) -> bool {
        let mut main = self.fact.containers.iter().filter(|c| !c.init);
        main.any(|container| match &container.state {
            ContainerState::Terminated(end) => {
                end.exit_code == SIGKILL || ASKED.contains(&end.exit_code)
            }
            _ => false,
        })
    }
}

/// Whether a container is our own sidecar, which is never the reason of a failure.
pub(crate) fn is_our_sidecar(container: &ContainerFact) -> bool {
    is_our_sidecar_name(&container.name)
}

/// The same by its name.
pub(crate) fn is_our_sidecar_name(name: &str) -> bool {
    name == "sentinel-sidecar"
}

/// One container killed for its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomKill {
    /// The container.
    pub container: String,
    /// Whether it is an init container (a native sidecar is one).
    pub init: bool,
    /// Its memory limit as written.
    pub memory_limit: Option<String>,
    /// How it ended.
    pub end: Terminated,
    /// Tests that ran when the core heard of it.
    pub running: Vec<String>,
}

/// What a fact touched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) uid: String,
    /// Runs the pod belongs to.
    pub(crate) runs: BTreeSet<String>,
    /// A pod forgotten because of the limit.
    pub(crate) forgotten: Option<String>,
}

/// All pods remembered.
#[derive(Debug, Default)]
pub(crate) struct Pods {
    limit: usize,
    pods: BTreeMap<String, Pod>,
    /// In order of arrival, for forgetting.
    order: BTreeMap<u64, String>,
    /// Of those, pods that were of no run when they came.
    strangers: BTreeMap<u64, String>,
    next: u64,
}

impl Pods {
    pub(crate) fn new(limit: usize) -> Pods {
        Pods {
            limit,
            ..Pods::default()
        }
    }

    pub(crate) fn get(&self, uid: &str) -> Option<&Pod> {
        self.pods.get(uid)
    }

    pub(crate) fn get_mut(&mut self, uid: &str) -> Option<&mut Pod> {
        self.pods.get_mut(uid)
    }

    /// Uids of pods that name the run in a label or annotation.
    pub(crate) fn of_run(&self, run_id: &str) -> BTreeSet<String> {
        self.pods
            .iter()
            .filter(|(_, pod)| named_run(&pod.fact) == Some(run_id))
            .map(|(uid, _)| uid.clone())
            .collect()
    }

    /// Uids of pods that a Job owns.
    pub(crate) fn of_job<'a>(&'a self, job: &'a str) -> impl Iterator<Item = &'a Pod> {
        let owned = move |pod: &&Pod| job_of(&pod.fact) == Some(job);
        self.pods.values().filter(owned)
    }

    /// A pod is gone; `None` if that is known.
    pub(crate) fn delete(&mut self, uid: &str, known: &Known<'_>) -> Option<Touched> {
        let pod = self.pods.get_mut(uid).filter(|pod| !pod.deleted)?;
        pod.deleted = true;
        Some(Touched {
            uid: uid.to_owned(),
            runs: runs_of(&pod.fact, known),
            forgotten: None,
        })
    }

    /// The latest pod of that name which is not gone.
    pub(crate) fn named(&self, namespace: &str, name: &str) -> Option<&Pod> {
        let mut latest = self.order.values().rev();
        latest.find_map(|uid| {
            let pod = self.pods.get(uid)?;
            let fact = &pod.fact;
            (fact.name == name && fact.namespace == namespace && !pod.deleted).then_some(pod)
        })
    }

    /// Takes a pod's state into account; `None` if it tells nothing new.
    pub(crate) fn take(&mut self, now: Millis, fact: PodFact, by: &Known<'_>) -> Option<Touched> {
        let known = self.pods.get(&fact.uid);
        if known.is_some_and(|pod| pod.fact == fact || is_outdated(pod, &fact)) {
            return None;
        }
        let is_new = known.is_none();
        let uid = fact.uid.clone();
        let mut touched = Touched {
            runs: runs_of(&fact, by),
            uid: uid.clone(),
            forgotten: None,
        };
        let (mut kills, waited, covered) = match self.pods.remove(&uid) {
            Some(pod) => (pod.kills, pod.waits, pod.covered),
            None => (Vec::new(), BTreeMap::new(), Covered::default()),
        };
        note_kills(&mut kills, &fact, || running(&uid, &touched.runs, by.runs));
        let pod = Pod {
            waits: waits(now, &fact, &waited),
            covered: covered.at(now, &fact),
            fact,
            deleted: false,
            kills,
        };
        self.pods.insert(uid.clone(), pod);
        if is_new {
            if touched.runs.is_empty() {
                self.strangers.insert(self.next, uid.clone());
            }
            self.order.insert(self.next, uid);
            self.next += 1;
            touched.forgotten = self.forget(by);
        }
        Some(touched)
    }

    /// Keeps the limit: forgets pods of no run first, of those the deleted, then the oldest. A large cluster is full of
    /// pods of no run, so that few are looked at.
    fn forget(&mut self, by: &Known<'_>) -> Option<String> {
        if self.pods.len() <= self.limit {
            return None;
        }
        // One that came before its run is no stranger any more.
        while let Some((place, uid)) = self.strangers.first_key_value()
            && by.runs.values().any(|run| run.pods.contains(uid))
        {
            let place = *place;
            self.strangers.remove(&place);
        }
        let gone = |uid: &String| self.pods.get(uid).is_none_or(|pod| pod.deleted);
        let from = match self.strangers.is_empty() {
            true => &self.order,
            false => &self.strangers,
        };
        let mut first = from.iter().take(LOOKED_AT);
        let place = first
            .find(|(_, uid)| gone(uid))
            .or_else(|| from.iter().next());
        let place = place.map(|(place, _)| *place)?;
        self.strangers.remove(&place);
        let uid = self.order.remove(&place)?;
        self.pods.remove(&uid);
        Some(uid)
    }
}

/// The run a pod names in a label or annotation.
fn named_run(fact: &PodFact) -> Option<&str> {
    fact.sentinel.get("run-id").map(String::as_str)
}

/// The Job that owns a pod.
pub(crate) fn job_of(fact: &PodFact) -> Option<&str> {
    let job = fact.owner.as_ref().filter(|owner| owner.kind == "Job");
    job.map(|job| job.uid.as_str())
}

/// What tells which runs a pod belongs to.
pub(crate) struct Known<'a> {
    pub(crate) runs: &'a BTreeMap<String, Run>,
    pub(crate) jobs: &'a Jobs,
}

/// Runs a pod belongs to: those with a stream from it, the one it names, and its Job's.
fn runs_of(fact: &PodFact, known: &Known<'_>) -> BTreeSet<String> {
    let named = named_run(fact);
    let of_job = job_of(fact).and_then(|job| known.jobs.run_of(job));
    let ours = |run: &&Run| {
        let id = Some(run.id());
        run.pods.contains(&fact.uid) || named == id || of_job == id
    };
    let runs = known.runs.values().filter(ours);
    runs.map(|run| run.id().to_owned()).collect()
}

/// Whether what is known is later than the fact: a deleted pod does not come back, restarts only
/// grow, and a pod that is over stays over.
fn is_outdated(known: &Pod, fact: &PodFact) -> bool {
    let over = |phase: &str| matches!(phase, "Succeeded" | "Failed");
    let restarts = |fact: &PodFact| -> BTreeMap<String, u32> {
        let all = fact.containers.iter();
        all.map(|c| (c.name.clone(), c.restart_count)).collect()
    };
    let now = restarts(fact);
    let went_back = restarts(&known.fact)
        .iter()
        .any(|(name, count)| now.get(name).is_some_and(|n| n < count));
    known.deleted || went_back || (over(&known.fact.phase) && !over(&fact.phase))
}

/// Which containers wait, since when.
fn waits(
    now: Millis,
    fact: &PodFact,
    before: &BTreeMap<String, (Wait, Millis)>,
) -> BTreeMap<String, (Wait, Millis)> {
    let wait = |container: &ContainerFact| match &container.state {
        ContainerState::Waiting(reason) if reason == "ContainerCreating" => {
            fact.node.as_ref().map(|_| Wait::Creating)
        }
        ContainerState::Running(_) if container.has_readiness_probe && !container.ready => {
            Some(Wait::Unready)
        }
        _ => None,
    };
    let since = |container: &ContainerFact| {
        let wait = wait(container)?;
        let known = before.get(&container.name).filter(|(was, _)| *was == wait);
        Some((
            container.name.clone(),
            (wait, known.map_or(now, |(_, ms)| *ms)),
        ))
    };
    match fact.deleting {
        true => BTreeMap::new(),
        false => fact.containers.iter().filter_map(since).collect(),
    }
}

/// Adds the kills a fact tells of that are not known yet.
fn note_kills(kills: &mut Vec<OomKill>, fact: &PodFact, running: impl Fn() -> Vec<String>) {
    for container in &fact.containers {
        for end in ends(container).filter(|end| end.reason == OOM) {
            let known = kills
                .iter()
                .any(|k| k.container == container.name && k.end == *end);
            if known || kills.len() >= KILLS {
                continue;
            }
            kills.push(OomKill {
                container: container.name.clone(),
                init: container.init,
                memory_limit: container.memory_limit.clone(),
                end: end.clone(),
                running: running(),
            });
        }
    }
}

/// How a container ended, the earlier end first.
fn ends(container: &ContainerFact) -> impl Iterator<Item = &Terminated> {
    container.last_terminated.iter().chain(container.ended())
}

/// Tests running in the pod's streams.
fn running(uid: &str, of: &BTreeSet<String>, runs: &BTreeMap<String, Run>) -> Vec<String> {
    of.iter()
        .filter_map(|id| runs.get(id))
        .flat_map(Run::streams)
        .filter(|stream| stream.open().identity.pod_uid == uid)
        .flat_map(|stream| stream.ledger().open())
        .map(|test| test_name(test.suite.as_deref(), &test.name))
        .take(TESTS)
        .collect()
}
