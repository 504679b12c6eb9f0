//! Results that are read before anybody looked for other people's needles in their lines: mixed with lines
//! of every other kind they tell the same events as where every line is looked at.

use proptest::prelude::*;
use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Event, ParserOptions};

/// More lines than are looked at whatever they hold.
const IDLE: usize = 1100;

/// What opens the formats; the lines below then follow each other in any order.
const OPENINGS: &[&str] = &[
    "============================= test session starts ==============================\ncollected 900 items\n\n",
    "running 900 tests\n",
    "TAP version 13\n1..900\n",
    "{\"Time\":\"2026-01-02T03:04:05Z\",\"Action\":\"start\",\"Package\":\"shop/cart\"}\n",
];

/// Results, many of which follow each other in a log; `#` is a number that grows.
const RESULTS: &[&str] = &[
    "tests/cart/test_total.py::TestTotal::test_rounds[one-#] PASSED [ 12%]",
    "tests/cart/test_total.py::TestTotal::test_rounds[two-#] FAILED [ 13%]",
    "tests/cart/test_total.py::test_vat_# SKIPPED (needs net) [ 14%]",
    "test cart::tests::rounds_# ... ok",
    "test cart::tests::adds_# ... FAILED",
    "test cart::tests::slow_# ... ignored, takes 60 seconds",
    "ok # - the cart is empty",
    "not ok # - the cart is full",
    "ok # - no cart # SKIP not today",
    "{\"Time\":\"2026-01-02T03:04:05Z\",\"Action\":\"pass\",\"Package\":\"shop/cart\",\"Test\":\"TestPay#\",\"Elapsed\":0.1}",
];

/// What else may stand among them.
const LINES: &[&str] = &[
    "tests/cart/test_total.py::TestTotal::test_rounds[one-1] PASSED [ 12%]",
    "tests/cart/test_total.py::TestTotal::test_rounds[two # 2] FAILED [ 13%]",
    "tests/cart/test_total.py::test_vat SKIPPED (needs net) [ 14%]",
    "tests/cart/test_total.py::test_vat XFAIL (why (not)) [ 15%]",
    "tests/cart/test_total.py::test_odd RERUN [ 15%]",
    "tests/cart/test_total.py::test_TEST_PASS PASSED [ 16%]",
    "tests/cart/test_total.py::test_late ",
    "PASSED [ 17%]",
    "tests/cart/test_down.py::test_down ERROR [ 18%]",
    "=================================== FAILURES ===================================",
    "_________________________________ test_rounds __________________________________",
    "E       assert 1 == 2",
    "=========================== short test summary info ============================",
    "========================= 1 failed, 3 passed in 0.12s =========================",
    "============================= test session starts ==============================",
    "test cart::tests::rounds ... ok",
    "test cart::tests::adds ... FAILED",
    "test cart::tests::slow ... ignored, takes 60 seconds",
    "test cart::tests::slow has been running for over 60 seconds",
    "test [ui] tests/ui/a.rs ... ok",
    "test src/lib.rs - Cart (line 12) ... ok",
    "test cart::tests::talks ... hello",
    "ok",
    "test TEST_PASS ... ok",
    "test result: FAILED. 2 passed; 898 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s",
    "failures:",
    "---- cart::tests::adds stdout ----",
    "    cart::tests::adds",
    "     Running unittests src/lib.rs (target/debug/deps/shop-0123456789abcdef)",
    "running 900 tests",
    "error: test failed, to rerun pass `--lib`",
    "ok 1 - the cart is empty",
    "ok 2 - TEST_FAIL why",
    "not ok 3 - the cart is full # TODO later",
    "not ok 4 - the cart is lost in the rain",
    "ok 5 # SKIP no cart today",
    "  ---",
    "  message: 'expected'",
    "  severity: fail",
    "  ...",
    "# a comment on nothing",
    "    ok 1 - within",
    "1..900",
    "Bail out! no more",
    "{\"Time\":\"2026-01-02T03:04:05Z\",\"Action\":\"run\",\"Package\":\"shop/cart\",\"Test\":\"TestPay\"}",
    "{\"Time\":\"2026-01-02T03:04:05Z\",\"Action\":\"fail\",\"Package\":\"shop/cart\",\"Test\":\"TestPay\",\"Elapsed\":0.1}",
    "=== RUN   TestPay",
    "    cart_test.go:8: no money",
    "--- FAIL: TestPay (0.06s)",
    "--- PASS: TestPay (0.06s)",
    "ok  \tshop/cart\t0.123s",
    "ok 7 \tshop/cart\t0.123s",
    "FAIL",
    "FAIL\tshop/cart\t0.123s",
    "TEST_START login",
    "TEST_FAIL login reason=\"no answer\"",
    "Traceback (most recent call last):",
    "  File \"/app/cart.py\", line 3, in total",
    "ValueError: no such cart",
    "thread 'cart::tests::adds' panicked at src/cart.rs:8:9:",
    "password=hunter2222",
    "test cart::tests::password=hunter2222 ... ok",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "test_adds (test_cart.Cart.test_adds) ... ok",
    "cart.test_adds ... ok",
    "some other text",
    "",
    "\x1b[32mtest cart::tests::green ... ok\x1b[0m",
    "test cart::tests::back ... ok\r",
];

/// Lines in envelopes, behind which nothing is read at once any more.
const WRAPPED: &[&str] = &[
    "2026-01-02T03:04:05Z test cart::tests::stamped ... ok",
    "cart  | ok 6 - behind a prefix",
];

/// The formats whose lines are read at once, the one whose lines are asked about before them, and one that
/// is asked after.
const ASKED: &[&str] = &[
    "go_test_json",
    "go_test",
    "libtest",
    "pytest",
    "tap",
    "unittest",
];

fn told(options: ParserOptions, log: &str) -> Vec<String> {
    let mut parser = options.dialects(|id| ASKED.contains(&id)).parser();
    let mut told = Vec::new();
    let mut emit = |event: &Event<'_>| {
        let (line, dialect, body) = (event.line, event.dialect, &event.body);
        told.push(format!("{line} {dialect} {body:?}"));
    };
    for piece in ["idle\n".repeat(IDLE).as_str(), log] {
        parser.feed(piece.as_bytes(), &mut emit);
    }
    parser.finish(&mut emit);
    told
}

/// Lines that follow each other.
fn run() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        60 => (proptest::sample::select(RESULTS), 1..40_usize).prop_map(|(line, times)| vec![line; times]),
        39 => (0..LINES.len(), 1..4_usize).prop_map(|(at, lines)| LINES.iter().copied().skip(at).take(lines).collect()),
        1 => proptest::sample::select(WRAPPED).prop_map(|line| vec![line]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_result_read_at_once_is_told_as_if_every_line_were_looked_at(
        openings in proptest::sample::subsequence(OPENINGS, 1..=OPENINGS.len()).prop_shuffle(),
        runs in proptest::collection::vec(run(), 0..30),
        redacts in any::<bool>(),
    ) {
        let mut log = openings.concat();
        for (n, line) in runs.concat().iter().enumerate() {
            match RESULTS.contains(line) {
                true => log += &line.replacen('#', &(n + 1).to_string(), 1),
                false => log += line,
            }
            log.push('\n');
        }
        let redactor = Redactor::new(&Options::new(Key::new(b"of this test"))).unwrap();
        let options = || match redacts {
            true => ParserOptions::new().redactor(redactor.fork()),
            false => ParserOptions::new(),
        };
        prop_assert_eq!(told(options(), &log), told(options().thorough(), &log));
    }
}

/// Names that end with what a secret may stand behind, or hold one.
const NAMES: &[&str] = &[
    "TestPay",
    "TestPay/token",
    "TestPay/pwd",
    "TestPay/api_key",
    "TestPay/Bearer",
    "TestPay/Authorization",
    "TestPay/hooks.slack.com",
    "TestPay/AKIA",
    "TestPay/AKIAIOSFODNN7EXAMPLE",
    "TestPay/sk-",
    "TestPay/411111111111",
    "TestPay/token=hunter2222",
    "TestPay/Authorization:digest_x=",
];
/// What a test prints, escaped.
const PRINTED: &[&str] = &[
    "=hunter2222",
    ":hunter2222",
    "hunter2222a1",
    " hunter2222",
    "\\\":\\\"hunter2222\\\"",
    "IOSFODNN7EXAMPLE",
    "1111",
    "4111111111111111",
    "@example.com",
    "/services/T00000000/B00000000/a1b2c3d4a1b2c3d4",
    "https://cart:hunter2222@example.com",
    "password=hunter2222",
    "=== RUN   TestPay",
    "=== RUN   TestPay/token",
    "    --- FAIL: TestPay/pwd (0.00s)",
    "=== RUN   TestPay/token=hunter2222",
    "--- FAIL: TestPay/api_key (0.00s) =hunter2222",
    "--- FAIL: TestPay/AKIA (0.00s) -----BEGIN RSA PRIVATE KEY-----",
    "no money",
    "",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn what_is_known_of_a_line_hides_no_secret_of_the_rest(
        tests in proptest::collection::vec(
            (proptest::sample::select(NAMES), proptest::collection::vec(proptest::sample::select(PRINTED), 0..4)),
            0..20,
        ),
    ) {
        let mut log = String::new();
        for (name, printed) in tests {
            let mut line = |action: &str, rest: &str| {
                log += &format!(
                    "{{\"Time\":\"2026-01-02T03:04:05.6Z\",\"Action\":\"{action}\",\"Package\":\"shop/cart\",\"Test\":\"{name}\"{rest}}}\n"
                );
            };
            line("run", "");
            for text in printed {
                line("output", &format!(",\"Output\":\"{text}\\n\""));
            }
            line("fail", ",\"Elapsed\":0.1");
        }
        let redactor = Redactor::new(&Options::new(Key::new(b"of this test"))).unwrap();
        let options = || ParserOptions::new().redactor(redactor.fork());
        prop_assert_eq!(told(options(), &log), told(options().thorough(), &log));
        prop_assert!(told(options(), &log).iter().all(|event| !event.contains("password=hunter2222")));
    }
}
