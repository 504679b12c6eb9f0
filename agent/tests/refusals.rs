//! What the agent refuses over HTTP, and how it says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{Running, hello, tests};
use sentinel_config::Config;
use sentinel_parsers::wire::OpenStream;

fn agent() -> (tempfile::TempDir, Running) {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    (dir, agent)
}

#[test]
fn frames_of_a_stream_nobody_opened_are_not_taken() {
    let (_dir, agent) = agent();
    for stream in ["0123456789abcdef0123456789abcdef", "..%2F..%2Fetc", "x"] {
        let answer = agent.client.frames(stream, &tests(0, 1).encode());
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(
            answer.head.contains("application/problem+json"),
            "{answer:?}"
        );
    }
    agent.stop();
}

#[test]
fn a_damaged_frame_is_refused_and_those_before_it_are_kept() {
    let (_dir, agent) = agent();
    let stream = agent.client.open(&hello("r1")).stream;
    let mut body = tests(0, 10).encode();
    let kept = body.len();
    body.extend(tests(10, 20).encode());
    body[kept + 60] ^= 1;
    assert_eq!(agent.client.frames(&stream, &body).status, 400);
    let position = agent.client.get(&format!("/v1/streams/{stream}/position"));
    assert_eq!(position.position(), (200, 10 * common::PER_TEST));
    agent.stop();
}

#[test]
fn bodies_that_are_no_frames_are_refused() {
    let (_dir, agent) = agent();
    let stream = agent.client.open(&hello("r1")).stream;
    assert_eq!(agent.client.frames(&stream, b"").status, 400);
    assert_eq!(agent.client.frames(&stream, b"GET / HTTP/1.1").status, 400);
    let path = format!("/v1/streams/{stream}/frames");
    assert_eq!(agent.client.post(&path, "text/plain", b"x").status, 415);
    agent.stop();
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.agent.max_body = 64 * 1024;
    let agent = Running::with(dir.path(), &config);
    let stream = agent.client.open(&hello("r1")).stream;
    let answer = agent.client.frames(&stream, &vec![0; 64 * 1024 + 1]);
    assert_eq!(answer.status, 413, "{answer:?}");
    agent.stop();
}

#[test]
fn a_body_that_inflates_beyond_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.agent.max_inflated = 4 * 1024;
    let agent = Running::with(dir.path(), &config);
    let stream = agent.client.open(&hello("r1")).stream;
    let answer = agent.client.frames(&stream, &tests(0, 2_000).encode());
    assert_eq!(answer.status, 413, "{answer:?}");
    agent.stop();
}

#[test]
fn a_frame_of_another_epoch_is_refused() {
    let (_dir, agent) = agent();
    let mut other = hello("r1");
    other.identity.epoch = "f".repeat(32);
    let stream = agent.client.open(&other).stream;
    assert_eq!(
        agent.client.frames(&stream, &tests(0, 1).encode()).status,
        400
    );
    agent.stop();
}

#[test]
fn a_run_id_or_epoch_out_of_form_is_refused() {
    let (_dir, agent) = agent();
    let wrong: [fn(&mut OpenStream); 4] = [
        |open| open.run.run_id = String::new(),
        |open| open.run.run_id = "a b".into(),
        |open| open.run.run_id = "x".repeat(129),
        |open| open.identity.epoch = "zz".into(),
    ];
    for change in wrong {
        let mut open = hello("r1");
        change(&mut open);
        let body = serde_json::to_vec(&open).unwrap();
        let answer = agent.client.post("/v1/streams", "application/json", &body);
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let answer = agent.client.post("/v1/streams", "application/json", b"{");
    assert_eq!(answer.status, 400, "{answer:?}");
    agent.stop();
}

#[test]
fn labels_over_the_limit_are_left_out_and_counted() {
    let (_dir, agent) = agent();
    let mut open = hello("r1");
    open.run.labels = (0..40).map(|n| (format!("k{n:02}"), "v".into())).collect();
    open.run.labels.insert("long".into(), "v".repeat(300));
    agent.client.open(&open);
    let run: sentinel_agent::api::view::RunView = agent.client.get("/api/v1/runs/r1").json();
    assert_eq!(run.labels.len(), 32);
    let metrics = agent.client.get("/metrics").body;
    assert!(
        metrics.contains("sentinel_ingest_limited_total 9\n"),
        "{metrics}"
    );
    agent.stop();
}

#[test]
fn unknown_resources_methods_and_places_are_problems() {
    let (_dir, agent) = agent();
    agent.client.open(&hello("r1"));
    for (path, status) in [
        ("/nowhere", 404),
        ("/v1/streams", 405),
        ("/api/v1/runs/none", 404),
        ("/api/v1/runs/none/tests", 404),
        ("/api/v1/runs?after=x", 400),
        ("/api/v1/runs?limit=x", 400),
        ("/api/v1/runs/r1/tests?status=blue", 400),
        ("/api/v1/runs/r1/tests?after=1.x", 400),
    ] {
        let answer = agent.client.get(path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(
            answer.head.contains("application/problem+json"),
            "{path}: {answer:?}"
        );
    }
    agent.stop();
}

/// What an agent with short limits of time answers to a client that says so much and then nothing.
fn dawdle(said: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.agent.header_timeout = Duration::from_millis(100);
    config.agent.body_timeout = Duration::from_millis(100);
    let agent = Running::with(dir.path(), &config);
    let stream = agent.client.open(&hello("r1")).stream;
    let mut client = TcpStream::connect(agent.handle().addr()).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    client
        .write_all(said.replace("STREAM", &stream).as_bytes())
        .unwrap();
    let mut answer = String::new();
    client
        .read_to_string(&mut answer)
        .expect("the agent ends the connection");
    agent.stop();
    answer
}

#[test]
fn a_client_that_does_not_finish_its_head_is_cut_off() {
    assert_eq!(dawdle("GET /health HTT"), "");
    assert_eq!(dawdle("GET /health HTTP/1.1\r\nhost: x\r\n"), "");
}

#[test]
fn a_client_that_does_not_finish_its_body_is_cut_off() {
    let head = "POST /v1/streams/STREAM/frames HTTP/1.1\r\nhost: x\r\n\
        content-type: application/vnd.sentinel.frame\r\ncontent-length: 1000\r\n\r\nhalf";
    let answer = dawdle(head);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn a_head_over_the_limit_is_refused() {
    let (_dir, agent) = agent();
    let answer = agent.client.get(&format!("/{}", "x".repeat(20_000)));
    // The connection is closed with the rest of the head unread, so the answer may not arrive.
    assert!(matches!(answer.status, 0 | 414 | 431), "{answer:?}");
    assert_eq!(agent.client.get("/health").status, 200);
    agent.stop();
}
