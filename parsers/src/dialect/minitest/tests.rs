//! What minitest prints in, tests out.

use crate::dialect::told::told;

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    let text = "Run options: --seed 7

# Running:

..F.S

Finished in 0.4s, 5 runs/s, 9 assertions/s.

  1) Failure:
TestA#test_b [test/a.rb:12]:
Expected: 1
  Actual: 2

5 runs, 9 assertions, 1 failures, 0 errors, 1 skips
";
    assert_eq!(
        told("minitest", text),
        "failed TestA | test_b <Expected: 1> @test/a.rb:12
unnamed: 3 passed, 1 skipped
printed: 5 tests, 3 passed, 1 failed, 0 errored, 1 skipped"
    );
}

#[test]
fn verbose_results_have_times_and_errors_their_first_frame() {
    let text = "# Running:

TestA#test_0001_adds two = 0.02 s = .
TestA#test_b = 0.00 s = E

  1) Error:
TestA#test_b:
ArgumentError: no
    test/a.rb:29:in `test_b'

2 runs, 0 assertions, 0 failures, 1 errors, 0 skips
";
    assert_eq!(
        told("minitest", text),
        "passed TestA | test_0001_adds two [0.02s]
errored TestA | test_b [0s] <ArgumentError: no> @test/a.rb:29
printed: 2 tests, 1 passed, 0 failed, 1 errored, 0 skipped"
    );
}

#[test]
fn dots_without_a_run_are_no_tests() {
    assert_eq!(told("minitest", "..F\nA#b = 0.00 s = .\n"), "");
}

#[test]
fn a_test_that_another_wrote_over_has_its_result_alone() {
    let text = "# Running:

A#x = B#y = 0.02 s = F
0.01 s = .
";
    assert_eq!(
        told("minitest", text),
        "failed B | y [0.02s]\npassed A | x [0.01s]"
    );
}
