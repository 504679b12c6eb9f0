//! Lines that nobody looks at would change no event: small logs behind many ordinary lines, where a parser
//! passes over what holds no needle, against one that looks at every line.

use sentinel_parsers::{Event, Parser, ParserOptions};

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
fn what_holds_no_needle_opens_no_dialect() {
    let logs = [
        "11/11 fail - mainprj:buggy                            FAIL            0.01s\n",
        "  9) doctest Range.size/1 (22) (RangeTest)\n",
        "encode (json.encoder.JSONEncoder)\nand prose\n",
        "t/a.t ..\nand text\n",
        "--------------------------------------------------\nAdds  \nand text\n",
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
