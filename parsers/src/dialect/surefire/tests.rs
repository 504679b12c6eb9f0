//! What Surefire prints in, tests out.

use crate::dialect::told::told;

#[test]
fn classes_are_counted_and_failures_named() {
    let text = "[INFO] Running a.BTest
[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1, Time elapsed: 0.2 s <<< FAILURE! - in a.BTest
[ERROR] adds  Time elapsed: 0.003 s  <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <1>
\tat a.Asserts.fail(Asserts.java:3)
\tat a.BTest.adds(BTest.java:12)

[INFO] Results:
[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1
";
    assert_eq!(
        told("surefire", text),
        "failed a.BTest | adds [0.003s] <expected: <1>> @BTest.java:12
unnamed: 1 passed, 1 skipped
printed: 3 tests, 1 failed, 0 errored, 1 skipped"
    );
}

#[test]
fn the_oldest_and_the_newest_form_are_read() {
    let old = "Running a.BTest
Tests run: 1, Failures: 0, Errors: 1, Skipped: 0, Time elapsed: 1.5 sec <<< FAILURE!
adds(a.BTest)  Time elapsed: 0.01 sec  <<< ERROR!
java.lang.NullPointerException

";
    let new = "[INFO] Running a.BTest
[ERROR] Tests run: 1, Failures: 0, Errors: 1, Skipped: 0, Time elapsed: 1.5 s <<< FAILURE! -- in a.BTest
[ERROR] a.BTest.adds -- Time elapsed: 0.01 s <<< ERROR!
java.lang.NullPointerException

";
    let told_of = "errored a.BTest | adds [0.01s] <java.lang.NullPointerException>";
    assert_eq!(told("surefire", old), told_of);
    assert_eq!(told("surefire", new), told_of);
}

#[test]
fn failures_without_names_are_counted() {
    let text = "Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 1 s <<< FAILURE! - in a.B\n";
    assert_eq!(told("surefire", text), "unnamed: 1 passed, 1 failed");
}

#[test]
fn figures_without_a_class_are_no_tests() {
    let text = "Running late\nTests run: 2, Failures: 1, Errors: 0, Skipped: 0\nRunning x y\n";
    assert_eq!(told("surefire", text), "");
}

#[test]
fn failsafe_prints_the_same_and_adds_to_surefires_tests() {
    let text = "[INFO] --- maven-surefire-plugin:3.2.5:test (default-test) @ app ---
[INFO] Running org.acme.UnitTest
[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.05 s -- in org.acme.UnitTest
[INFO] Results:
[WARNING] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1
[INFO] --- maven-failsafe-plugin:3.2.5:integration-test (default) @ app ---
[INFO] Running org.acme.ShopIT
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 1.05 s <<< FAILURE! -- in org.acme.ShopIT
[ERROR] org.acme.ShopIT.buys -- Time elapsed: 0.9 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
\tat org.acme.ShopIT.buys(ShopIT.java:17)

[INFO] Results:
[INFO] 
[ERROR] Failures: 
[ERROR]   ShopIT.buys:17 expected: <1> but was: <2>
[INFO] 
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0
[INFO] --- maven-failsafe-plugin:3.2.5:verify (default) @ app ---
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-failsafe-plugin:3.2.5:verify (default) on project app: There are test failures.
";
    assert_eq!(
        told("surefire", text),
        "failed org.acme.ShopIT | buys [0.9s] <expected: <1> but was: <2>> @ShopIT.java:17
unnamed: 3 passed, 1 skipped
printed: 5 tests, 1 failed, 0 errored, 1 skipped"
    );
}
