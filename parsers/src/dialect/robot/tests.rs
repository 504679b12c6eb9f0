//! Text in, tests out. The logs are shortened output of Robot Framework 7.5.

use crate::dialect::testing::told;

fn robot(text: &str) -> String {
    told(&["robot"], text)
}

/// Draws a console of 78 columns: `=` and `-` alone on a line stand for a line of them, `TEXT | FAIL |`
/// and `TEXT |` are filled up, titles with blanks.
fn console(script: &str) -> String {
    let mut text = String::new();
    for line in script.lines() {
        let line = match line {
            "=" | "-" => line.repeat(78),
            _ => match line.split_once(" | ") {
                Some((name, status)) => format!("{name:<70}| {status}"),
                None => match line.strip_suffix('~') {
                    Some(title) => format!("{title:<78}"),
                    None => line.to_owned(),
                },
            },
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

const VERBOSE: &str = "\
=
Suites~
=
Suites.Cart :: The cart holds what was put in. A very long documentation th...
=
Adds                                                                  hello from test
| PASS |
-
Breaks | FAIL |
1 != 2
-
Breaks With Lines | FAIL |
first line
=======
3 tests, 1 passed, 2 failed
second line
-
Is Skipped | SKIP |
not today
-
Logs Warning                                                          [ WARN ] careful
| PASS |
-
Fails Twice | FAIL |
Several failures occurred:

1) one

2) two
-
A Test Whose Name Is So Long That It Does Not Fit Into The Width O... | PASS |
-
Documented :: With a documentation of its own | PASS |
-
Dots                                                                  a.b| PASS |
-
Suites.Cart :: The cart holds what was put in. A very long documen... | FAIL |
9 tests, 5 passed, 3 failed, 1 skipped
=
[ ERROR ] Error in file '/app/suites/broken.robot' on line 2: Importing library 'NoSuchLib' failed: ModuleNotFoundError: No module named 'NoSuchLib'
Traceback (most recent call last):
  None
PYTHONPATH:
  /usr/bin
Suites.Login :: Login area~
=
Suites.Login.Enter~
=
Enters | PASS |
-
Leaves | FAIL |
no way out
-
Suites.Login.Enter | FAIL |
2 tests, 1 passed, 1 failed
=
Suites.Login.Setup~
=
Never Runs | FAIL |
Parent suite setup failed:
no server
-
Suites.Login.Setup | FAIL |
Suite setup failed:
no server

1 test, 0 passed, 1 failed
=
Suites.Login :: Login area | FAIL |
3 tests, 1 passed, 2 failed
=
Suites | FAIL |
12 tests, 6 passed, 5 failed, 1 skipped
=
Output:  /app/output.xml
";

const TOLD: &str = "\
Suites.Cart | Adds | passed
Suites.Cart | Breaks | failed | 1 != 2
Suites.Cart | Breaks With Lines | failed | first line
Suites.Cart | Is Skipped | skipped | not today
Suites.Cart | Logs Warning | passed
Suites.Cart | Fails Twice | failed | Several failures occurred: 1) one
Suites.Cart | A Test Whose Name Is So Long That It Does Not Fit Into The Width O... | passed
Suites.Cart | Documented | passed
Suites.Cart | Dots | passed
Suites.Login.Enter | Enters | passed
Suites.Login.Enter | Leaves | failed | no way out
Suites.Login.Setup | Never Runs | failed | Parent suite setup failed: no server
suite Suites.Cart failed None
suite Suites.Login.Enter failed None
suite Suites.Login.Setup failed None
suite Suites.Login failed None
suite Suites failed None
printed Some(12) Some(6) Some(5) Some(1)
";

#[test]
fn a_line_of_dashes_tells_a_test_from_a_suite() {
    assert_eq!(robot(&console(VERBOSE)), TOLD);
}

#[test]
fn colours_make_no_difference() {
    let text = console(VERBOSE)
        .replace("| PASS |", "| \u{1b}[32mPASS\u{1b}[0m |")
        .replace("| FAIL |", "| \u{1b}[31mFAIL\u{1b}[0m |");
    assert_eq!(robot(&text), TOLD);
}

#[test]
fn blanks_cut_off_at_the_ends_make_no_difference() {
    let banner = console("=\nBuild\n=\nbuilding\n");
    let text: String = (banner + &console(VERBOSE))
        .lines()
        .map(|l| format!("{}\n", l.trim_end()))
        .collect();
    assert_eq!(robot(&text), TOLD);
}

#[test]
fn banners_leave_their_lines_to_others() {
    let text = "=\nUnit tests\n=\ntest_a (m.C.test_a) ... FAIL\n\n=\nFAIL: test_a (m.C.test_a)\n-\nTraceback (most recent call last):\nAssertionError: no\n\n-\nRan 1 test in 0.1s\n\nFAILED (failures=1)\n";
    let both = told(&["robot", "unittest"], &console(text));
    assert_eq!(both, told(&["unittest"], &console(text)));
    assert!(both.contains("AssertionError: no"), "{both}");
}

#[test]
fn a_suites_tear_down_fails_what_had_passed_in_it() {
    let text = console(
        "=\nLogin~\n=\nLogin.Enter~\n=\nEnters | PASS |\n-\nLeaves | FAIL |\nno way out\n-\nLogin.Enter | FAIL |\n2 tests, 1 passed, 1 failed\n=\nLogin | FAIL |\nSuite teardown failed:\nsuite torn\n\n2 tests, 0 passed, 2 failed\n=\n",
    );
    assert_eq!(
        robot(&text),
        "\
Login.Enter | Enters | passed | Suite teardown failed: suite torn
Login.Enter | Leaves | failed | no way out
suite Login.Enter failed None
suite Login failed None
printed Some(2) None Some(2) None
"
    );
    let ledger = crate::dialect::told::ledger("robot", &text);
    assert!(ledger.tests()[0].teardown_error);
}

#[test]
fn before_version_4_critical_tests_are_counted_for_themselves() {
    let text = console(
        "=\nCart~\n=\nAdds | PASS |\n-\nCart | PASS |\n1 critical test, 1 passed, 0 failed\n1 test total, 1 passed, 0 failed\n=\n",
    );
    assert_eq!(
        robot(&text),
        "Cart | Adds | passed\nsuite Cart passed None\nprinted Some(1) Some(1) Some(0) None\n"
    );
}

#[test]
fn a_log_that_stops_tells_what_it_has() {
    let (cut, _) = VERBOSE.split_once("not today").unwrap();
    assert!(robot(&console(cut)).ends_with("Suites.Cart | Is Skipped | skipped\n"));
    let (cut, _) = VERBOSE.split_once("9 tests, 5").unwrap();
    assert!(robot(&console(cut)).ends_with("Suites.Cart | Dots | passed\n"));
}

#[test]
fn the_dotted_console_names_its_failures() {
    let text = console(
        "\
Running suite 'Suites' with 6 tests.
=
hello from test
.FFs[ WARN ] careful
.F
-
FAIL: Suites.Cart.Breaks
1 != 2
-
FAIL: Suites.Cart.Costs. Or more
Several failures occurred:

1) one

2) two
-
FAIL: Suites.Login.Enter.Enters
Parent suite teardown failed:
suite torn
=
Run suite 'Suites' with 6 tests in 270 milliseconds.

FAILED
6 tests, 2 passed, 3 failed, 1 skipped

Output:  /app/output.xml
",
    );
    assert_eq!(
        robot(&text),
        "\
Suites.Cart | Breaks | failed | 1 != 2
Suites.Cart | Costs. Or more | failed | Several failures occurred: 1) one
Suites.Login.Enter | Enters | failed | Parent suite teardown failed: suite torn
unnamed 2 passed 1 skipped
planned 6
printed Some(6) Some(2) Some(3) Some(1)
"
    );
}

#[test]
fn what_only_looks_like_it_tells_nothing() {
    for text in [
        "=\nReport~\n=\nAll is well\n=\n",
        "health check | PASS |\n-\n",
        "=\nReport\n-\n3 tests, 1 passed, 2 failed\n=\n",
        "| name | status |\n|------|--------|\n| db | PASS |\n",
    ] {
        assert_eq!(robot(&console(text)), "", "{text}");
    }
}
