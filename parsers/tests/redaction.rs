//! Secrets on their way through a whole parser: however a stream wraps, cuts, colours or joins them, no
//! event holds one, and every result is told.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use proptest::prelude::*;
use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Body, Ledger, Parser, ParserOptions};

fn parser() -> Parser {
    let redactor = Redactor::new(&Options::new(Key::new(b"test"))).unwrap();
    ParserOptions::new().redactor(redactor).parser()
}

/// All events as text, and the ledger they make; fed in pieces of `size`.
fn told(log: &str, size: usize) -> (String, Ledger) {
    let (mut text, mut ledger) = (String::new(), Ledger::new());
    let mut parser = parser();
    let mut see = |event: &sentinel_parsers::Event<'_>| {
        text.push_str(&format!("{event:?}\n"));
        ledger.apply(event);
    };
    for piece in log.as_bytes().chunks(size) {
        parser.feed(piece, &mut see);
    }
    parser.finish(&mut see);
    (text, ledger)
}

/// How a stream may carry a line.
fn carriers() -> impl Strategy<Value = fn(&str, usize) -> String> {
    let all: Vec<fn(&str, usize) -> String> = vec![
        |line, _| format!("{line}\n"),
        |line, at| format!("{}\u{1b}[31m{}\u{1b}[0m\n", &line[..at], &line[at..]),
        |line, at| format!("{}\u{1b}]8;;x\u{7}{}\r\n", &line[..at], &line[at..]),
        |line, at| {
            let stamp = "2026-01-01T10:00:00.000000000Z stdout";
            format!("{stamp} P {}\n{stamp} F {}\n", &line[..at], &line[at..])
        },
        |line, at| {
            let piece = |text: &str| {
                let log = serde_json::to_string(text).unwrap();
                format!(
                    "{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-01-01T10:00:00.0Z\"}}\n"
                )
            };
            piece(&line[..at]) + &piece(&format!("{}\n", &line[at..]))
        },
        |line, _| format!("2026-01-01T10:00:00.0000000Z {line}\n"),
        |line, _| {
            let message = serde_json::to_string(line).unwrap();
            format!("{{\"time\":\"2026-01-01T10:00:00Z\",\"level\":\"info\",\"msg\":{message}}}\n")
        },
    ];
    proptest::sample::select(all)
}

/// A secret and what makes it one.
fn secrets() -> impl Strategy<Value = String> {
    let prefixed = |prefix: &'static str, class: &'static str| {
        class
            .prop_map(move |s: String| format!("{prefix}{s}"))
            .boxed()
    };
    prop_oneof![
        prefixed("ghp_", "[A-Za-z0-9]{36}"),
        prefixed("AKIA", "[A-Z2-7]{16}"),
        prefixed("password=", "[A-Za-z0-9!#*+.:?@^~]{10,30}[A-Za-z0-9]"),
        prefixed(
            "Authorization: Bearer ",
            "[A-Za-z0-9._~+/-]{12,60}[A-Za-z0-9]"
        ),
        prefixed(
            "eyJhbGci",
            "[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{43}"
        ),
    ]
}

proptest! {
    #[test]
    fn no_event_holds_a_secret_and_no_result_is_lost(
        secret in secrets(),
        carry in carriers(),
        at in 0_usize..200,
        size in 1_usize..64,
    ) {
        let lines = [
            format!("TEST_FAIL name=login reason=\"got {secret} back\""),
            format!("tests/test_a.py::test_b FAILED [ 50%] {secret}"),
            format!("java.lang.IllegalStateException: {secret}"),
            "\tat com.example.A.b(A.java:1)".to_owned(),
            "TEST_PASS name=logout".to_owned(),
        ];
        let log: String = lines.iter().map(|line| carry(line, at.min(line.len()))).collect();
        let (text, ledger) = told(&log, size);
        let value = secret.rsplit(['=', ' ']).next().unwrap();
        for part in value.as_bytes().windows(10) {
            prop_assert!(memchr::memmem::find(text.as_bytes(), part).is_none(), "{log}\n{text}");
        }
        let names: Vec<&str> = ledger.tests().iter().map(|t| &*t.name).collect();
        prop_assert!(names.contains(&"login") && names.contains(&"logout"), "{log}\n{names:?}");
        prop_assert!(text.contains("[redacted:"), "{log}\n{text}");
    }
}

/// A key that never ends, in the middle of results.
#[test]
fn structure_is_recognised_inside_a_key() {
    let body = "aB3dE5fG7hJ9kL1mN3pQ5rStUvWxYz0aB3dE5fG7hJ9kL1mN3pQ5rStUvWxYz012";
    let log = format!(
        "=== RUN   TestKey\n    key_test.go:3: -----BEGIN PRIVATE KEY-----\n        {body}\n        {body}\n\
         --- FAIL: TestKey (0.00s)\n=== RUN   TestB\n--- PASS: TestB (0.00s)\nFAIL\nFAIL\tp\t0.1s\n"
    );
    let (text, ledger) = told(&log, 7);
    assert!(!text.contains(&body[..16]), "{text}");
    let names: Vec<&str> = ledger.tests().iter().map(|t| &*t.name).collect();
    assert_eq!(names, ["TestKey", "TestB"]);
}

/// Names with secrets in them are the same at the start and at the end of a test.
#[test]
fn a_redacted_name_is_one_name() {
    let mut names = Vec::new();
    let mut parser = parser();
    let log = b"TEST_START name=\"get token=abcdefgh1\"\nTEST_PASS name=\"get token=abcdefgh1\"\n";
    parser.feed(log, &mut |event| match &event.body {
        Body::TestStart(start) => names.push(start.name.to_owned()),
        Body::TestEnd(end) => names.push(end.name.to_owned()),
        _ => {}
    });
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], names[1]);
    assert!(names[0].starts_with("get token=[redacted:assignment:"));
}
