//! What Check prints in, tests out.

use crate::dialect::told;

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    let text = "Running suite(s): A
40%: Checks: 5, Failures: 2, Errors: 1
t.c:37:F:Core:test_fail:0: Assertion 'a == b' failed: a == 1, b == 2
t.c:46:E:Core:test_exit:0: (after this point) Early exit with return value 1
t.c:72:F:odd: 1:2: case
of two lines:test_loop:3: Iteration 3 failed
and more
";
    assert_eq!(
        told::told("check", text),
        "failed - | test_fail <Assertion 'a == b' failed: a == 1, b == 2> @t.c:37
errored - | test_exit <Early exit with return value 1> @t.c:46
failed - | test_loop <Iteration 3 failed> @t.c:72
unnamed: 2 passed
printed: 5 tests, 2 passed, 2 failed, 1 errored"
    );
}

#[test]
fn iterations_of_a_loop_are_tests_of_one_name() {
    let text = "50%: Checks: 2, Failures: 1, Errors: 0
C:\\t.c:7:P:Core:test_loop:0: Passed
C:\\t.c:7:F:Core:test_loop:1: bad
t.c:8:F:Core:beyond:0: more than announced
";
    assert_eq!(
        told::told("check", text),
        "passed - | test_loop
failed - | test_loop <bad> @C:\\t.c:7
printed: 2 tests, 1 passed, 1 failed, 0 errored"
    );
}

#[test]
fn a_percentage_alone_is_no_run() {
    assert_eq!(
        told::told("check", "37%: done\nt.c:7:F:Core:x:0: bad\n"),
        ""
    );
}
