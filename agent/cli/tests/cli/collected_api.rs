//! Pods that a collector reads through the logs API: nothing is lost and nothing told twice over connections that break,
//! rotations, restarts of the container and of the collector; what cannot be had any more is a gap.

use std::net::SocketAddr;

use sentinel_core::RunStatus;
use sentinel_core::fact::Fact;
use sentinel_sidecar::collect::{self, ApiLogs};
use sentinel_sidecar::reading::Reading;
use tokio::task::JoinHandle;

use crate::bench::until;
use crate::collected::{EVERY, Stage, is_whole, job, pod, pod_fact, quick};
use crate::logs_api::LogsApi;

/// A collector that keeps its state, or begins without.
fn collector(stage: &Stage, server: SocketAddr, keeps: bool) -> JoinHandle<()> {
    let logs = ApiLogs {
        server: format!("http://{server}"),
        token_file: None,
        ca_file: None,
        state: keeps.then(|| stage.bench.path("state")),
    };
    let address = stage.address();
    stage.runtime.spawn(async move {
        let reading = Reading::default();
        let ended = collect::api(&logs, &address, &quick(), &reading, EVERY).await;
        ended.expect("an address");
    })
}

/// The pod, whose container was started again so often.
fn restarted(restarts: u32, phase: &str) -> Fact {
    let mut fact = pod_fact("e2e-x", "node-1", phase);
    fact.containers[0].restart_count = restarts;
    Fact::Pod(fact)
}

/// Passes so many tests, and waits until they are stored.
fn pass(stage: &Stage, api: &LogsApi, letter: &str, (from, to): (u64, u64), before: u64) {
    for n in from..to {
        api.pass(&format!("{letter}{n}"));
    }
    stage.until_tests(before + to);
}

#[test]
fn a_log_is_read_once_over_breaks_rotations_restarts_and_a_collector_that_dies() {
    let stage = Stage::set();
    stage.tell(job(false));
    stage.tell(pod("e2e-x", "node-1", "Running"));
    let (api, server) = LogsApi::start();
    let first = collector(&stage, server, true);
    // The container is in the making: 400.
    until("it to be asked for", || !api.asked().is_empty());
    api.begin();
    pass(&stage, &api, "a", (0, 5), 0);
    for n in 5..10 {
        // Half of what comes is broken off.
        api.pass(&format!("a{n}"));
        api.cut();
        api.say("between two connections");
    }
    stage.until_tests(10);
    // Rotated while it is followed, and broken off when the file that is there begins with what is known.
    api.rotate();
    pass(&stage, &api, "a", (10, 20), 0);
    api.cut();
    pass(&stage, &api, "a", (20, 25), 0);
    stage.kill(first);
    pass_unread(&api, 25, 28);
    // The log does not begin any more where it began: the place is found by what is known.
    let second = collector(&stage, server, true);
    stage.until_tests(28);
    stage.kill(second);
    // The container is started again while nobody is there.
    api.pass("a28");
    api.begin();
    api.pass("b0");
    stage.tell(restarted(1, "Running"));
    let third = collector(&stage, server, true);
    // What the container does again counts, and what it did before is read to its end.
    stage.until_tests(1);
    until("the first start to be read", || {
        let streams = stage.run().streams;
        streams.iter().any(|s| s.restart == 0 && s.closed)
    });
    api.pass("b1");
    stage.until_tests(2);
    stage.kill(third);
    // The log begins where it began: all of it is read again, and told once.
    let last = collector(&stage, server, true);
    api.pass("b2");
    stage.until_tests(3);
    api.say("the end");
    api.end();
    stage.tell(restarted(1, "Succeeded"));
    stage.tell(job(true));
    let run = stage.until_over();
    is_whole(&run, 3, "api", &api.written());
    let asked = api.asked();
    assert!(asked.iter().any(|query| query.contains("previous=true")));
    assert!(asked.iter().any(|query| query.contains("sinceTime=")));
    stage.kill(last);
    stage.end();
}

/// Tests that nobody reads while they pass.
fn pass_unread(api: &LogsApi, from: u64, to: u64) {
    (from..to).for_each(|n| api.pass(&format!("a{n}")));
}

#[test]
fn what_was_rotated_away_or_deleted_unread_is_a_gap_and_nothing_is_told_twice() {
    for keeps in [true, false] {
        let stage = Stage::set();
        stage.tell(job(false));
        stage.tell(pod("e2e-x", "node-1", "Running"));
        let (api, server) = LogsApi::start();
        api.begin();
        let first = collector(&stage, server, keeps);
        pass(&stage, &api, "a", (0, 5), 0);
        stage.kill(first);
        pass_unread(&api, 5, 7);
        api.rotate();
        // Long enough for a collector without state, that takes as many bytes as the agent has for known.
        pass_unread(&api, 7, 20);
        let second = collector(&stage, server, keeps);
        until("what is left to be read", || stage.run().totals.tests > 5);
        api.delete();
        stage.tell(pod("e2e-x", "node-1", "Succeeded"));
        stage.tell(job(true));
        let run = stage.until_over();
        assert_eq!(
            run.status,
            RunStatus::Incomplete,
            "{keeps}: {:?}",
            run.reason
        );
        assert!(run.lost_bytes > 0 && run.flaky == 0, "{keeps}");
        // Rotated away, and what may have come before the deletion.
        assert_eq!(run.gaps.len(), 2, "{keeps}: {:?}", run.gaps);
        let tests = run.totals.tests;
        assert!(tests < 20, "{keeps}: {tests}");
        if keeps {
            assert_eq!(tests, 18, "all but the two that nobody read");
        }
        stage.kill(second);
        stage.end();
    }
}
