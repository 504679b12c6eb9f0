//! Torture rows S3 and S4: no room on the volume, and a disk that fails to write or to sync. Nothing is
//! acknowledged that is not there, nothing is damaged, and the agent goes on by itself.
//!
//! The first needs the right to mount, the second strace; where they are missing it is said. What stands
//! for S3 everywhere is a limit on the size of files, in `trouble.rs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Daemon, PER_TEST, Running, hello, tests};

/// Tests in a frame.
const FRAME: u64 = 50;

/// A volume in memory, until it is dropped.
struct Volume(tempfile::TempDir);

impl Volume {
    fn new(size: &str) -> Option<Volume> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "sentinel"]);
        let mounted = mount.arg(dir.path()).output();
        mounted
            .is_ok_and(|done| done.status.success())
            .then_some(Volume(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Busy or gone: the directory then stays, and nothing else.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// What is wrong with the database there; `ok` if nothing is.
fn integrity(dir: &Path) -> String {
    let db = rusqlite::Connection::open(dir.join("sentinel.db")).unwrap();
    db.query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn s3_on_a_full_volume_nothing_is_acknowledged_and_with_room_it_goes_on_within_ten_seconds() {
    let Some(volume) = Volume::new("6m") else {
        eprintln!("SKIPPED: no right to mount a volume here");
        return;
    };
    let data = volume.path().join("data");
    fs::create_dir(&data).unwrap();
    let ballast = volume.path().join("ballast");
    let mut agent = Daemon::start(&data, &[]);
    let stream = agent.client.open(&hello("r1")).stream;
    let path = format!("/v1/streams/{stream}/frames");
    let mut sent = 0;
    for round in 0..4_u64 {
        // So much room is left, and another time the write that meets the end is another.
        let room = 120_000 + round * 37_000;
        let free = |bytes: u64| fill(&ballast, bytes);
        free(room);
        let waiting = loop {
            let body = tests(sent, sent + FRAME).encode();
            let kind = "application/vnd.sentinel.frame";
            let pending = agent.client.send("POST", &path, kind, &body);
            if !answered(&agent, &pending.stream) {
                break pending;
            }
            let answer = pending.answer();
            assert_eq!(answer.position(), (200, (sent + FRAME) * PER_TEST));
            sent += FRAME;
        };
        let refused = agent
            .client
            .frames(&stream, &tests(sent, sent + 1).encode());
        assert_eq!(refused.status, 503, "{refused:?}");
        fs::remove_file(&ballast).unwrap();
        let again = Instant::now();
        let answer = waiting.answer();
        assert_eq!(answer.position(), (200, (sent + FRAME) * PER_TEST));
        assert!(
            again.elapsed() < Duration::from_secs(10),
            "{:?}",
            again.elapsed()
        );
        sent += FRAME;
        agent.client.until("/ready", |answer| answer.status == 200);
        agent.kill();
        assert_eq!(integrity(&data), "ok");
        agent = Daemon::start(&data, &[]);
        let position = agent.client.open(&hello("r1"));
        assert_eq!(position.committed, sent * PER_TEST, "round {round}");
    }
    agent.kill();
}

/// Fills the volume but for so many bytes.
fn fill(ballast: &Path, room: u64) {
    let space = Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(ballast.parent().unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8(space.stdout).unwrap();
    let free: u64 = text.lines().nth(1).unwrap().trim().parse().unwrap();
    fs::write(
        ballast,
        vec![0; usize::try_from(free.saturating_sub(room)).unwrap()],
    )
    .unwrap();
}

/// Whether an answer comes before the agent says that nothing can be stored.
fn answered(agent: &Daemon, stream: &std::net::TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let answered = loop {
        match stream.peek(&mut [0]) {
            Ok(_) => break true,
            Err(_) if agent.client.get("/ready").status == 503 => break false,
            Err(_) => {}
        }
    };
    stream.set_nonblocking(false).unwrap();
    answered
}

/// The agent under strace, whose calls fail as told; `None` where there is no strace that may trace.
fn failing(dir: &Path, inject: &str) -> Option<Daemon> {
    let strace = PathBuf::from("/usr/bin/strace");
    let may = Command::new(&strace)
        .args(["-o", "/dev/null", "true"])
        .status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no strace here that may trace");
        return None;
    }
    let daemon = common::command(dir);
    let mut traced = Command::new(strace);
    traced.env_clear().args(["-f", "-o", "/dev/null"]);
    traced.args(["-e", "trace=fsync,fdatasync,pwrite64", "-e", inject]);
    traced.arg(daemon.get_program()).args(daemon.get_args());
    Some(Daemon::spawn(traced, &[]))
}

/// kill -9 to the agent behind strace.
fn kill(dir: &Path, strace: Daemon) {
    let pid = fs::read_to_string(dir.join("sentinel.lock")).unwrap();
    let told = Command::new("kill").args(["-9", pid.trim()]).status();
    assert!(told.unwrap().success());
    strace.wait();
}

#[test]
fn s4_a_commit_that_failed_to_write_or_to_sync_is_not_acknowledged_and_made_again() {
    for inject in [
        "inject=fsync,fdatasync:error=EIO:when=12",
        "inject=fsync,fdatasync:error=EIO:when=14..17",
        "inject=pwrite64:error=EIO:when=150..152",
        "inject=pwrite64:error=ENOSPC:when=200+60",
    ] {
        let dir = tempfile::tempdir().unwrap();
        // strace counts by thread: with the database made, those of the writer are what fails.
        Running::start(dir.path()).stop();
        let Some(agent) = failing(dir.path(), inject) else {
            return;
        };
        let stream = agent.client.open(&hello("r1")).stream;
        for n in 0..30 {
            let (from, to) = (n * FRAME, (n + 1) * FRAME);
            let begun = Instant::now();
            loop {
                // Refused while nothing can be stored: the sender comes again.
                let answer = agent.client.frames(&stream, &tests(from, to).encode());
                if answer.status != 503 {
                    assert_eq!(answer.position(), (200, to * PER_TEST), "{inject}");
                    break;
                }
                assert!(
                    begun.elapsed() < Duration::from_secs(30),
                    "{inject}: {answer:?}"
                );
            }
        }
        let metrics = agent.client.get("/metrics").body;
        let errors = metrics
            .lines()
            .find_map(|line| line.strip_prefix("sentinel_store_commit_errors_total "));
        assert_ne!(errors, Some("0"), "{inject}: nothing failed");
        kill(dir.path(), agent);
        let agent = Daemon::start(dir.path(), &[]);
        let position = agent.client.open(&hello("r1"));
        assert_eq!(position.committed, 30 * FRAME * PER_TEST, "{inject}");
        let ready = agent.client.get("/ready").body;
        assert!(!ready.contains("degraded"), "{inject}: {ready}");
        agent.kill();
        assert_eq!(integrity(dir.path()), "ok", "{inject}");
    }
}
