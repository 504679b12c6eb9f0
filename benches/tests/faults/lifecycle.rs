//! Tests that end while the agent is away, sidecars that are killed at any point, agents that are replaced.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use sentinel_benches::chance::for_seeds;
use sentinel_benches::oracle::{self, compare, events_of};
use sentinel_benches::process::{Process, Signal};
use sentinel_config::SidecarConfig;

use crate::agents::{append, check, ship, wait_until};
use crate::full_size;
use crate::processes::{PATIENCE, daemon, runs_are, sidecar, succeed, tail};
use crate::shipping::{config, log, recorded_as, writer};

/// `capture` of a command that prints two files, the second one when it may, and ends with 3.
fn capture(dir: &Path, segments: &Path, flags: &[&str]) -> Command {
    let script = "cat first; while [ ! -e go ]; do sleep 0.02; done; cat second; exit 3";
    let mut command = sidecar(&["capture", "--dir"]);
    command
        .arg(segments)
        .args(flags)
        .args(["--run-id", "run-1"]);
    command.args(["--", "sh", "-c", script]).current_dir(dir);
    command
}

/// Two halves of a log, as files.
fn halves(dir: &Path, tests: usize) -> (Vec<u8>, usize) {
    let bytes = log(tests);
    let half = log(tests / 2).len();
    fs::write(dir.join("first"), &bytes[..half]).unwrap();
    fs::write(dir.join("second"), &bytes[half..]).unwrap();
    (bytes, half)
}

#[test]
fn l1_a_test_that_ends_while_the_agent_is_away_ends_in_time_and_what_was_stored_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (bytes, half) = halves(dir.path(), 400);
    let [data, segments] = ["data", "segments"].map(|name| dir.path().join(name));
    let settings = [
        ("SENTINEL_RUN__LOST_AFTER", "1s"),
        ("SENTINEL_RUN__FINALIZE_AFTER", "100ms"),
    ];
    let mut agent = daemon(&data, 0, &settings);
    let (url, port) = (agent.url(), agent.address.port());
    let mut capture = capture(dir.path(), &segments, &["--agent", &url, "--drain", "1s"]);
    let mut capture = Process::start(capture.stdout(Stdio::null())).unwrap();
    wait_until("the first half is there", PATIENCE, || {
        agent.committed() == half as u64
    });
    agent.process.kill();
    fs::write(dir.path().join("go"), "").unwrap();
    let begun = Instant::now();
    wait_until("the capture ends", PATIENCE, || {
        capture.ended().unwrap().is_some()
    });
    assert_eq!(capture.ended().unwrap(), Some(3));
    // A second to drain, and what the machine takes.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let agent = daemon(&data, port, &settings);
    runs_are(&agent, 1, "lost");
    let stored = oracle::stored(&agent.store()).unwrap();
    let stream = stored.values().next().unwrap();
    compare(&events_of(&bytes[..half]), &stream.events).unwrap();
    assert!(!stream.closed);
    // What is left on the disk is not lost yet.
    succeed(Process::start(&mut tail(&segments, &url)).unwrap());
    let stored = oracle::stored(&agent.store()).unwrap();
    let stream = stored.values().next().unwrap();
    compare(&events_of(&bytes), &stream.events).unwrap();
    assert!(stream.closed);
    // All tests passed, and it ended with 3.
    runs_are(&agent, 1, "errored");
}

#[test]
fn l2_a_sidecar_that_is_killed_soon_after_sigterm_has_sent_all_but_the_last_moment() {
    // Such as wait for others for 200 ms, and their commit, on a machine that does other things too.
    let (seeds, grace, most) = match full_size() {
        true => (20, 2_000, Duration::from_millis(200)),
        false => (3, 200, Duration::from_secs(1)),
    };
    for_seeds(seeds, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let settings = [("SENTINEL_RUN__LOST_AFTER", "1s")];
        let agent = daemon(&dir.path().join("data"), 0, &settings);
        let segments = dir.path().join("segments");
        let (mut writer, _) = writer(&segments);
        let mut sidecar = Process::start(&mut tail(&segments, &agent.url())).unwrap();
        // A test every few milliseconds, and when it was written.
        let (mut written, begun) = (Vec::new(), Instant::now());
        let lines = log(2_000);
        let lasts = Duration::from_millis(chance.between(1_000, 2_000));
        for line in lines.split_inclusive(|b| *b == b'\n') {
            if begun.elapsed() > lasts {
                break;
            }
            append(&mut writer, line);
            written.push((Instant::now(), writer.total()));
            std::thread::sleep(Duration::from_millis(2));
        }
        sidecar.signal(Signal::SIGTERM).unwrap();
        let told = Instant::now();
        std::thread::sleep(Duration::from_millis(chance.below(grace)));
        sidecar.kill();
        let committed = agent.committed();
        let unsent = written.iter().find(|(_, end)| *end > committed);
        let late = unsent.map(|(when, _)| told.duration_since(*when));
        eprintln!("unsent were the last {late:?} before the signal");
        assert!(late.unwrap_or_default() <= most, "{late:?}");
        drop(writer);
        runs_are(&agent, 1, "lost");
        let stored = oracle::stored(&agent.store()).unwrap();
        let stored = stored.into_values().next().unwrap();
        let committed = usize::try_from(committed).unwrap();
        compare(&events_of(&lines[..committed]), &stored.events).unwrap();
    });
}

/// What the kernel does to a process without memory is SIGKILL.
#[test]
fn l3_a_sidecar_that_is_killed_at_ten_points_loses_nothing_and_the_test_does_not_notice() {
    for_seeds(1, |chance| {
        let dir = tempfile::tempdir().unwrap();
        let (bytes, _) = halves(dir.path(), 20_000);
        let segments = dir.path().join("segments");
        let agent = daemon(&dir.path().join("data"), 0, &[]);
        let out = fs::File::create(dir.path().join("out")).unwrap();
        let mut capture = capture(dir.path(), &segments, &[]);
        let mut capture = Process::start(capture.stdout(out)).unwrap();
        wait_until("it begins", PATIENCE, || {
            segments.join("stream.json").is_file()
        });
        for n in 0..10 {
            let mut sidecar = Process::start(&mut tail(&segments, &agent.url())).unwrap();
            std::thread::sleep(Duration::from_millis(chance.below(120)));
            sidecar.kill();
            if n == 5 {
                fs::write(dir.path().join("go"), "").unwrap();
            }
        }
        wait_until("the test ends", PATIENCE, || {
            capture.ended().unwrap().is_some()
        });
        assert_eq!(capture.ended().unwrap(), Some(3));
        assert!(fs::read(dir.path().join("out")).unwrap() == bytes);
        succeed(Process::start(&mut tail(&segments, &agent.url())).unwrap());
        let stored = oracle::stored(&agent.store()).unwrap();
        let stream = stored.into_values().next().unwrap();
        compare(&events_of(&bytes), &stream.events).unwrap();
        assert!(stream.closed && stream.gaps.is_empty());
    });
}

/// A thousand runs on demand.
#[test]
fn l7_agents_that_are_replaced_while_runs_go_on_lose_nothing_and_cry_no_alarm() {
    let (runs, restarts) = if full_size() { (1_000, 10) } else { (30, 4) };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let settings = [("SENTINEL_RUN__FINALIZE_AFTER", "100ms")];
    let mut agent = daemon(&data, 0, &settings);
    let (url, port) = (agent.url(), agent.address.port());
    let bytes = log(200);
    let all: Vec<_> = (0..runs)
        .map(|n| {
            let dir = dir.path().join(n.to_string());
            let open = recorded_as(&dir, &bytes, &format!("run-{n}"));
            (dir, open)
        })
        .collect();
    // Slow enough that every run sees several agents.
    let config = SidecarConfig {
        frame_events: 1,
        ..config()
    };
    std::thread::scope(|scope| {
        let senders: Vec<_> = all
            .chunks(all.len().div_ceil(30))
            .map(|chunk| {
                let (url, config) = (&url, &config);
                scope.spawn(move || {
                    for (dir, open) in chunk {
                        ship(dir, open, url, config, PATIENCE);
                    }
                })
            })
            .collect();
        // Evenly over all that there is to deliver.
        let share = runs * bytes.len() as u64 / (restarts + 1);
        for n in 1..=restarts {
            wait_until("some more is there", PATIENCE, || {
                agent.committed() > n * share || senders.iter().all(ScopedJoinHandle::is_finished)
            });
            agent.process.signal(Signal::SIGTERM).unwrap();
            wait_until("it ends", PATIENCE, || {
                agent.process.ended().unwrap().is_some()
            });
            assert_eq!(agent.process.ended().unwrap(), Some(0));
            agent = daemon(&data, port, &settings);
        }
    });
    runs_are(&agent, runs, "passed");
    assert_eq!(agent.count("SELECT count(*) FROM anomalies"), 0);
    assert_eq!(agent.metric("sentinel_core_reopened_total").unwrap(), 0);
    let streams: Vec<_> = all.iter().map(|(_, open)| (open, &bytes[..])).collect();
    check(&agent.store(), &streams);
}
