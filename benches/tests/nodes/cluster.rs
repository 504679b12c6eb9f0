//! The cluster of the test: an API server, three nodes with their agents, a hub, and pods whose sidecars are processes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentinel_agent::api::ready::Readiness;
use sentinel_agent::api::view::RunView;
use sentinel_benches::daemon::{Daemon, program};
use sentinel_benches::http::Client;
use sentinel_benches::process::{Process, until};
use sentinel_core::Millis;
use sentinel_sidecar::segments::SegmentWriter;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::crowd::{Crowd, kubeconfig};
use crate::objects::{JOB, Pod, job_json, node_json};
use crate::shipping::writer_as;

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
const NODES: usize = 3;
/// The file that leads the hub to the API server.
const ACCESS: &str = "kubeconfig";
const CONTAINER: &str = "tests";

/// A node of the cluster: its agent, while it lives.
struct Node {
    name: String,
    agent: Option<Daemon>,
}

pub(crate) struct Cluster {
    dir: TempDir,
    crowd: Crowd,
    hub: Daemon,
    nodes: Vec<Node>,
    completions: u32,
    /// Serves the API for as long as the cluster is there.
    _runtime: Runtime,
}

/// A pod of the Job: what prints, and the sidecar beside it.
pub(crate) struct TestPod {
    object: Pod,
    writer: SegmentWriter,
    sidecar: Process,
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

fn start_hub(dir: &Path, port: u16) -> Daemon {
    let access = dir.join(ACCESS);
    let settings = [
        ("SENTINEL_AGENT__ROLE", "hub"),
        ("SENTINEL_RUN__FINALIZE_AFTER", "100ms"),
        ("SENTINEL_KUBERNETES__WATCH", "on"),
        ("SENTINEL_KUBERNETES__KUBECONFIG", access.to_str().unwrap()),
    ];
    Daemon::start(&dir.join("hub"), port, &settings).unwrap()
}

impl Cluster {
    /// With a Job of so many completions.
    pub(crate) fn start(completions: u32) -> Cluster {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let (crowd, address) = runtime.block_on(Crowd::start());
        kubeconfig(&dir.path().join(ACCESS), address);
        let hub = start_hub(dir.path(), 0);
        let nodes = (1..=NODES).map(|n| {
            let name = format!("node-{n}");
            crowd.put("nodes", node_json(&name, None, None));
            let url = hub.url();
            let settings = [
                ("SENTINEL_AGENT__ROLE", "node"),
                ("SENTINEL_AGENT__FORWARD__HUB", &url),
                ("SENTINEL_AGENT__FORWARD__NODE", &name),
                ("SENTINEL_AGENT__FORWARD__RETRY_MAX", "200ms"),
            ];
            let agent = Daemon::start(&dir.path().join(&name), 0, &settings).unwrap();
            Node {
                agent: Some(agent),
                name,
            }
        });
        let nodes = nodes.collect();
        crowd.put("jobs", job_json(completions, None));
        Cluster {
            dir,
            crowd,
            hub,
            nodes,
            completions,
            _runtime: runtime,
        }
    }

    /// A pod for a part of the Job runs on a node.
    pub(crate) fn pod(&self, index: u32, attempt: &str, node: usize) -> TestPod {
        let name = format!("e2e-{index}-{attempt}");
        let node = &self.nodes[node];
        // Kubernetes tells whole seconds; an index is done again seconds later at the least.
        let later = if attempt == "first" { 0 } else { 10_000 };
        let mut object = Pod::running(&name, now() + later, &[(CONTAINER, false)]);
        object.index = Some(index);
        object.node.clone_from(&node.name);
        self.crowd.put("pods", object.json());
        let segments: PathBuf = self.dir.path().join("pods").join(&name);
        let (writer, _) = writer_as(&segments, JOB);
        let mut sidecar = program("sentinel-sidecar").unwrap();
        sidecar.env("SENTINEL_POD_UID", &object.uid);
        sidecar.env("SENTINEL_CONTAINER", CONTAINER);
        sidecar.env("SENTINEL_SIDECAR__RETRY_MAX", "200ms");
        sidecar.args(["tail", "--agent", &node.agent.as_ref().unwrap().url()]);
        sidecar.arg(&segments);
        TestPod {
            object,
            writer,
            sidecar: Process::start(&mut sidecar).unwrap(),
        }
    }

    /// The node is gone, with its agent; the control plane notices.
    pub(crate) fn kill_node(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        node.agent.take().unwrap().process.kill();
        let silent = node_json(&node.name, Some(now()), None);
        self.crowd.put("nodes", silent);
    }

    /// A pod on a node that is gone is to be deleted: nobody is there who could end it.
    pub(crate) fn evict(&self, mut pod: TestPod) -> Pod {
        pod.sidecar.kill();
        let message = "Taint manager: deleting due to NoExecute taint";
        pod.object.disruption = Some(("DeletionByTaintManager", message));
        self.crowd.put("pods", pod.object.json());
        pod.object.deleted_ms = Some(now());
        self.crowd.put("pods", pod.object.json());
        pod.object
    }

    pub(crate) fn deleted(&self, pod: &Pod) {
        self.crowd.delete("pods", &pod.uid);
    }

    /// The pod's container ends with this code, and its sidecar once it has sent everything.
    pub(crate) fn ends(&self, mut pod: TestPod, code: i32) {
        pod.writer.finish(Some(code), None).unwrap();
        let sent = || pod.sidecar.ended().unwrap().is_some();
        until(PATIENCE, "the sidecar to end", sent).unwrap();
        let (phase, reason) = match code {
            0 => ("Succeeded", "Completed"),
            _ => ("Failed", "Error"),
        };
        pod.object.phase = phase;
        pod.object.ends(CONTAINER, reason, code, now());
        self.crowd.put("pods", pod.object.json());
    }

    pub(crate) fn job_ends(&self, condition: &str, reason: &str) {
        let end = Some((condition, reason, now()));
        self.crowd.put("jobs", job_json(self.completions, end));
    }

    /// The hub dies, and another takes its place, which has listed the cluster when this is over.
    pub(crate) fn replace_hub(&mut self) {
        let port = self.hub.address.port();
        self.hub.process.kill();
        self.hub = start_hub(self.dir.path(), port);
        let listed = || self.hub::<Readiness>("/ready").degraded.is_empty();
        until(PATIENCE, "the hub to know the cluster", listed).unwrap();
    }

    /// Waits until so many bytes of all output are durable at the hub.
    pub(crate) fn hub_has(&self, bytes: usize) {
        let there = || self.hub.committed() == bytes as u64;
        until(PATIENCE, "the output at the hub", there).unwrap();
    }

    /// What the hub answers.
    pub(crate) fn hub<T: DeserializeOwned>(&self, path: &str) -> T {
        let (status, body) = self.ask(path);
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&self, path: &str) -> (u16, Vec<u8>) {
        let mut client = Client::connect(self.hub.address).unwrap();
        client.get(path).unwrap()
    }

    /// The Job's run at the hub once it pleases.
    pub(crate) fn run_once(&self, pleases: impl Fn(&RunView) -> bool) -> RunView {
        let path = format!("/api/v1/runs/{JOB}");
        let mut last = None;
        let pleased = until(PATIENCE, "the run at the hub", || {
            last = Some(self.hub::<RunView>(&path));
            last.as_ref().is_some_and(&pleases)
        });
        pleased.unwrap_or_else(|late| panic!("{late}: {last:?}"));
        last.unwrap()
    }
}

impl TestPod {
    /// The tests print.
    pub(crate) fn print(&mut self, bytes: &[u8]) {
        self.writer.append(bytes);
        self.writer.flush();
    }
}
