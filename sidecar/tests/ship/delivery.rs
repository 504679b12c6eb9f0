//! Streams delivered as they are written, over restarts, deletions and dead writers.

use std::fs;
use std::io::Write;

use sentinel_parsers::wire::{OpenStream, RunContext};
use sentinel_parsers::{Body, Parser};
use sentinel_sidecar::identity::of_stream;
use sentinel_sidecar::segments::segment_name;
use sentinel_sidecar::ship::Stop;
use sentinel_sidecar::tail::{SegmentSource, Source, StdinSource};
use tokio::sync::watch;

use crate::agent::{Agent, Fault};
use crate::stage::{check, log, recorded, ship, ship_dir, wait_until, writer};

#[test]
fn a_recorded_stream_arrives_once_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(500);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    let outcome = ship_dir(dir.path(), &open, &agent);
    assert!(outcome.complete);
    check(&agent.state(), &bytes);
    assert_eq!(agent.state().stored.duplicates, 0);
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
    let stored = || agent.state().stored.committed == bytes.len() as u64;
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
fn a_sender_that_is_started_again_goes_on_where_the_agent_is() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = log(2000);
    let open = recorded(dir.path(), &bytes);
    let agent = Agent::start();
    let mut starts = 0;
    loop {
        starts += 1;
        assert!(starts < 10_000, "no progress");
        let before = agent.state().stored.committed;
        let (say, stop) = watch::channel(Stop::No);
        let source = Source::Segments(SegmentSource::open(dir.path()).unwrap());
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Stops as soon as something more is stored.
                wait_until("progress", || {
                    let state = agent.state();
                    state.stored.closed || state.stored.committed > before + 20_000
                });
                say.send_replace(Stop::Now);
            });
            ship(source, &open, &agent.url(), stop)
        });
        if agent.state().stored.closed {
            break;
        }
        assert!(!outcome.complete);
    }
    assert!(starts > 2, "the test stopped nothing");
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
    assert_eq!(state.stored.events[0], gap);
    assert_eq!(state.stored.committed, bytes.len() as u64);
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
                state.stored.committed + 60 > whole && state.stored.committed <= whole
            });
        }
        assert!(!agent.state().stored.closed);
        // No end is written, but the lock goes: this is what kill -9 looks like.
        drop(writer);
        shipping.join().unwrap()
    });
    assert!(outcome.complete);
    let state = agent.state();
    check(&state, &bytes);
    let end = state.stored.events.last().unwrap();
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
                    agent.state().stored.committed + 60 > first.len() as u64
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
            assert!(state.stored.closed);
            assert_eq!(state.stored.committed, bytes.len() as u64);
            assert!(
                state.stored.events[0].contains("rotated_away"),
                "{}",
                state.stored.events[0]
            );
        }
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
