//! What ExUnit prints in, tests out.

use crate::dialect::told::told;

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    let text = "..

  1) test adds (FooTest)
     test/foo_test.exs:6
     ** (RuntimeError) boom
     stacktrace:
       test/foo_test.exs:7: (test)

Finished in 1.3 seconds (0.1s on load)
1 doctest, 3 tests, 1 failure, 1 skipped
";
    assert_eq!(
        told("exunit", text),
        "failed FooTest | adds <boom> @test/foo_test.exs:6
unnamed: 2 passed, 1 skipped
printed: 4 tests, 2 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn a_trace_names_every_test_and_a_list_entry_behind_it_says_that_it_failed() {
    let text = "FooTest [test/foo_test.exs]
  * test adds [L#3]\r  * test adds (1.5ms) [L#3]
  * test drops (skipped) [L#6]
  * test fails [L#9]\r  * test fails (2.0ms) [L#9]

  1) test fails (FooTest)
     test/foo_test.exs:9
     Assertion with == failed

Finished in 0.1 seconds
3 tests, 1 failure, 1 skipped
";
    assert_eq!(
        told("exunit", text),
        "passed FooTest | adds [0.0015s]
skipped FooTest | drops
failed FooTest | fails [0.002s] <Assertion with == failed> @test/foo_test.exs:9
printed: 3 tests, 1 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn other_peoples_lists_and_figures_are_no_tests() {
    let text = "  * test drive (5ms)\n  1) test it (soon)\n  2) try (Foo)\nFinished in 2 seconds\n3 tests, 1 error\n";
    assert_eq!(told("exunit", text), "");
}

#[test]
fn a_run_without_failures_is_counted_at_its_end() {
    let text = "...\n\nFinished in 0.03 seconds (0.03s async, 0.00s sync)\n3 tests, 0 failures\n";
    assert_eq!(
        told("exunit", text),
        "unnamed: 3 passed\nprinted: 3 tests, 3 passed, 0 failed, 0 skipped"
    );
}
