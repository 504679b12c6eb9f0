//! Objects as an API server sends them, after the recordings of a real one: the shell trims them to facts.

use std::collections::BTreeMap;

use sentinel_agent::kube::{event_fact, job_fact, node_fact, pod_fact, slice_fact};
use sentinel_core::Millis;
use sentinel_core::fact::Fact;
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "team-a";
pub(crate) const JOB: &str = "b7c0a2de-0000-4000-8000-000000000001";
pub(crate) const NODE: &str = "node-1";

/// A pod with the states of its containers.
#[derive(Clone)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) node: String,
    pub(crate) phase: &'static str,
    /// `status.reason` and `status.message`.
    pub(crate) reason: Option<(&'static str, &'static str)>,
    /// The condition `DisruptionTarget`.
    pub(crate) disruption: Option<(&'static str, &'static str)>,
    pub(crate) deleted_ms: Option<Millis>,
    /// Whether the tests' Job owns it.
    pub(crate) of_job: bool,
    /// When it was made, and which part of an Indexed Job it does.
    pub(crate) made_ms: Millis,
    pub(crate) index: Option<u32>,
    containers: BTreeMap<&'static str, Container>,
}

#[derive(Clone)]
struct Container {
    sidecar: bool,
    restarts: u32,
    state: Value,
    last: Value,
}

impl Pod {
    /// A running pod of the Job.
    pub(crate) fn running(name: &str, since: Millis, containers: &[(&'static str, bool)]) -> Pod {
        let container = |sidecar| Container {
            sidecar,
            restarts: 0,
            state: running(since),
            last: json!({}),
        };
        Pod {
            name: name.to_owned(),
            uid: format!("uid-{name}"),
            node: NODE.to_owned(),
            phase: "Running",
            reason: None,
            disruption: None,
            deleted_ms: None,
            of_job: true,
            made_ms: since,
            index: None,
            containers: containers
                .iter()
                .map(|(name, sidecar)| (*name, container(*sidecar)))
                .collect(),
        }
    }

    /// The container ended.
    pub(crate) fn ends(&mut self, container: &str, reason: &str, code: i32, at: Millis) {
        let of = self.container(container);
        let began = of.state["running"]["startedAt"].clone();
        of.state = json!({"terminated": {
            "exitCode": code, "reason": reason, "startedAt": began, "finishedAt": time(at),
        }});
    }

    /// The container waits, and how it ended before is its last state.
    pub(crate) fn waits(&mut self, container: &str, reason: &str, message: &str) {
        let of = self.container(container);
        if of.state["terminated"].is_object() {
            of.last = of.state.clone();
        }
        of.state = json!({"waiting": {"reason": reason, "message": message}});
    }

    /// The container runs again.
    pub(crate) fn starts(&mut self, container: &str, at: Millis) {
        let of = self.container(container);
        if of.state["terminated"].is_object() {
            of.last = of.state.clone();
        }
        of.restarts += 1;
        of.state = running(at);
    }

    fn container(&mut self, name: &str) -> &mut Container {
        self.containers
            .get_mut(name)
            .expect("a container of the pod")
    }

    pub(crate) fn fact(&self) -> Fact {
        Fact::Pod(pod_fact(&self.json()).expect("a pod"))
    }

    /// As an API server sends it.
    pub(crate) fn json(&self) -> Value {
        let of = |sidecar: bool| {
            let all = self.containers.iter();
            all.filter(move |(_, c)| c.sidecar == sidecar)
        };
        let status = |(name, c): (&&str, &Container)| {
            json!({
                "name": name, "state": c.state, "lastState": c.last, "restartCount": c.restarts,
                "ready": c.state["running"].is_object(), "image": "localhost/busybox:1.35",
            })
        };
        let init = of(true).map(|(name, _)| json!({"name": name, "restartPolicy": "Always"}));
        let main = of(false)
            .map(|(name, _)| json!({"name": name, "resources": {"limits": {"memory": "256Mi"}}}));
        let mut pod = json!({
            "metadata": {
                "name": self.name, "namespace": NAMESPACE, "uid": self.uid,
                "creationTimestamp": time(self.made_ms),
            },
            "spec": {
                "nodeName": self.node,
                "initContainers": init.collect::<Vec<_>>(),
                "containers": main.collect::<Vec<_>>(),
            },
            "status": {
                "phase": self.phase,
                "conditions": [{"type": "PodScheduled", "status": "True"}],
                "initContainerStatuses": of(true).map(status).collect::<Vec<_>>(),
                "containerStatuses": of(false).map(status).collect::<Vec<_>>(),
            },
        });
        if self.of_job {
            pod["metadata"]["ownerReferences"] =
                json!([{"kind": "Job", "name": "e2e", "uid": JOB, "controller": true}]);
        }
        if let Some(index) = self.index {
            let index = json!({"batch.kubernetes.io/job-completion-index": index.to_string()});
            pod["metadata"]["annotations"] = index;
        }
        if let Some((reason, message)) = self.reason {
            pod["status"]["reason"] = json!(reason);
            pod["status"]["message"] = json!(message);
        }
        if let Some((reason, message)) = self.disruption {
            let condition = json!({"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message});
            pod["status"]["conditions"] = json!([condition]);
        }
        if let Some(at) = self.deleted_ms {
            pod["metadata"]["deletionTimestamp"] = json!(time(at));
        }
        pod
    }
}

fn running(since: Millis) -> Value {
    json!({"running": {"startedAt": time(since)}})
}

/// The tests' Job, which wants one completion; how it ended, if it has.
pub(crate) fn job(end: Option<(&str, &str, Millis)>) -> Fact {
    Fact::Job(job_fact(&job_json(1, end)).expect("a Job"))
}

/// The same as an API server sends it, with so many completions.
pub(crate) fn job_json(completions: u32, end: Option<(&str, &str, Millis)>) -> Value {
    let condition = end.map(|(kind, reason, at)| {
        json!({"type": kind, "status": "True", "reason": reason, "lastTransitionTime": time(at)})
    });
    json!({
        "metadata": {
            "name": "e2e", "namespace": NAMESPACE, "uid": JOB,
            "labels": {"run-sentinel.dev/pipeline": "nightly"},
        },
        "spec": {"completions": completions},
        "status": {"conditions": condition.into_iter().collect::<Vec<_>>()},
    })
}

/// A node: since when it is not ready, if it is not, and which pressure holds.
pub(crate) fn node(name: &str, not_ready: Option<Millis>, pressure: Option<&str>) -> Fact {
    Fact::Node(node_fact(&node_json(name, not_ready, pressure)).expect("a node"))
}

/// The same as an API server sends it.
pub(crate) fn node_json(name: &str, not_ready: Option<Millis>, pressure: Option<&str>) -> Value {
    let ready = match not_ready {
        Some(since) => json!({
            "type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.", "lastTransitionTime": time(since),
        }),
        None => json!({"type": "Ready", "status": "True", "reason": "KubeletReady"}),
    };
    let short = pressure.map(|kind| json!({"type": kind, "status": "True"}));
    let conditions: Vec<Value> = [Some(ready), short].into_iter().flatten().collect();
    json!({"metadata": {"name": name, "uid": name}, "status": {"conditions": conditions}})
}

/// A time as Kubernetes prints it: whole seconds, cut.
pub(crate) fn time(ms: Millis) -> String {
    let seconds = ms.div_euclid(1_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March, so that the leap day is the last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let of = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of + of / 4 - of / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = match month < 10 {
        true => (month + 3, of + era * 400),
        false => (month - 9, of + era * 400 + 1),
    };
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A service of one endpoint, as its EndpointSlice tells whether that is ready.
pub(crate) fn slice(service: &str, is_ready: bool) -> Fact {
    let slice = json!({
        "metadata": {
            "uid": format!("slice-of-{service}"),
            "namespace": NAMESPACE,
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [{
            "addresses": ["10.0.0.7"],
            "conditions": {"ready": is_ready, "serving": is_ready, "terminating": false},
        }],
    });
    Fact::Slice(slice_fact(&slice).expect("a slice"))
}

/// What somebody said once of a node, or of a container of a pod.
pub(crate) fn event(of: Result<&str, (&Pod, &str)>, reason: &str, note: &str, at: Millis) -> Fact {
    let regarding = match of {
        Ok(node) => json!({"kind": "Node", "name": node, "uid": node}),
        Err((pod, container)) => json!({
            "kind": "Pod", "namespace": NAMESPACE, "name": pod.name, "uid": pod.uid,
            "fieldPath": format!("spec.containers{{{container}}}"),
        }),
    };
    let event = json!({
        "metadata": {"uid": format!("{reason}-{at}")}, "regarding": regarding,
        "reason": reason, "note": note,
        "deprecatedFirstTimestamp": time(at), "deprecatedLastTimestamp": time(at), "deprecatedCount": 1,
    });
    Fact::Event(event_fact(&event).expect("an Event"))
}
