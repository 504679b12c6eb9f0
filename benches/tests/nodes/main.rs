//! Three nodes and a hub, each a process, real sidecars, and an API server that tells of the pods of one Indexed Job: a node
//! is killed half-way with its pods, and the Job's controller makes others in their place. What the hub says at the end is
//! compared with the logs.
//!
//! Takes the programs that were built last.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod cluster;
#[expect(dead_code, reason = "one node and its rights are enough here")]
#[path = "../../../agent/tests/kubernetes/crowd.rs"]
mod crowd;
#[expect(dead_code, reason = "the matrix of faults uses more of it")]
#[path = "../blame/objects.rs"]
mod objects;
#[expect(dead_code, reason = "only recordings are needed here")]
#[path = "../../../sidecar/tests/common/shipping.rs"]
mod shipping;

use std::collections::{BTreeMap, BTreeSet};

use sentinel_agent::api::view::{AnomalyView, Page, RunView, StreamView, TestView, Totals};
use sentinel_core::{Culprit, RunStatus};
use sentinel_parsers::{Counts, Ledger, Parser, Status};

use cluster::{Cluster, TestPod};

/// The logs of the Job's parts, each with the lines that are printed when the node dies.
const LOGS: [(&[u8], usize); 6] = [
    (include_bytes!("../blame/logs/tap_5xx.log"), 3),
    // Half a test: it began, and never ends.
    (include_bytes!("../blame/logs/go_want.log"), 4),
    (
        include_bytes!("../../../parsers/tests/fixtures/gradle/full.log"),
        20,
    ),
    (
        include_bytes!("../../../parsers/tests/fixtures/pytest/verbose.log"),
        8,
    ),
    (include_bytes!("../blame/logs/go_panic.log"), 3),
    (include_bytes!("../blame/logs/libtest_left_right.log"), 4),
];
/// Parts whose first pods are on the node that dies.
const LOST: [u32; 2] = [1, 4];
/// A part that fails, and is done again once.
const AGAIN: u32 = 0;

fn log(index: u32) -> &'static [u8] {
    LOGS[index as usize].0
}

/// The first lines of a part's log.
fn half(index: u32) -> &'static [u8] {
    let (log, lines) = LOGS[index as usize];
    let ends = log.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let (end, _) = ends.take(lines).last().unwrap();
    &log[..=end]
}

/// What is known of a log that goes on, or has ended.
fn read(log: &[u8], ended: bool) -> Ledger {
    let (mut ledger, mut parser) = (Ledger::new(), Parser::new());
    parser.feed(log, &mut |event| ledger.apply(event));
    if ended {
        parser.finish(&mut |event| ledger.apply(event));
    }
    ledger
}

/// The tests of a log by what became of them.
fn counts(log: &[u8]) -> Counts {
    read(log, true).totals()
}

fn sum(all: impl Iterator<Item = Counts>) -> Totals {
    let mut sum = Counts::ZERO;
    all.for_each(|counts| sum.merge(&counts));
    sum.into()
}

#[test]
fn three_nodes_of_which_one_dies_half_way_make_one_run_with_the_totals_of_the_logs() {
    let parts = 0..LOGS.len() as u32;
    let mut cluster = Cluster::start(LOGS.len() as u32);
    let mut pods: BTreeMap<u32, TestPod> = BTreeMap::new();
    for index in parts.clone() {
        pods.insert(index, cluster.pod(index, "first", index as usize % 3));
    }
    for (index, pod) in &mut pods {
        pod.print(half(*index));
    }
    let printed: usize = parts.clone().map(|index| half(index).len()).sum();
    cluster.hub_has(printed);

    cluster.kill_node(1);
    let lost = LOST.map(|index| pods.remove(&index).unwrap());
    // As the taint manager and the Job's controller do: new pods while the old ones are still to be deleted.
    let lost = lost.map(|pod| cluster.evict(pod));
    for index in LOST {
        let mut pod = cluster.pod(index, "second", index as usize % 2 * 2);
        pod.print(half(index));
        pods.insert(index, pod);
    }
    for (index, mut pod) in pods {
        pod.print(&log(index)[half(index).len()..]);
        cluster.ends(pod, i32::from(counts(log(index)).failures() > 0));
    }
    let mut again = cluster.pod(AGAIN, "second", 2);
    again.print(log(AGAIN));
    cluster.ends(again, 1);
    lost.into_iter().for_each(|pod| cluster.deleted(&pod));
    cluster.job_ends("Failed", "FailedIndexes");

    let run = cluster.run_once(|run| run.status.is_over() && run.streams.len() == 9);
    let runs: Page<RunView> = cluster.hub("/api/v1/runs");
    assert_eq!(runs.items.len(), 1);
    assert_eq!(run.totals, sum(parts.map(|index| counts(log(index)))));
    check_verdict(&run);
    check_lost(&run);
    check_tests(&cluster, &run);
    check_findings(&cluster);

    // Of the pods that are gone no API server tells any more.
    cluster.replace_hub();
    let known = cluster.run_once(|_| true);
    assert_eq!((known.status, known.totals), (run.status, run.totals));
}

fn check_verdict(run: &RunView) {
    assert_eq!((run.status, run.lost_bytes), (RunStatus::Failed, 0));
    let reason = run.reason.as_deref().unwrap();
    assert!(reason.contains("ended: FailedIndexes"), "{reason}");
    for index in LOST {
        let told = format!("pod e2e-{index}-first: DeletionByTaintManager");
        assert!(reason.contains(&told), "{reason}");
    }
}

/// Each part's first attempt that is not the last is there, as far as it came, and not counted.
fn check_lost(run: &RunView) {
    let replaced = |s: &&StreamView| s.replaced_by.is_some();
    let mut replaced: Vec<&StreamView> = run.streams.iter().filter(replaced).collect();
    replaced.sort_by_key(|stream| stream.pod_uid.clone());
    let told: Vec<_> = replaced
        .iter()
        .map(|s| (s.pod_uid.as_str(), s.closed, s.committed))
        .collect();
    let reached = |index: u32| half(index).len() as u64;
    let expected = [
        ("uid-e2e-0-first", true, log(AGAIN).len() as u64),
        ("uid-e2e-1-first", false, reached(1)),
        ("uid-e2e-4-first", false, reached(4)),
    ];
    assert_eq!(told, expected);
    for stream in &replaced[1..] {
        assert_eq!(stream.node.as_deref(), Some("node-2"));
    }
}

/// The list of tests agrees with the totals; what the lost pods had begun is there with its cause when it is asked for.
fn check_tests(cluster: &Cluster, run: &RunView) {
    let path = format!("/api/v1/runs/{}/tests?limit=1000", run.run_id);
    let counted: Page<TestView> = cluster.hub(&path);
    // Those that a framework only counts have no entry.
    let named = |index: u32| read(log(index), true).named();
    let parts: u64 = (0..LOGS.len() as u32).map(named).sum();
    assert_eq!(counted.items.len() as u64, parts);
    let all: Page<TestView> = cluster.hub(&format!("{path}&attempts=all"));
    let lost = LOST.map(|index| read(half(index), false).named());
    let earlier = named(AGAIN) + lost.iter().sum::<u64>();
    assert_eq!(all.items.len() as u64, parts + earlier);
    let unfinished = |test: &&TestView| test.status == Status::Unfinished;
    let unfinished: Vec<&TestView> = all.items.iter().filter(unfinished).collect();
    let names: BTreeSet<&str> = unfinished.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["TestCartTotal", "TestTrim"]));
    assert_eq!(unfinished.len(), names.len());
    for test in unfinished {
        assert!(test.replaced_by.is_some());
        let cause = test.cause.as_ref().unwrap();
        assert_eq!(cause.class, Culprit::Infra, "{cause:?}");
    }
}

fn check_findings(cluster: &Cluster) {
    let path = format!("/api/v1/runs/{}/anomalies?limit=1000", objects::JOB);
    let found: Page<AnomalyView> = cluster.hub(&path);
    let of = |rule: &str| found.items.iter().filter(|a| a.rule == rule).count();
    assert_eq!(
        (of("pod_evicted"), of("node_unhealthy")),
        (LOST.len(), 1),
        "{:?}",
        found.items
    );
}
