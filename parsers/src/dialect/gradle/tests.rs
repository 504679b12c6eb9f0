//! What Gradle prints in, tests out.

use crate::dialect::told::{ledger, told};

/// Gradle 4.4.1 (`--console=plain --continue test`) over a project of JUnit 4 and one of TestNG; the Java runtime's
/// warnings were taken out, and the project's folder is called `/src/calc`.
const SHORT: &str = include_str!("../../../tests/fixtures/gradle/short.log");
/// The same with `testLogging { events 'started', 'passed', 'failed', 'skipped', 'standardOut';
/// exceptionFormat 'full' }`.
const FULL: &str = include_str!("../../../tests/fixtures/gradle/full.log");
/// The same with `testLogging { events 'passed', 'failed', 'skipped'; displayGranularity 0;
/// minGranularity 0 }`.
const GRANULAR: &str = include_str!("../../../tests/fixtures/gradle/granular.log");

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    assert_eq!(
        told("gradle", SHORT),
        "failed calc.ManyTest | differ[1: 3 > 3] <java.lang.AssertionError> @ManyTest.java:9
failed calc.BrokenTest | classMethod <java.lang.IllegalStateException> @BrokenTest.java:4
failed calc.SumTest | lines <java.lang.AssertionError> @SumTest.java:9
failed calc.SumTest | wraps <java.lang.IllegalStateException> @SumTest.java:8
failed calc.SumTest | subtracts <java.lang.AssertionError> @SumTest.java:6
failed calc.SumTest | divides <java.lang.ArithmeticException> @SumTest.java:7
failed calc.NgTest | rowed[1] <java.lang.AssertionError> @NgTest.java:6
unnamed: 5 passed, 3 skipped
printed: 15 tests, 5 passed, 7 failed, 3 skipped"
    );
}

#[test]
fn full_exceptions_give_the_message() {
    assert_eq!(
        told("gradle", FULL),
        "passed calc.SumTest$Inner | nested
passed calc.ManyTest | differ[0: 1 > 2]
failed calc.ManyTest | differ[1: 3 > 3] <Values should be different. Actual: 3> @ManyTest.java:9
failed calc.BrokenTest | classMethod <no database> @BrokenTest.java:4
skipped calc.SumTest | assumes
passed calc.SumTest | adds
skipped calc.SumTest | later
failed calc.SumTest | lines <first line> @SumTest.java:9
failed calc.SumTest | wraps <outer> @SumTest.java:8
failed calc.SumTest | subtracts <difference expected:<1> but was:<2>> @SumTest.java:6
failed calc.SumTest | divides </ by zero> @SumTest.java:7
passed calc.NgTest | rowed[0]
failed calc.NgTest | rowed[1] <expected [1] but found [2]> @NgTest.java:6
passed calc.NgTest | fine
skipped calc.NgTest | dependent
printed: 15 tests, 5 passed, 7 failed, 3 skipped"
    );
}

#[test]
fn events_of_classes_and_executors_are_no_tests() {
    let ledger = ledger("gradle", GRANULAR);
    assert_eq!(ledger.tests().len(), 15);
    assert_eq!(ledger.totals().total(), 15);
    let suites: Vec<&str> = ledger.suites().keys().map(AsRef::as_ref).collect();
    let classes = [
        "calc.BrokenTest",
        "calc.ManyTest",
        "calc.NgTest",
        "calc.SumTest",
        "calc.SumTest$Inner",
    ];
    assert_eq!(suites, classes);
}

/// Written after the source of Gradle 8 and the documentation of its test tasks.
#[test]
fn display_names_are_tests_below_a_task() {
    let text = "> Task :app:test FAILED

A stack > When full > refuses() FAILED
    org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
        at app//a.StackTest$Full.refuses(StackTest.java:9)

StackTest > sums(int, int) > [2] 1, 2 PASSED

StackTest > hangs() STARTED

> Task :lib:test

LibTest > a > b() PASSED
";
    assert_eq!(
        told("gradle", text),
        "failed A stack > When full | refuses() <expected: <1> but was: <2>>
passed StackTest | sums(int, int)[2]
unfinished StackTest | hangs()
passed LibTest > a | b()"
    );
}

#[test]
fn totals_of_one_task_do_not_speak_for_the_others() {
    let text = "> Task :a:test

ATest > one() PASSED

> Task :b:test

BTest > two() FAILED
    a.E at BTest.java:3

2 tests completed, 1 failed

BUILD FAILED in 2s
";
    assert_eq!(
        told("gradle", text),
        "passed ATest | one()
failed BTest | two() <a.E> @BTest.java:3
unnamed: 1 passed
printed: 1 failed"
    );
}

#[test]
fn comparisons_are_no_tests() {
    let text = "load > limit FAILED
Price > Cost PASSED
3 tests completed, 1 failed
BUILD FAILED
> Task :run
[app] Price > Cost FAILED
12 > 3 PASSED
    indented > Text FAILED
> Task :test FAILED
BUILD SUCCESSFUL in 1s
Price > Cost PASSED
";
    assert_eq!(told("gradle", text), "");
}
