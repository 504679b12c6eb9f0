//! Pods without a sidecar, read by a collector on their node: nothing is lost and nothing told twice over rotations,
//! restarts, and collectors that die. What nobody reads is said.

use std::path::PathBuf;
use std::time::Duration;

use sentinel_agent::Handle;
use sentinel_agent::api::read::{self, Paging};
use sentinel_agent::api::view::RunView;
use sentinel_config::{Config, SidecarConfig};
use sentinel_core::fact::{ContainerFact, ContainerState, Fact, JobEnd, JobFact, Owner, PodFact};
use sentinel_core::{Input, RunStatus};
use sentinel_sidecar::collect::{self, NodeLogs};
use sentinel_sidecar::reading::Reading;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::bench::{Bench, until};
use crate::doors::agent;
use crate::kubelet::Kubelet;

/// How often collectors ask.
pub(crate) const EVERY: Duration = Duration::from_millis(20);

/// An agent that is told what the cluster says, and a directory of pod logs.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) runtime: Runtime,
    agent: Handle,
}

impl Stage {
    pub(crate) fn set() -> Stage {
        let (bench, runtime) = (Bench::new(), Runtime::new().expect("a runtime"));
        let mut config = Config::default();
        config.run.finalize_after = Duration::ZERO;
        config.rules.not_watched.after = Duration::ZERO;
        let agent = agent(&bench, "data", &runtime, &config);
        Stage {
            bench,
            runtime,
            agent,
        }
    }

    fn pods(&self) -> PathBuf {
        self.bench.path("pods")
    }

    pub(crate) fn tell(&self, fact: Fact) {
        let told = self.runtime.block_on(self.agent.tell(Input::Fact(fact)));
        told.expect("the agent is there");
    }

    /// A collector on the first node.
    fn collector(&self) -> JoinHandle<()> {
        let logs = NodeLogs {
            node: "node-1".to_owned(),
            dir: self.pods(),
            state: Some(self.bench.path("state")),
        };
        let address = self.address();
        self.runtime.spawn(async move {
            let reading = Reading::default();
            let ended = collect::node(&logs, &address, &quick(), &reading, EVERY).await;
            ended.expect("an address");
        })
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.agent.addr())
    }

    /// As with kill -9: nothing of it is left that could say goodbye.
    pub(crate) fn kill(&self, collector: JoinHandle<()>) {
        collector.abort();
        let ended = self.runtime.block_on(collector);
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }

    pub(crate) fn run(&self) -> RunView {
        self.agent.tick().expect("the agent is there");
        let run = read::run(self.agent.reader(), "job-1").expect("it can be read");
        run.expect("the Job is a run")
    }

    pub(crate) fn until_tests(&self, n: u64) {
        let what = format!("{n} tests");
        until(&what, || self.run().totals.tests == n);
    }

    pub(crate) fn until_over(&self) -> RunView {
        until("the run to be over", || self.run().status.is_over());
        self.run()
    }

    pub(crate) fn end(self) {
        self.runtime.block_on(self.agent.shutdown());
    }
}

/// A sender that does not wait for company.
pub(crate) fn quick() -> SidecarConfig {
    SidecarConfig {
        flush_interval: Duration::from_millis(5),
        ..SidecarConfig::default()
    }
}

/// The Job that is the run.
pub(crate) fn job(complete: bool) -> Fact {
    Fact::Job(JobFact {
        uid: "job-1".to_owned(),
        namespace: "ci".to_owned(),
        name: "e2e".to_owned(),
        sentinel: [("pipeline".to_owned(), "nightly".to_owned())].into(),
        end: complete.then(|| JobEnd {
            condition: "Complete".to_owned(),
            ..JobEnd::default()
        }),
        ..JobFact::default()
    })
}

pub(crate) fn pod(name: &str, node: &str, phase: &str) -> Fact {
    Fact::Pod(pod_fact(name, node, phase))
}

/// A pod of that Job.
pub(crate) fn pod_fact(name: &str, node: &str, phase: &str) -> PodFact {
    PodFact {
        uid: format!("uid-{name}"),
        namespace: "ci".to_owned(),
        name: name.to_owned(),
        node: Some(node.to_owned()),
        phase: phase.to_owned(),
        owner: Some(Owner {
            kind: "Job".to_owned(),
            name: "e2e".to_owned(),
            uid: "job-1".to_owned(),
        }),
        containers: vec![ContainerFact {
            name: "tests".to_owned(),
            state: ContainerState::Running(None),
            ..ContainerFact::default()
        }],
        ..PodFact::default()
    }
}

/// The run passed with so many tests, and of each start of its container all that was written was read, and nothing twice.
pub(crate) fn is_whole(run: &RunView, tests: u64, source: &str, written: &[u64]) {
    assert_eq!(run.status, RunStatus::Passed, "{:?}", run.reason);
    assert_eq!((run.totals.tests, run.totals.passed), (tests, tests));
    assert_eq!((run.lost_bytes, run.flaky), (0, 0));
    assert!(run.gaps.is_empty(), "{:?}", run.gaps);
    let mut told: Vec<_> = run
        .streams
        .iter()
        .map(|s| (s.restart, &*s.source, s.committed, s.closed))
        .collect();
    told.sort_unstable();
    let wanted = (0..).zip(written).map(|(n, w)| (n, source, *w, true));
    assert_eq!(told, wanted.collect::<Vec<_>>());
}

#[test]
fn a_nodes_files_are_read_once_each_over_rotations_restarts_and_a_collector_that_dies() {
    let stage = Stage::set();
    stage.tell(job(false));
    stage.tell(pod("e2e-x", "node-1", "Running"));
    let mut log = Kubelet::new(&stage.pods(), "ci_e2e-x_uid-e2e-x", "tests");
    let collector = stage.collector();
    for n in 0..30 {
        log.pass(&format!("a{n}"));
        if n % 5 == 4 {
            // Of what is deleted two rotations later nothing is left to be read.
            stage.until_tests(n + 1);
            log.rotate();
        }
    }
    log.pass("a30");
    stage.until_tests(31);
    stage.kill(collector);
    // It had read to the middle of a part that is packed when the next one comes.
    log.say("TEST_START name=a31 suite=s");
    log.rotate();
    log.say("TEST_PASS name=a31 suite=s");
    log.pass("a32");
    log.rotate();
    log.pass("a33");
    let collector = stage.collector();
    stage.until_tests(34);
    log.start_again();
    // What the container does again counts as told last.
    log.pass("b0");
    stage.until_tests(1);
    log.forget_before();
    log.pass("b1");
    stage.until_tests(2);
    stage.tell(pod("e2e-x", "node-1", "Succeeded"));
    stage.tell(job(true));
    let run = stage.until_over();
    is_whole(&run, 2, "node", &log.written);
    assert!(run.provenance.iter().any(|word| word == "node"));
    // What is known of files goes when they are read.
    let state = stage.bench.path("state/uid-e2e-x");
    until("the state to be gone", || !state.exists());
    stage.kill(collector);
    stage.end();
}

#[test]
fn a_pod_that_nobody_reads_is_shown_and_its_run_is_not_green() {
    let stage = Stage::set();
    stage.tell(job(false));
    for (name, node) in [("e2e-x", "node-1"), ("e2e-y", "node-2")] {
        stage.tell(pod(name, node, "Running"));
        let folder = format!("ci_{name}_uid-{name}");
        Kubelet::new(&stage.pods(), &folder, "tests").pass("a");
    }
    let collector = stage.collector();
    stage.until_tests(1);
    let anomalies = || {
        let paging = Paging {
            limit: 100,
            after: None,
        };
        let page = read::anomalies(stage.agent.reader(), "job-1", &paging);
        let page = page.expect("it can be read").unwrap_or_default();
        let unread = page.items.into_iter().filter(|a| a.rule == "not_watched");
        unread.map(|a| (a.subject, a.resolved)).collect::<Vec<_>>()
    };
    // The first was not read either until the collector had asked.
    let wanted = ("pod:ci/e2e-y".to_owned(), false);
    until("it to be said", || {
        let _ = stage.run();
        let held = anomalies().into_iter().filter(|(_, resolved)| !resolved);
        held.eq([wanted.clone()])
    });
    for (name, node) in [("e2e-x", "node-1"), ("e2e-y", "node-2")] {
        stage.tell(pod(name, node, "Succeeded"));
    }
    stage.tell(job(true));
    let run = stage.until_over();
    assert_eq!(run.status, RunStatus::Incomplete);
    let reason = run.reason.unwrap_or_default();
    let said = "nobody watched pod ci/e2e-y: its output was not seen";
    assert!(reason.starts_with(said), "{reason}");
    let data = stage.bench.data();
    stage.kill(collector);
    let report = ["report", "job-1", "--data", &data];
    let report = stage.bench.sentinel(&report);
    let said = "Nobody watches pod ci/e2e-y";
    assert!(report.stdout.contains(said), "{}", report.stdout);
    stage.end();
}
