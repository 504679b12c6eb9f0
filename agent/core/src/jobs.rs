//! Which Jobs and pods are runs, which run each belongs to, and how each ended: the detection of runs in a cluster.

use std::collections::BTreeMap;

use sentinel_parsers::wire::RunContext;

use crate::ending::{Ending, Outcome};
use crate::fact::{ContainerState, JobEnd, JobFact, PodFact};
use crate::input::{Millis, Told};
use crate::pods::Pod;
use crate::settings::Detect;

/// Jobs that are runs, by uid.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    limit: usize,
    jobs: BTreeMap<String, Job>,
}

/// A Job as remembered.
#[derive(Debug)]
struct Job {
    fact: JobFact,
    run_id: String,
    /// What was told of its end.
    end: Told,
}

/// What a source in the cluster says of a run.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) context: RunContext,
    pub(crate) provenance: String,
    pub(crate) end: Told,
    /// The Job, when it was not known before: its pods may be.
    pub(crate) new_job: Option<String>,
}

impl Jobs {
    pub(crate) fn new(limit: usize) -> Jobs {
        Jobs {
            limit,
            ..Jobs::default()
        }
    }

    /// The run of a Job's pods.
    pub(crate) fn run_of(&self, uid: &str) -> Option<&str> {
        self.jobs.get(uid).map(|job| job.run_id.as_str())
    }

    /// Whether a Job wants one completion: all its pods are attempts at the same work.
    pub(crate) fn wants_one(&self, uid: &str) -> bool {
        let job = self.jobs.get(uid);
        job.is_some_and(|job| job.fact.completions == Some(1))
    }

    /// How a Job ended, as it told.
    pub(crate) fn end_of(&self, uid: &str) -> Option<&JobEnd> {
        self.jobs.get(uid)?.fact.end.as_ref()
    }

    /// Takes a Job's state into account. `Ok(None)` when it is no run, or tells nothing new.
    ///
    /// # Errors
    /// When there are too many Jobs.
    pub(crate) fn take(
        &mut self,
        now: Millis,
        fact: JobFact,
        detect: Detect,
    ) -> Result<Option<Heard>, TooMany> {
        let known = self.jobs.get(&fact.uid);
        let Some(run_id) = announced(&fact, detect) else {
            return Ok(None);
        };
        if known.is_some_and(|job| job.fact == fact) {
            return Ok(None);
        }
        if known.is_none() && self.jobs.len() >= self.limit {
            return Err(TooMany);
        }
        let told = known.map(|job| &job.end);
        let end = match (told, &fact.end) {
            // A Job's end is its end, however often it is listed.
            (Some(Told::Ended(end)), _) => Told::Ended(end.clone()),
            (_, Some(end)) => Told::Ended(end_of_job(now, end)),
            (_, None) => Told::GoesOn,
        };
        let new_job = known.is_none().then(|| fact.uid.clone());
        let heard = Heard {
            context: context_of_job(&fact, &run_id),
            provenance: source("job", &fact.namespace, &fact.name),
            end: end.clone(),
            new_job,
        };
        let uid = fact.uid.clone();
        self.jobs.insert(uid, Job { fact, run_id, end });
        Ok(Some(heard))
    }

    /// A Job is gone: one that had not ended was deleted in mid run.
    pub(crate) fn delete(&mut self, now: Millis, uid: &str) -> Option<Heard> {
        let job = self.jobs.remove(uid)?;
        if matches!(job.end, Told::Ended(_)) {
            return None;
        }
        Some(Heard {
            context: context_of_job(&job.fact, &job.run_id),
            provenance: source("job", &job.fact.namespace, &job.fact.name),
            end: Told::Ended(ending(Outcome::Aborted, "deleted".to_owned(), now)),
            new_job: None,
        })
    }
}

/// More Jobs than are remembered.
#[derive(Debug)]
pub(crate) struct TooMany;

/// A pod that nobody but its maker owns is a run if it says so; its end is the run's.
pub(crate) fn bare_pod(now: Millis, pod: &Pod) -> Option<Heard> {
    let fact = &pod.fact;
    let run_id = announced_by_pod(fact)?;
    let mut context = context(&run_id, &fact.sentinel, &fact.name, &fact.namespace);
    context.labels.insert("pod".to_owned(), fact.name.clone());
    Some(Heard {
        context,
        provenance: source("pod", &fact.namespace, &fact.name),
        end: end_of_pod(now, pod),
        new_job: None,
    })
}

/// The run that such a pod is.
pub(crate) fn announced_by_pod(fact: &PodFact) -> Option<String> {
    if fact.owner.is_some() || fact.sentinel.is_empty() {
        return None;
    }
    Some(fact.sentinel.get("run-id").unwrap_or(&fact.uid).clone())
}

/// The run that a Job is, if it is one.
pub(crate) fn announced(fact: &JobFact, detect: Detect) -> Option<String> {
    let is_run = detect == Detect::All || !fact.sentinel.is_empty();
    is_run.then(|| run_of_job(fact))
}

/// A word that names the source: kind, namespace, name.
fn source(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind}:{namespace}/{name}")
}

/// What labels say, else the JobSet that it is a part of, else itself. A CronJob starts a run each time.
fn run_of_job(fact: &JobFact) -> String {
    if let Some(named) = fact.sentinel.get("run-id") {
        return named.clone();
    }
    let set = fact.owner.as_ref().filter(|owner| owner.kind == "JobSet");
    set.map_or(&fact.uid, |set| &set.uid).clone()
}

fn context_of_job(fact: &JobFact, run_id: &str) -> RunContext {
    let owner = fact.owner.as_ref();
    let name = owner.map_or(&fact.name, |owner| &owner.name);
    let mut context = context(run_id, &fact.sentinel, name, &fact.namespace);
    let kind = owner.map_or("", |owner| owner.kind.as_str());
    for (is, key) in [(kind == "CronJob", "cronjob"), (kind == "JobSet", "jobset")] {
        if is {
            context.labels.insert(key.to_owned(), name.clone());
        }
    }
    // Of a JobSet's Jobs one would stand for all.
    if kind != "JobSet" {
        context.labels.insert("job".to_owned(), fact.name.clone());
    }
    context
}

fn context(
    run_id: &str,
    sentinel: &BTreeMap<String, String>,
    name: &str,
    namespace: &str,
) -> RunContext {
    let said = |key: &str| sentinel.get(key).cloned();
    RunContext {
        run_id: run_id.to_owned(),
        pipeline: Some(said("pipeline").unwrap_or_else(|| name.to_owned())),
        environment: said("environment"),
        labels: [("namespace".to_owned(), namespace.to_owned())].into(),
        ..RunContext::default()
    }
}

fn ending(outcome: Outcome, cause: String, at_ms: Millis) -> Ending {
    Ending {
        outcome,
        cause,
        at_ms,
    }
}

fn end_of_job(now: Millis, end: &JobEnd) -> Ending {
    let at_ms = end.at_ms.unwrap_or(now);
    match (end.condition.as_str(), end.reason.as_str()) {
        ("Complete", _) => ending(Outcome::Succeeded, end.condition.clone(), at_ms),
        (_, "DeadlineExceeded") => ending(Outcome::TimedOut, end.reason.clone(), at_ms),
        _ => ending(Outcome::Failed, end.reason.clone(), at_ms),
    }
}

/// What in the cluster ended the pod, if it was not its own containers.
pub(crate) fn taken_by(fact: &PodFact) -> Option<&str> {
    let reason = fact.reason.as_deref();
    let disruption = fact.disruption.as_ref().map(|d| d.reason.as_str());
    reason.filter(|r| !r.is_empty()).or(disruption)
}

fn end_of_pod(now: Millis, pod: &Pod) -> Told {
    let fact = &pod.fact;
    let taken = taken_by(fact);
    let over = pod.deleted || matches!(fact.phase.as_str(), "Succeeded" | "Failed");
    // One that is deleted in mid run ends as it heeds SIGTERM: as Succeeded, or killed.
    let outcome = match (taken, fact.phase.as_str()) {
        _ if !over => return Told::GoesOn,
        (Some("DeadlineExceeded"), _) => Outcome::TimedOut,
        (Some(_), _) => Outcome::Lost,
        (None, _) if fact.deleting => Outcome::Aborted,
        (None, "Succeeded") => Outcome::Succeeded,
        (None, "Failed") => Outcome::Failed,
        (None, _) => Outcome::Aborted,
    };
    let cause = match (taken, outcome) {
        (_, Outcome::Succeeded) => "Succeeded",
        (Some(taken), _) => taken,
        (None, Outcome::Aborted) => "deleted",
        (None, _) => first_failure(fact).unwrap_or("Failed"),
    };
    Told::Ended(ending(outcome, cause.to_owned(), now))
}

/// The reason of the first container that failed.
fn first_failure(fact: &PodFact) -> Option<&str> {
    fact.containers
        .iter()
        .find_map(|container| match &container.state {
            ContainerState::Terminated(end) if end.exit_code != 0 && !container.sidecar => {
                Some(end.reason.as_str()).filter(|reason| !reason.is_empty())
            }
            _ => None,
        })
}
