//! Writers that share a log do not disturb each other.

use crate::{Body, Parser, Status};

#[test]
fn a_traceback_torn_by_another_writer_is_one_block_with_the_streams_lines() {
    let log = "a-1  | Traceback (most recent call last):\n\
               b-1  | ok so far\n\
               a-1  |   File \"x.py\", line 3, in f\n\
               b-1  | more\n\
               a-1  | ValueError: no\n\
               a-1  | after\n";
    let mut told = Vec::new();
    let mut parser = Parser::new();
    let mut see = |event: &crate::Event<'_>| {
        if let Body::Signature(s) = &event.body {
            told.push((event.line, s.end_line, s.message.to_owned()));
        }
    };
    parser.feed(log.as_bytes(), &mut see);
    parser.finish(&mut see);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0, told[0].1), (1, 5));
}

#[test]
fn the_logs_own_time_is_the_events() {
    let mut told = Vec::new();
    Parser::new().feed(
        b"1970-01-01T00:00:01.5Z stdout F TEST_FAIL name=login\n",
        &mut |event| {
            if let Body::TestEnd(end) = &event.body {
                told.push((event.time_ms, end.status));
            }
        },
    );
    assert_eq!(told, [(Some(1500), Status::Failed)]);
}

#[test]
fn writers_beyond_the_bound_share_a_lane() {
    let mut parser = Parser::new();
    for i in 0..70 {
        parser.feed(format!("w-{i}  | x\n").as_bytes(), &mut |_| {});
    }
    assert_eq!(parser.shared_lines(), 6);
}

#[test]
fn services_of_one_log_adopt_only_their_own_tests() {
    let log = "a-1  | === RUN   TestX\n\
               b-1  | === RUN   TestX\n\
               a-1  | --- PASS: TestX (0.01s)\n\
               b-1  | --- FAIL: TestX (0.02s)\n\
               a-1  | PASS\n\
               a-1  | ok  \texample.com/a\t0.01s\n\
               b-1  | FAIL\n\
               b-1  | FAIL\texample.com/b\t0.02s\n";
    let mut ledger = crate::Ledger::new();
    let mut parser = Parser::new();
    parser.feed(log.as_bytes(), &mut |event| ledger.apply(event));
    parser.finish(&mut |event| ledger.apply(event));
    let told: Vec<_> = ledger
        .tests()
        .iter()
        .map(|t| (t.lane, t.suite.as_deref(), t.status(), t.last().duration_s))
        .collect();
    assert_eq!(
        told,
        [
            (1, Some("example.com/a"), Status::Passed, Some(0.01)),
            (2, Some("example.com/b"), Status::Failed, Some(0.02)),
        ]
    );
}

#[test]
fn colours_that_a_runtime_wrote_as_escapes_tell_the_same() {
    let log = "Cart\n\u{1b}[32m  adds one\u{1b}[0m\n\u{1b}[31m  loses one (FAILED - 1)\u{1b}[0m\n";
    let told = |log: &str| {
        let (mut told, mut parser) = (Vec::new(), Parser::new());
        let mut see = |event: &crate::Event<'_>| {
            if let Body::TestEnd(end) = &event.body {
                told.push((event.line, end.name.to_owned(), end.status));
            }
        };
        parser.feed(log.as_bytes(), &mut see);
        parser.finish(&mut see);
        told
    };
    let wrap = |line: &str| {
        let line = line.replace('\u{1b}', "\\u001b");
        format!(
            "{{\"log\":\"{line}\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T00:00:00.5Z\"}}\n"
        )
    };
    let bare = told(log);
    assert_eq!(bare.len(), 2, "{bare:?}");
    assert_eq!(told(&log.lines().map(wrap).collect::<String>()), bare);
}
