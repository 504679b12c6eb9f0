//! What the cluster's objects mean for runs: each fact begins, ends or touches some.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::events::News;
use crate::fact::{EventFact, Fact, JobFact, NodeFact, PodFact, SliceFact, is_evidence};
use crate::input::Millis;
use crate::interval::{Place, of_node, told};
use crate::jobs::{self, Heard};
use crate::output::Outputs;
use crate::pods::{Known, Pod, Touched};
use crate::services::{Taken, Turn};
use crate::step::Core;

/// Pods kept of a run that the cluster took, with why.
const TAKEN: usize = 100;
/// Kinds of objects of which nothing is heard, at most: there are fewer.
const SILENT: usize = 32;

/// Takes one fact into account.
pub(crate) fn fact(core: &mut Core, now: Millis, fact: Fact) -> Outputs {
    match fact {
        Fact::Pod(fact) => pod(core, now, fact),
        Fact::PodDeleted { uid } => {
            let known = Known {
                runs: &core.runs,
                jobs: &core.jobs,
            };
            let touched = core.pods.delete(&uid, &known);
            touched_pod(core, now, touched)
        }
        Fact::Job(fact) => job(core, now, fact),
        Fact::JobDeleted { uid } => {
            let heard = core.jobs.delete(now, &uid);
            heard.map_or_else(Outputs::default, |heard| hear(core, now, heard))
        }
        Fact::Node(fact) => node(core, now, fact),
        Fact::NodeDeleted { name } => {
            let known = core.cluster_nodes.delete(&name);
            let touched = known.then(|| touched_node(core, now, &name, None));
            touched.unwrap_or_default()
        }
        Fact::Event(fact) => event(core, now, fact),
        // Runs look at services whenever time passes.
        Fact::Slice(fact) => slice(core, now, fact),
        Fact::SliceDeleted { uid } => {
            let turn = core.around.services.delete(now, &uid);
            turn.map_or_else(Outputs::default, |turn| turned(core, now, &turn))
        }
        Fact::Silent { kind } => {
            let news = core.around.silent.len() < SILENT && core.around.silent.insert(kind);
            silence(core, now, news)
        }
        Fact::Heard { kind } => {
            let news = core.around.silent.remove(&kind);
            silence(core, now, news)
        }
    }
}

impl Core {
    /// The run that a fact would begin here, if it is not in memory: the store may know it.
    #[must_use]
    pub fn announced(&self, fact: &Fact) -> Option<String> {
        let run_id = match fact {
            Fact::Job(job) => jobs::announced(job, self.settings.detect)?,
            Fact::Pod(pod) => jobs::announced_by_pod(pod)?,
            _ => return None,
        };
        (!self.runs.contains_key(&run_id)).then_some(run_id)
    }
}

fn pod(core: &mut Core, now: Millis, fact: PodFact) -> Outputs {
    let known = Known {
        runs: &core.runs,
        jobs: &core.jobs,
    };
    let touched = core.pods.take(now, fact, &known);
    touched_pod(core, now, touched)
}

fn touched_pod(core: &mut Core, now: Millis, touched: Option<Touched>) -> Outputs {
    let mut outputs = Outputs::default();
    let Some(touched) = touched else {
        return outputs;
    };
    core.metrics.facts += 1;
    if let Some(forgotten) = touched.forgotten {
        core.metrics.limit("pods", 1);
        core.timeline.forget(&Place::Pod(forgotten));
    }
    let since = told::pod(core, now, &touched.uid);
    let bare = core.pods.get(&touched.uid);
    if let Some(heard) = bare.and_then(|pod| jobs::bare_pod(now, pod)) {
        let run_id = heard.context.run_id.clone();
        outputs.absorb(hear(core, now, heard));
        attach(core, &run_id, [touched.uid.clone()].into());
    }
    for run_id in touched.runs {
        attach(core, &run_id, [touched.uid.clone()].into());
        told::look_again(core, &run_id, since);
        outputs.absorb(core.settle(now, &run_id, None));
    }
    outputs
}

fn job(core: &mut Core, now: Millis, fact: JobFact) -> Outputs {
    let uid = fact.uid.clone();
    match core.jobs.take(now, fact, core.settings.detect) {
        Ok(None) => Outputs::default(),
        Ok(Some(heard)) => {
            core.metrics.facts += 1;
            let (run_id, since) = (heard.context.run_id.clone(), told::job(core, now, &uid));
            told::look_again(core, &run_id, since);
            hear(core, now, heard)
        }
        Err(jobs::TooMany) => {
            core.metrics.limit("jobs", 1);
            Outputs::default()
        }
    }
}

fn hear(core: &mut Core, now: Millis, heard: Heard) -> Outputs {
    let run_id = heard.context.run_id.clone();
    let mut outputs = core.hear_of(now, &heard.context, &heard.provenance, heard.end);
    // Nobody asked.
    outputs.reply = None;
    if let Some(job) = heard.new_job {
        let pods = core.pods.of_job(&job).map(|pod| pod.fact.uid.clone());
        let pods = pods.collect();
        attach(core, &run_id, pods);
        outputs.absorb(core.settle(now, &run_id, None));
    }
    outputs
}

/// These pods are the run's, and something is new of them.
fn attach(core: &mut Core, run_id: &str, pods: BTreeSet<String>) {
    let Some(run) = core.runs.get_mut(run_id) else {
        return;
    };
    for pod in pods.iter().filter_map(|uid| core.pods.get(uid)) {
        if let Some(reason) = jobs::taken_by(&pod.fact)
            && run.taken.len() < TAKEN
        {
            let known = run.taken.insert(pod.fact.name.clone(), reason.to_owned());
            // The Job may have told its end before.
            run.reconsiders |= known.as_deref() != Some(reason);
        }
    }
    run.pods.extend(pods);
    run.changed |= Change::PODS;
}

fn node(core: &mut Core, now: Millis, fact: NodeFact) -> Outputs {
    let name = fact.name.clone();
    let conditions = of_node(&fact);
    if !core.cluster_nodes.take(fact) {
        return Outputs::default();
    }
    let since = told::node(core, now, &name, conditions);
    touched_node(core, now, &name, since)
}

/// Runs with a pod on a node that changed look again; all do if it changes how the cluster is.
fn touched_node(core: &mut Core, now: Millis, name: &str, since: Option<Millis>) -> Outputs {
    core.metrics.facts += 1;
    match told::nodes(core, now) {
        None => look_again(core, now, since, |pod| {
            pod.fact.node.as_deref() == Some(name)
        }),
        of_all => look_again(core, now, since.into_iter().chain(of_all).min(), |_| true),
    }
}

/// Open runs with such a pod look again, and judge again what failed since that time.
fn look_again(
    core: &mut Core,
    now: Millis,
    since: Option<Millis>,
    such: impl Fn(&Pod) -> bool,
) -> Outputs {
    let mut outputs = Outputs::default();
    let has = |uid: &String| core.pods.get(uid).is_some_and(&such);
    let open = core.open.iter().filter_map(|id| core.runs.get(id));
    let touched = open.filter(|run| run.pods.iter().any(has));
    let touched: Vec<String> = touched.map(|run| run.id().to_owned()).collect();
    for run_id in touched {
        attach(core, &run_id, BTreeSet::new());
        told::look_again(core, &run_id, since);
        outputs.absorb(core.settle(now, &run_id, None));
    }
    outputs
}

fn event(core: &mut Core, now: Millis, mut fact: EventFact) -> Outputs {
    if !is_evidence(&fact.about.kind, &fact.reason) {
        return Outputs::default();
    }
    let about = &mut fact.about;
    if about.kind == "Pod" && about.uid.is_empty() {
        // The controller of taints says no uid.
        match core.pods.named(&about.namespace, &about.name) {
            Some(pod) => about.uid.clone_from(&pod.fact.uid),
            None => return Outputs::default(),
        }
    }
    let about = about.clone();
    let pods = &core.pods;
    // One of a pod that is not known yet may be the first word of it.
    let is_gone = |uid: &str| pods.get(uid).is_some_and(|pod| pod.deleted);
    match core.around.events.take(fact, is_gone) {
        News::None => Outputs::default(),
        News::Counted => {
            told::event(core, now, &about);
            Outputs::default()
        }
        News::TooMany => {
            core.metrics.limit("events", 1);
            Outputs::default()
        }
        News::Told { forgotten } => {
            core.metrics.facts += 1;
            core.metrics.limit("events", forgotten);
            let since = told::event(core, now, &about);
            match about.kind.as_str() {
                "Node" => look_again(core, now, since, |pod| {
                    pod.fact.node.as_deref() == Some(about.name.as_str())
                }),
                _ => look_again(core, now, since, |pod| pod.fact.uid == about.uid),
            }
        }
    }
}

fn slice(core: &mut Core, now: Millis, fact: SliceFact) -> Outputs {
    core.metrics.facts += 1;
    match core.around.services.take(now, fact) {
        Taken::Full => core.metrics.limit("slices", 1),
        Taken::Same => {}
        Taken::Turned(turn) => return turned(core, now, &turn),
    }
    Outputs::default()
}

/// A service went down or came up: runs that it serves look again.
fn turned(core: &mut Core, now: Millis, turn: &Turn) -> Outputs {
    let since = told::service(core, now, turn);
    let of_all = turn.namespace == told::SYSTEM;
    look_again(core, now, since, |pod| {
        of_all || pod.fact.namespace == turn.namespace
    })
}

/// Whether the cluster is heard changed: what is said of pods is old now, or is not any more.
fn silence(core: &mut Core, now: Millis, news: bool) -> Outputs {
    if !news {
        return Outputs::default();
    }
    let since = told::silence(core, now);
    look_again(core, now, since, |_| true)
}
