//! The shape in which events leave as JSON: every kind bare and with all it can tell, as it stands in the
//! snapshot. What is added may change the snapshot; what is there must stay.

use std::collections::BTreeSet;

use sentinel_parsers::event::{
    Body, Counted, Counts, EndOfStream, Event, Gap, Plan, Printed, RunEnd, RunStart, Signature,
    Status, SuiteEnd, SuiteStart, Summary, TestDetail, TestEnd, TestStart,
};
use serde_json::Value;

/// Each kind with as little as it can tell.
fn bare() -> Vec<Body<'static>> {
    vec![
        Body::RunStart(RunStart::default()),
        Body::RunEnd(RunEnd::default()),
        Body::SuiteStart(SuiteStart {
            suite: "api",
            tags: None,
        }),
        Body::SuiteEnd(SuiteEnd {
            suite: "api",
            status: None,
            duration_s: None,
            adopts: false,
        }),
        Body::Plan(Plan {
            suite: None,
            tests: 0,
        }),
        Body::TestStart(TestStart {
            suite: None,
            name: "login",
            attempt: None,
            tags: None,
        }),
        Body::TestEnd(TestEnd::new(Some(""), "login", Status::TimedOut)),
        Body::TestDetail(TestDetail {
            suite: None,
            name: "login",
            message: None,
            location: None,
        }),
        Body::Counted(Counted {
            suite: None,
            counts: Counts::ZERO,
        }),
        Body::Summary(Summary {
            suite: None,
            printed: Printed::default(),
            duration_s: None,
        }),
        Body::Gap(Gap {
            from: 0,
            to: 10,
            reason: "cap",
        }),
        Body::EndOfStream(EndOfStream {
            total_bytes: 10,
            hash: None,
            exit_code: None,
            signal: None,
            cause: "eof",
        }),
    ]
}

/// Each kind with all it can tell.
fn full() -> Vec<Body<'static>> {
    let suite = Some("api");
    let mut counts = Counts::of(Status::Passed, 7);
    counts.add(Status::TimedOut, 1);
    vec![
        Body::RunStart(RunStart {
            run_id: Some("r-7"),
            pipeline: Some("nightly"),
            environment: Some("staging"),
            branch: Some("main"),
            commit: Some("9f42c1d"),
            attempt: Some(2),
        }),
        Body::RunEnd(RunEnd {
            run_id: Some("r-7"),
            status: Some("failed"),
            duration_s: Some(4.0),
        }),
        Body::SuiteStart(SuiteStart {
            suite: "api",
            tags: Some("slow,db"),
        }),
        Body::SuiteEnd(SuiteEnd {
            suite: "api",
            status: Some(Status::Failed),
            duration_s: Some(1.25),
            adopts: true,
        }),
        Body::Plan(Plan {
            suite,
            tests: u64::MAX,
        }),
        Body::TestStart(TestStart {
            suite,
            name: "a \"b\"\u{1}",
            attempt: Some(1),
            tags: Some("x"),
        }),
        Body::TestEnd(TestEnd {
            duration_s: Some(0.2),
            attempt: Some(3),
            message: Some("expected 3, got 4"),
            location: Some("cart.rs:13"),
            tags: Some("x"),
            recap: true,
            teardown: true,
            ..TestEnd::new(suite, "logout", Status::Failed)
        }),
        Body::TestDetail(TestDetail {
            suite,
            name: "logout",
            message: Some("expected 3, got 4"),
            location: Some("cart.rs:13"),
        }),
        Body::Counted(Counted { suite, counts }),
        Body::Summary(Summary {
            suite,
            printed: Printed::from_array([8, 7, 1, 0, 0, 0, 0, 0].map(Some)),
            duration_s: Some(f64::INFINITY),
        }),
        Body::EndOfStream(EndOfStream {
            total_bytes: 10,
            hash: Some("crc32c:e3069283"),
            exit_code: Some(-1),
            signal: Some(9),
            cause: "killed",
        }),
    ]
}

/// A signature, from a log: what one carries is made by the parser.
const LOG: &[u8] =
    b"Traceback (most recent call last):\n  File \"shop/cart.py\", line 13, in total\n    \
    raise ValueError(\"no price\")\nValueError: no price\n";

fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    let bare = bare().into_iter().map(|body| (0, body));
    for (lane, body) in bare.chain(full().into_iter().map(|body| (3, body))) {
        let event = Event {
            offset: 120,
            sub: lane,
            line: 4,
            time_ms: (lane > 0).then_some(-1),
            lane,
            dialect: "tap",
            body,
        };
        lines.push(serde_json::to_string(&event).expect("it is a map of plain values"));
        let alone = serde_json::to_string(&event.body).expect("it is a map of plain values");
        assert_eq!(
            object(&lines[lines.len() - 1]).get("event"),
            object(&alone).get("event")
        );
    }
    let mut parser = sentinel_parsers::Parser::new();
    let mut tell = |event: &Event<'_>| {
        assert!(matches!(event.body, Body::Signature(Signature { .. })));
        lines.push(serde_json::to_string(event).expect("it is a map of plain values"));
    };
    parser.feed(LOG, &mut tell);
    parser.finish(&mut tell);
    lines
}

fn object(line: &str) -> serde_json::Map<String, Value> {
    serde_json::from_str(line).expect("each line is an object")
}

#[test]
fn every_kind_has_its_shape() {
    let lines = lines();
    let kinds: BTreeSet<String> = lines
        .iter()
        .map(|l| object(l)["event"].to_string())
        .collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn keys_are_words_and_nothing_is_null() {
    fn check(value: &Value) {
        assert!(!value.is_null());
        if let Value::Object(object) = value {
            for (key, value) in object {
                assert!(
                    key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{key}"
                );
                check(value);
            }
        }
    }
    for line in lines() {
        check(&Value::Object(object(&line)));
    }
}

#[test]
fn the_readme_lists_the_keys_of_each_kind() {
    let readme = include_str!("../README.md");
    let (_, place) = readme
        .split_once("| `event` | keys beside")
        .expect("it has the table");
    let place = place.lines().next().unwrap_or_default();
    for line in lines() {
        let object = object(&line);
        let opening = format!("\n| `{}` |", object["event"].as_str().unwrap_or_default());
        let (_, row) = readme.split_once(&opening).expect("each kind has its row");
        let row = row.lines().next().unwrap_or_default();
        for key in object.keys().filter(|key| *key != "event") {
            let word = format!("`{key}`");
            assert!(
                row.contains(&word) || place.contains(&word),
                "{opening} {word}"
            );
        }
    }
}

#[test]
fn the_readme_shows_an_event_as_it_is() {
    let (mut parser, mut failed) = (sentinel_parsers::Parser::new(), Vec::new());
    parser.feed(
        b"1..3\nok 1 - adds\nnot ok 2 - divides\nok 3 # SKIP later\n",
        &mut |event| {
            if let Body::TestEnd(end) = &event.body
                && end.status == Status::Failed
            {
                failed.push(serde_json::to_string(event).expect("it is a map of plain values"));
            }
        },
    );
    let readme = include_str!("../README.md");
    assert!(
        failed.len() == 1 && readme.contains(&failed[0]),
        "{failed:?}"
    );
}
