//! The daemon in trouble: no room on the disk, no file descriptors, told to end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::net::TcpStream;
use std::process::Command;

use common::{Daemon, PER_TEST, end, hello, tests};

/// The value of a counter without labels.
fn counter(agent: &Daemon, name: &str) -> u64 {
    let page = agent.client.get("/metrics").body;
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}: {page}"))
        .parse()
        .unwrap()
}

#[test]
fn without_room_nothing_is_acknowledged_and_with_room_it_goes_on_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    // A limit on the size of files stands for a full disk: writing fails in the middle of a commit. The tables
    // themselves and the first stream have room.
    let agent = Daemon::limited(dir.path(), "trap '' XFSZ; ulimit -S -f 800", &[]);
    let stream = agent.client.open(&hello("r1")).stream;
    let mut stored = 0;
    let frames = |from: u64| tests(from, from + 500).encode();
    let path = format!("/v1/streams/{stream}/frames");
    let kind = "application/vnd.sentinel.frame";
    let waiting = loop {
        let pending = agent.client.send("POST", &path, kind, &frames(stored));
        pending.stream.set_nonblocking(true).unwrap();
        let answered = loop {
            match pending.stream.peek(&mut [0]) {
                Ok(_) => break true,
                Err(_) if agent.client.get("/ready").status == 503 => break false,
                Err(_) => {}
            }
        };
        pending.stream.set_nonblocking(false).unwrap();
        if !answered {
            break pending;
        }
        assert_eq!(
            pending.answer().position(),
            (200, (stored + 500) * PER_TEST)
        );
        stored += 500;
        assert!(stored < 100_000, "the limit was never reached");
    };
    let refused = agent.client.frames(&stream, &frames(stored));
    assert_eq!(refused.status, 503, "{refused:?}");

    let pid = agent.pid().to_string();
    let more = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &pid])
        .status();
    if !more.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no prlimit here to make room again");
        return;
    }
    assert_eq!(
        waiting.answer().position(),
        (200, (stored + 500) * PER_TEST)
    );
    agent.client.until("/ready", |answer| answer.status == 200);
    agent.kill();

    let agent = Daemon::start(dir.path(), &[]);
    let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
    assert_eq!(position.position(), (200, (stored + 500) * PER_TEST));
    let ready = agent.client.get("/ready").body;
    assert!(!ready.contains("damaged"), "{ready}");
}

/// Torture row A8.
#[test]
fn with_256_descriptors_a_crowd_is_survived_and_without_any_the_agent_waits_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::limited(dir.path(), "ulimit -n 256", &[]);
    let stream = agent.client.open(&hello("r1")).stream;
    let crowd: Vec<TcpStream> = (0..400)
        .map(|_| TcpStream::connect(agent.client.address()).unwrap())
        .collect();
    // Connections end before descriptors do.
    let answer = agent.client.frames(&stream, &tests(0, 10).encode());
    assert_eq!(answer.position(), (200, 10 * PER_TEST));
    assert_eq!(counter(&agent, "sentinel_http_accept_errors_total"), 0);
    assert!(counter(&agent, "sentinel_http_connections_dropped_total") > 0);
    drop(crowd);

    let pid = agent.pid().to_string();
    let limit = |descriptors: &str| {
        let limit = format!("--nofile={descriptors}:256");
        let set = Command::new("prlimit")
            .args([&limit, "--pid", &pid])
            .status();
        set.is_ok_and(|status| status.success())
    };
    if !limit("4") {
        eprintln!("SKIPPED: no prlimit here to take the descriptors away");
        return;
    }
    let waits = TcpStream::connect(agent.client.address()).unwrap();
    // Nobody can ask the agent meanwhile; that it met the trouble shows afterwards.
    let pause = std::time::Duration::from_millis(200);
    waits.set_read_timeout(Some(pause)).unwrap();
    assert!(waits.peek(&mut [0]).is_err());
    assert!(limit("256"));
    let answer = agent.client.frames(&stream, &tests(10, 20).encode());
    assert_eq!(answer.position(), (200, 20 * PER_TEST));
    assert!(counter(&agent, "sentinel_http_accept_errors_total") > 0);
}

#[test]
fn told_to_end_it_stores_what_it_took_and_exits_with_0() {
    for signal in ["TERM", "INT"] {
        let dir = tempfile::tempdir().unwrap();
        let agent = Daemon::start(dir.path(), &[]);
        let stream = agent.client.open(&hello("r1")).stream;
        agent.client.frames(&stream, &tests(0, 10).encode());
        agent.client.frames(&stream, &end(10, 0).encode());
        assert_eq!(agent.told(signal).code(), Some(0), "{signal}");
        assert!(
            !dir.path().join("sentinel.db-wal").exists(),
            "the log is folded in"
        );
        let agent = Daemon::start(dir.path(), &[]);
        let position = agent.client.open(&hello("r1"));
        assert_eq!((position.committed, position.closed), (10 * PER_TEST, true));
    }
}
