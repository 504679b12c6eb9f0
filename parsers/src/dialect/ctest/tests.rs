//! What CTest prints in, tests out.

use crate::dialect::{testing, told};

#[test]
fn every_result_word_is_read() {
    let text = "Test project /b
    Start 1: a.b
1/7 Test #1: a.b ..............................   Passed    0.01 sec
2/7 Test #2: with blanks .......................***Failed    0.20 sec
3/7 Test #3: regex .............................***Failed  Required regular expression not found. Regex=[x] 0.03 sec
4/7 Test #4: crash .............................***Exception: SegFault  0.10 sec
5/7 Test #5: slow ..............................***Timeout   1.50 sec
6/7 Test #6: off ...............................***Not Run (Disabled)   0.00 sec
7/7 Test #7: self ..............................***Skipped   0.00 sec

57% tests passed, 4 tests failed out of 7

The following tests FAILED:
\t  2 - with blanks (Failed)
";
    assert_eq!(
        told::told("ctest", text),
        "passed  | a.b [0.01s]
failed  | with blanks [0.2s]
failed  | regex [0.03s] <Required regular expression not found. Regex=[x]>
failed  | crash [0.1s] <Exception: SegFault>
timed_out  | slow [1.5s]
skipped  | off [0s] <(Disabled)>
skipped  | self [0s]
printed: 7 tests, 4 failed"
    );
}

#[test]
fn a_test_that_cannot_be_started_says_why_and_a_killed_run_leaves_one_open() {
    let text = "Test project /b
    Start 1: gone
Unable to find executable: /b/nope
1/2 Test #1: gone ...***Not Run   0.00 sec
    Start 2: long
2: [ RUN      ] not.ours
";
    assert_eq!(
        told::told("ctest", text),
        "skipped  | gone [0s] <Unable to find executable: /b/nope>\nunfinished  | long"
    );
}

#[test]
fn other_peoples_starts_are_no_tests() {
    assert_eq!(
        told::told(
            "ctest",
            "    Start 1: the engine\n1/2 Test #x: y ... Passed\n"
        ),
        ""
    );
}

#[test]
fn output_of_a_failed_test_is_not_read_again() {
    let text = "Test project /b
    Start 1: unit
1/3 Test #1: unit .............................***Failed    0.01 sec
u is a Catch v2.13.10 host application.
===============================================================================
test cases: 2 | 1 passed | 1 failed
assertions: 2 | 1 passed | 1 failed

    Start 2: gtest
2/3 Test #2: gtest ............................***Failed    0.01 sec
[==========] Running 1 test from 1 test suite.
[ RUN      ] B.Four
[  FAILED  ] B.Four (1 ms)
    Start 3: talks
3: All tests passed (1 assertion in 1 test case)
3/3 Test #3: talks ............................   Passed    0.01 sec

33% tests passed, 2 tests failed out of 3
All tests passed (1 assertion in 1 test case)
";
    assert_eq!(
        testing::told(&["ctest", "catch2", "googletest"], text),
        " | unit | failed 0.01s
 | gtest | failed 0.01s
 | talks | passed 0.01s
unnamed 1 passed
printed Some(3) Some(1) Some(2) Some(0)
"
    );
}
