//! What is put into a workload: the containers, volumes and mounts, and the words before a command.

use serde_json::{Map, Value, json};

use crate::{Mode, Options, Sidecar};

/// The annotation that says that a template was injected, and how.
pub(crate) const INJECTED: &str = "run-sentinel.dev/injected";
/// Names of the containers that are put in.
pub(crate) const INSTALL: &str = "sentinel-install";
pub(crate) const SIDECAR: &str = "sentinel-sidecar";
/// Names of the volumes that are put in.
pub(crate) const SHARED: &str = "sentinel";
pub(crate) const POD_LOGS: &str = "sentinel-pod-logs";
pub(crate) const TOKEN: &str = "sentinel-token";
/// Where the shared volume is mounted.
pub(crate) const DIR: &str = "/sentinel";
/// Where the pod's logs are mounted, in the sidecar only.
const LOGS_DIR: &str = "/sentinel-pod-logs";
/// Where the token is mounted, in the sidecar only.
const TOKEN_DIR: &str = "/sentinel-token";
/// Seconds that a token is good for; it is made new long before they are over.
const TOKEN_LIFE: u32 = 3600;
/// The program on the shared volume.
pub(crate) const PROGRAM: &str = "/sentinel/sentinel-sidecar";
/// What separates our words from the command.
pub(crate) const SEPARATOR: &str = "--";
/// In an agent's address: the address of the node that the pod is on.
pub const NODE_IP: &str = "$(SENTINEL_NODE_IP)";
/// A user that is nobody else's.
const NOBODY: u32 = 65532;

/// What the pieces tell the sidecar.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) options: &'a Options,
    pub(crate) mode: Mode,
    /// When the pod's containers are started again.
    pub(crate) restart: &'a str,
    /// The test container.
    pub(crate) container: &'a str,
    /// Where the run's identifier stands.
    pub(crate) run_id: &'a str,
    /// Where the pipeline's name stands, if it does.
    pub(crate) pipeline: Option<&'a str>,
}

/// The words before the command.
pub(crate) fn wrapper() -> [&'static str; 7] {
    [
        PROGRAM,
        "capture",
        "--dir",
        DIR,
        "--volume-limit",
        "1GiB",
        SEPARATOR,
    ]
}

/// The containers that are put in before the test's.
pub(crate) fn init_containers(told: &Told<'_>) -> Vec<Value> {
    let mut containers = Vec::new();
    if told.mode == Mode::Capture {
        containers.push(json!({
            "name": INSTALL,
            "image": told.options.image,
            "args": ["install", DIR],
            "resources": resources("32Mi"),
            "securityContext": security(NOBODY),
            "volumeMounts": [shared_mount()],
        }));
    }
    if told.options.sidecar == Sidecar::Native {
        containers.push(sidecar(told));
    }
    containers
}

/// The containers that are put in beside the test's, behind all of them: they start when the test's has started.
pub(crate) fn containers(told: &Told<'_>) -> Vec<Value> {
    match told.options.sidecar {
        Sidecar::Native => Vec::new(),
        Sidecar::Container => vec![sidecar(told)],
    }
}

fn sidecar(told: &Told<'_>) -> Value {
    let mut sidecar = json!({
        "name": SIDECAR,
        "image": told.options.image,
        "restartPolicy": "Always",
        "args": arguments(told),
        "env": environment(told),
        "resources": resources("64Mi"),
        // The files of a pod's logs may be read by root's group only.
        "securityContext": security(match told.mode {
            Mode::Capture => NOBODY,
            Mode::Cri => 0,
        }),
        "volumeMounts": mounts(told.mode),
    });
    if let (Sidecar::Container, Some(sidecar)) = (told.options.sidecar, sidecar.as_object_mut()) {
        sidecar.shift_remove("restartPolicy");
    }
    sidecar
}

fn resources(memory: &str) -> Value {
    json!({"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": memory}})
}

fn security(group: u32) -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": NOBODY,
        "runAsGroup": group,
        "readOnlyRootFilesystem": true,
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

/// What the sidecar mounts.
fn mounts(mode: Mode) -> Vec<Value> {
    let mut mounts = vec![
        shared_mount(),
        json!({"name": TOKEN, "mountPath": TOKEN_DIR, "readOnly": true}),
    ];
    if mode == Mode::Cri {
        mounts.push(json!({
            "name": POD_LOGS,
            "mountPath": LOGS_DIR,
            "subPathExpr": "$(POD_NAMESPACE)_$(POD_NAME)_$(SENTINEL_POD_UID)",
            "readOnly": true,
        }));
    }
    mounts
}

fn arguments(told: &Told<'_>) -> &'static [&'static str] {
    match (told.mode, told.options.sidecar, told.restart) {
        (Mode::Cri, ..) => &["tail", "--cri", "--state", DIR, LOGS_DIR],
        (_, Sidecar::Native, _) | (.., "Always") => &["tail", "--follow", DIR],
        (.., "OnFailure") => &["tail", "--end-after", "success", "--drain", "30s", DIR],
        _ => &["tail", "--end-after", "recording", "--drain", "30s", DIR],
    }
}

fn environment(told: &Told<'_>) -> Vec<Value> {
    let mut variables = Vec::new();
    let agent = &told.options.agent;
    if agent.contains(NODE_IP) {
        variables.push(field("SENTINEL_NODE_IP", "status.hostIP"));
    }
    let token = format!("{TOKEN_DIR}/token");
    variables.push(json!({"name": "SENTINEL_AGENT", "value": agent}));
    variables.push(json!({"name": "SENTINEL_SIDECAR__TOKEN_FILE", "value": token}));
    variables.push(field("SENTINEL_RUN_ID", told.run_id));
    if let Some(pipeline) = told.pipeline {
        variables.push(field("SENTINEL_PIPELINE", pipeline));
    }
    variables.push(field("SENTINEL_POD_UID", "metadata.uid"));
    variables.push(json!({"name": "SENTINEL_CONTAINER", "value": told.container}));
    if told.mode == Mode::Cri {
        variables.push(field("POD_NAMESPACE", "metadata.namespace"));
        variables.push(field("POD_NAME", "metadata.name"));
    }
    variables
}

fn field(name: &str, path: &str) -> Value {
    json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
}

/// The mount of the shared volume, for our containers and the test's.
pub(crate) fn shared_mount() -> Value {
    json!({"name": SHARED, "mountPath": DIR})
}

/// The volumes that are put in.
pub(crate) fn volumes(told: &Told<'_>) -> Vec<Value> {
    let token = json!({
        "audience": told.options.audience,
        "expirationSeconds": TOKEN_LIFE,
        "path": "token",
    });
    let mut volumes = vec![
        json!({"name": SHARED, "emptyDir": {"sizeLimit": "1Gi"}}),
        json!({"name": TOKEN, "projected": {"sources": [{"serviceAccountToken": token}]}}),
    ];
    if told.mode == Mode::Cri {
        let place = json!({"path": "/var/log/pods", "type": "Directory"});
        volumes.push(json!({"name": POD_LOGS, "hostPath": place}));
    }
    volumes
}

/// The annotation.
pub(crate) fn annotation(mode: Mode) -> Map<String, Value> {
    Map::from_iter([(INJECTED.to_owned(), mode.word().into())])
}
