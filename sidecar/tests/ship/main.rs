//! Streams to an agent that misbehaves: it ends up with every event exactly once, and its end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agent;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use agent::{Agent, Fault, State};
use sentinel_config::SidecarConfig;
use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_parsers::{Body, Parser};
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::reading::Reading;
use sentinel_sidecar::segments::{Limits, SegmentWriter, StreamInfo, segment_name};
use sentinel_sidecar::ship::{self, ShipOutcome, Stop};
use sentinel_sidecar::tail::{SegmentSource, Source, StdinSource};
use tokio::sync::watch;

const BINARY: &str = env!("CARGO_BIN_EXE_sentinel-sidecar");

fn log(tests: usize) -> Vec<u8> {
    let line = |i| format!("TEST_START name=t{i}\nsome words of test {i}\nTEST_PASS name=t{i}\n");
    (0..tests).map(line).collect::<String>().into_bytes()
}

/// What the agent must hold at the end, but for the end of stream itself.
fn wanted(bytes: &[u8]) -> Vec<String> {
    let mut events = Vec::new();
    let mut parser = Parser::new();
    let mut take = |e: &sentinel_parsers::Event<'_>| {
        events.push(format!("{}.{} {:?}", e.offset, e.sub, e.body));
    };
    parser.feed(bytes, &mut take);
    parser.finish(&mut take);
    events
}

/// All events are there, once and in order, and then the end.
fn check(state: &State, bytes: &[u8]) {
    assert!(state.closed);
    assert_eq!(state.committed, bytes.len() as u64);
    let (end, events) = state.events.split_last().unwrap();
    assert!(end.contains("EndOfStream"), "{end}");
    assert_eq!(events, wanted(bytes));
}

fn config() -> SidecarConfig {
    SidecarConfig {
        frame_events: 10,
        flush_interval: Duration::from_millis(5),
        retry_min: Duration::from_millis(1),
        retry_max: Duration::from_millis(20),
        keep_alive: Duration::from_millis(50),
        ..SidecarConfig::default()
    }
}

fn writer(dir: &Path) -> (SegmentWriter, OpenStream) {
    let info = StreamInfo::new("a command".to_owned(), Some("run-1".to_owned()));
    let limits = Limits {
        segment_bytes: 1000,
        cap_bytes: 1 << 30,
    };
    let open = OpenStream {
        identity: of_stream("capture", "run", &info.epoch),
        run: RunContext {
            run_id: "run-1".to_owned(),
            ..RunContext::default()
        },
        command: None,
    };
    (SegmentWriter::create(dir, &info, limits).unwrap(), open)
}

/// A whole recorded stream.
fn recorded(dir: &Path, bytes: &[u8]) -> OpenStream {
    let (mut writer, open) = writer(dir);
    for chunk in bytes.chunks(777) {
        writer.append(chunk);
    }
    writer.finish(Some(0), None).unwrap();
    open
}

fn ship(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
) -> ShipOutcome {
    ship_as(source, open, agent, stop, &config())
}

fn ship_as(
    source: Source,
    open: &OpenStream,
    agent: &str,
    stop: watch::Receiver<Stop>,
    config: &SidecarConfig,
) -> ShipOutcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let reading = Reading::default();
    let shipped = ship::run(source, open.clone(), agent, config, &reading, stop);
    let limited = async { tokio::time::timeout(Duration::from_secs(60), shipped).await };
    runtime.block_on(limited).unwrap().unwrap()
}

fn ship_with(dir: &Path, open: &OpenStream, agent: &Agent, config: &SidecarConfig) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    ship_as(source, open, &agent.url(), stop, config)
}

fn ship_dir(dir: &Path, open: &OpenStream, agent: &Agent) -> ShipOutcome {
    let (_go_on, stop) = watch::channel(Stop::No);
    let source = Source::Segments(SegmentSource::open(dir).unwrap());
    ship(source, open, &agent.url(), stop)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_recorded_stream_arrives_once_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(500);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    let outcome = ship_dir(dir.path(), &open, &agent);
    assert!(outcome.complete);
    check(&agent.state(), &bytes);
    assert_eq!(agent.state().duplicates, 0);
    let acked = fs::read_to_string(dir.path().join("acked")).unwrap();
    assert_eq!(acked.trim(), bytes.len().to_string());
    // Again: the agent says it has everything.
    let requests = agent.state().requests;
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    assert_eq!(agent.state().requests, requests + 1);
}

#[test]
fn a_silent_stream_says_that_it_is_still_there() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, open) = writer(dir.path());
    let bytes = log(3);
    writer.append(&bytes);
    let agent = Agent::start();
    let (url, path) = (agent.url(), dir.path().to_owned());
    let sender = std::thread::spawn(move || {
        let (_go_on, stop) = watch::channel(Stop::No);
        let source = Source::Segments(SegmentSource::open(&path).unwrap());
        ship(source, &open, &url, stop)
    });
    let stored = || agent.state().committed == bytes.len() as u64;
    wait_until("everything is stored", stored);
    let requests = agent.state().requests;
    wait_until("it speaks twice more", || {
        agent.state().requests >= requests + 2
    });
    writer.finish(Some(0), None).unwrap();
    assert!(sender.join().unwrap().complete);
    check(&agent.state(), &bytes);
}

#[test]
fn every_fault_at_every_early_request_changes_nothing() {
    let bytes = log(60);
    let faults = [
        Fault::Drop,
        Fault::DropAnswer,
        Fault::WebPage,
        Fault::Forget,
        Fault::Status(500, ""),
        Fault::Status(503, "retry-after: 0\r\n"),
        Fault::Status(429, ""),
        Fault::Status(301, "location: http://127.0.0.1:9/\r\n"),
        Fault::Status(401, ""),
        Fault::Status(413, ""),
        Fault::Status(400, ""),
        Fault::Status(404, ""),
    ];
    for fault in faults {
        let dir = tempfile::tempdir().unwrap();
        let open = recorded(dir.path(), &bytes);
        let agent = Agent::start();
        // Good and bad requests in turn, so that something is stored between.
        let fine = || Fault::Status(503, "");
        for _ in 0..4 {
            agent.state().faults.extend([fault.clone(), fine()]);
        }
        assert!(ship_dir(dir.path(), &open, &agent).complete, "{fault:?}");
        check(&agent.state(), &bytes);
    }
}

/// Torture row N6.
#[test]
fn a_redirect_is_not_followed_and_retry_after_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(100);
    let open = recorded(dir.path(), &bytes);
    let (agent, elsewhere) = (Agent::start(), Agent::start());
    let there = format!("location: {}/v1/streams\r\n", elsewhere.url());
    let there: &'static str = Box::leak(there.into_boxed_str());
    agent.state().faults = [
        Fault::Status(301, there),
        Fault::Status(307, there),
        Fault::Status(308, there),
        Fault::Status(429, "retry-after: 1\r\n"),
        Fault::Status(503, "retry-after: 1\r\n"),
        Fault::Status(500, ""),
        Fault::WebPage,
    ]
    .into();
    let token = dir.path().join("token");
    fs::write(&token, "secret\n").unwrap();
    let config = SidecarConfig {
        token_file: Some(token),
        ..config()
    };
    let begun = Instant::now();
    let outcome = ship_with(dir.path(), &open, &agent, &config);
    assert!(outcome.complete, "{outcome:?}");
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    check(&agent.state(), &bytes);
    assert_eq!(elsewhere.state().tokens, Vec::<String>::new());
    assert!(
        agent
            .state()
            .tokens
            .iter()
            .all(|token| token == "Bearer secret")
    );
}

#[test]
fn a_token_that_expires_is_read_again_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(100);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().known = vec!["Bearer new"];
    let token = dir.path().join("token");
    fs::write(&token, "old").unwrap();
    let config = SidecarConfig {
        token_file: Some(token.clone()),
        ..config()
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("refused", || agent.state().tokens.len() > 2);
            fs::write(&token, "new").unwrap();
        });
        assert!(ship_with(dir.path(), &open, &agent, &config).complete);
    });
    check(&agent.state(), &bytes);
    assert_eq!(agent.state().tokens[0], "Bearer old");
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
fn a_sender_that_is_started_again_goes_on_where_the_agent_is() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(2000);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    let mut starts = 0;
    loop {
        starts += 1;
        assert!(starts < 10_000, "no progress");
        let before = agent.state().committed;
        let (say, stop) = watch::channel(Stop::No);
        let source = Source::Segments(SegmentSource::open(dir.path()).unwrap());
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Stops as soon as something more is stored.
                wait_until("progress", || {
                    let state = agent.state();
                    state.closed || state.committed > before + 20_000
                });
                say.send_replace(Stop::Now);
            });
            ship(source, &open, &agent.url(), stop)
        });
        if agent.state().closed {
            break;
        }
        assert!(!outcome.complete);
    }
    assert!(starts > 2, "the test stopped nothing");
    check(&agent.state(), &bytes);
}

#[test]
fn a_poisoned_frame_becomes_a_gap_and_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(40);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().poison = Some("\"t17\"");
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    let state = agent.state();
    assert!(state.closed);
    assert_eq!(state.committed, bytes.len() as u64);
    let gaps: Vec<_> = state.events.iter().filter(|e| e.contains("Gap")).collect();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].contains("rejected"));
    // What is missing is one frame's worth around the poison, nothing else.
    let all = wanted(&bytes);
    let missing: Vec<_> = all.iter().filter(|e| !state.events.contains(e)).collect();
    assert!(!missing.is_empty() && missing.len() <= 12, "{missing:?}");
    assert!(missing.iter().any(|e| e.contains("\"t17\"")));
}

#[test]
fn requests_too_large_for_the_agent_get_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(40);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    agent.state().too_many = Some(2);
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    check(&agent.state(), &bytes);
}

#[test]
fn a_deleted_head_is_a_gap_up_to_the_next_line() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(100);
    let open = recorded(dir.path(), &bytes);
    fs::remove_file(dir.path().join(segment_name(0))).unwrap();
    let agent = Agent::start();
    assert!(ship_dir(dir.path(), &open, &agent).complete);
    let state = agent.state();
    let line = 1000 + bytes[1000..].iter().position(|b| *b == b'\n').unwrap() + 1;
    let gap = format!("0.0 Gap(Gap {{ from: 0, to: {line}, reason: \"rotated_away\" }})");
    assert_eq!(state.events[0], gap);
    assert_eq!(state.committed, bytes.len() as u64);
}

#[test]
fn a_stream_is_followed_while_it_is_written_and_a_dead_writer_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(50);
    let (mut writer, open) = writer(dir.path());
    let agent = Agent::start();
    let source = Source::Segments(SegmentSource::open(dir.path()).unwrap());
    let (_go_on, stop) = watch::channel(Stop::No);
    let outcome = std::thread::scope(|scope| {
        let shipping = scope.spawn(|| ship(source, &open, &agent.url(), stop));
        for chunk in bytes.chunks(500) {
            writer.append(chunk);
            let whole = writer.total();
            // What is there is sent without waiting for more, up to the last whole line.
            wait_until("the agent has the lines so far", || {
                let state = agent.state();
                state.committed + 60 > whole && state.committed <= whole
            });
        }
        assert!(!agent.state().closed);
        // No end is written, but the lock goes: this is what kill -9 looks like.
        drop(writer);
        shipping.join().unwrap()
    });
    assert!(outcome.complete);
    let state = agent.state();
    check(&state, &bytes);
    let end = state.events.last().unwrap();
    assert!(
        end.contains("killed") && end.contains("exit_code: None"),
        "{end}"
    );
}

#[test]
fn a_pipe_survives_an_agent_that_fails_and_tells_what_one_that_forgets_cannot_get_again() {
    let bytes = log(300);
    for (fault, lossless) in [(Fault::DropAnswer, true), (Fault::Forget, false)] {
        let agent = Agent::start();
        for _ in 0..5 {
            agent.state().faults.push_back(Fault::Status(503, ""));
        }
        let (reader, mut writer) = std::io::pipe().unwrap();
        let open = OpenStream {
            identity: of_stream("stdin", "stdin", &sentinel_sidecar::random::epoch()),
            run: RunContext::default(),
            command: None,
        };
        let (_go_on, stop) = watch::channel(Stop::No);
        let source = Source::Stdin(StdinSource::on(reader.into()).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (first, second) = bytes.split_at(bytes.len() / 2);
                writer.write_all(first).unwrap();
                wait_until("the first half is stored", || {
                    agent.state().committed + 60 > first.len() as u64
                });
                agent.state().faults.push_back(fault.clone());
                writer.write_all(second).unwrap();
                drop(writer);
            });
            assert!(ship(source, &open, &agent.url(), stop).complete);
        });
        let state = agent.state();
        if lossless {
            check(&state, &bytes);
        } else {
            assert!(state.closed);
            assert_eq!(state.committed, bytes.len() as u64);
            assert!(
                state.events[0].contains("rotated_away"),
                "{}",
                state.events[0]
            );
        }
    }
}

fn sidecar(args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(args).stdin(Stdio::null());
    command.output().unwrap()
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
    assert!(state.closed);
    let open = state.open.clone().unwrap();
    assert_eq!(open.run.run_id, "r-7");
    assert_eq!(open.run.branch.as_deref(), Some("b-1"));
    assert_eq!(open.identity.source, "capture");
    let results = state.events.iter().filter(|e| e.contains("TestEnd"));
    assert_eq!(results.count(), 2);
    let end = state.events.last().unwrap();
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
    assert!(state.events[0].contains("\"a\""), "{:?}", state.events);
    assert!(state.events.last().unwrap().contains("killed"));
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
        agent.state().committed == bytes.len() as u64
    });
    assert!(!agent.state().closed);
    let kill = Command::new("kill").arg(tail.id().to_string()).status();
    assert!(kill.unwrap().success());
    assert_eq!(tail.wait().unwrap().code(), Some(0));
    check(&agent.state(), &bytes);
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

#[test]
fn an_event_of_every_kind_in_a_log_has_a_body_the_agent_can_read() {
    // Guards the tests above: a log without events would make them all pass.
    let mut kinds = [0, 0];
    let mut parser = Parser::new();
    parser.feed(&log(3), &mut |e| match e.body {
        Body::TestStart(_) => kinds[0] += 1,
        Body::TestEnd(_) => kinds[1] += 1,
        _ => {}
    });
    assert_eq!(kinds, [3, 3]);
}
