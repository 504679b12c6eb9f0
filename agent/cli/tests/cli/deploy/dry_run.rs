//! `kubectl apply --dry-run=client` accepts everything, beside an API server that knows the kinds and has no object.

use std::process::Command;

use serde_json::{Value, json};

use super::renderings::{at_hand, output_of};
use super::scripted::{listen, status};
use super::{COLLECTORS, EVERYTHING, MODES, deploy, files, install, objects};
use crate::bench::Bench;

/// Group, plural, kind, and whether it is of a namespace.
const KINDS: [(&str, &str, &str, bool); 13] = [
    ("", "namespaces", "Namespace", false),
    ("", "serviceaccounts", "ServiceAccount", true),
    ("", "configmaps", "ConfigMap", true),
    ("", "services", "Service", true),
    ("apps", "statefulsets", "StatefulSet", true),
    ("apps", "daemonsets", "DaemonSet", true),
    ("batch", "jobs", "Job", true),
    ("batch", "cronjobs", "CronJob", true),
    (
        "networking.k8s.io",
        "networkpolicies",
        "NetworkPolicy",
        true,
    ),
    ("monitoring.coreos.com", "podmonitors", "PodMonitor", true),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        false,
    ),
    (
        "rbac.authorization.k8s.io",
        "clusterroles",
        "ClusterRole",
        false,
    ),
    (
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "ClusterRoleBinding",
        false,
    ),
];

/// What kubectl asks before it sends anything: which kinds there are.
fn answer(path: &str) -> Option<Value> {
    let group = match path.trim_end_matches('/') {
        "/api" => return Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => {
            let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.0).collect();
            names.retain(|name| !name.is_empty());
            names.dedup();
            let groups = names.iter().map(|name| {
                let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
                json!({"name": name, "versions": [version], "preferredVersion": version})
            });
            let groups: Vec<Value> = groups.collect();
            return Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}));
        }
        "/api/v1" => "",
        path => path.strip_prefix("/apis/")?.strip_suffix("/v1")?,
    };
    let kinds = KINDS.iter().filter(|kind| kind.0 == group);
    let resources = kinds.map(|(_, name, kind, namespaced)| {
        json!({
            "name": name, "singularName": "", "kind": kind, "namespaced": namespaced,
            "verbs": ["create", "get", "list", "patch", "watch"],
        })
    });
    let resources: Vec<Value> = resources.collect();
    let version = match group {
        "" => "v1".to_owned(),
        group => format!("{group}/v1"),
    };
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources,
    }))
}

/// The address of an API server that lives as long as the tests do.
fn api_server() -> String {
    let address = listen(|asked| match answer(asked.path()) {
        Some(body) => (200, body),
        None => (404, status(404, "NotFound")),
    });
    format!("http://{address}")
}

#[test]
fn kubectl_accepts_every_manifest() {
    if !at_hand("kubectl") {
        return;
    }
    let (bench, server) = (Bench::new(), api_server());
    let mut files: Vec<(String, usize)> = files("examples")
        .iter()
        .map(|file| {
            let path = deploy().join("examples").join(file);
            let text = std::fs::read_to_string(&path).expect("it can be read");
            (path.display().to_string(), objects(&text).len())
        })
        .collect();
    for mode in MODES {
        let text = install(&[&["--mode", mode], &EVERYTHING[..], &COLLECTORS].concat());
        files.push((bench.file(mode, &text), objects(&text).len()));
    }
    for (file, count) in files {
        let mut kubectl = Command::new("kubectl");
        // Neither a user's configuration nor a cache of another server's kinds.
        kubectl.env("KUBECONFIG", "/dev/null");
        kubectl.args(["apply", "--dry-run=client", "--validate=false", "-f", &file]);
        kubectl.args(["--server", &server, "--cache-dir"]);
        kubectl.arg(bench.path("cache"));
        let told = output_of(&mut kubectl);
        let accepted = told.lines().filter(|l| l.ends_with(" created (dry run)"));
        assert_eq!(accepted.count(), count, "{file}: {told}");
    }
}
