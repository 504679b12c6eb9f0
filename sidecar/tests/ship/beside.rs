//! A tail in an ordinary container beside the test's (`--end-after`): it ends when the pod may end, and well whatever happened.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::agent::{Agent, State};
use crate::stage::wait_until;

const BINARY: &str = env!("CARGO_BIN_EXE_sentinel-sidecar");

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

fn tail(dir: &Path, agent: &str, args: &[&str]) -> Child {
    Command::new(BINARY)
        .args(["tail", "--agent", agent])
        .args(args)
        .arg(dir)
        .env("SENTINEL_RUN_ID", "job-1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The wrapped command, as a container that ends with this code.
fn container(dir: &Path, name: &str, code: i32) {
    let script = format!("echo TEST_PASS name={name}; exit {code}");
    let capture = Command::new(BINARY)
        .args(["capture", "--dir"])
        .arg(dir)
        .args(["--", "sh", "-c", &script])
        .output()
        .unwrap();
    assert_eq!(capture.status.code(), Some(code));
}

/// The exit code and what was said.
fn end(child: Child) -> (Option<i32>, String) {
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code(), told)
}

#[test]
fn it_ends_with_the_recording_of_a_container_that_is_not_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Agent::start();
    let child = tail(dir.path(), &agent.url(), &["--end-after", "recording"]);
    container(dir.path(), "a", 3);
    assert_eq!(end(child), (Some(0), String::new()));
    assert!(agent.state().stored.closed);
}

#[test]
fn it_goes_on_with_a_container_that_is_started_again_until_that_ends_well() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Agent::start();
    let child = tail(dir.path(), &agent.url(), &["--end-after", "success"]);
    container(dir.path(), "a", 3);
    wait_until("the first start to be sent", || agent.state().stored.closed);
    *agent.state() = State::default();
    container(dir.path(), "b", 0);
    assert_eq!(end(child), (Some(0), String::new()));
    let state = agent.state();
    let told = state.stored.events.concat();
    assert!(state.stored.closed && told.contains("\"b\""), "{told}");
}

#[test]
fn without_an_agent_it_ends_well_soon_after_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--end-after", "recording", "--drain", "200ms"];
    let child = tail(dir.path(), NOBODY, &args);
    container(dir.path(), "a", 0);
    assert_eq!(end(child).0, Some(0));
}

#[test]
fn it_ends_well_when_no_recording_begins() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--end-after", "recording", "--patience", "100ms"];
    let (code, told) = end(tail(dir.path(), NOBODY, &args));
    assert_eq!(code, Some(0));
    assert_eq!(
        told,
        "sentinel-sidecar: no recording has begun, so there is nothing to send\n"
    );
}

#[test]
fn it_ends_with_a_recording_whose_writer_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Agent::start();
    let child = tail(dir.path(), &agent.url(), &["--end-after", "recording"]);
    let mut capture = Command::new(BINARY)
        .args(["capture", "--dir"])
        .arg(dir.path())
        // It goes when its output does.
        .args(["--", "sh", "-c", "echo TEST_PASS name=a; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("something to be sent", || agent.state().open.is_some());
    capture.kill().unwrap();
    capture.wait().unwrap();
    assert_eq!(end(child).0, Some(0));
    assert!(agent.state().stored.closed);
}

#[test]
fn told_to_stop_it_ends_well() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--end-after", "success", "--drain", "200ms"];
    let agent = Agent::start();
    let child = tail(dir.path(), &agent.url(), &args);
    container(dir.path(), "a", 3);
    wait_until("it to be sent", || agent.state().stored.closed);
    let told = Command::new("kill").arg(child.id().to_string()).status();
    assert!(told.unwrap().success());
    assert_eq!(end(child).0, Some(0));
}
