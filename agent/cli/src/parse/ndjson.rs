//! Events as JSON lines: what `sentinel parse --format ndjson` prints while the log is read.

use std::io::Write;

use sentinel_parsers::event::{Counts, Printed};
use sentinel_parsers::{Body, Event, Status};
use serde_json::{Map, Value, json};

/// Appends one event as one line.
pub(super) fn event(event: &Event<'_>, out: &mut Vec<u8>) {
    let (kind, fields) = body(&event.body);
    let mut object = Map::new();
    object.insert("event".into(), kind.into());
    object.insert("line".into(), event.line.into());
    object.insert("offset".into(), event.offset.into());
    object.insert("dialect".into(), event.dialect.into());
    if event.lane > 0 {
        object.insert("lane".into(), event.lane.into());
    }
    if let Some(time) = event.time_ms {
        object.insert("time_ms".into(), time.into());
    }
    if let Value::Object(fields) = fields {
        object.extend(
            fields
                .into_iter()
                .filter(|(_, v)| !v.is_null() && *v != Value::Bool(false)),
        );
    }
    // Writing to memory cannot fail.
    let _ = writeln!(out, "{}", Value::Object(object));
}

/// The event's word.
pub(super) fn kind(event: &Body<'_>) -> &'static str {
    body(event).0
}

fn body(body: &Body<'_>) -> (&'static str, Value) {
    match body {
        Body::RunStart(r) => (
            "run_start",
            json!({"run_id": r.run_id, "pipeline": r.pipeline, "environment": r.environment,
                "branch": r.branch, "commit": r.commit, "attempt": r.attempt}),
        ),
        Body::RunEnd(r) => (
            "run_end",
            json!({"run_id": r.run_id, "status": r.status, "duration_s": r.duration_s}),
        ),
        Body::SuiteStart(s) => ("suite_start", json!({"suite": s.suite, "tags": s.tags})),
        Body::SuiteEnd(s) => (
            "suite_end",
            json!({"suite": s.suite, "status": s.status.map(Status::as_str),
                "duration_s": s.duration_s, "adopts": s.adopts}),
        ),
        Body::Plan(p) => ("plan", json!({"suite": p.suite, "tests": p.tests})),
        Body::TestStart(t) => (
            "test_start",
            json!({"suite": t.suite, "name": t.name, "attempt": t.attempt, "tags": t.tags}),
        ),
        Body::TestEnd(t) => (
            "test_end",
            json!({"suite": t.suite, "name": t.name, "status": t.status.as_str(),
                "duration_s": t.duration_s, "attempt": t.attempt, "message": t.message,
                "location": t.location, "tags": t.tags, "recap": t.recap, "teardown": t.teardown}),
        ),
        Body::TestDetail(t) => (
            "test_detail",
            json!({"suite": t.suite, "name": t.name, "message": t.message, "location": t.location}),
        ),
        Body::Counted(c) => (
            "counted",
            json!({"suite": c.suite, "counts": counts(&c.counts)}),
        ),
        Body::Summary(s) => (
            "summary",
            json!({"suite": s.suite, "printed": printed(s.printed), "duration_s": s.duration_s}),
        ),
        Body::Signature(s) => (
            "signature",
            json!({"class": s.class, "exception": s.exception, "excerpt": s.message,
                "end_line": s.end_line, "fingerprint": s.fingerprint, "group": s.group,
                "outer": s.outer, "within": s.within, "frames": super::frames(s)}),
        ),
        Body::Gap(g) => (
            "gap",
            json!({"from": g.from, "to": g.to, "reason": g.reason}),
        ),
        Body::EndOfStream(e) => (
            "end_of_stream",
            json!({"total_bytes": e.total_bytes, "hash": e.hash, "exit_code": e.exit_code,
                "signal": e.signal, "cause": e.cause}),
        ),
        _ => ("unknown", Value::Null),
    }
}

fn counts(counts: &Counts) -> Value {
    let told = Status::ALL.iter().filter(|s| counts[**s] > 0);
    told.map(|s| (s.as_str().to_owned(), Value::from(counts[*s])))
        .collect()
}

fn printed(printed: Printed) -> Value {
    crate::report::model::printed_json(Some(printed))
}
