//! What the console launcher prints in, tests out.

use crate::dialect::told::{ledger, told};

/// JUnit Platform 1.9.1 (`--disable-banner --details tree`, with colours) over classes with all kinds of
/// tests and ways to break; frames of JUnit and of the Java runtime were taken out.
const REAL_TREE: &str = include_str!("../../../tests/fixtures/junit5_console/tree.log");
/// The same run with `--details flat` and `--details verbose`.
const REAL_FLAT: &str = include_str!("../../../tests/fixtures/junit5_console/flat.log");
const REAL_VERBOSE: &str = include_str!("../../../tests/fixtures/junit5_console/verbose.log");

const TREE: &str = "
Thanks for using JUnit! Support its development at https://junit.org/sponsoring

╷
├─ JUnit Jupiter ✔
│  ├─ OffTest ↷ class a.OffTest is @Disabled
│  ├─ StackTest ✔
│  │  ├─ pushes() ✔
│  │  ├─ A queue, too ✘ expected: <1> but was: <2>
│  │  │     second line
│  │  ├─ sums(int, int) ✔
│  │  │  ├─ [1] 1, 2 ✔
│  │  │  └─ [2] 2, 3 ✘ no: number
│  │  ├─ When full ✔
│  │  │  ├─ refuses() ↷ not today
│  │  │  └─ waits() 12345 ms ■ Assumption failed
│  │  └─ Inner ↷ class a.StackTest$Inner is @Disabled
│  └─ BrokenTest ✘ no database
└─ JUnit Vintage ✔

Failures (3):
  JUnit Jupiter:StackTest:A queue, too
    MethodSource [className = 'a.StackTest', methodName = 'queues', methodParameterTypes = '']
    => org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
second line
       org.junit.jupiter.api.Assertions.fail(Assertions.java:3)
       a.StackTest.queues(StackTest.java:12)
       [...]
  JUnit Jupiter:StackTest:sums(int, int):[2] 2, 3
    MethodSource [className = 'a.StackTest', methodName = 'sums', methodParameterTypes = 'int, int']
    => java.lang.NumberFormatException: no: number
       a.StackTest.sums(StackTest.java:20)
  JUnit Jupiter:BrokenTest
    ClassSource [className = 'a.BrokenTest', filePosition = null]
    => java.io.IOException: no database

Test run finished after 164 ms
[         5 containers found      ]
[         1 containers failed     ]
[         9 tests found           ]
[         3 tests skipped         ]
[         6 tests started         ]
[         1 tests aborted         ]
[         2 tests successful      ]
[         2 tests failed          ]
";

const TREE_TOLD: &str = "passed StackTest | pushes()
passed StackTest | sums(int, int)[1]
skipped StackTest > When full | refuses() <not today>
skipped StackTest > When full | waits() [12.345s] <Assumption failed>
failed StackTest | A queue, too <expected: <1> but was: <2>> @StackTest.java:12
errored StackTest | sums(int, int)[2] <no: number> @StackTest.java:20
errored BrokenTest |  <no database>
unnamed: 2 skipped
printed: 2 passed, 3 failed, 4 skipped";

#[test]
fn a_tree_tells_tests_by_their_captions_and_failures_by_the_list() {
    assert_eq!(told("junit5_console", TREE), TREE_TOLD);
}

#[test]
fn the_ascii_tree_says_the_same() {
    let units = [
        ("├─", "+--"),
        ("└─", "'--"),
        ("│  ", "| "),
        ("╷", "."),
        ("✔", "[OK]"),
        ("✘", "[X]"),
        ("■", "[A]"),
        ("↷", "[S]"),
    ];
    let ascii = units
        .iter()
        .fold(TREE.to_owned(), |text, (from, to)| text.replace(from, to));
    assert_eq!(told("junit5_console", &ascii), TREE_TOLD);
}

#[test]
fn a_tree_without_its_list_still_tells_failures() {
    let cut = TREE.split("Failures (3)").next().unwrap();
    let told = told("junit5_console", cut);
    assert!(told.contains("failed StackTest | A queue, too <expected: <1> but was: <2>>"));
    assert!(told.contains("failed StackTest | sums(int, int)[2] <no: number>"));
}

#[test]
fn a_list_alone_names_failures_as_the_report_does() {
    let from = TREE.find("Failures (3)").unwrap();
    assert_eq!(
        told("junit5_console", &TREE[from..]),
        "failed a.StackTest | queues() <expected: <1> but was: <2>> @StackTest.java:12
errored a.StackTest | sums(int, int)[2] <no: number> @StackTest.java:20
errored a.BrokenTest |  <no database>
unnamed: 2 passed, 4 skipped
printed: 2 passed, 3 failed, 4 skipped"
    );
}

#[test]
fn the_flat_form_tells_full_names_as_they_end() {
    let text = "Test execution started. Number of static tests: 3
Started:     JUnit Jupiter ([engine:junit-jupiter])
Started:     StackTest ([engine:junit-jupiter]/[class:a.StackTest])
Started:     pushes(File) ([engine:junit-jupiter]/[class:a.StackTest]/[method:pushes(java.io.File, [I)])
out of the test
Finished:    pushes(File) ([engine:junit-jupiter]/[class:a.StackTest]/[method:pushes(java.io.File, [I)])
Registered:   [1] a:b ([engine:junit-jupiter]/[class:a.StackTest]/[test-template:sums(int)]/[test-template-invocation:#1])
Started:     [1] a:b ([engine:junit-jupiter]/[class:a.StackTest]/[test-template:sums(int)]/[test-template-invocation:#1])
Finished:    [1] a:b ([engine:junit-jupiter]/[class:a.StackTest]/[test-template:sums(int)]/[test-template-invocation:#1])
             => Exception: java.lang.AssertionError: no
             \tat a.StackTest.sums(StackTest.java:9)
Skipped:     it ([engine:junit-jupiter]/[class:a.StackTest]/[nested-class:Full]/[method:it()])
             => Reason: later
Finished:    StackTest ([engine:junit-jupiter]/[class:a.StackTest])
             => Exception: java.lang.IllegalStateException: not closed
Started:     old ([engine:junit-vintage]/[runner:a.Old]/[test:old%5B0%5D(a.Old)])
";
    assert_eq!(
        told("junit5_console", text),
        "passed a.StackTest | pushes(File, int[])
failed a.StackTest | sums(int)[1] <no> @StackTest.java:9
skipped a.StackTest$Full | it() <later>
errored a.StackTest |  <not closed>
unfinished a.Old | old[0]"
    );
    assert_eq!(ledger("junit5_console", text).planned(), Some(3));
}

#[test]
fn the_verbose_form_tells_times_and_what_was_caught() {
    let text = "Test plan execution started. Number of static tests: 2
╷
├─ JUnit Jupiter
│  ├─ StackTest
│  │  ├─ pushes()
│  │  │       tags: []
│  │  │   uniqueId: [engine:junit-jupiter]/[class:a.StackTest]/[method:pushes()]
│  │  │     parent: [engine:junit-jupiter]/[class:a.StackTest]
│  │  │     caught: java.lang.IllegalStateException: no
│  │  │               \tat a.StackTest.pushes(StackTest.java:9)
│  │  │   duration: 203 ms
│  │  │     status: ✘ FAILED
│  │  ├─ [1] x dynamically registered
│  │     caught: java.io.IOException: still open
│  │               \tat a.StackTest.close(StackTest.java:90)
│  └─ StackTest finished after 275 ms.
│  ├─ OffTest
│  │       tags: []
│  │   uniqueId: [engine:junit-jupiter]/[class:a.OffTest]
│  │     reason: off
│  │     status: ↷ SKIPPED
└─ JUnit Jupiter finished after 300 ms.
Test plan execution finished. Number of all tests: 2
";
    assert_eq!(
        told("junit5_console", text),
        "errored a.StackTest | pushes() [0.203s] <no> @StackTest.java:9
errored a.StackTest |  <still open>"
    );
}

#[test]
fn the_feed_tells_captions() {
    let text = "JUnit Jupiter > StackTest > pushes() :: STARTED
JUnit Jupiter > StackTest > pushes() :: SUCCESSFUL
JUnit Jupiter > StackTest > sums(int) > [1] 3 :: FAILED
\torg.opentest4j.AssertionFailedError: expected: <1>
\t\tat a.StackTest.sums(StackTest.java:9)
JUnit Jupiter > StackTest > Full > it :: SKIPPED
\tReason: later
";
    assert_eq!(
        told("junit5_console", text),
        "passed StackTest | pushes()
failed StackTest | sums(int)[1] <expected: <1>> @StackTest.java:9
skipped StackTest > Full | it <later>"
    );
}

#[test]
fn other_trees_are_nobodys_tests() {
    let text = "├─ left-pad@1.0.0
│  └─ mocha ✔
+-- report.txt [OK]
| '-- x [X] y
Failures (1):
  a: b
    nothing
a > b :: FAILED
release: all done :: FAILED
";
    assert_eq!(told("junit5_console", text), "");
}

#[test]
fn a_foreign_list_keeps_no_other_dialect_from_its_lines() {
    let text = "Failures (1):
  a: b
    x
TAP version 13
1..1
ok 1 - adds
";
    let mut parser = crate::Parser::new();
    let mut dialects = Vec::new();
    parser.feed(text.as_bytes(), &mut |event| {
        dialects.push(event.dialect.to_owned());
    });
    assert!(dialects.contains(&"tap".to_owned()), "{dialects:?}");
}

#[test]
fn every_kind_of_test_is_told_in_a_tree() {
    assert_eq!(
        told("junit5_console", REAL_TREE),
        "passed StackTest | pushes()
passed StackTest | sums(int)[1]
passed StackTest | again()[1]
passed StackTest | again()[2]
passed StackTest | named(int) > 1 is one
passed StackTest | dynamic() > one
passed StackTest > when empty | fine()
skipped StackTest | Off <all of it>
skipped StackTest > Full | later() <later>
skipped StackTest > Full | refuses() <Assumption failed: assumption is not true>
passed StackTest > Full | reports(TestReporter)
passed Junit4Test | differ[0]
skipped Junit4Test | ig[0] <x>
skipped Junit4Test | ig[1] <x>
errored StackTest | broken(int[]) <Could not find factory method [none] in class [a.StackTest]>
failed StackTest | sums(int)[2] <expected: <1> but was: <2>> @StackTest.java:11
failed StackTest | named(int) > 2 is one <expected: <1> but was: <2>> @StackTest.java:12
failed StackTest | A queue, too <multi> @StackTest.java:10
errored StackTest | dynamic() > box > two <java.lang.RuntimeException> @StackTest.java:15
errored StackTest > Bad |  <not up> @StackTest.java:19
errored StackTest > when empty |  <still open> @StackTest.java:18
errored BrokenTest |  <no db> @BrokenTest.java:3
failed Junit4Test | differ[1] <expected:<3> but was:<1>> @Junit4Test.java:8
printed: 9 passed, 9 failed, 5 skipped"
    );
}

#[test]
fn every_kind_of_test_is_told_in_the_flat_form() {
    assert_eq!(told("junit5_console", REAL_FLAT), "errored a.StackTest | broken(int[]) <Could not find factory method [none] in class [a.StackTest]>
passed a.StackTest | pushes()
passed a.StackTest | sums(int)[1]
failed a.StackTest | sums(int)[2] <expected: <1> but was: <2>> @StackTest.java:11
passed a.StackTest | again()[1]
passed a.StackTest | again()[2]
passed a.StackTest | named(int)[1]
failed a.StackTest | named(int)[2] <expected: <1> but was: <2>> @StackTest.java:12
failed a.StackTest | queue() <multi> @StackTest.java:10
passed a.StackTest | dynamic()[1]
errored a.StackTest | dynamic()[2][1] <java.lang.RuntimeException> @StackTest.java:15
errored a.StackTest$Bad |  <not up> @StackTest.java:19
passed a.StackTest$Empty | fine()
errored a.StackTest$Empty |  <still open> @StackTest.java:18
skipped a.StackTest$Full | later() <later>
skipped a.StackTest$Full | refuses() <Assumption failed: assumption is not true> @StackTest.java:16
passed a.StackTest$Full | reports(TestReporter)
errored a.BrokenTest |  <no db> @BrokenTest.java:3
passed a.Junit4Test | differ[0]
skipped a.Junit4Test | ig[0] <x>
failed a.Junit4Test | differ[1] <expected:<3> but was:<1>> @Junit4Test.java:8
skipped a.Junit4Test | ig[1] <x>
unnamed: 1 skipped
printed: 9 passed, 9 failed, 5 skipped");
}

#[test]
fn the_verbose_form_agrees_with_the_flat_one() {
    let results = |text: &str| {
        let ledger = ledger("junit5_console", text);
        let all = ledger.tests().iter();
        let named = all.filter(|test| test.name.ends_with([')', ']']));
        let mut lines: Vec<String> = named
            .map(|test| format!("{} {}", test.name, test.status().as_str()))
            .collect();
        lines.sort();
        (lines, ledger.totals())
    };
    assert_eq!(results(REAL_VERBOSE), results(REAL_FLAT));
}
