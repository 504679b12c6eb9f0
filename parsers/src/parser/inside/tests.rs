//! Which messages of loggers are heard by whom.

use crate::{Body, Ledger, Parser};

/// The tests of a log as `dialect suite name status line`, then its signatures.
fn told(log: &str) -> Vec<String> {
    let (mut ledger, mut told) = (Ledger::new(), Vec::new());
    let mut see = |event: &crate::Event<'_>| {
        ledger.apply(event);
        if let Body::Signature(s) = &event.body {
            told.push(format!("{} {}-{}", s.class, event.line, s.end_line));
        }
    };
    let mut parser = Parser::new();
    parser.feed(log.as_bytes(), &mut see);
    parser.finish(&mut see);
    let tests = ledger.tests().iter().map(|t| {
        let suite = t.suite.as_deref().unwrap_or("-");
        let (dialect, status, line) = (&t.dialect, t.status().as_str(), t.last().line);
        format!("{dialect} {suite} {} {status} {line}", t.name)
    });
    tests.chain(told).collect()
}

#[test]
fn markers_are_heard_in_every_message() {
    for line in [
        r#"{"level":"info","time":"2026-03-01T00:00:00Z","text":"TEST_PASS name=login suite=s"}"#,
        r#"{"level":"info","time":"2026-03-01T00:00:00Z","@message":"TEST_PASS name=login suite=s"}"#,
        r#"I0301 12:00:00.123456 1 a.go:12] "TEST_PASS name=login suite=s" took="1s""#,
        r#"2026-03-01T12:00:00Z stdout F I0301 12:00:00.123456 1 a.go:12] TEST_PASS name=login suite=s"#,
        r#"api-1  | {"msg":"INFO:root:TEST_PASS name=login suite=s","ts":1}"#,
        r#"ts=2026-03-01T12:00:00Z level=info msg="TEST_PASS name=login suite=s" n=1"#,
        r#"{"event":"TEST_PASS","name":"login","suite":"s","message":"x","level":"info"}"#,
    ] {
        assert_eq!(
            told(&format!("{line}\n")),
            ["sentinel s login passed 1"],
            "{line}"
        );
    }
}

#[test]
fn a_run_that_a_logger_wraps_is_heard_from_its_first_line() {
    let log = r#"{"level":"info","ts":1,"msg":"starting the tests"}
{"level":"info","ts":1,"msg":"=== RUN   TestA"}
{"level":"info","ts":2,"msg":"--- FAIL: TestA (0.01s)"}
{"level":"info","ts":3,"msg":"    a_test.go:3: got 1"}
{"level":"info","ts":3,"msg":"FAIL"}
{"level":"info","ts":3,"msg":"FAIL\texample.com/a\t0.02s"}
"#;
    assert_eq!(told(log), ["go_test example.com/a TestA failed 3"]);
}

#[test]
fn a_word_or_two_in_an_applications_log_are_no_test() {
    let log = "2026-03-01 00:00:00,123 INFO  [main] c.e.App - ok 1 - row\n\
               2026-03-01 00:00:00,123 INFO  [main] c.e.App - 1..5 pages indexed\n\
               2026-03-01 00:00:00,123 INFO  [main] c.e.App - --- PASS: TestA (0.00s)\n\
               2026-03-01 00:00:00,123 INFO  [main] c.e.App - not ok\n\
               2026-03-01 00:00:00,123 INFO  [main] c.e.App - started\n\
               2026-03-01 00:00:00,123 INFO  [main] c.e.App - PASS thru filter\n";
    assert!(told(log).is_empty(), "{:?}", told(log));
}

#[test]
fn a_dialect_outside_hears_no_message() {
    let log = "=== RUN   TestA\n\
               {\"level\":\"info\",\"ts\":1,\"msg\":\"--- FAIL: TestA (0.01s)\"}\n\
               --- PASS: TestA (0.01s)\n\
               ok  \texample.com/a\t0.02s\n";
    assert_eq!(told(log), ["go_test example.com/a TestA passed 3"]);
}

#[test]
fn errors_are_found_in_messages_and_in_what_records_say_besides() {
    let log = r#"{"level":"error","ts":1,"msg":"Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: x","n":1}
{"level":"error","ts":1,"msg":"query failed","error":"dial tcp 10.0.0.1:5432: connect: connection refused"}
{"level":"error","ts":1,"msg":"Traceback (most recent call last):","n":1}
{"level":"error","ts":1,"msg":"  File \"a.py\", line 1","n":1}
{"level":"error","ts":1,"msg":"ValueError: x","n":1}
{"level":"info","ts":1,"msg":"done","n":1}
2026-03-01 00:00:00,123 ERROR [main] c.e.App - java.lang.IllegalStateException: x
	at c.e.App.main(App.java:1)
	at c.e.App.run(App.java:2)
"#;
    assert_eq!(
        told(log),
        [
            "python_traceback 1-1",
            "connection_refused 2-2",
            "python_traceback 3-5",
            "java_exception 7-9",
        ]
    );
}

#[test]
fn results_are_the_same_whatever_is_lost_between_records() {
    let mut parser = Parser::new();
    let mut names = Vec::new();
    let mut see = |event: &crate::Event<'_>| {
        if let Body::TestEnd(end) = &event.body {
            names.push(end.name.to_owned());
        }
    };
    parser.feed(b"2026-03-01T12:00:00Z stdout P TEST_PASS name=lo", &mut see);
    parser.skip_to(500);
    parser.feed(b"2026-03-01T12:00:00Z stdout F gin\n", &mut see);
    parser.feed(b"__CURSOR=s=1\nMESSAGE=TEST_PASS name=one\n", &mut see);
    parser.skip_to(1000);
    parser.feed(b"MESSAGE=TEST_PASS name=two\n\n", &mut see);
    parser.finish(&mut see);
    assert_eq!(names, ["two"]);
}
