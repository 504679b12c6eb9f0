//! A pod's log directory, as a kubelet keeps it, sent while the pod runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::agents::Agents;
use crate::process::{Running, append, wait_until};

/// A line as a runtime writes it.
fn cri(text: &str) -> String {
    format!("2026-11-26T12:00:00.123456789Z stdout F {text}\n")
}

fn attempt(dir: &Path, container: &str, restart: u32) -> std::path::PathBuf {
    let dir = dir.join(container);
    fs::create_dir_all(&dir).unwrap();
    dir.join(format!("{restart}.log"))
}

#[test]
fn t13_fifty_starts_of_a_container_are_fifty_streams_and_none_is_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let pod = dir.path().join("ci_tests-x_0b5c");
    let agents = Agents::start();
    let running = Running::start(&mut agents.tail(&["--cri", pod.to_str().unwrap()], dir.path()));
    for restart in 0..=50 {
        let log = attempt(&pod, "runner", restart);
        append(&log, &cri(&format!("TEST_START name=t{restart}")));
        // The end of each has no line feed.
        append(
            &log,
            &cri(&format!("TEST_PASS name=t{restart}")).replace(" F ", " P "),
        );
        let name = format!("runner/{restart}");
        wait_until("the start is seen", || agents.committed(&name) > 0);
        if restart > 0 {
            // The kubelet keeps only the newest.
            let _ = fs::remove_file(attempt(&pod, "runner", restart - 1));
        }
    }
    wait_until("all but the last are over", || agents.closed() == 50);
    assert_eq!(running.stop(), Some(0));
    let streams = agents.streams();
    assert_eq!(streams.len(), 51);
    for restart in 0..=50 {
        let events = &streams[&format!("runner/{restart}")];
        let own = format!("\"t{restart}\"");
        let tests: Vec<_> = events.iter().filter(|e| e.contains("Test")).collect();
        assert_eq!(tests.len(), 2, "{tests:?}");
        assert!(tests.iter().all(|e| e.contains(&own)), "{tests:?}");
        assert!(!events.iter().any(|e| e.contains("Gap")));
        assert!(events.last().unwrap().contains("EndOfStream"));
    }
}

#[test]
fn t13_starts_that_came_and_went_unseen_are_streams_that_are_lost() {
    let dir = tempfile::tempdir().unwrap();
    let pod = dir.path().join("ci_tests-x_0b5c");
    append(&attempt(&pod, "runner", 3), &cri("TEST_PASS name=late"));
    let agents = Agents::start();
    let running = Running::start(&mut agents.tail(&["--cri", pod.to_str().unwrap()], dir.path()));
    wait_until("three are told", || agents.closed() == 3);
    wait_until("the fourth is read", || agents.committed("runner/3") > 0);
    assert_eq!(running.stop(), Some(0));
    let gaps: BTreeMap<_, _> = agents
        .streams()
        .into_iter()
        .map(|(name, events)| (name, events[0].contains("rotated_away")))
        .collect();
    let wanted = [
        ("runner/0", true),
        ("runner/1", true),
        ("runner/2", true),
        ("runner/3", false),
    ];
    assert_eq!(gaps, wanted.map(|(n, g)| (n.to_owned(), g)).into());
}

#[test]
fn t14_a_directory_that_comes_later_is_read_when_it_comes_without_a_spin() {
    let dir = tempfile::tempdir().unwrap();
    let pod = dir.path().join("ci_tests-x_0b5c");
    let agents = Agents::start();
    let args = ["--cri", pod.to_str().unwrap()];
    let running = Running::start(&mut agents.tail(&args, dir.path()));
    let (before, rests) = (running.cpu(), running.rests());
    crate::process::let_pass(std::time::Duration::from_secs(3));
    let spent = running.cpu() - before;
    assert!(
        spent.as_millis() <= 30,
        "{spent:?} of processor time in three seconds"
    );
    assert!(running.rests() - rests < 12, "it wakes too often");
    append(&attempt(&pod, "runner", 0), &cri("TEST_PASS name=a"));
    wait_until("it is read", || agents.committed("runner/0") > 0);
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn t18_the_sidecars_own_log_is_never_sent() {
    let dir = tempfile::tempdir().unwrap();
    let pod = dir.path().join("ci_tests-x_0b5c");
    append(
        &attempt(&pod, "sentinel-sidecar", 0),
        &cri("TEST_PASS name=mine"),
    );
    append(&attempt(&pod, "runner", 0), &cri("TEST_PASS name=theirs"));
    let agents = Agents::start();
    let running = Running::start(&mut agents.tail(&["--cri", pod.to_str().unwrap()], dir.path()));
    wait_until("the other is read", || agents.committed("runner/0") > 0);
    assert_eq!(running.stop(), Some(0));
    assert_eq!(
        agents.streams().into_keys().collect::<Vec<_>>(),
        ["runner/0"]
    );
    // Nor is a file that its own words go to.
    let log = dir.path().join("words");
    fs::write(&log, "").unwrap();
    let words = fs::OpenOptions::new().append(true).open(&log).unwrap();
    let mut tail = agents.tail(&["--follow", log.to_str().unwrap()], dir.path());
    let out = tail.stderr(words).status().unwrap();
    assert_eq!(out.code(), Some(2));
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 1);
}
