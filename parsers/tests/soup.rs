//! Lines of the line-oriented dialects in any order: whatever they are mixed with, parsing must not
//! panic, must not depend on how the bytes are cut, and must not tell more than was written.

use proptest::prelude::*;
use sentinel_parsers::ledger::Ledger;
use sentinel_parsers::{Body, Parser};

/// What the dialects `tap`, `prove`, `bats` and `unittest` look for, and what only resembles it.
const LINES: &[&str] = &[
    "TAP version 14",
    "1..3",
    "1..0 # SKIP no net",
    "ok 1 - a",
    "ok 2 - b # time=1.5ms {",
    "not ok 2 - b",
    "not ok 3 c # TODO later",
    "ok",
    "ok - d # skip x",
    "not ok 4",
    "    # Subtest: a",
    "# Subtest: a",
    "    ok 1 - a",
    "    1..1",
    "  ---",
    "  message: |-",
    "    text",
    "  at: f (/x.js:1:2)",
    "  type: 'suite'",
    "  ...",
    "# tests 3",
    "# pass 2",
    "#   Failed test 'b'",
    "#   at t/a.t line 3.",
    "Bail out!  no",
    "t/a.t .. ",
    "t/b.t .. ok",
    "t/c.sh .. 1/?",
    "Failed 1/3 subtests ",
    "Dubious, test returned 1 (wstat 256, 0x100)",
    "t/a.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)",
    "Files=2, Tests=9,  1 wallclock secs (x)",
    "Result: FAIL",
    "a.bats",
    " ✓ f [12]",
    " ✗ g",
    " - h (skipped: x)",
    "   (in test file a.bats, line 3)",
    "3 tests, 1 failure in 2 seconds",
    "test_a (m.C.test_a) ... ok",
    "test_b (m.C) ... ",
    "test_c (m.C)",
    "Doc of c ... FAIL",
    "  test_b (m.C.test_b) (i=1) ... ERROR",
    "test_d (m.C) ... test_e (m.C) ... skipped 'x'",
    "skipped 'x'",
    "..F.",
    "======================================================================",
    "----------------------------------------------------------------------",
    "FAIL: test_a (m.C.test_a)",
    "ERROR: setUpClass (m.C)",
    "UNEXPECTED SUCCESS: test_f (m.C)",
    "Traceback (most recent call last):",
    "  File \"/m.py\", line 3, in test_a",
    "AssertionError: no",
    "Ran 4 tests in 0.1s",
    "FAILED (failures=1)",
    "OK",
    "",
    "noise",
    "é…",
];

/// What the dialects of JavaScript's runners look for.
const SCRIPT_LINES: &[&str] = &[
    "PASS src/a.test.js (5 s)",
    "FAIL src/b.test.js",
    " LOGGING RETRY ERRORS  cart adds",
    " RETRY 1 ",
    "  cart",
    "    ✓ adds (3 ms)",
    "    ✕ breaks",
    "  ● cart › breaks",
    "  ● Console",
    "  ● Test suite failed to run",
    "    boom",
    "      at f (src/b.test.js:1:2)",
    "Tests:       1 failed, 2 passed, 3 total",
    "Ran all test suites.",
    "Summary of all failing tests",
    r#"{"numTotalTests":1,"testResults":[{"assertionResults":[{"ancestorTitles":["cart"],"status":"failed","title":"breaks"}]}]}"#,
    " RUN  v2.1.9 /w",
    " ❯ a.test.js (3 tests | 1 failed) 257ms",
    " ✓ a.test.js > cart > adds 3ms (retry x2)",
    "   × cart > breaks 3ms",
    "     → boom",
    "   ✓ deep (2)",
    "stdout | a.test.js > cart",
    "⎯⎯ Failed Tests 1 ⎯⎯",
    "⎯⎯ Failed Suites 1 ⎯⎯",
    " FAIL  a.test.js > cart > breaks",
    " FAIL  a.test.js [ a.test.js ]",
    "⎯⎯[1/1]⎯",
    "      Tests  1 failed | 2 passed (3)",
    "    1) breaks",
    "    - waits",
    "    (Attempt 1 of 2) adds",
    "  2 passing (3s)",
    "  1 failing",
    "  1) cart",
    "       breaks:",
    "▶ cart",
    "  ✔ adds (1.25ms)",
    "✖ breaks (1.25ms)",
    "✖ cart (2.5ms)",
    "ℹ tests 3",
    "✖ failing tests:",
    "test at a.js:1:2",
    "Started",
    "Jasmine started",
    "..F*",
    "Failures:",
    "1) cart breaks",
    "  Message:",
    "****************************",
    "3 specs, 1 failure",
    "Executed 2 of 3 specs (1 FAILED) in 1 sec.",
    "Running 3 tests using 2 workers",
    "  ✓   1 [x] › a.ts:1:2 › cart › adds (42ms)",
    "  ✘   2 a.ts:1:2 › breaks (retry #1)",
    "·F×±",
    "  1) a.ts:1:2 › breaks ───",
    "    Retry #1 ───",
    "    a.ts:1:2 › breaks ───",
    "  1 failed",
    "  1 flaky",
    "  2 passed (3s)",
    "  ✘ [fail]: cart › breaks why",
    "  - [todo] later",
    "  ─",
    "  cart › breaks",
    "  1 test failed",
    "newman",
    "→ Get",
    "  ✓  status is 200",
    "  3. breaks",
    "  GET http://a/b [errored]",
    " 3.  AssertionError  breaks",
    "  █ TOTAL RESULTS",
    "    ✗ status is 200",
    "      ↳  66% — ✓ 2 / ✗ 1",
    "    checks_failed......: 33.33% 30 out of 90",
    "     checks......: 83.33% ✓ 5 ✗ 1",
    "  × é",
    "   ",
    "",
    "noise",
];

fn parse(text: &str, chunk: usize) -> (Ledger, u64) {
    let mut ledger = Ledger::new();
    let mut named = 0;
    let mut parser = Parser::new();
    let mut see = |event: &sentinel_parsers::Event<'_>| {
        ledger.apply(event);
        named += u64::from(matches!(&event.body, Body::TestEnd(end) if !end.recap));
    };
    for piece in text.as_bytes().chunks(chunk) {
        parser.feed(piece, &mut see);
    }
    parser.finish(&mut see);
    (ledger, named)
}

proptest! {
    #[test]
    fn any_mixture_of_lines_is_read_the_same_however_it_is_cut(
        picks in proptest::collection::vec(0..LINES.len(), 0..120),
        chunk in 1_usize..50,
    ) {
        let text: String = picks.iter().flat_map(|i| [LINES[*i], "\n"]).collect();
        let (whole, named) = parse(&text, text.len().max(1));
        let (cut, _) = parse(&text, chunk);
        prop_assert_eq!(whole.tests(), cut.tests());
        prop_assert_eq!(whole.totals(), cut.totals());
        prop_assert_eq!(whole.printed(), cut.printed());
        // A line names at most one result.
        prop_assert!(named <= picks.len() as u64, "{} results of {} lines", named, picks.len());
    }

    #[test]
    fn lines_of_javascripts_runners_in_any_order_are_counted_once(
        picks in proptest::collection::vec(0..SCRIPT_LINES.len(), 0..120),
        chunk in 1_usize..50,
    ) {
        let text: String = picks.iter().flat_map(|i| [SCRIPT_LINES[*i], "\n"]).collect();
        let (whole, _) = parse(&text, text.len().max(1));
        let (cut, _) = parse(&text, chunk);
        prop_assert_eq!(whole.tests(), cut.tests());
        prop_assert_eq!(whole.totals(), cut.totals());
        let told = whole.tests().len() as u64 + whole.unnamed().total();
        prop_assert_eq!(whole.totals().total(), told);
        // No line tells of more than four, but one of nothing but marks: each may be a pending spec.
        let most = picks.iter().map(|i| match SCRIPT_LINES[*i] {
            line if line.bytes().all(|b| b == b'*') => line.len(),
            _ => 4,
        });
        let most: usize = most.sum();
        prop_assert!(told <= most as u64, "{} tests of {} lines", told, picks.len());
    }
}
