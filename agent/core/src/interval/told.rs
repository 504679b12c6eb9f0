//! From what facts say to intervals, and since when failures are judged again for it.

use super::{About, Condition, Level, Locator, Origin, Place, of_events, of_job, of_nodes, of_pod};
use crate::fact;
use crate::input::Millis;
use crate::pods::Pod;
use crate::services::Turn;
use crate::step::Core;

/// The namespace of services that the whole cluster uses: its names, its network.
pub(crate) const SYSTEM: &str = "kube-system";
/// What the API server is called inside a cluster.
const API_SERVER: &str = "kubernetes";

/// What the pod's status says becomes intervals, and what Events said of it before it was known.
pub(crate) fn pod(core: &mut Core, now: Millis, uid: &str) -> Option<Millis> {
    let pod = core.pods.get(uid)?;
    let conditions = of_pod(pod);
    let about = about_pod(pod, Origin::Pod);
    let said = of_events(now, false, core.around.events.of_pod(uid));
    let since = keep(core, now, &about, conditions);
    if said.is_empty() {
        return since;
    }
    let source = Origin::Event;
    let before = keep(core, now, &About { source, ..about }, said);
    since.into_iter().chain(before).min()
}

/// What Events say of a node, or of a pod that is known, becomes intervals.
pub(crate) fn event(core: &mut Core, now: Millis, of: &fact::About) -> Option<Millis> {
    if of.kind != "Node" {
        return pod(core, now, &of.uid);
    }
    let said = of_events(now, true, core.around.events.of_node(&of.name));
    let about = about(Place::Node(of.name.clone()), Origin::Event, "", &of.name);
    keep(core, now, &about, said)
}

/// What a node's conditions say becomes intervals.
pub(crate) fn node(
    core: &mut Core,
    now: Millis,
    name: &str,
    conditions: Vec<Condition>,
) -> Option<Millis> {
    let about = about(Place::Node(name.to_owned()), Origin::Node, "", name);
    keep(core, now, &about, conditions)
}

/// How many of the cluster's nodes are not ready becomes an interval of the cluster, if they are many.
pub(crate) fn nodes(core: &mut Core, now: Millis) -> Option<Millis> {
    let (not_ready, all) = core.cluster_nodes.not_ready();
    let about = about(Place::Cluster, Origin::Node, "", "");
    keep(
        core,
        now,
        &about,
        of_nodes(not_ready, all).into_iter().collect(),
    )
}

/// That nothing is heard of the API server becomes an interval of the cluster.
pub(crate) fn silence(core: &mut Core, now: Millis) -> Option<Millis> {
    let kinds: Vec<&str> = core.around.silent.iter().map(String::as_str).collect();
    let silent = (!kinds.is_empty()).then(|| {
        let note = format!("nothing is heard of {}", kinds.join(", "));
        Condition::new(Level::Cluster, "APIServerSilent").note(Some(&note))
    });
    let about = about(Place::Cluster, Origin::Watch, "", API_SERVER);
    keep(core, now, &about, silent.into_iter().collect())
}

/// A service lost its last ready endpoint, or has one again.
pub(crate) fn service(core: &mut Core, now: Millis, turn: &Turn) -> Option<Millis> {
    let place = match turn.namespace.as_str() {
        SYSTEM => Place::Cluster,
        other => Place::Namespace(other.to_owned()),
    };
    let about = about(place, Origin::Endpoints, &turn.namespace, &turn.name);
    let down = (!turn.is_ready).then(|| Condition::new(Level::Service, "NoReadyEndpoints"));
    keep(core, now, &about, down.into_iter().collect())
}

/// What ended a Job ended its pods.
pub(crate) fn job(core: &mut Core, now: Millis, uid: &str) -> Option<Millis> {
    let condition = core.jobs.end_of(uid).and_then(of_job)?;
    let pods: Vec<About> = core
        .pods
        .of_job(uid)
        .filter(|pod| !pod.has_ended() || pod.was_ended())
        .map(|pod| about_pod(pod, Origin::Job))
        .collect();
    let told = pods
        .iter()
        .filter_map(|about| keep(core, now, about, vec![condition.clone()]));
    told.collect::<Vec<_>>().into_iter().min()
}

fn about_pod(pod: &Pod, source: Origin) -> About {
    let fact = &pod.fact;
    let place = Place::Pod(fact.uid.clone());
    about(place, source, &fact.namespace, &fact.name)
}

fn about(place: Place, source: Origin, namespace: &str, name: &str) -> About {
    About {
        place,
        source,
        locator: Locator {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            container: None,
        },
    }
}

/// An object says all that holds of it: intervals begin and end. Since when runs are to look again, if they are.
fn keep(core: &mut Core, now: Millis, about: &About, told: Vec<Condition>) -> Option<Millis> {
    let since = core.timeline.tell(now, about, told);
    let dropped = core.timeline.take_dropped();
    core.metrics.limit("intervals", dropped);
    since
}

/// Its failures since that time are judged again.
pub(crate) fn look_again(core: &mut Core, run_id: &str, since: Option<Millis>) {
    if let (Some(run), Some(since)) = (core.runs.get_mut(run_id), since) {
        run.suspects.look_again(since);
    }
}
