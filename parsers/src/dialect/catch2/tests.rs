//! Catch2's console and compact output in, tests out. The logs were printed by a small program of
//! our own with Catch2 2.13.10, shortened; those of version 3 follow its texts.

use crate::dialect::told::told;

const RULE: &str =
    "-------------------------------------------------------------------------------\n";
const DOTS: &str =
    "...............................................................................\n";
const BANNER: &str = "
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
c2 is a Catch v2.13.10 host application.
Run with -? for options

";

fn head(lines: &str) -> String {
    format!("{RULE}{lines}\n{RULE}c2.cpp:6\n{DOTS}\n")
}

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    let text = BANNER.to_owned()
        + &head("subtraction is broken")
        + "c2.cpp:6: FAILED:
  CHECK( a - 1 == 1 )
with expansion:
  2 == 1

c2.cpp:7: FAILED:
  CHECK( a == 4 )
with expansion:
  3 == 4

output without end"
        + &head("throws")
        + "c2.cpp:9: FAILED:
due to unexpected exception with message:
  disk full

" + &head("fails")
        + "c2.cpp:10: FAILED:
explicitly with message:
  known

" + &head("warns")
        + "c2.cpp:12: warning:
  careful

===============================================================================
test cases: 8 | 5 passed | 3 failed
assertions: 9 | 4 passed | 4 failed

";
    assert_eq!(
        told("catch2", &text),
        "failed  | subtraction is broken <CHECK( a - 1 == 1 ) with expansion: 2 == 1> @c2.cpp:6
failed  | throws <due to unexpected exception with message: disk full> @c2.cpp:9
failed  | fails <known> @c2.cpp:10
passed  | warns
unnamed: 4 passed
printed: 5 passed, 3 failed, 0 skipped"
    );
}

#[test]
fn wrapped_names_are_joined_and_sections_left_out() {
    let text = BANNER.to_owned()
        + &head(
            "a name that is so long that it does not fit into one line of the console at all\n(or does it)\n  inner two",
        )
        + &head(
            "Scenario: vectors grow and shrink as elements are added to them and taken away\n          from them again\n      Given: a vector\n       When: one is added",
        )
        + &head(
            "A TEMPLATE_PRODUCT_TEST_CASE_METHOD based test run that fails - std::vector\n<int>",
        )
        + &head(
            "A TEMPLATE_PRODUCT_TEST_CASE_METHOD_SIG based test run that fails -\nTemplate_Foo_2<int, 2>",
        );
    assert_eq!(
        told("catch2", &text),
        "passed  | a name that is so long that it does not fit into one line of the console at all (or does it)
passed  | Scenario: vectors grow and shrink as elements are added to them and taken away from them again
passed  | A TEMPLATE_PRODUCT_TEST_CASE_METHOD based test run that fails - std::vector<int>
unfinished  | A TEMPLATE_PRODUCT_TEST_CASE_METHOD_SIG based test run that fails - Template_Foo_2<int, 2>"
    );
}

#[test]
fn durations_of_all_sections_add_up_and_a_section_is_no_test() {
    let text = BANNER.to_owned()
        + &head("addition works")
        + "c2.cpp:5: PASSED:
  CHECK( 1 + 1 == 2 )
with expansion:
  2 == 2

0.013 s: addition works
" + &head("two\n  inner one")
        + "c2.cpp:9: PASSED:
  CHECK( true )

0.002 s: inner one
0.002 s: two
" + &head("two\n  inner two")
        + "c2.cpp:9: FAILED:

0.003 s: inner two
0.003 s: two
===============================================================================
test cases: 2 | 1 passed | 1 failed
assertions: 3 | 2 passed | 1 failed
";
    assert_eq!(
        told("catch2", &text),
        "passed  | addition works [0.013s]
failed  | two [0.005s] @c2.cpp:9
printed: 1 passed, 1 failed, 0 skipped"
    );
}

#[test]
fn a_table_of_benchmarks_is_no_heading() {
    let text = BANNER.to_owned()
        + &head("bench")
        + "benchmark name                       samples       iterations    estimated
-------------------------------------------------------------------------------
noop                                           100          6019     5.4171 ms

c2.cpp:11: FAILED:
  CHECK( 1 == 2 )

" + &head("benchmark again")
        + "-------------------------------------------------------------------------------
noop                                           100          6019     5.4171 ms

" + &head("last");
    assert_eq!(
        told("catch2", &text),
        "failed  | bench <CHECK( 1 == 2 )> @c2.cpp:11
passed  | benchmark again
unfinished  | last"
    );
}

#[test]
fn failures_that_were_expected_have_passed_when_nothing_else_failed() {
    let text = BANNER.to_owned()
        + &head("may fail")
        + "c2.cpp:8: FAILED:
explicitly with message:
  known

===============================================================================
test cases: 144 | 143 passed | 1 failed as expected
assertions: 678 | 674 passed | 4 failed as expected
";
    assert_eq!(
        told("catch2", &text),
        "passed  | may fail <known> @c2.cpp:8
unnamed: 143 passed
printed: 144 passed, 0 failed, 0 skipped"
    );
}

#[test]
fn where_some_failed_and_some_were_expected_to_the_sum_stays_right() {
    let text = BANNER.to_owned()
        + &head("may fail")
        + "c2.cpp:8: FAILED:

" + &head("fails")
        + "c2.cpp:9: FAILED:

test cases: 4 | 2 passed | 1 failed | 1 failed as expected
";
    assert_eq!(
        told("catch2", &text),
        "failed  | may fail @c2.cpp:8
failed  | fails @c2.cpp:9
unnamed: 2 passed
printed: 3 passed, 1 failed, 0 skipped"
    );
}

#[test]
fn version_3_skips() {
    let text = "Randomness seeded to: 3526372954

~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
c3 is a Catch2 v3.4.0 host application.
Run with -? for options

"
    .to_owned()
        + &head("dynamic skipping works with generators")
        + "c3.cpp:8: SKIPPED:
explicitly with message:
  skipping because answer = 41

" + &head("dynamic skipping works with generators")
        + "c3.cpp:8: SKIPPED:
explicitly with message:
  skipping because answer = 43

" + &head("failed assertions before SKIP cause test case to fail")
        + "c3.cpp:12: FAILED:
  CHECK( 3 == 4 )

c3.cpp:13: SKIPPED:

===============================================================================
test cases: 5 | 3 passed | 1 skipped | 1 failed
assertions: 9 | 6 passed | 2 skipped | 1 failed
";
    assert_eq!(
        told("catch2", &text),
        "skipped  | dynamic skipping works with generators <skipping because answer = 41>
failed  | failed assertions before SKIP cause test case to fail <CHECK( 3 == 4 )> @c3.cpp:12
unnamed: 3 passed
printed: 3 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn a_silent_run_and_the_compact_reporter_tell_counts_only() {
    assert_eq!(
        told(
            "catch2",
            "===============================================================================
All tests passed (674 assertions in 143 test cases)
c2.cpp:6: failed: a - 1 == 1 for: 2 == 1
Failed 1 test case, failed 2 assertions.
Passed both 2 test cases with 3 assertions.
Passed all 3 test cases (no assertions).
Failed both 2 test cases, failed both 2 assertions.
"
        ),
        "unnamed: 148 passed, 3 failed
printed: 148 passed, 3 failed, 0 skipped"
    );
    for other in [
        "All tests passed (3 in 2 test cases)",
        "test cases: 3 | 1 passed",
        "test cases: 0",
        "Failed 3 things, failed 2 assertions.",
        "[doctest] test cases:  3 |  1 passed | 2 failed | 0 skipped",
    ] {
        assert_eq!(told("catch2", other), "", "{other}");
    }
}

#[test]
fn two_programs_may_have_tests_of_one_name_and_a_killed_one_is_unfinished() {
    let failed = BANNER.to_owned() + &head("same") + "c2.cpp:9: FAILED:\n\n";
    let text = failed.clone()
        + "test cases: 1 | 1 failed\nassertions: 1 | 1 failed\n"
        + &failed
        + "test cases: 1 | 1 failed as expected\n"
        + BANNER
        + &head("killed");
    assert_eq!(
        told("catch2", &text),
        "failed  | same @c2.cpp:9
passed  | same @c2.cpp:9
unfinished  | killed
printed: 1 passed, 1 failed, 0 skipped"
    );
}
