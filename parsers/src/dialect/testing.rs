//! For the tests of dialects: a text in, what a ledger makes of it out, one line each.

use std::fmt::Write;

use crate::event::Body;
use crate::{Ledger, Parser};

/// Parses with the given dialects and lists tests, then suites that ended, then printed totals.
pub(super) fn told(dialects: &[&str], text: &str) -> String {
    let mut whole = Ledger::new();
    let mut out = String::new();
    let mut suites = String::new();
    let mut parser = Parser::with_dialects(|id| dialects.contains(&id));
    let mut see = |event: &crate::Event<'_>| {
        whole.apply(event);
        if let Body::SuiteEnd(end) = &event.body {
            let status = end.status.map_or("-", crate::Status::as_str);
            let _ = writeln!(suites, "suite {} {status} {:?}", end.suite, end.duration_s);
        }
    };
    parser.feed(text.as_bytes(), &mut see);
    parser.finish(&mut see);
    for test in whole.tests() {
        let last = test.last();
        let suite = test.suite.as_deref().unwrap_or("?");
        let _ = write!(out, "{suite} | {} | {}", test.name, last.status.as_str());
        if let Some(seconds) = last.duration_s {
            let _ = write!(out, " {seconds}s");
        }
        for text in [&last.location, &last.message].into_iter().flatten() {
            let _ = write!(out, " | {text}");
        }
        out.push('\n');
    }
    let unnamed = whole.unnamed();
    if !unnamed.is_zero() {
        let _ = writeln!(out, "unnamed {}", counts(&unnamed));
    }
    out.push_str(&suites);
    if let Some(planned) = whole.planned() {
        let _ = writeln!(out, "planned {planned}");
    }
    if let Some(p) = whole.printed() {
        let _ = writeln!(
            out,
            "printed {:?} {:?} {:?} {:?}",
            p.tests, p.passed, p.failed, p.skipped
        );
    }
    out
}

fn counts(counts: &crate::Counts) -> String {
    let mut text = String::new();
    for status in crate::Status::ALL {
        if counts[status] > 0 {
            let _ = write!(text, "{} {} ", counts[status], status.as_str());
        }
    }
    text.trim_end().to_owned()
}

/// Lines as go test and cargo test print them, in no order.
const FRAGMENTS: &[&str] = &[
    "=== RUN   TestA",
    "=== RUN   TestA/b",
    "=== PAUSE TestA/b",
    "=== CONT  TestA/b",
    "    a_test.go:3: text",
    "--- FAIL: TestA (0.01s)",
    "out--- PASS: TestA (0.01s)",
    "    --- FAIL: TestA/b (0.01s)",
    "panic: test timed out after 1s",
    "\trunning tests:",
    "\t\tTestB (1s)",
    "panic: boom",
    "ok  \tp\t0.1s",
    "FAIL\tp\t0.1s",
    "FAIL\tq [build failed]",
    "     Running x (target/debug/deps/a-0123456789abcdef)",
    "   Doc-tests a",
    "running 3 tests",
    "test one ... ok",
    "test two ... FAILED",
    "test two ... torn",
    "test one ... \u{1b}[32mok\u{1b}[m",
    "ok",
    "tornok",
    "..F 3/3",
    ".",
    "two --- FAILED",
    "test two has been running for over 60 seconds",
    "",
    "failures:",
    "successes:",
    "---- two stdout ----",
    "thread 'two' (1) panicked at a.rs:1:2:",
    "thread 'two' panicked at 'x', a.rs:1:2",
    "    two",
    "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
    "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    "error: test failed, to rerun pass `--lib`",
    "    Starting 1 test across 1 binary",
    "     Summary [   0.9s] 1 test run: 1 passed",
    "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}",
    "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"TestA\",\"Elapsed\":0.1}",
    "{\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":0.1}",
    "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}",
    "{\"type\":\"test\",\"event\":\"started\",\"name\":\"one\"}",
    "{\"type\":\"test\",\"event\":\"failed\",\"name\":\"one\",\"stdout\":\"x\\n\"}",
    "{\"type\":\"suite\",\"event\":\"ok\",\"passed\":1}",
];

proptest::proptest! {
    #[test]
    fn lines_in_any_order_count_every_test_once(
        lines in proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..60),
    ) {
        let text = lines.join("\n");
        let mut ledger = Ledger::new();
        let mut results = 0;
        let mut parser = Parser::with_dialects(|id| id.starts_with("go_") || id.starts_with("lib"));
        let mut see = |event: &crate::Event<'_>| {
            ledger.apply(event);
            results += match &event.body {
                Body::TestStart(_) | Body::TestEnd(_) => 1,
                Body::Counted(counted) => counted.counts.total(),
                _ => 0,
            };
        };
        parser.feed(text.as_bytes(), &mut see);
        parser.finish(&mut see);
        let told = ledger.tests().len() as u64 + ledger.unnamed().total();
        proptest::prop_assert_eq!(ledger.totals().total(), told);
        proptest::prop_assert!(told <= results);
        // Nothing is told of more tests than there are lines that could tell of one.
        let letters = 3 * lines.len() as u64;
        proptest::prop_assert!(told <= letters);
    }
}
