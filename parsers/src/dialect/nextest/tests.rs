//! What nextest prints in, tests out.

use crate::dialect::told;

fn nextest(text: &str) -> String {
    told::told("nextest", text)
}

#[test]
fn tries_are_attempts_of_one_test() {
    let text = "    Starting 2 tests across 1 binary
  TRY 1 FAIL [   0.049s] (─────) a::t flaky
  stderr ───

    thread 'flaky' (15) panicked at src/lib.rs:5:18:
    broken
    note: run with `RUST_BACKTRACE=1`

        SLOW [>  2.000s] (─────) a::t leaky
  TRY 2 PASS [   0.050s] (1/2) a::t flaky
        LEAK [   2.500s] (2/2) a::t leaky
────────────
     Summary [   2.500s] 2 tests run: 2 passed (1 slow, 1 flaky, 1 leaky), 3 skipped
   FLAKY 2/3 [   0.050s] (1/2) a::t flaky
";
    let ledger = told::ledger("nextest", text);
    let flaky = &ledger.tests()[0];
    assert!(flaky.is_flaky());
    assert_eq!(
        flaky.attempts[0].message.as_deref(),
        Some("thread 'flaky' (15) panicked at src/lib.rs:5:18: broken")
    );
    assert_eq!(flaky.attempts[0].location.as_deref(), Some("src/lib.rs:5"));
    assert_eq!(
        nextest(text),
        "passed a::t | flaky [0.05s]
passed a::t | leaky [2.5s]
printed: 2 tests, 2 passed, 0 failed, 0 errored, 3 skipped"
    );
}

#[test]
fn older_versions_show_the_output_between_rules() {
    let text = "    Starting 3 tests across 1 binaries
        PASS [   0.016s] a one
     SIGABRT [   0.020s] a two

--- STDOUT:              a two ---

running 1 test

--- STDERR:              a two ---
thread 'two' panicked at 'boom', src/lib.rs:3:5
     TIMEOUT [   1.000s] a::bin/x three
   Canceling due to test failure
     Summary [   1.100s] 3/9 tests run: 1 passed, 1 failed, 1 timed out, 0 skipped
     SIGABRT [   0.020s] a two
error: test run failed
";
    assert_eq!(
        nextest(text),
        "passed a | one [0.016s]
failed a | two [0.02s] <thread 'two' panicked at 'boom', src/lib.rs:3:5> @src/lib.rs:3
timed_out a::bin/x | three [1s]
printed: 3 tests, 1 passed, 2 failed, 0 errored, 0 skipped"
    );
}

#[test]
fn rows_left_out_by_a_status_level_are_counted_and_named_by_the_final_ones() {
    let text = "    Starting 5 tests across 1 binary
────────────
     Summary [   1.100s] 5 tests run: 4 passed, 1 failed, 0 skipped
        FAIL [   0.020s] (2/5) a two
  stdout ───

    (test failed with exit code 3)

error: test run failed
";
    assert_eq!(
        nextest(text),
        "failed a | two [0.02s] <test failed with exit code 3>
unnamed: 4 passed
printed: 5 tests, 4 passed, 1 failed, 0 errored, 0 skipped"
    );
}

#[test]
fn uncaptured_output_precedes_its_row() {
    let text = "    Starting 2 tests across 1 binary
       START [         ] (1/2) a one
thread 'one' (7) panicked at src/a.rs:1:2:
expected
test one - should panic ... ok
        PASS [   0.005s] (1/2) a one
       START [         ] (2/2) a two
thread 'two' (8) panicked at src/a.rs:3:4:
bad
        FAIL [   0.005s] (2/2) a two
";
    assert_eq!(
        nextest(text),
        "passed a | one [0.005s]
failed a | two [0.005s] <thread 'two' (8) panicked at src/a.rs:3:4: bad> @src/a.rs:3"
    );
}

#[test]
fn rows_without_a_run_are_nobodys() {
    assert_eq!(nextest("        PASS [   0.005s] (1/2) a one\n"), "");
}
