//! Lines that nobody looks at would change no event: small logs behind many ordinary lines, where a parser
//! passes over what holds no needle, against one that looks at every line.

use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Body, Event, Parser, ParserOptions};

/// More lines than are looked at whatever they hold.
const IDLE: usize = 1100;

fn told(mut parser: Parser, log: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut emit = |event: &Event<'_>| {
        let (line, dialect, body) = (event.line, event.dialect, &event.body);
        told.push(format!("{line} {dialect} {body:?}"));
    };
    parser.feed("idle\n".repeat(IDLE).as_bytes(), &mut emit);
    parser.feed(log.as_bytes(), &mut emit);
    parser.finish(&mut emit);
    told
}

/// The events of the log, which are the same for whoever looks at every line.
fn exact(log: &str) -> Vec<String> {
    let fast = told(Parser::new(), log);
    assert_eq!(told(ParserOptions::new().thorough().parser(), log), fast);
    fast
}

/// How many events the same log has twice, one behind the other.
fn twice(log: &str) -> (usize, usize) {
    (exact(log).len(), exact(&format!("{log}{log}")).len())
}

#[test]
fn a_second_run_is_read_as_the_first() {
    let runs = [
        "Running ExUnit with seed: 1, max_cases: 4\n\nFooTest [test/foo_test.exs]\n  * test adds (0.6ms) [L#4]\n\n\
         Finished in 0.1 seconds (0.1s async, 0.00s sync)\n1 test, 0 failures\n\n",
        "==============================================================================\n\
         Cart                                                                          \n\
         ==============================================================================\n\
         Adds                                                                  | PASS |\n\
         ------------------------------------------------------------------------------\n\
         Cart                                                                  | PASS |\n\
         1 test, 1 passed, 0 failed\n\
         ==============================================================================\n\n",
        "cart.bats\n ✓ adds\n ✗ breaks\n   (in test file cart.bats, line 5)\n\n2 tests, 1 failure\n\n",
        "[doctest] doctest version is \"2.4.9\"\n\
         ===============================================================================\n\
         dt.cpp:8:\nTEST CASE:  throws\n\ndt.cpp:8: ERROR: test case THREW exception: disk full\n\n\
         ===============================================================================\n\
         [doctest] test cases: 1 | 0 passed | 1 failed |\n[doctest] Status: FAILURE!\n",
        "t/a.t .. \n1..1\nok 1 - sum\nok\nAll tests successful.\n\
         Files=1, Tests=1,  0 wallclock secs ( 0.02 usr)\nResult: PASS\n",
    ];
    for run in runs {
        let (once, again) = twice(run);
        assert!(once > 1, "{run}");
        assert_eq!(again, 2 * once, "{run}");
    }
}

#[test]
fn a_features_title_is_nothing_behind_other_text() {
    let log = "Feature: Cart\n\n  Scenario: adds\n    Given a cart ... passed in 0.001s\n\n\
               1 feature passed, 0 failed, 0 skipped\n1 scenario passed, 0 failed, 0 skipped\n\
               1 step passed, 0 failed, 0 skipped\nFeature: prose\nand more of it\n  Scenario: sums\n    \
               Given a cart ... passed in 0.001s\n";
    let told = exact(log);
    assert!(told.iter().any(|e| e.contains("\"sums\"")), "{told:#?}");
    assert!(told.iter().all(|e| !e.contains("prose")), "{told:#?}");
}

#[test]
fn a_tab_may_stand_before_the_description_of_a_result() {
    let told =
        exact("TAP version 14\n1..2\nok 1 - adds\nof others\nand more of it\nok\t2 - later\n");
    assert!(told.iter().any(|e| e.contains("\"later\"")), "{told:#?}");
}

#[test]
fn what_holds_no_needle_opens_no_dialect() {
    let logs = [
        "\u{b} RUN  v2.1.9 /w\n ✓ test/a.test.js (5 tests) 119ms\n  Tests  1 failed | 3 passed (4)\n",
        "\u{b}    Starting 63 tests across 1 binary\n",
        "11/11 fail - mainprj:buggy                            FAIL            0.01s\n",
        "  9) doctest Range.size/1 (22) (RangeTest)\n",
        "encode (json.encoder.JSONEncoder)\nand prose\n",
        "t/a.t ..\nand text\n",
        "--------------------------------------------------\nAdds  \nand text\n",
        "\"GET / HTTP/1.1\" 542\nGET /a 500\nreply 501 (status (500)\n",
        "main.rb:6:in 'Object#rescue in load': cannot load (RuntimeError)\nand text\n",
    ];
    for log in logs {
        assert_eq!(exact(log), [""; 0], "{log}");
    }
}

#[test]
fn what_an_open_dialect_waits_for_is_looked_at() {
    let logs = [
        "ℹ tests 8\ntext\nℹ cancelled 0\nTEST_FAIL n\n",
        "[==========] 1 test from 1 test suite ran. (1 ms total)\nRepeating all tests (iteration 2) . . .\n\
         a.cc:3: Failure\nwhy\n[ RUN      ] A.b\n",
        "2 scenarios passed, 1 failed, 0 skipped\nErrored scenarios:\n\n  features/cart.feature:25  x\n",
        "--- FAIL: TestZz (0.06s)\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n    late\n",
        "1 scenario passed, 0 failed, 0 skipped\n    And it should contain:      # shop/cart.feature:10\n    \
         \u{1f610} # features/steps/emoji.py:8\n\nErrored scenarios:\n  features/cart.feature:97  x\n",
        "{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 2 }\n\
         { \"type\" :\"test\", \"name\": \"a\", \"event\": \"ok\" }\n",
    ];
    for log in logs {
        exact(log);
    }
}

#[test]
fn headings_count_as_far_as_is_looked_back() {
    let spread = |lines: usize, first: &str, last: &str| {
        let text = "        text\n".repeat(lines);
        exact(&format!("{first}{text}{last}")).len()
    };
    for lines in 0..20 {
        spread(lines, "\n\n  Cart\n", "    ✔ adds\n  1 passing (2ms)\n");
        spread(lines, "\nCart\n", "\x1b[32m  adds\x1b[0m\n");
        spread(lines, "features/x ..\n", "1..2\nok 1\n");
    }
}

#[test]
fn a_record_of_go_test_is_read_without_its_secrets_whoever_looks_at_it() {
    let record = |test: &str, output: &str| {
        format!(
            "{{\"Time\":\"2026-01-02T03:04:05.678901234Z\",\"Action\":\"output\",\"Package\":\"shop/cart\",\
             \"Test\":\"{test}\",\"Output\":\"{output}\\n\"}}\n"
        )
    };
    let end = |test: &str, action: &str| {
        format!(
            "{{\"Time\":\"2026-01-02T03:04:05.678901234Z\",\"Action\":\"{action}\",\"Package\":\"shop/cart\",\
             \"Test\":\"{test}\",\"Elapsed\":0.1}}\n"
        )
    };
    let secrets = [
        "DB_PASSWORD=hunter2222",
        "card 4111 1111 1111 1111 declined",
        "https://user:hunter2222@shop.example/",
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEAt1x2YzAbCdEfGhIjKlMnOpQrStUvWxYz0123456789+abc==",
        "-----END RSA PRIVATE KEY-----",
    ];
    let mut log = String::new();
    for (n, secret) in secrets.iter().enumerate() {
        let test = format!("TestPay{n}");
        log += &end(&test, "run").replace(",\"Elapsed\":0.1", "");
        log += &record(&test, &format!("    cart_test.go:8: {secret}"));
        log += &record(&test, "    cart_test.go:9: nothing to hide");
        log += &end(&test, "fail");
    }
    let redactor = Redactor::new(&Options::new(Key::new(b"of this test"))).unwrap();
    let options = || ParserOptions::new().redactor(redactor.fork());
    let fast = told(options().parser(), &log);
    assert_eq!(told(options().thorough().parser(), &log), fast);
    let fast = fast.join("\n");
    assert_eq!(fast.matches("TestEnd(").count(), secrets.len());
    for secret in ["hunter2222", "4111 1111", "MIIEpAIBAAKC"] {
        assert!(!fast.contains(secret), "{secret} in {fast}");
    }
    assert!(fast.matches("[redacted:").count() >= 4, "{fast}");
}

#[test]
fn a_text_argument_below_a_scenario_without_steps_hides_nothing_from_behave() {
    let log = "1 scenario passed, 0 failed, 0 skipped\n\n  Scenario: two files\n      \"\"\"\n      1 feature passed, 0 failed\n\
               1 scenario passed, 0 failed, 0 skipped\n";
    assert!(!exact(log).is_empty());
}

#[test]
fn results_that_repeat_are_all_read() {
    let log = format!("1..3000\n{}", "ok\n".repeat(3000));
    let mut parser = Parser::new();
    let mut ends = 0;
    let mut count = |event: &Event<'_>| ends += u32::from(matches!(event.body, Body::TestEnd(_)));
    parser.feed(log.as_bytes(), &mut count);
    parser.finish(&mut count);
    assert_eq!((ends, parser.repeated_lines()), (3000, 0));
}

#[test]
fn blank_lines_without_end_in_a_block_are_read_a_few_thousand_times_and_lose_nothing() {
    const BLANK: usize = 50_000;
    let log = format!(
        "============================= test session starts ==============================\n\
         collected 1 item\n\na.py::test_x FAILED [100%]\n\n\
         =================================== FAILURES ===================================\n\
         ____________________________________ test_x ____________________________________\n\n\
         >       assert f() == 1\n{}E       assert 2 == 1\n\na.py:3: AssertionError\n\
         ============================== 1 failed in 0.01s ===============================\n",
        "\n".repeat(BLANK)
    );
    let events = exact(&log).join("\n");
    assert!(
        events.contains("assert 2 == 1") && events.contains("Summary"),
        "{events}"
    );
    let mut told = Vec::new();
    for size in [1, 1000, log.len()] {
        let mut parser = Parser::new();
        let mut events = Vec::new();
        let mut emit = |event: &Event<'_>| events.push(format!("{event:?}"));
        log.as_bytes()
            .chunks(size)
            .for_each(|chunk| parser.feed(chunk, &mut emit));
        parser.finish(&mut emit);
        told.push((events, parser.repeated_lines()));
    }
    assert!(told[0].1 > BLANK as u64 - 5000, "{}", told[0].1);
    assert!(told[0] == told[1] && told[1] == told[2]);
}
