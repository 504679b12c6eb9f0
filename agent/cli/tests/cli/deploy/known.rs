//! Every manifest through the types of Kubernetes: no field is lost, as an unknown one would be.

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{MODES, collecting, everything, files, object, objects, read, title, workloads};

fn through<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T =
        serde_json::from_value(object.clone()).unwrap_or_else(|e| panic!("{}: {e}", title(object)));
    serde_json::to_value(typed).expect("it can be written")
}

/// The object as somebody writes it who knows only the fields of its kind.
pub(super) fn known(object: &Value) -> Value {
    let kind = |api, kind| object["apiVersion"] == api && object["kind"] == kind;
    if kind("v1", "Namespace") {
        through::<Namespace>(object)
    } else if kind("v1", "ServiceAccount") {
        through::<ServiceAccount>(object)
    } else if kind("v1", "ConfigMap") {
        through::<ConfigMap>(object)
    } else if kind("v1", "Service") {
        through::<Service>(object)
    } else if kind("apps/v1", "StatefulSet") {
        through::<StatefulSet>(object)
    } else if kind("apps/v1", "DaemonSet") {
        through::<DaemonSet>(object)
    } else if kind("batch/v1", "Job") {
        through::<Job>(object)
    } else if kind("batch/v1", "CronJob") {
        through::<CronJob>(object)
    } else if kind("rbac.authorization.k8s.io/v1", "ClusterRole") {
        through::<ClusterRole>(object)
    } else if kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") {
        through::<ClusterRoleBinding>(object)
    } else if kind("networking.k8s.io/v1", "NetworkPolicy") {
        through::<NetworkPolicy>(object)
    } else if kind(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
    ) {
        through::<MutatingWebhookConfiguration>(object)
    } else if kind("monitoring.coreos.com/v1", "PodMonitor") {
        through::<PodMonitor>(object)
    } else {
        panic!("{} is of a kind that is not expected", title(object));
    }
}

/// As much of the Prometheus operator's kind as is used.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PodMonitor {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: PodMonitorSpec,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PodMonitorSpec {
    selector: LabelSelector,
    pod_metrics_endpoints: Vec<Endpoint>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    port: String,
    path: String,
    authorization: Authorization,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    r#type: String,
    credentials: SecretKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretKey {
    name: String,
    key: String,
}

#[test]
fn every_field_of_every_manifest_is_one_that_kubernetes_knows() {
    for mode in MODES {
        for object in collecting(mode) {
            assert_eq!(known(&object), object, "{mode}: {}", title(&object));
        }
    }
    for file in files("examples") {
        for object in objects(&read(&format!("examples/{file}"))) {
            assert_eq!(known(&object), object, "{file}: {}", title(&object));
        }
    }
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_noticed() {
    let mut set = object(&everything("standalone"), "StatefulSet sentinel-hub").clone();
    set["spec"]["template"]["spec"]["runAsNonRoot"] = true.into();
    assert_ne!(known(&set), set);
}

#[test]
fn the_strictest_pod_security_lets_every_pod_in() {
    for mode in MODES {
        let objects = everything(mode);
        let pods = workloads(&objects);
        assert_eq!(pods.len(), 1 + usize::from(mode == "cluster"));
        for (object, pod) in pods {
            check_restricted(&title(object), pod);
        }
    }
}

/// What the standard `restricted` asks of a pod.
pub(super) fn check_restricted(title: &str, pod: &Value) {
    for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] {
        assert!(pod[field].is_null(), "{title}: {field}");
    }
    let own = &pod["securityContext"];
    assert_eq!(own["runAsNonRoot"], true, "{title}");
    assert_eq!(own["seccompProfile"]["type"], "RuntimeDefault", "{title}");
    let lists = ["containers", "initContainers"].map(|list| super::list(&pod[list]));
    for container in lists.concat() {
        let title = format!("{title}: {}", container["name"]);
        let security = &container["securityContext"];
        assert_eq!(security["allowPrivilegeEscalation"], false, "{title}");
        assert_eq!(security["capabilities"]["drop"][0], "ALL", "{title}");
        assert!(security["capabilities"]["add"].is_null(), "{title}");
        assert_ne!(security["privileged"], true, "{title}");
        for port in super::list(&container["ports"]) {
            assert!(port["hostPort"].is_null(), "{title}");
        }
    }
    let allowed = ["configMap", "emptyDir", "projected", "secret"];
    for volume in super::list(&pod["volumes"]) {
        let mut sources = volume.as_object().expect("a mapping").keys();
        assert!(
            sources.all(|key| key == "name" || allowed.contains(&key.as_str())),
            "{title}: {volume}"
        );
    }
}
