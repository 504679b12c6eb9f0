//! What is put into a workload, as lines of YAML: the containers, volumes and mounts, and the words before a command.

use super::{Mode, Options};

/// The annotation that says that a template was injected, and how.
pub(super) const INJECTED: &str = "run-sentinel.dev/injected";
/// Names of the containers that are put in.
pub(super) const INSTALL: &str = "sentinel-install";
pub(super) const SIDECAR: &str = "sentinel-sidecar";
/// Names of the volumes that are put in.
pub(super) const SHARED: &str = "sentinel";
pub(super) const POD_LOGS: &str = "sentinel-pod-logs";
pub(super) const TOKEN: &str = "sentinel-token";
/// Where the shared volume is mounted.
pub(super) const DIR: &str = "/sentinel";
/// Where the pod's logs are mounted, in the sidecar only.
const LOGS_DIR: &str = "/sentinel-pod-logs";
/// Where the token is mounted, in the sidecar only.
const TOKEN_DIR: &str = "/sentinel-token";
/// Seconds that a token is good for; it is made new long before they are over.
const TOKEN_LIFE: u32 = 3600;
/// The program on the shared volume.
pub(super) const PROGRAM: &str = "/sentinel/sentinel-sidecar";
/// What separates our words from the command.
pub(super) const SEPARATOR: &str = "--";
/// In an agent's address: the address of the node that the pod is on.
pub(super) const NODE_IP: &str = "$(SENTINEL_NODE_IP)";
/// A user that is nobody else's.
const NOBODY: u32 = 65532;

/// What the pieces tell the sidecar.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) options: &'a Options,
    pub(super) mode: Mode,
    /// The test container.
    pub(super) container: &'a str,
    /// Where the run's identifier stands.
    pub(super) run_id: &'a str,
    /// Where the pipeline's name stands, if it does.
    pub(super) pipeline: Option<&'a str>,
}

/// The words before the command.
pub(super) fn wrapper() -> [&'static str; 7] {
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

/// The containers that are put in.
pub(super) fn init_containers(told: &Told<'_>) -> Vec<String> {
    let image = scalar(&told.options.image);
    let mut lines = Vec::new();
    if told.mode == Mode::Capture {
        lines.extend(owned(&[
            &format!("- name: {INSTALL}"),
            &format!("  image: {image}"),
            "  args:",
            "  - install",
            &format!("  - {DIR}"),
            "  resources:",
            "    requests:",
            "      cpu: 10m",
            "      memory: 16Mi",
            "    limits:",
            "      memory: 32Mi",
        ]));
        lines.extend(security(NOBODY));
        lines.extend(owned(&["  volumeMounts:"]));
        lines.extend(indented(2, &shared_mount()));
    }
    lines.extend(owned(&[
        &format!("- name: {SIDECAR}"),
        &format!("  image: {image}"),
        "  restartPolicy: Always",
        "  args:",
        "  - tail",
    ]));
    lines.extend(indented(2, &arguments(told)));
    lines.extend(owned(&["  env:"]));
    lines.extend(indented(2, &environment(told)));
    lines.extend(owned(&[
        "  resources:",
        "    requests:",
        "      cpu: 10m",
        "      memory: 16Mi",
        "    limits:",
        "      memory: 64Mi",
    ]));
    // The files of a pod's logs may be read by root's group only.
    lines.extend(security(match told.mode {
        Mode::Capture => NOBODY,
        Mode::Cri => 0,
    }));
    lines.extend(owned(&["  volumeMounts:"]));
    lines.extend(indented(2, &mounts(told.mode)));
    lines
}

/// What the sidecar mounts.
fn mounts(mode: Mode) -> Vec<String> {
    let mut lines = shared_mount();
    lines.extend(owned(&[
        &format!("- name: {TOKEN}"),
        &format!("  mountPath: {TOKEN_DIR}"),
        "  readOnly: true",
    ]));
    if mode == Mode::Cri {
        lines.extend(owned(&[
            &format!("- name: {POD_LOGS}"),
            &format!("  mountPath: {LOGS_DIR}"),
            "  subPathExpr: $(POD_NAMESPACE)_$(POD_NAME)_$(SENTINEL_POD_UID)",
            "  readOnly: true",
        ]));
    }
    lines
}

fn arguments(told: &Told<'_>) -> Vec<String> {
    match told.mode {
        Mode::Capture => owned(&["- --follow", &format!("- {DIR}")]),
        Mode::Cri => owned(&[
            "- --cri",
            "- --state",
            &format!("- {DIR}"),
            &format!("- {LOGS_DIR}"),
        ]),
    }
}

fn environment(told: &Told<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let agent = &told.options.agent;
    if agent.contains(NODE_IP) {
        lines.extend(field("SENTINEL_NODE_IP", "status.hostIP"));
    }
    lines.extend(value("SENTINEL_AGENT", agent));
    let token = format!("{TOKEN_DIR}/token");
    lines.extend(value("SENTINEL_SIDECAR__TOKEN_FILE", &token));
    lines.extend(field("SENTINEL_RUN_ID", told.run_id));
    if let Some(pipeline) = told.pipeline {
        lines.extend(field("SENTINEL_PIPELINE", pipeline));
    }
    lines.extend(field("SENTINEL_POD_UID", "metadata.uid"));
    lines.extend(value("SENTINEL_CONTAINER", told.container));
    if told.mode == Mode::Cri {
        lines.extend(field("POD_NAMESPACE", "metadata.namespace"));
        lines.extend(field("POD_NAME", "metadata.name"));
    }
    lines
}

fn value(name: &str, value: &str) -> Vec<String> {
    owned(&[
        &format!("- name: {name}"),
        &format!("  value: {}", scalar(value)),
    ])
}

fn field(name: &str, path: &str) -> Vec<String> {
    owned(&[
        &format!("- name: {name}"),
        "  valueFrom:",
        "    fieldRef:",
        &format!("      fieldPath: {path}"),
    ])
}

fn security(group: u32) -> Vec<String> {
    owned(&[
        "  securityContext:",
        "    runAsNonRoot: true",
        &format!("    runAsUser: {NOBODY}"),
        &format!("    runAsGroup: {group}"),
        "    readOnlyRootFilesystem: true",
        "    allowPrivilegeEscalation: false",
        "    capabilities:",
        "      drop:",
        "      - ALL",
        "    seccompProfile:",
        "      type: RuntimeDefault",
    ])
}

/// The mount of the shared volume, for our containers and the test's.
pub(super) fn shared_mount() -> Vec<String> {
    owned(&[&format!("- name: {SHARED}"), &format!("  mountPath: {DIR}")])
}

/// The volumes that are put in.
pub(super) fn volumes(told: &Told<'_>) -> Vec<String> {
    let mut lines = owned(&[
        &format!("- name: {SHARED}"),
        "  emptyDir:",
        "    sizeLimit: 1Gi",
        &format!("- name: {TOKEN}"),
        "  projected:",
        "    sources:",
        "    - serviceAccountToken:",
        &format!("        audience: {}", scalar(&told.options.audience)),
        &format!("        expirationSeconds: {TOKEN_LIFE}"),
        "        path: token",
    ]);
    if told.mode == Mode::Cri {
        lines.extend(owned(&[
            &format!("- name: {POD_LOGS}"),
            "  hostPath:",
            "    path: /var/log/pods",
            "    type: Directory",
        ]));
    }
    lines
}

/// The annotation.
pub(super) fn annotation(mode: Mode) -> String {
    format!("{INJECTED}: {}", mode.word())
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// The lines further to the right.
pub(super) fn indented(by: usize, lines: &[String]) -> Vec<String> {
    let indent = " ".repeat(by);
    lines.iter().map(|line| format!("{indent}{line}")).collect()
}

/// A text as YAML: plain where it cannot be read as anything else, quoted otherwise.
pub(super) fn scalar(text: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let mut bytes = text.bytes();
    let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"-_./:@".contains(&b))
        && !text.ends_with(':')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    // JSON's strings are YAML's; a string can always be written.
    serde_json::Value::from(text).to_string()
}
