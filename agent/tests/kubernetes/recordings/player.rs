//! Plays a recording: the API server tells each object when it was told, the agent's clock goes along, and tests print.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use sentinel_agent::kube::{event_fact, pod_fact};
use sentinel_core::Input;
use sentinel_core::fact::{ContainerFact, ContainerState, PodFact, is_evidence};
use serde_json::Value;
use tempfile::TempDir;

use super::output::Output;
use crate::common::{Running, START_MS};
use crate::crowd::Crowd;
use crate::watching;

/// What is watched, with the name of its recording; what came at the same time comes in this order.
const KINDS: [(&str, &str); 5] = [
    ("nodes", "nodes"),
    ("endpointslices", "endpointslices"),
    ("jobs", "jobs"),
    ("pods", "pods"),
    ("events", "events.k8s.io"),
];
/// Seconds after the recording in which nothing happens: a run ends, and what lasts is found.
const AFTER: i64 = 150;

/// A recorded line of a watch: the millisecond it came at, its kind, the line.
type Told = (i64, &'static str, Value);

/// All that was told in a scenario, in the order in which it came.
fn read(scenario: &Path) -> Vec<Told> {
    let mut told = Vec::new();
    for (kind, file) in KINDS {
        let Ok(lines) = std::fs::read_to_string(scenario.join(format!("{file}.jsonl"))) else {
            continue;
        };
        let times = std::fs::read_to_string(scenario.join(format!("{file}.times"))).unwrap();
        for (line, time) in lines.lines().zip(times.lines()) {
            let at = time.parse::<f64>().unwrap() * 1_000.0;
            let mut line: Value = serde_json::from_str(line).unwrap();
            if line["type"] == "BOOKMARK" {
                continue;
            }
            let meta = &mut line["object"]["metadata"];
            // As if whoever made it had said that it is a run; Jobs are runs here without a word.
            if kind == "pods" && meta["ownerReferences"].is_null() {
                meta["annotations"]["run-sentinel.dev/pipeline"] = meta["name"].clone();
            }
            told.push((at as i64, kind, line));
        }
    }
    told.sort_by_key(|(at, ..)| *at);
    told
}

/// The agent after a scenario; it has listed nothing but what was there when it began.
pub(super) fn play(scenario: &Path) -> Playing {
    let told = read(scenario);
    // By the cluster's clock: when the first pod was made, less how long after the beginning that was told.
    let made = told.iter().find_map(|(at, kind, line)| {
        let fact = (*kind == "pods").then(|| pod_fact(&line["object"]))??;
        Some(fact.created_ms? - at)
    });
    let serving = tokio::runtime::Runtime::new().unwrap();
    let (crowd, address) = serving.block_on(Crowd::start());
    let (config, kubeconfig) = watching(address);
    let data = tempfile::tempdir().unwrap();
    let agent = Running::later(data.path(), &config, made.unwrap() - START_MS);
    agent.client.until("/ready", |_| {
        crowd.asked(|asked| asked.watches) == KINDS.len()
    });
    let mut playing = Playing {
        agent,
        crowd,
        outputs: BTreeMap::new(),
        now: 0,
        _dirs: [data, kubeconfig],
        _serving: serving,
    };
    for (n, (at, kind, line)) in told.iter().enumerate() {
        playing.pass_until(*at);
        if n == told.len() / 2 {
            playing.breaks();
        }
        playing.tell(kind, line);
    }
    playing.pass_until(playing.now + AFTER * 1_000);
    playing
}

/// An agent to which a recording is played.
pub(super) struct Playing {
    pub(super) agent: Running,
    crowd: Crowd,
    /// By pod, container and restart.
    outputs: BTreeMap<(String, String, u32), Output>,
    /// Milliseconds since the beginning.
    now: i64,
    _dirs: [TempDir; 2],
    _serving: tokio::runtime::Runtime,
}

impl Playing {
    pub(super) fn stop(self) {
        self.agent.stop();
    }

    fn pass_until(&mut self, at: i64) {
        while self.now < at {
            let step = (at - self.now).min(1_000);
            self.agent.clock.advance(step);
            // Answered when all that was told before is stored.
            self.agent.tell(Input::Tick);
            self.now += step;
        }
    }

    /// Every watch breaks, its history is gone, and everything is listed again.
    fn breaks(&self) {
        let watches = || self.crowd.asked(|asked| asked.watches);
        let again = watches() + 2 * KINDS.len();
        self.crowd.break_watches();
        self.agent.client.until("/health", |_| watches() == again);
    }

    fn tell(&mut self, kind: &str, line: &Value) {
        let object = &line["object"];
        let deleted = line["type"] == "DELETED";
        let heard = self.facts();
        let facts = match (kind, deleted) {
            ("events", true) => 0,
            ("events", false) => {
                let fact = event_fact(object).unwrap();
                u64::from(is_evidence(&fact.about.kind, &fact.reason))
            }
            // A deletion comes with the last state.
            (_, true) => 2,
            (_, false) => 1,
        };
        match deleted {
            true => self
                .crowd
                .delete(kind, object["metadata"]["uid"].as_str().unwrap()),
            false => self.crowd.put(kind, object.clone()),
        }
        let begun = Instant::now();
        while self.facts() < heard + facts {
            assert!(begun.elapsed() < Duration::from_secs(30), "{line}");
            std::thread::yield_now();
        }
        if kind == "pods" {
            self.print(&pod_fact(object).unwrap());
        }
    }

    /// What the agent was told by the API server.
    fn facts(&self) -> u64 {
        self.agent.handle().watch().cluster_facts.value()
    }

    /// The tests of a pod in this state print what they would have.
    fn print(&mut self, pod: &PodFact) {
        let owner = pod.owner.as_ref();
        if owner.is_some_and(|owner| owner.kind != "Job") {
            return;
        }
        let run = owner.map_or(&pod.uid, |owner| &owner.uid);
        for container in pod.containers.iter().filter(|c| !c.init) {
            self.print_of(run, pod, container);
        }
    }

    fn print_of(&mut self, run: &str, pod: &PodFact, container: &ContainerFact) {
        let client = &self.agent.client;
        let of = |restart: u32| (pod.uid.clone(), container.name.clone(), restart);
        let before = container.restart_count.checked_sub(1);
        if let (Some(end), Some(before)) = (&container.last_terminated, before)
            && let Some(output) = self.outputs.get_mut(&of(before))
        {
            output.end(client, end, pod.deleting);
        }
        let key = of(container.restart_count);
        match &container.state {
            ContainerState::Running(_) => {
                let (_, name, restart) = &key;
                let begin = || Output::begin(client, run, &pod.uid, name, *restart);
                self.outputs.entry(key.clone()).or_insert_with(begin);
            }
            ContainerState::Terminated(end) => {
                if let Some(output) = self.outputs.get_mut(&key) {
                    output.end(client, end, pod.deleting);
                }
            }
            ContainerState::Waiting(_) | ContainerState::Unknown => {}
        }
    }
}
