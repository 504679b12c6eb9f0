//! The sidecar as a program: what it prints, delivers and exits with.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use sentinel_sidecar::segments::segment_name;

use crate::agent::{Agent, State};
use crate::stage::{check, log, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_sentinel-sidecar");

fn sidecar(args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(args).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn a_command_under_capture_does_not_see_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new(BINARY)
        .args(["capture", "--dir"])
        .arg(dir.path().join("d"))
        .args(["--", "/bin/sh", "-c", "echo [$SENTINEL_TOKEN]"])
        .env("SENTINEL_TOKEN", "secret")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&made.stdout), "[]\n");
}

#[test]
fn capture_with_an_agent_delivers_the_end_and_leaves_the_output_alone() {
    let agent = Agent::start();
    let script = "echo TEST_PASS name=a; echo TEST_FAIL name=b >&2; exit 3";
    let url = agent.url();
    let flags = [
        "capture", "--agent", &url, "--run-id", "r-7", "--branch", "b-1",
    ];
    let command = ["--", "sh", "-c", script];
    let out = sidecar(&[&flags[..], &command[..]].concat());
    assert_eq!(out.status.code(), Some(3));
    assert_eq!(out.stdout, b"TEST_PASS name=a\n");
    assert_eq!(out.stderr, b"TEST_FAIL name=b\n");
    let state = agent.state();
    assert!(state.stored.closed);
    let open = state.open.clone().unwrap();
    assert_eq!(open.run.run_id, "r-7");
    assert_eq!(open.run.branch.as_deref(), Some("b-1"));
    assert_eq!(open.identity.source, "capture");
    let results = state.stored.events.iter().filter(|e| e.contains("TestEnd"));
    assert_eq!(results.count(), 2);
    let end = state.stored.events.last().unwrap();
    assert!(
        end.contains("exit_code: Some(3)") && end.contains("crc32c:"),
        "{end}"
    );
}

#[test]
fn without_an_agent_the_recording_stays_and_a_later_tail_delivers_it() {
    let dir = tempfile::tempdir().unwrap();
    let stream = dir.path().join("stream");
    let stream = stream.to_str().unwrap();
    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let flags = [
        "capture", "--dir", stream, "--agent", &url, "--drain", "200ms",
    ];
    let command = ["--", "sh", "-c", "echo TEST_PASS name=a; exit 4"];
    let out = sidecar(&[&flags[..], &command[..]].concat());
    assert_eq!(out.status.code(), Some(4));
    assert_eq!(out.stdout, b"TEST_PASS name=a\n");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("sentinel-sidecar tail"), "{said}");
    let agent = Agent::start();
    let out = sidecar(&["tail", stream, "--agent", &agent.url()]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    check(&agent.state(), b"TEST_PASS name=a\n");
}

#[test]
fn a_killed_capture_is_delivered_by_tail_as_far_as_it_came() {
    let dir = tempfile::tempdir().unwrap();
    let stream = dir.path().to_str().unwrap();
    let mut capture = Command::new(BINARY)
        .args(["capture", "--dir", stream, "--", "sh", "-c"])
        .arg("echo TEST_PASS name=a; exec cat /dev/full")
        .arg("x")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = dir.path().join(segment_name(0));
    wait_until("the first line is recorded", || {
        fs::metadata(&first).is_ok_and(|m| m.len() >= 17)
    });
    capture.kill().unwrap();
    capture.wait().unwrap();
    let agent = Agent::start();
    let out = sidecar(&["tail", stream, "--agent", &agent.url()]);
    assert_eq!(out.status.code(), Some(0));
    let state = agent.state();
    assert!(
        state.stored.events[0].contains("\"a\""),
        "{:?}",
        state.stored.events
    );
    assert!(state.stored.events.last().unwrap().contains("killed"));
}

#[test]
fn a_file_sent_twice_for_one_run_is_one_stream() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(20);
    let file = dir.path().join("log.txt");
    fs::write(&file, &bytes).unwrap();
    let agent = Agent::start();
    let file = file.to_str().unwrap();
    let send = || sidecar(&["tail", file, "--agent", &agent.url(), "--run-id", "r"]);
    assert_eq!(send().status.code(), Some(0));
    let epoch = agent.state().open.clone().unwrap().identity.epoch;
    assert_eq!(send().status.code(), Some(0));
    assert_eq!(agent.state().open.clone().unwrap().identity.epoch, epoch);
    check(&agent.state(), &bytes);
}

#[test]
fn standard_input_is_a_stream() {
    let agent = Agent::start();
    let mut tail = Command::new(BINARY)
        .args(["tail", "-", "--agent", &agent.url()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = log(10);
    tail.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert_eq!(tail.wait().unwrap().code(), Some(0));
    check(&agent.state(), &bytes);
}

#[test]
fn a_signal_ends_a_follower_with_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let bytes = log(10);
    fs::write(&file, &bytes).unwrap();
    let agent = Agent::start();
    let mut tail = Command::new(BINARY)
        .args(["tail", "--follow", "--agent", &agent.url()])
        .arg(&file)
        .spawn()
        .unwrap();
    wait_until("the file is sent", || {
        agent.state().stored.committed == bytes.len() as u64
    });
    assert!(!agent.state().stored.closed);
    let kill = Command::new("kill").arg(tail.id().to_string()).status();
    assert!(kill.unwrap().success());
    assert_eq!(tail.wait().unwrap().code(), Some(0));
    check(&agent.state(), &bytes);
}

#[test]
fn a_tail_of_a_shared_directory_goes_on_when_the_container_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let shared = dir.path().to_str().unwrap();
    assert_eq!(sidecar(&["install", shared]).status.code(), Some(0));
    let agent = Agent::start();
    let mut tail = Command::new(BINARY)
        .args(["tail", "--follow", shared, "--agent", &agent.url()])
        .envs([
            ("SENTINEL_RUN_ID", "job-1"),
            ("SENTINEL_POD_UID", "pod-1"),
            ("SENTINEL_CONTAINER", "tests"),
        ])
        .spawn()
        .unwrap();
    for name in ["a", "b"] {
        *agent.state() = State::default();
        let script = format!("echo TEST_PASS name={name}; exit 3");
        let out = Command::new(dir.path().join("sentinel-sidecar"))
            .args(["capture", "--dir", shared, "--", "sh", "-c", &script])
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(3));
        assert_eq!(out.stdout, format!("TEST_PASS name={name}\n").as_bytes());
        wait_until("it is sent", || agent.state().stored.closed);
        let state = agent.state();
        let open = state.open.clone().unwrap();
        assert_eq!(open.run.run_id, "job-1");
        assert_eq!(open.identity.pod_uid, "pod-1");
        assert_eq!(open.identity.container, "tests");
        assert_eq!(open.identity.source, "capture");
        let told = state.stored.events.concat();
        assert!(told.contains(&format!("\"{name}\"")), "{told}");
    }
    let kill = Command::new("kill").arg(tail.id().to_string()).status();
    assert!(kill.unwrap().success());
    assert_eq!(tail.wait().unwrap().code(), Some(0));
}

#[test]
fn mistakes_are_one_line_and_code_2() {
    for args in [
        &["tail", "/no/such/file", "--agent", "http://127.0.0.1:9"][..],
        &["tail", "-", "--agent", "nonsense"],
        &["capture", "--agent", "https://x", "--", "true"],
        &["capture", "--", "true"],
        &["tail", "-", "--config", "/no/such/config.toml"],
    ] {
        let out = sidecar(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert_eq!(
            String::from_utf8_lossy(&out.stderr).lines().count(),
            1,
            "{args:?}"
        );
    }
}
