//! The agents start with what their manifests tell them, and are found where others look for them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use sentinel_agent::{Agent, Options, StartError};
use sentinel_config::{Config, Role, Watching};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{MODES, everything, list, object, title, workloads};
use crate::bench::Bench;

/// Nobody's address (RFC 5737): who may listen there fails only because it is not ours.
const NOT_OURS: ([u8; 4], u16) = ([192, 0, 2, 1], 7600);

/// The configuration that a pod's agent reads, its variables included, and what else its arguments say.
pub(super) fn told(objects: &[Value], pod: &Value, bench: &Bench) -> (Config, Options) {
    let agent = &pod["containers"][0];
    let mut options = Options::new(bench.path("data"));
    let mut config = None;
    for arg in list(&agent["args"]).iter().filter_map(Value::as_str) {
        match arg.split_once('=') {
            Some(("--config", path)) => config = Some(path),
            Some(("--data", path)) => assert!(mounted(agent, path).is_some(), "{path}"),
            None if arg == "--allow-plain-http" => options.plain_to_network = true,
            _ => panic!("{arg} is not expected"),
        }
    }
    let path = Path::new(config.expect("a configuration"));
    let folder = path.parent().and_then(Path::to_str).expect("a folder");
    let volume = mounted(agent, folder).expect("the configuration is mounted");
    let mut volumes = list(&pod["volumes"]).iter();
    let volume = volumes.find(|v| v["name"] == volume).expect("the volume");
    let map = volume["configMap"]["name"].as_str().expect("a ConfigMap");
    let map = object(objects, &format!("ConfigMap {map}"));
    let file = path.file_name().and_then(|n| n.to_str()).expect("a name");
    let text = map["data"][file].as_str().expect("the file");
    let config = Config::parse(path, text, &variables(agent)).unwrap_or_else(|e| panic!("{e}"));
    (config, options)
}

/// The volume that is mounted at a path.
fn mounted<'a>(container: &'a Value, path: &str) -> Option<&'a str> {
    let mut mounts = list(&container["volumeMounts"]).iter();
    mounts.find(|m| m["mountPath"] == path)?["name"].as_str()
}

/// The variables of a container, with an example of what the cluster fills in.
fn variables(container: &Value) -> BTreeMap<String, String> {
    let variables = list(&container["env"]).iter().map(|variable| {
        let value = match &variable["value"] {
            Value::String(value) => value.clone(),
            _ if variable["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName" => {
                "node-7".to_owned()
            }
            _ => panic!("{variable} is not expected"),
        };
        (variable["name"].as_str().expect("a name").to_owned(), value)
    });
    variables.collect()
}

/// Role and watching of each agent of a mode, once it was seen to start.
fn started(mode: &str) -> Vec<(Role, Watching)> {
    let objects = everything(mode);
    let runtime = Runtime::new().expect("a runtime");
    let mut roles = Vec::new();
    for (workload, pod) in workloads(&objects) {
        let bench = Bench::new();
        let (mut config, mut options) = told(&objects, pod, &bench);
        config.injector.listen = ([127, 0, 0, 1], 0).into();
        // It may be reached from other machines: only the address itself cannot be had here.
        options.listen = Some(SocketAddr::from(NOT_OURS));
        let refused = runtime.block_on(Agent::start(&config, options.clone()));
        let refused = refused.err().expect("it is nobody's address");
        assert!(
            matches!(refused, StartError::Listen { .. }),
            "{}: {refused}",
            title(workload)
        );
        options.listen = Some(([127, 0, 0, 1], 0).into());
        let agent = runtime.block_on(Agent::start(&config, options));
        runtime.block_on(
            agent
                .unwrap_or_else(|e| panic!("{}: {e}", title(workload)))
                .shutdown(),
        );
        roles.push((config.agent.role, config.kubernetes.watch));
    }
    roles
}

#[test]
fn agents_start_as_they_are_told_and_one_of_them_watches() {
    assert_eq!(started("standalone"), [(Role::Standalone, Watching::Auto)]);
    assert_eq!(
        started("cluster"),
        [(Role::Hub, Watching::Auto), (Role::Node, Watching::Off)]
    );
}

/// Whether a service leads to the pods of a workload, at a port that they have.
fn leads(service: &Value, workload: &Value) -> bool {
    let template = &workload["spec"]["template"];
    let selector = service["spec"]["selector"].as_object().expect("a selector");
    let labels = &template["metadata"]["labels"];
    let port = &service["spec"]["ports"][0]["targetPort"];
    let mut ports = list(&template["spec"]["containers"][0]["ports"]).iter();
    selector.iter().all(|(key, value)| labels[key] == *value) && ports.any(|p| p["name"] == *port)
}

#[test]
fn sidecars_and_nodes_are_sent_to_services_that_lead_to_agents() {
    for (mode, takes) in [
        ("standalone", "StatefulSet sentinel-hub"),
        ("cluster", "DaemonSet sentinel-node"),
    ] {
        let objects = everything(mode);
        let service = object(&objects, "Service sentinel-agent");
        assert_eq!(service["spec"]["ports"][0]["port"], 7600);
        for (workload, _) in workloads(&objects) {
            assert_eq!(leads(service, workload), title(workload) == takes, "{mode}");
        }
        let local = service["spec"]["internalTrafficPolicy"] == "Local";
        assert_eq!(local, mode == "cluster", "a pod's stream stays on its node");
    }
    let objects = everything("cluster");
    let (hub, node) = (
        object(&objects, "StatefulSet sentinel-hub"),
        object(&objects, "DaemonSet sentinel-node"),
    );
    let service = object(&objects, "Service sentinel-hub");
    assert!(leads(service, hub) && !leads(service, node));
    let pod = &node["spec"]["template"]["spec"];
    let (config, _) = told(&objects, pod, &Bench::new());
    let forward = config.agent.forward;
    assert_eq!(
        forward.hub.as_deref(),
        Some("http://sentinel-hub.sentinel.svc:7600")
    );
    assert_eq!(forward.node.as_deref(), Some("node-7"));
    // The token that it shows is made for the hub, which knows its account.
    let token = forward.token_file.expect("a token");
    let folder = token.parent().and_then(Path::to_str).expect("a folder");
    let volume = mounted(&pod["containers"][0], folder).expect("it is mounted");
    let (audience, path) = token_of(pod, volume);
    assert_eq!(token.file_name().and_then(|n| n.to_str()), Some(path));
    let (hub, _) = told(&objects, &hub["spec"]["template"]["spec"], &Bench::new());
    let accounts = hub.agent.auth.service_accounts;
    assert_eq!(accounts.audience.as_deref(), Some(audience));
    assert_eq!(accounts.nodes, ["sentinel/sentinel-node"]);
    assert_eq!(pod["serviceAccountName"], "sentinel-node");
}

/// Audience and file of the token that a volume of a pod holds.
pub(super) fn token_of<'a>(pod: &'a Value, volume: &str) -> (&'a str, &'a str) {
    let mut volumes = list(&pod["volumes"]).iter();
    let volume = volumes.find(|v| v["name"] == volume).expect("the volume");
    let token = &volume["projected"]["sources"][0]["serviceAccountToken"];
    let word = |key: &str| token[key].as_str().expect("a word");
    (word("audience"), word("path"))
}

#[test]
fn a_pod_has_the_time_that_the_longest_request_takes() {
    for mode in MODES {
        let objects = everything(mode);
        for (workload, pod) in workloads(&objects) {
            let (config, _) = told(&objects, pod, &Bench::new());
            let grace = pod["terminationGracePeriodSeconds"]
                .as_u64()
                .expect("seconds");
            assert!(
                grace > config.agent.request_timeout.as_secs(),
                "{}",
                title(workload)
            );
        }
    }
}
