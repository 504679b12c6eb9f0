//! Lines without events cost no allocation: whatever an application logs, a parser that has seen such
//! lines before allocates nothing more. Where an envelope still costs some, a limit keeps it from growing.
//!
//! Linking `allocation_counter` makes it the allocator of this test program; it counts per thread.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use allocation_counter::measure;
use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Parser, ParserOptions};

/// Lines read before: more than the steps and runs that a parser remembers, so that these are full.
const BEFORE: u64 = 4_500;
/// Lines whose allocations are counted.
const COUNTED: u64 = 500;
/// Bytes handed over at once; lines are cut by them.
const CHUNK: usize = 64 * 1024;

/// How an application logs: the n-th of its lines.
type Kind = fn(u64) -> String;

/// A line as a runtime or a tool hands it on.
type Envelope = fn(&str, u64) -> String;

/// What applications log without a test in sight.
const KINDS: [(&str, Kind); 9] = [
    ("klog", |n| {
        format!(
            r#"I0301 00:00:{:02}.123456       1 queue.go:{n}] "replica settled" controller="pod" namespace="ns-{}" elapsed="{n}.5ms""#,
            n % 60,
            n % 32
        )
    }),
    ("json", |n| {
        format!(
            r#"{{"ts":"2026-03-01T00:00:{:02}.123Z","level":"info","logger":"queue","msg":"commit stream order","trace_id":"4f0c{n:06x}","took_ms":{n}}}"#,
            n % 60
        )
    }),
    ("access", |n| {
        format!(
            r#"10.0.3.{} - - [01/Mar/2026:00:00:{:02} +0000] "GET /api/v1/orders/{n} HTTP/1.1" 200 512 "-" "Mozilla/5.0 rt=0.012" 4f0c{n:06x}"#,
            n % 250,
            n % 60
        )
    }),
    ("java", |n| {
        format!(
            "2026-03-01 00:00:{:02},123 INFO  [http-nio-8080-exec-{}] c.e.order.CartService - stored id=4f0c{n:06x} user={n}",
            n % 60,
            n % 32
        )
    }),
    ("python", |n| {
        format!(
            "2026-03-01 00:00:{:02},123 - order.cart - INFO - stored request_id=4f0c{n:06x} shard={} rows={n}",
            n % 60,
            n % 64
        )
    }),
    ("logfmt", |n| {
        format!(
            r#"time=2026-03-01T00:00:{:02}.123Z level=info msg="order stored" id={n} took=1.5ms"#,
            n % 60
        )
    }),
    ("text", |n| {
        format!("step {n}: request answered in {} ms", n % 90)
    }),
    ("colours", |n| {
        format!("\x1b[32mINFO\x1b[0m order {n} stored in {} ms", n % 90)
    }),
    ("trap", |n| match n % 4 {
        0 => format!(
            "2026-03-01 00:00:01,123 INFO  [main] c.e.Runner - no failures, ok {n} of {n} checks"
        ),
        1 => format!(
            r#"{{"ts":"2026-03-01T00:00:01Z","level":"info","msg":"LATEST_STARTED build {n}"}}"#
        ),
        2 => format!(
            r#"10.0.3.7 - - [01/Mar/2026:00:00:01 +0000] "GET /test_start?case=test_{n} HTTP/1.1" 200 9"#
        ),
        _ => format!(
            "2026-03-01 00:00:01,123 - panic.button - INFO - operator panic: button armed id={n}"
        ),
    }),
];

/// What a runtime or a tool wraps round each line.
const ENVELOPES: [(&str, Envelope); 5] = [
    ("none", |line, _| format!("{line}\n")),
    ("cri", |line, n| {
        format!(
            "2026-03-01T00:00:{:02}.123456789Z stdout F {line}\n",
            n % 60
        )
    }),
    ("docker", |line, n| {
        let line = serde_json::to_string(&format!("{line}\n")).unwrap();
        let second = n % 60;
        format!(
            r#"{{"log":{line},"stream":"stdout","time":"2026-03-01T00:00:{second:02}.123456789Z"}}"#
        ) + "\n"
    }),
    ("kubectl", |line, n| {
        format!("[pod/shop-7d4f8b9c6d-x2x{}/app] {line}\n", n % 3)
    }),
    ("timestamps", |line, n| {
        format!("2026-03-01T00:00:{:02}.123456789Z {line}\n", n % 60)
    }),
];

/// Allocations per thousand lines that are still made, by kind and envelope. The aim is 0 everywhere: the numbers
/// only go down. `--nocapture` prints what they could be.
const LIMITS: [(&str, [u64; 5]); 9] = [
    ("klog", [0, 0, 2000, 2000, 2000]),
    ("json", [0, 0, 2000, 2000, 0]),
    ("access", [0, 0, 1000, 2000, 0]),
    ("java", [0, 0, 0, 2000, 2000]),
    ("python", [0, 0, 0, 2000, 2000]),
    ("logfmt", [0, 0, 2000, 2000, 0]),
    ("text", [0, 0, 0, 2000, 2000]),
    ("colours", [1000, 1000, 2000, 3000, 1000]),
    ("trap", [0, 0, 750, 2000, 1000]),
];

/// Lines of a thousand without a secret that the redactor may suspect all the same: the gate before its rules is not
/// exact, and looking closer allocates once.
const SUSPECTED: u64 = 10;

fn redacting() -> Parser {
    let redactor = Redactor::new(&Options::new(Key::new(b"test"))).unwrap();
    ParserOptions::new().redactor(redactor).parser()
}

/// Allocations per thousand lines of the kind in the envelope.
fn made(mut parser: Parser, line: Kind, wrap: Envelope) -> u64 {
    let log = |from, to| (from..to).map(|n| wrap(&line(n), n)).collect::<String>();
    let (before, counted) = (log(0, BEFORE), log(BEFORE, BEFORE + COUNTED));
    let mut events = 0;
    let mut read = |log: &str| {
        for chunk in log.as_bytes().chunks(CHUNK) {
            parser.feed(chunk, &mut |_| events += 1);
        }
    };
    read(&before);
    let made = measure(|| read(&counted)).count_total;
    assert_eq!(events, 0, "a log without events has some");
    made * 1000 / COUNTED
}

/// Compares every kind in every envelope with what it may allocate, and what is spare.
fn check(parser: fn() -> Parser, spare: u64) {
    let mut above = Vec::new();
    for ((kind, line), (name, limits)) in KINDS.into_iter().zip(LIMITS) {
        assert_eq!(kind, name);
        let found = ENVELOPES.map(|(_, wrap)| made(parser(), line, wrap));
        println!("    ({kind:?}, {found:?}),");
        for ((found, limit), (envelope, _)) in found.into_iter().zip(limits).zip(ENVELOPES) {
            if found > limit + spare {
                above.push(format!("{kind} in {envelope}: {found}, at most {limit}"));
            }
        }
    }
    assert!(
        above.is_empty(),
        "allocations per 1000 lines:\n{}",
        above.join("\n")
    );
}

#[test]
fn lines_without_events_are_read_without_allocation() {
    check(Parser::new, 0);
}

#[test]
fn lines_without_secrets_are_redacted_with_hardly_any_allocation() {
    check(redacting, SUSPECTED);
}
