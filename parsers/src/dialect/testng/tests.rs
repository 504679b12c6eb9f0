//! What TestNG prints in, tests out.

use crate::dialect::told::told;

#[test]
fn methods_are_found_in_the_classes_listed_before() {
    let text = "[TestNG] Running:
  /src/suite.xml

===== Test class
a.b.SumTest
    @BeforeMethod SumTest.setUp()[pri:0, instance:a.b.SumTest@1]
    @Test SumTest.adds(int)[pri:0, instance:a.b.SumTest@1]
    @Test SumTest.same()[pri:0, instance:a.b.SumTest@1]
    @Test SumTest.late()[pri:0, instance:a.b.SumTest@1]
======
===== Test class
a.b.OtherTest
    @Test OtherTest.same()[pri:0, instance:a.b.OtherTest@1]
======
PASSED: adds(1)
PASSED: adds(2)
PASSED: same
FAILED: same
        what it is for
java.lang.AssertionError: expected [1] but found [2]
\tat org.testng.Assert.fail(Assert.java:94)
\tat a.b.OtherTest.same(OtherTest.java:8)

SKIPPED: late
java.lang.Throwable: Method SumTest.late() depends on not successfully finished methods

===============================================
    unit
    Tests run: 5, Failures: 1, Skips: 1
===============================================

===============================================
All
Total tests run: 5, Failures: 1, Skips: 1
===============================================
";
    assert_eq!(
        told("testng", text),
        "passed a.b.SumTest | adds
passed a.b.SumTest | adds
passed - | same
failed a.b.OtherTest | same <expected [1] but found [2]> @OtherTest.java:8
skipped a.b.SumTest | late <Method SumTest.late() depends on not successfully finished methods>
printed: 5 tests, 3 passed, 1 failed, 1 skipped"
    );
}

#[test]
fn totals_alone_are_counted() {
    let six = "Total tests run: 210, Failures: 19, Skips: 1\n";
    let seven = "Total tests run: 212, Passes: 190, Failures: 19, Skips: 1, Retries: 2\n";
    let told_of = "unnamed: 190 passed, 19 failed, 1 skipped
printed: 210 tests, 190 passed, 19 failed, 1 skipped";
    assert_eq!(told("testng", six), told_of);
    assert_eq!(told("testng", seven), told_of);
}

#[test]
fn version_seven_says_the_class_and_needs_no_heading() {
    let text = "PASSED: a.b.SumTest.adds(\"x.y(\", 2)
FAILED: a.b.SumTest.subtracts
java.lang.NullPointerException
\tat a.b.SumTest.subtracts(SumTest.java:20)
... Removed 21 stack frames
RETRIED: a.b.SumTest.flaky
";
    assert_eq!(
        told("testng", text),
        "passed a.b.SumTest | adds
failed a.b.SumTest | subtracts <java.lang.NullPointerException> @SumTest.java:20"
    );
}

#[test]
fn live_lines_tell_starts_times_and_messages_and_the_list_only_repeats_them() {
    let text = "[TestNG] RUNNING: Suite: \"unit\" containing \"3\" Tests (config: null)
[TestNG] INVOKING CONFIGURATION: \"unit\" - @BeforeMethod a.b.SumTest.setUp()
[TestNG] PASSED CONFIGURATION: \"unit\" - @BeforeMethod a.b.SumTest.setUp() finished in 1 ms
[TestNG] INVOKING: \"unit\" - a.b.SumTest.adds(int)(value(s): 1)
[TestNG] PASSED: \"unit\" - a.b.SumTest.adds(int)(value(s): 1) finished in 12 ms (1 of 2)
[TestNG] INVOKING: \"unit\" - a.b.SumTest.fails()
[TestNG] FAILED: \"unit\" - a.b.SumTest.fails() finished in 3 ms
[TestNG] java.lang.AssertionError: no
[TestNG] \tat a.b.SumTest.fails(SumTest.java:9)
[TestNG] INVOKING: \"unit\" - a.b.SumTest.hangs()
PASSED: adds(1)
FAILED: fails
java.lang.AssertionError: no
";
    assert_eq!(
        told("testng", text),
        "passed a.b.SumTest | adds [0.012s]
failed a.b.SumTest | fails [0.003s] <no> @SumTest.java:9
unfinished a.b.SumTest | hangs"
    );
}

#[test]
fn a_method_in_words_needs_a_run_that_announced_itself() {
    let text = "PASSED: the build
PASSED: deploy
... TestNG 7.4.0 by somebody
PASSED: adds two numbers
Total tests run: 1, Passes: 1, Failures: 0, Skips: 0
PASSED: the release, too
FAILED: 3 checks
Total tests run: 14
";
    assert_eq!(
        told("testng", text),
        "passed - | adds two numbers
printed: 1 tests, 1 passed, 0 failed, 0 skipped"
    );
}

#[test]
fn a_result_cut_by_the_end_is_told() {
    assert_eq!(
        told("testng", "FAILED: a.b.SumTest.adds"),
        "failed a.b.SumTest | adds"
    );
}
