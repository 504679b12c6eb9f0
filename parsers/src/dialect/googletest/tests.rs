//! What GoogleTest prints in, tests out.

use crate::dialect::told;

fn googletest(text: &str) -> String {
    told::told("googletest", text)
}

#[test]
fn results_have_suite_parameter_and_the_first_failure() {
    let text = "[==========] Running 4 tests from 2 test suites.
[----------] Global test environment set-up.
[----------] 3 tests from A/S/0, where TypeParam = int
[ RUN      ] A/S/0.One
[       OK ] A/S/0.One (12 ms)
[ RUN      ] A/S/0.Two/x
t.cc:12: Failure
Expected: (a) >= (b), actual: 1 vs 2
t.cc:14: Failure
Failed
[  FAILED  ] A/S/0.Two/x, where TypeParam = int and GetParam() = \"b.c\" (3 ms)
[ RUN      ] A/S/0.Three
t.cc:20: Skipped
no device
[  SKIPPED ] A/S/0.Three (0 ms)
[ RUN      ] B.Four
no line end[       OK ] B.Four (1 ms)
[==========] 4 tests from 2 test suites ran. (20 ms total)
[  PASSED  ] 2 tests.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] A/S/0.Three
[  FAILED  ] 1 test, listed below:
[  FAILED  ] A/S/0.Two/x, where TypeParam = int and GetParam() = \"b.c\"

 1 FAILED TEST
";
    assert_eq!(
        googletest(text),
        "passed A/S/0 | One [0.012s]
failed A/S/0 | Two/x [0.003s] <t.cc:12: Expected: (a) >= (b), actual: 1 vs 2> @t.cc:12
skipped A/S/0 | Three [0s] <t.cc:20: no device> @t.cc:20
passed B | Four [0.001s]
printed: 4 tests, 2 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn brief_output_names_failures_and_counts_the_rest() {
    let text = "t.cc(12): error: Expected equality of these values:
  1
[  FAILED  ] S.Bad (0 ms)
[==========] 48 tests from 13 test cases ran. (0 ms total)
[  PASSED  ] 47 tests.
[  FAILED  ] 1 test, listed below:
[  FAILED  ] S.Bad
";
    assert_eq!(
        googletest(text),
        "failed S | Bad [0s] <t.cc:12: Expected equality of these values:> @t.cc:12
unnamed: 47 passed
printed: 48 tests, 47 passed, 1 failed"
    );
}

#[test]
fn iterations_are_attempts() {
    let run = |n: u32, word: &str| {
        format!(
            "\nRepeating all tests (iteration {n}) . . .\n\n[==========] Running 1 test from 1 test suite.\n\
             [ RUN      ] S.T\n{word} S.T (0 ms)\n[==========] 1 test from 1 test suite ran. (0 ms total)\n"
        )
    };
    let text = run(1, "[  FAILED  ]") + &run(2, "[       OK ]");
    let ledger = told::ledger("googletest", &text);
    assert_eq!(ledger.tests().len(), 1);
    assert!(ledger.tests()[0].is_flaky());
}

#[test]
fn failures_outside_any_test_are_one_result_without_name() {
    let text = "main.cc:3: Failure
Failed
[==========] Running 1 test from 1 test suite.
[ RUN      ] S.T
[       OK ] S.T (0 ms)
[----------] Global test environment tear-down
main.cc:9: Failure
Failed
[==========] 1 test from 1 test suite ran. (0 ms total)
[  PASSED  ] 1 test.
";
    assert_eq!(
        googletest(text),
        "failed  |  <main.cc:3> @main.cc:3\npassed S | T [0s]\nprinted: 1 tests, 1 passed"
    );
}

#[test]
fn a_test_that_ended_the_program_is_unfinished() {
    let text =
        "[==========] Running 2 tests from 1 test suite.\n[ RUN      ] S.T\nSegmentation fault\n";
    assert_eq!(googletest(text), "unfinished S | T");
}
