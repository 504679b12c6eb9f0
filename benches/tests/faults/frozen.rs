//! Agents that are frozen and wake again, or are replaced by others while a stream is sent.

use std::path::Path;
use std::time::{Duration, Instant};

use sentinel_benches::cgroup::Share;
use sentinel_benches::daemon::Daemon;
use sentinel_benches::process::{Process, Signal};
use sentinel_benches::proxy::Proxy;

use crate::agents::{Running, append, check, ship, wait_until};
use crate::full_size;
use crate::processes::{PATIENCE, daemon, runs_are, succeed, tail};
use crate::shipping::{config, log, recorded, writer};

/// An agent that soon calls a run lost, and a finished one over.
fn impatient(data: &Path, lost_after: &str) -> Daemon {
    let settings = [
        ("SENTINEL_RUN__LOST_AFTER", lost_after),
        ("SENTINEL_RUN__FINALIZE_AFTER", "100ms"),
    ];
    daemon(data, 0, &settings)
}

/// A minute, with half a minute until a silent run is lost; in CI less of both.
#[test]
fn a6_an_agent_that_was_frozen_calls_no_run_lost_and_catches_up() {
    let (lasts, lost_after) = match full_size() {
        true => (Duration::from_secs(60), "30s"),
        false => (Duration::from_secs(8), "6s"),
    };
    let dir = tempfile::tempdir().unwrap();
    let agent = impatient(&dir.path().join("data"), lost_after);
    let segments = dir.path().join("segments");
    let (mut writer, open) = writer(&segments);
    let bytes = log(3_000);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    append(&mut writer, first);
    let mut command = tail(&segments, &agent.url());
    command.env("SENTINEL_SIDECAR__KEEP_ALIVE", "500ms");
    let mut sidecar = Process::start(&mut command).unwrap();
    wait_until("some is stored", PATIENCE, || agent.committed() > 0);
    // Nothing of the sidecar's waits at the agent's door when it wakes, as if it were in a pause between two tries.
    sidecar.kill();
    wait_until("the agent has read what there was", PATIENCE, || {
        agent.metric("sentinel_http_connections").unwrap() == 1
    });
    agent.process.signal(Signal::SIGSTOP).unwrap();
    append(&mut writer, second);
    std::thread::sleep(lasts);
    agent.process.signal(Signal::SIGCONT).unwrap();
    look_twice();
    let sidecar = Process::start(&mut command).unwrap();
    wait_until("it catches up", PATIENCE, || {
        agent.committed() + 100 > bytes.len() as u64
    });
    look_twice();
    let verdicts = agent.metric("sentinel_core_verdicts_total").unwrap();
    assert_eq!(verdicts, 0, "it was called lost");
    writer.finish(Some(0), None).unwrap();
    succeed(sidecar);
    runs_are(&agent, 1, "passed");
    check(&agent.store(), &[(&open, &bytes)]);
}

/// A minute of a twentieth of a core; in CI less of it.
#[test]
fn a6_an_agent_with_a_twentieth_of_a_core_calls_no_run_lost_and_catches_up() {
    let share = match Share::of_a_processor(5) {
        Ok(share) => share,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    // What is printed in a minute has to be taken in another one afterwards.
    let (lasts, lost_after, pause) = match full_size() {
        true => (60, "30s", 10),
        false => (8, "6s", 4),
    };
    let (lasts, pause) = (Duration::from_secs(lasts), Duration::from_millis(pause));
    let dir = tempfile::tempdir().unwrap();
    let agent = impatient(&dir.path().join("data"), lost_after);
    let segments = dir.path().join("segments");
    let (mut writer, open) = writer(&segments);
    let sidecar = Process::start(&mut tail(&segments, &agent.url())).unwrap();
    share.hold(&agent.process).unwrap();
    let begun = Instant::now();
    let mut bytes = Vec::new();
    for test in 0.. {
        if begun.elapsed() > lasts {
            break;
        }
        // More than a twentieth of a core can take.
        let lines = format!("TEST_START name=slow{test}\nTEST_PASS name=slow{test}\n").repeat(20);
        append(&mut writer, lines.as_bytes());
        bytes.extend_from_slice(lines.as_bytes());
        std::thread::sleep(pause);
    }
    let (behind, waits) = (bytes.len() as u64 - agent.committed(), share.throttled());
    drop(share);
    wait_until("it catches up", PATIENCE, || {
        agent.committed() + 100 > bytes.len() as u64
    });
    look_twice();
    assert_eq!(
        agent.metric("sentinel_core_verdicts_total").unwrap(),
        0,
        "it was called lost"
    );
    writer.finish(Some(0), None).unwrap();
    succeed(sidecar);
    runs_are(&agent, 1, "passed");
    check(&agent.store(), &[(&open, &bytes)]);
    eprintln!(
        "throttled {waits} times in {lasts:?}, {behind} of {} bytes behind",
        bytes.len()
    );
    assert!(waits > 0, "it had all it needed");
}

/// Long enough for the agent to look for silent runs, which it does every second.
fn look_twice() {
    std::thread::sleep(Duration::from_millis(2_500));
}

#[test]
fn n10_from_a_frozen_agent_delivery_goes_elsewhere_within_15_seconds_and_both_end_up_whole() {
    let dir = tempfile::tempdir().unwrap();
    let agents = ["a", "b"].map(|name| daemon(&dir.path().join(name), 0, &[]));
    let [frozen, other] = &agents;
    let segments = dir.path().join("segments");
    let (mut writer, open) = writer(&segments);
    let bytes = log(500);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    append(&mut writer, first);
    let proxy = Proxy::start(frozen.address, 1).unwrap();
    let sidecar = Process::start(&mut tail(&segments, &proxy.url())).unwrap();
    let half = first.len() as u64 - 100;
    wait_until("the first half is there", PATIENCE, || {
        frozen.committed() > half
    });
    frozen.process.signal(Signal::SIGSTOP).unwrap();
    proxy.set_target(other.address);
    let begun = Instant::now();
    append(&mut writer, second);
    wait_until("the other has something", PATIENCE, || {
        other.committed() > 0
    });
    let noticed = begun.elapsed();
    eprintln!("delivered elsewhere after {noticed:?}");
    assert!(noticed < Duration::from_secs(15), "{noticed:?}");
    writer.finish(Some(0), None).unwrap();
    succeed(sidecar);
    check(&other.store(), &[(&open, &bytes)]);
    // The first one wakes, and is given what it lacks, and nothing twice.
    frozen.process.signal(Signal::SIGCONT).unwrap();
    succeed(Process::start(&mut tail(&segments, &frozen.url())).unwrap());
    check(&frozen.store(), &[(&open, &bytes)]);
}

#[test]
fn a9_a_stream_from_two_senders_at_once_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(5_000);
    let open = recorded(dir.path(), &bytes);
    let agent = Running::start();
    let url = format!("http://{}", agent.address());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| ship(dir.path(), &open, &url, &config(), PATIENCE));
        }
    });
    assert!(agent.duplicates() > 0, "they did not meet");
    agent.check(&[(&open, &bytes)]);
}

#[test]
fn a9_a_sidecar_whose_connections_lead_to_two_agents_in_turn_makes_both_whole() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(3_000);
    let open = recorded(dir.path(), &bytes);
    let agents = [Running::start(), Running::start()];
    let proxy = Proxy::start(agents[0].address(), 1).unwrap();
    // Every eighth request breaks its connection, and the next one leads to the other.
    proxy.set_weather(sentinel_benches::proxy::Weather {
        reset: 125,
        ..Default::default()
    });
    let frames = |agent: &Running| agent.handle().watch().frames.value();
    std::thread::scope(|scope| {
        let shipping = scope.spawn(|| ship(dir.path(), &open, &proxy.url(), &config(), PATIENCE));
        for turn in 0.. {
            if shipping.is_finished() {
                break;
            }
            proxy.set_target(agents[turn % 2].address());
            std::thread::sleep(Duration::from_millis(3));
        }
    });
    assert!(agents.iter().all(|agent| frames(agent) > 0));
    // Whoever has only a part of it is given the rest.
    for agent in agents {
        let url = format!("http://{}", agent.address());
        ship(dir.path(), &open, &url, &config(), PATIENCE);
        agent.check(&[(&open, &bytes)]);
    }
}
