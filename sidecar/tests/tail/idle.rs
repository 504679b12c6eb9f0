//! An idle tail sleeps: with watches, without them, and while what it waits for is not there.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::agents::Agents;
use crate::process::{BINARY, Running, append, let_pass, wait_until};

const MEASURED: Duration = Duration::from_secs(4);

/// Wakes per second while nothing happens.
fn wakes(running: &Running) -> f64 {
    let (before, cpu) = (running.rests(), running.cpu());
    let_pass(MEASURED);
    let spent = running.cpu() - cpu;
    assert!(spent < MEASURED / 50, "{spent:?} of processor time");
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let rests = (running.rests() - before) as f64;
    rests / MEASURED.as_secs_f64()
}

#[test]
fn an_idle_follower_wakes_fewer_than_twice_a_second_and_still_reads_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    fs::write(&file, "TEST_PASS name=a\n").unwrap();
    let agents = Agents::start();
    let running =
        Running::start(&mut agents.tail(&["--follow", file.to_str().unwrap()], dir.path()));
    wait_until("the file is sent", || agents.committed("log/0") == 17);
    let wakes = wakes(&running);
    assert!(wakes < 2.0, "{wakes} wakes a second");
    append(&file, "TEST_PASS name=b\n");
    wait_until("the rest is sent", || agents.committed("log/0") == 34);
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn an_idle_pipe_wakes_fewer_than_twice_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let agents = Agents::start();
    let mut command = agents.tail(&["-"], dir.path());
    let running = Running(command.stdin(std::process::Stdio::piped()).spawn().unwrap());
    wait_until("the stream is open", || !agents.streams().is_empty());
    let wakes = wakes(&running);
    assert!(wakes < 2.0, "{wakes} wakes a second");
}

#[test]
fn t15_without_inotify_a_follower_polls_and_delivers_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    fs::write(&file, "TEST_PASS name=a\n").unwrap();
    let agents = Agents::start();
    // A user namespace of its own in which nobody may have an inotify queue.
    let script = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-U", "-r", "sh", "-c", script, BINARY]);
    let of_tail = agents.tail(&["--follow", file.to_str().unwrap()], dir.path());
    command.args(of_tail.get_args());
    let running = Running::start(&mut command);
    let sent = |n: u64| agents.committed("log/0") == n;
    wait_until("the file is sent", || sent(17));
    // It looks ever more seldom.
    let_pass(MEASURED);
    let wakes = wakes(&running);
    assert!(wakes < 2.0, "{wakes} wakes a second");
    for n in 2..6 {
        append(&file, "TEST_PASS name=b\n");
        wait_until("the rest is sent", || sent(17 * n));
    }
    assert_eq!(running.stop(), Some(0));
}
