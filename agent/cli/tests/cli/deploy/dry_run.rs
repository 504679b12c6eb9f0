//! `kubectl apply --dry-run=client` accepts everything, beside an API server that knows the kinds and has no object.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::{Value, json};

use super::renderings::{at_hand, output_of};
use super::{MODES, deploy, files, install, objects};
use crate::bench::Bench;

/// Group, plural, kind, and whether it is of a namespace.
const KINDS: [(&str, &str, &str, bool); 12] = [
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

/// One request, one answer.
fn serve(stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let (status, body) = match answer(path) {
        Some(body) => ("200 OK", body),
        None => {
            let absent = json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
            });
            ("404 Not Found", absent)
        }
    };
    let body = body.to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The address of an API server that lives as long as the tests do.
fn api_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever goes away in the middle has no use for an answer.
            std::thread::spawn(move || serve(&stream).ok());
        }
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
        let text = install(&[
            "--mode",
            mode,
            "--set",
            "podMonitor.enabled=true",
            "--set",
            "collector.enabled=true",
            "--set",
            "logs.enabled=true",
        ]);
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
