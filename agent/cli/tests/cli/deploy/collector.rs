//! The collector's manifests: it may read the node's pod logs and nothing else, asks Kubernetes nothing, and the agent
//! that owns the runs knows it.

use std::path::Path;

use serde_json::{Value, json};

use super::agents::{token_of, told};
use super::known::check_restricted;
use super::{MODES, collecting, everything, list, object};
use crate::bench::Bench;

fn pod(objects: &[Value]) -> Value {
    object(objects, "DaemonSet sentinel-collector")["spec"]["template"]["spec"].clone()
}

#[test]
fn the_collector_comes_when_it_is_asked_for() {
    let has = |objects: &[Value]| {
        objects
            .iter()
            .any(|o| super::title(o).contains("collector"))
    };
    for mode in MODES {
        assert!(!has(&everything(mode)), "{mode}");
        assert!(has(&collecting(mode)), "{mode}");
    }
}

#[test]
fn but_for_the_logs_of_pods_it_is_held_as_strictly_as_the_agents() {
    let objects = collecting("standalone");
    let mut pod = pod(&objects);
    let volumes = pod["volumes"].as_array_mut().expect("a list");
    let at = volumes.iter().position(|v| !v["hostPath"].is_null());
    let logs = volumes.remove(at.expect("a directory of the node"));
    let path = json!({"path": "/var/log/pods", "type": "Directory"});
    assert_eq!(logs["hostPath"], path);
    check_restricted("collector", &pod);
    let other = &object(&objects, "StatefulSet sentinel-logs")["spec"]["template"]["spec"];
    check_restricted("logs", other);
    let mounts = list(&pod["containers"][0]["volumeMounts"]);
    let mut of_logs = mounts.iter().filter(|m| m["name"] == logs["name"]);
    let mount = of_logs.next().expect("it is mounted");
    assert_eq!((&mount["readOnly"], of_logs.next()), (&json!(true), None));
    assert_eq!(mount["mountPath"], "/var/log/pods");
    // Its namespace is not that of the agents.
    let set = object(&objects, "DaemonSet sentinel-collector");
    let own = set["metadata"]["namespace"].as_str().expect("a name");
    let labels = &object(&objects, &format!("Namespace {own}"))["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "privileged");
    let agents = &object(&objects, "Namespace sentinel")["metadata"]["labels"];
    assert_eq!(agents["pod-security.kubernetes.io/enforce"], "restricted");
}

#[test]
fn it_asks_kubernetes_nothing_and_the_agent_that_owns_the_runs_knows_it() {
    for mode in MODES {
        let objects = collecting(mode);
        let pod = pod(&objects);
        assert_eq!(pod["automountServiceAccountToken"], false, "{mode}");
        let account = pod["serviceAccountName"].as_str().expect("a name");
        let bound = objects.iter().filter(|o| o["kind"] == "ClusterRoleBinding");
        let mut subjects = bound.flat_map(|binding| list(&binding["subjects"]));
        assert!(
            !subjects.any(|subject| subject["name"] == account),
            "{mode}"
        );
        let hub = &object(&objects, "StatefulSet sentinel-hub")["spec"]["template"]["spec"];
        let (config, _) = told(&objects, hub, &Bench::new());
        let accounts = config.agent.auth.service_accounts;
        for known in [
            format!("sentinel-collector/{account}"),
            "sentinel/sentinel-logs".to_owned(),
        ] {
            assert!(accounts.nodes.contains(&known), "{mode}: {known}");
        }
        let (audience, path) = token_of(&pod, "token");
        assert_eq!(accounts.audience.as_deref(), Some(audience));
        let container = &pod["containers"][0];
        let mut variables = list(&container["env"]).iter();
        let file = variables.find(|v| v["name"] == "SENTINEL_SIDECAR__TOKEN_FILE");
        let file = Path::new(file.expect("it is told")["value"].as_str().expect("a path"));
        assert_eq!(file.file_name().and_then(|n| n.to_str()), Some(path));
        let asked = "--agent=http://sentinel-hub.sentinel.svc:7600";
        assert!(list(&container["args"]).contains(&json!(asked)), "{mode}");
    }
}
