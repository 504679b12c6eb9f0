//! A pod's JSON, trimmed to what the core judges by. Unknown and malformed fields are passed over:
//! one odd object must not stop a watch.

use sentinel_core::fact::{ContainerFact, ContainerState, PodFact, Terminated};
use serde_json::Value;

use super::trim::{bounded, condition, count, list, ours, owner, text, time};

/// Containers kept per pod.
const CONTAINERS: usize = 64;

/// What matters of a pod; `None` if it has no uid or no name.
#[must_use]
pub fn pod_fact(pod: &Value) -> Option<PodFact> {
    let (meta, status) = (&pod["metadata"], &pod["status"]);
    Some(PodFact {
        uid: text(&meta["uid"])?,
        namespace: text(&meta["namespace"]).unwrap_or_default(),
        name: text(&meta["name"])?,
        created_ms: time(&meta["creationTimestamp"]),
        index: index(meta),
        node: text(&pod["spec"]["nodeName"]),
        phase: text(&status["phase"]).unwrap_or_default(),
        reason: text(&status["reason"]),
        sentinel: ours(&[meta]),
        owner: owner(meta),
        message: bounded(&status["message"]),
        disruption: condition(status, "DisruptionTarget", "True"),
        unschedulable: condition(status, "PodScheduled", "False")
            .filter(|cause| cause.reason == "Unschedulable"),
        deleting: meta["deletionTimestamp"].is_string(),
        containers: containers(pod),
    })
}

/// Which part of an Indexed Job's work it does.
fn index(meta: &Value) -> Option<u32> {
    meta["annotations"]["batch.kubernetes.io/job-completion-index"]
        .as_str()?
        .parse()
        .ok()
}

fn containers(pod: &Value) -> Vec<ContainerFact> {
    let (spec, status) = (&pod["spec"], &pod["status"]);
    let init = container_list(
        spec,
        "initContainers",
        status,
        "initContainerStatuses",
        true,
    );
    let main = container_list(spec, "containers", status, "containerStatuses", false);
    init.chain(main).take(CONTAINERS).collect()
}

fn container_list<'a>(
    spec: &'a Value,
    specs: &str,
    status: &'a Value,
    statuses: &str,
    init: bool,
) -> impl Iterator<Item = ContainerFact> + 'a {
    let statuses = list(&status[statuses]);
    list(&spec[specs]).iter().filter_map(move |spec| {
        let name = text(&spec["name"])?;
        let status = statuses
            .iter()
            .find(|status| status["name"] == spec["name"])
            .unwrap_or(&Value::Null);
        let probe = |kind: &str| spec[kind].is_object();
        Some(ContainerFact {
            name,
            init,
            sidecar: init && spec["restartPolicy"] == "Always",
            restart_count: count(&status["restartCount"]),
            ready: status["ready"] == true,
            has_readiness_probe: probe("readinessProbe") || probe("startupProbe"),
            has_liveness_probe: probe("livenessProbe") || probe("startupProbe"),
            memory_limit: text(&spec["resources"]["limits"]["memory"]),
            state: state(&status["state"]),
            message: message(&status["state"]),
            last_terminated: terminated(&status["lastState"]["terminated"]),
        })
    })
}

fn state(state: &Value) -> ContainerState {
    if let Some(end) = terminated(&state["terminated"]) {
        ContainerState::Terminated(end)
    } else if state["running"].is_object() {
        ContainerState::Running(time(&state["running"]["startedAt"]))
    } else if state["waiting"].is_object() {
        ContainerState::Waiting(text(&state["waiting"]["reason"]).unwrap_or_default())
    } else {
        ContainerState::Unknown
    }
}

fn terminated(end: &Value) -> Option<Terminated> {
    end.is_object().then(|| Terminated {
        reason: text(&end["reason"]).unwrap_or_default(),
        exit_code: end["exitCode"]
            .as_i64()
            .and_then(|n| i32::try_from(n).ok())
            .unwrap_or(0),
        started_ms: time(&end["startedAt"]),
        finished_ms: time(&end["finishedAt"]),
    })
}

/// What is said about a state, whichever it is.
fn message(state: &Value) -> Option<String> {
    let mut states = ["waiting", "terminated"].into_iter();
    states.find_map(|kind| bounded(&state[kind]["message"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_our_labels_and_annotations_are_kept() {
        let pod = json!({"metadata": {
            "uid": "u", "name": "n", "namespace": "ns",
            "labels": {"app": "x", "run-sentinel.dev/pipeline": "label", "run-sentinel.dev/run-id": "r1"},
            "annotations": {
                "run-sentinel.dev/pipeline": "annotation",
                "run-sentinel.dev/suite": "x".repeat(300),
                "kubectl.kubernetes.io/last-applied-configuration": "x".repeat(100_000),
            },
        }});
        let fact = pod_fact(&pod).unwrap();
        let ours: Vec<_> = fact
            .sentinel
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(ours, [("pipeline", "annotation"), ("run-id", "r1")]);
    }

    #[test]
    fn odd_objects_are_passed_over() {
        for odd in [
            json!(null),
            json!([]),
            json!({"metadata": {"name": "n"}}),
            json!({"metadata": {"uid": 5, "name": "n"}}),
        ] {
            assert_eq!(pod_fact(&odd), None, "{odd}");
        }
        let odd = json!({
            "metadata": {"uid": "u", "name": "n", "labels": [], "ownerReferences": {}},
            "spec": {"containers": [null, {"name": "c", "resources": 7}], "initContainers": "x"},
            "status": {"containerStatuses": [{"name": "c", "restartCount": -1, "state": {"running": 1}}]},
        });
        let fact = pod_fact(&odd).unwrap();
        assert_eq!(fact.containers.len(), 1);
        assert_eq!(fact.containers[0].state, ContainerState::Unknown);
    }

    #[test]
    fn only_the_controller_owns_the_pod() {
        let owner = |kind: &str, controller: bool| json!({"kind": kind, "name": kind, "uid": "o", "controller": controller});
        let pod = |owners: Vec<Value>| json!({"metadata": {"uid": "u", "name": "n", "ownerReferences": owners}});
        let kind = |owners| {
            pod_fact(&pod(owners))
                .unwrap()
                .owner
                .map(|owner| owner.kind)
        };
        assert_eq!(kind(vec![owner("Job", false)]), None);
        assert_eq!(
            kind(vec![owner("Node", false), owner("Job", true)]).as_deref(),
            Some("Job")
        );
    }
}
