//! What doctest prints in, tests out. The logs were printed by a small program of our own with
//! doctest 2.4.9.

use crate::dialect::told::told;

/// Without options.
const PLAIN: &str = r#"[doctest] doctest version is "2.4.9"
[doctest] run with "--help" for options
===============================================================================
dt.cpp:8:
DESCRIPTION: why: it is
TEST SUITE: math
TEST CASE:  subtraction is broken

dt.cpp:8: ERROR: CHECK( a - 1 == 1 ) is NOT correct!
  values: CHECK( 2 == 1 )
  logged: a is 3

dt.cpp:8: ERROR: CHECK( a == 4 ) is NOT correct!
  values: CHECK( 3 == 4 )
  logged: a is 3

===============================================================================
dt.cpp:9:
TEST SUITE: math
TEST CASE:  throws

dt.cpp:9: ERROR: test case THREW exception: disk full

===============================================================================
dt.cpp:10:
TEST SUITE: math
TEST CASE:  may fail

dt.cpp:10: ERROR: CHECK( 1 == 2 ) is NOT correct!
  values: CHECK( 1 == 2 )

Allowed to fail so marking it as not failed
===============================================================================
dt.cpp:11:
TEST SUITE: math
TEST CASE:  should fail

dt.cpp:11: ERROR: CHECK( 1 == 2 ) is NOT correct!
  values: CHECK( 1 == 2 )

Failed as expected so marking it as not failed
===============================================================================
dt.cpp:12:
TEST SUITE: math
TEST CASE:  should fail but does not

Should have failed but didn't! Marking it as failed!
===============================================================================
dt.cpp:13:
TEST SUITE: math
TEST CASE:  two failures

dt.cpp:13: ERROR: CHECK( 1 == 2 ) is NOT correct!
  values: CHECK( 1 == 2 )

Didn't fail exactly 2 times so marking it as failed!
===============================================================================
dt.cpp:14:
TEST SUITE: math
TEST CASE:  exactly one

dt.cpp:14: ERROR: CHECK( 1 == 2 ) is NOT correct!
  values: CHECK( 1 == 2 )

Failed exactly 1 times as expected so marking it as not failed!
no newline===============================================================================
dt.cpp:17:
TEST CASE:  sections
  one
  deep

dt.cpp:17: FATAL ERROR: deep failure

===============================================================================
dt.cpp:18:
  Scenario: vectors grow
     Given: a vector
      When: one is added
      Then: it is larger

dt.cpp:18: FATAL ERROR: REQUIRE( v.size() == 2 ) is NOT correct!
  values: REQUIRE( 1 == 2 )

===============================================================================
dt.cpp:19:
TEST CASE:  typed<int>

dt.cpp:19: ERROR: CHECK( T(1) == T(2) ) is NOT correct!
  values: CHECK( 1 == 2 )

===============================================================================
dt.cpp:19:
TEST CASE:  typed<float>

dt.cpp:19: ERROR: CHECK( T(1) == T(2) ) is NOT correct!
  values: CHECK( 1 == 2 )

===============================================================================
dt.cpp:20:
TEST CASE:  warns

dt.cpp:20: WARNING: WARN( 1 == 2 ) is NOT correct!
  values: WARN( 1 == 2 )

dt.cpp:20: MESSAGE: careful

===============================================================================
dt.cpp:21:
TEST CASE:  requires

dt.cpp:21: FATAL ERROR: REQUIRE( 1 == 2 ) is NOT correct!
  values: REQUIRE( 1 == 2 )
  logged: because 5

===============================================================================
dt.cpp:22:
TEST CASE:  throws as

dt.cpp:22: ERROR: CHECK_THROWS_AS( throw std::runtime_error("x"), std::logic_error ) threw a DIFFERENT exception: "x"

dt.cpp:22: ERROR: CHECK_NOTHROW( throw 5 ) THREW exception: "unknown exception"

dt.cpp:22: ERROR: CHECK_THROWS_WITH( throw std::runtime_error("x"), "y" ) threw a DIFFERENT exception: "x"

===============================================================================
dt.cpp:23:
TEST CASE:  too slow

Test case exceeded time limit of 0.000000!
===============================================================================
[doctest] test cases: 17 | 6 passed | 11 failed | 1 skipped
[doctest] assertions: 18 | 4 passed | 14 failed |
[doctest] Status: FAILURE!
"#;

/// With `-s -d` and a filter.
const SUCCESSES: &str = r#"[doctest] doctest version is "2.4.9"
[doctest] run with "--help" for options
===============================================================================
dt.cpp:6:
TEST CASE:  addition works

dt.cpp:6: SUCCESS: CHECK( 1 + 1 == 2 ) is correct!
  values: CHECK( 2 == 2 )

0.000021 s: addition works
===============================================================================
dt.cpp:10:
TEST SUITE: math
TEST CASE:  may fail

dt.cpp:10: ERROR: CHECK( 1 == 2 ) is NOT correct!
  values: CHECK( 1 == 2 )

0.000021 s: may fail
Allowed to fail so marking it as not failed
no newline===============================================================================
dt.cpp:17:
TEST CASE:  sections
  one

dt.cpp:17: SUCCESS: CHECK( true ) is correct!
  values: CHECK( true )

===============================================================================
dt.cpp:17:
TEST CASE:  sections
  one
  deep

dt.cpp:17: FATAL ERROR: deep failure

===============================================================================
dt.cpp:17:
TEST CASE:  sections

DEEPEST SUBCASE STACK REACHED (DIFFERENT FROM THE CURRENT ONE):
  one
  deep

0.000021 s: sections
===============================================================================
dt.cpp:18:
  Scenario: vectors grow
     Given: a vector
      When: one is added
      Then: it is larger

dt.cpp:18: FATAL ERROR: REQUIRE( v.size() == 2 ) is NOT correct!
  values: REQUIRE( 1 == 2 )

===============================================================================
dt.cpp:18:
  Scenario: vectors grow

DEEPEST SUBCASE STACK REACHED (DIFFERENT FROM THE CURRENT ONE):
     Given: a vector
      When: one is added
      Then: it is larger

0.000021 s:   Scenario: vectors grow
===============================================================================
[doctest] test cases: 4 | 2 passed | 2 failed | 14 skipped
[doctest] assertions: 5 | 2 passed | 3 failed |
[doctest] Status: FAILURE!
"#;

#[test]
fn what_failed_is_named_what_was_allowed_has_passed_and_the_rest_is_counted() {
    assert_eq!(
        told("doctest", PLAIN),
        r#"failed math | subtraction is broken <CHECK( a - 1 == 1 ) is NOT correct! values: CHECK( 2 == 1 )> @dt.cpp:8
failed math | throws <test case THREW exception: disk full> @dt.cpp:9
passed math | may fail <Allowed to fail so marking it as not failed> @dt.cpp:10
passed math | should fail <Failed as expected so marking it as not failed> @dt.cpp:11
failed math | should fail but does not <Should have failed but didn't! Marking it as failed!>
failed math | two failures <CHECK( 1 == 2 ) is NOT correct! values: CHECK( 1 == 2 )> @dt.cpp:13
passed math | exactly one <Failed exactly 1 times as expected so marking it as not failed!> @dt.cpp:14
failed  | sections <deep failure> @dt.cpp:17
failed  | Scenario: vectors grow <REQUIRE( v.size() == 2 ) is NOT correct! values: REQUIRE( 1 == 2 )> @dt.cpp:18
failed  | typed<int> <CHECK( T(1) == T(2) ) is NOT correct! values: CHECK( 1 == 2 )> @dt.cpp:19
failed  | typed<float> <CHECK( T(1) == T(2) ) is NOT correct! values: CHECK( 1 == 2 )> @dt.cpp:19
passed  | warns
failed  | requires <REQUIRE( 1 == 2 ) is NOT correct! values: REQUIRE( 1 == 2 )> @dt.cpp:21
failed  | throws as <CHECK_THROWS_AS( throw std::runtime_error("x"), std::logic_error ) threw a DIFFERENT exception: "x"> @dt.cpp:22
failed  | too slow <Test case exceeded time limit of 0.000000!>
unnamed: 2 passed
printed: 17 tests, 6 passed, 11 failed"#
    );
}

#[test]
fn with_successes_and_durations_every_test_case_is_named_once() {
    assert_eq!(told("doctest", SUCCESSES), "passed  | addition works [0.000021s]
passed math | may fail [0.000021s] <Allowed to fail so marking it as not failed> @dt.cpp:10
failed  | sections [0.000021s] <deep failure> @dt.cpp:17
failed  | Scenario: vectors grow [0.000021s] <REQUIRE( v.size() == 2 ) is NOT correct! values: REQUIRE( 1 == 2 )> @dt.cpp:18
printed: 4 tests, 2 passed, 2 failed");
}

#[test]
fn a_crash_is_the_failure_of_its_test_and_a_filtered_run_has_no_skipped_tests() {
    let text = "[doctest] doctest version is \"2.4.9\"
[doctest] run with \"--help\" for options
===============================================================================
dt.cpp:24:
TEST CASE:  zz crash

dt.cpp:24: FATAL ERROR: test case CRASHED: SIGSEGV - Segmentation violation signal

===============================================================================
[doctest] test cases: 2 | 1 passed | 1 failed | 16 skipped
[doctest] assertions: 1 | 1 passed | 0 failed |
[doctest] Status: FAILURE!
[doctest] doctest version is \"2.4.9\"
===============================================================================
[doctest] test cases: 3 | 3 passed | 0 failed |
[doctest] assertions: 1 | 1 passed | 0 failed |
[doctest] Status: SUCCESS!
";
    assert_eq!(
        told("doctest", text),
        "failed  | zz crash <test case CRASHED: SIGSEGV - Segmentation violation signal> @dt.cpp:24
unnamed: 4 passed
printed: 5 tests, 4 passed, 1 failed"
    );
}

#[test]
fn without_its_banner_a_heading_opens_it_and_a_killed_test_is_unfinished() {
    let text = "===============================================================================
a/dt.cpp(8):
DESCRIPTION: why: it is
TEST SUITE: math
TEST CASE:  subtraction is broken

a/dt.cpp(8): ERROR: CHECK( a - 1 == 1 ) is NOT correct!
  values: CHECK( 2 == 1 )

===============================================================================
a/dt.cpp(9):
TEST CASE:  hangs

a/dt.cpp(10): MESSAGE: waiting

";
    assert_eq!(
        told("doctest", text),
        "failed math | subtraction is broken <CHECK( a - 1 == 1 ) is NOT correct! values: CHECK( 2 == 1 )> @a/dt.cpp(8)
unfinished  | hangs"
    );
}

#[test]
fn other_rules_and_titles_are_no_headings() {
    for other in [
        "===============================================================================\nTEST CASE:  a\n",
        "dt.cpp:9:\nTEST CASE:  a\n",
        "====================\ndt.cpp:9:\n\nTEST CASE:  a\n",
        "====================\ndt.cpp:9:\n  Scenario: a\n",
        "[doctest] test cases: 3 | 1 passed | 1 failed |\n",
        "[doctest] module.function\n",
        "test cases: 3 | 3 passed\n",
    ] {
        assert_eq!(told("doctest", other), "", "{other}");
    }
}

#[test]
fn a_heading_whose_name_holds_no_needle_opens_nothing() {
    let rule = "=".repeat(79);
    assert_eq!(
        told("doctest", &format!("{rule}\na.cpp:1:\n  Scenario: x\n")),
        ""
    );
}
