//! unittest output in, tests out.

use crate::dialect::told;

fn unittest(text: &str) -> String {
    told::told("unittest", text)
}

const LINE: &str = "----------------------------------------------------------------------";
const DOUBLE: &str = "======================================================================";

/// Writes the separators out.
fn text(short: &str) -> String {
    short
        .replace("\n--\n", &format!("\n{LINE}\n"))
        .replace("==\n", &format!("{DOUBLE}\n"))
}

#[test]
fn verbose_results_of_old_and_new_pythons_have_the_same_names() {
    let old =
        "test_a (m.C) ... ok\ntest_b (m.C) ... skipped 'no net'\ntest_c (m.C)\nDoc of c ... ok\n";
    let new = "test_a (m.C.test_a) ... ok\ntest_b (m.C.test_b) ... skipped 'no net'\ntest_c (m.C.test_c)\nDoc of c ... ok\n";
    let want = "passed m.C | test_a\nskipped m.C | test_b <no net>\npassed m.C | test_c";
    assert_eq!(unittest(old), want);
    assert_eq!(unittest(new), want);
}

#[test]
fn every_result_word_has_its_status() {
    let text = "test_a (m.C) ... FAIL\ntest_b (m.C) ... ERROR\ntest_c (m.C) ... expected failure\ntest_d (m.C) ... unexpected success\nsetUpClass (m.D) ... ERROR\ntest_e (m.C) ... skipped \"it's a ... b\"\n";
    assert_eq!(
        unittest(text),
        "failed m.C | test_a
errored m.C | test_b
xfail m.C | test_c
xpass m.C | test_d
errored m.D | setUpClass
skipped m.C | test_e <it's a ... b>"
    );
}

#[test]
fn output_between_name_and_result_hides_neither() {
    let text = "test_a (m.C.test_a) ... hello\nworld\nok\ntest_b (m.C.test_b) ... no line feedFAIL\ntest_c (m.C.test_c) ... \nDone, took\nERROR\ntest_d (m.C.test_d) ... x\ny ok\ntest_e (m.C.test_e) ... cut";
    assert_eq!(
        unittest(text),
        "passed m.C | test_a
failed m.C | test_b
errored m.C | test_c
passed m.C | test_d
unfinished m.C | test_e"
    );
}

#[test]
fn sections_give_results_their_message_and_place() {
    let log = text(
        "test_a (m.C.test_a)
What it does ... ERROR
test_b (m.C.test_b) ... FAIL

==
ERROR: test_a (m.C.test_a)
What it does
--
Traceback (most recent call last):
  File \"/m.py\", line 3, in test_a
    f()
  File \"/f.py\", line 9, in f
    1 / 0
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/m.py\", line 5, in test_a
    raise ValueError(\"x\")
ValueError: x

==
FAIL: test_b (m.C.test_b)
--
Traceback (most recent call last):
  File \"/m.py\", line 7, in test_b
    self.assertEqual(a, b)
AssertionError: 'a' != 'b'
- a
+ b


Stdout:
Traceback (most recent call last):
  File \"/no.py\", line 1, in test_b
NoError: printed

--
Ran 2 tests in 0.001s

FAILED (failures=1, errors=1)
",
    );
    assert_eq!(
        unittest(&log),
        "errored m.C | test_a <ValueError: x> @/m.py:5
failed m.C | test_b <AssertionError: 'a' != 'b'> @/m.py:7
printed: 2 tests, 1 failed, 1 errored, 0 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn dots_are_counted_and_sections_name_the_failures_among_them() {
    let log = text(
        "..F.s
==
FAIL: test_b (m.C)
--
Traceback (most recent call last):
AssertionError

--
Ran 5 tests in 0.001s

FAILED (failures=1, skipped=1)
",
    );
    assert_eq!(
        unittest(&log),
        "failed m.C | test_b <AssertionError>
unnamed: 3 passed, 1 skipped
printed: 5 tests, 1 failed, 0 errored, 1 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn a_quiet_run_is_counted_by_its_last_lines() {
    let log = text("noise\n--\nRan 3 tests in 0.001s\n\nOK (expected failures=1)\n");
    assert_eq!(
        unittest(&log),
        "unnamed: 2 passed, 1 xfail
printed: 3 tests, 0 failed, 0 errored, 0 skipped, 1 xfail, 0 xpass"
    );
    assert_eq!(unittest("Ran 3 tests in 0.001s\n\nOK\n"), "");
}

#[test]
fn sub_tests_are_results_under_their_tests_name() {
    let log = text(
        "test_a (m.C.test_a) ... 
  test_a (m.C.test_a) (i=1) ... FAIL
  test_a (m.C.test_a) [two] (i=2) ... FAIL
test_b (m.C.test_b) ... ok

==
FAIL: test_a (m.C.test_a) (i=1)
--
Traceback (most recent call last):
AssertionError: one

==
FAIL: test_a (m.C.test_a) [two] (i=2)
--
Traceback (most recent call last):
AssertionError: two

--
Ran 2 tests in 0.001s

FAILED (failures=2)
",
    );
    assert_eq!(
        unittest(&log),
        "failed m.C | test_a <AssertionError: one>
failed m.C | test_a <AssertionError: two>
passed m.C | test_b
printed: 2 failed, 0 errored, 0 skipped, 0 xfail, 0 xpass"
    );
    // Before 3.11 only the sections tell them, and the next test follows on the same line.
    let old = log
        .replace("test_a (m.C.test_a) ... \n  test_a (m.C.test_a) (i=1) ... FAIL\n  test_a (m.C.test_a) [two] (i=2) ... FAIL\n", "test_a (m.C.test_a) ... ");
    assert_eq!(
        unittest(&old),
        "passed m.C | test_b
failed m.C | test_a <AssertionError: one>
failed m.C | test_a <AssertionError: two>
printed: 2 failed, 0 errored, 0 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn a_module_that_cannot_be_loaded_is_an_error_with_its_first_line() {
    let log = text(
        "E
==
ERROR: test_x (unittest.loader._FailedTest.test_x)
--
ImportError: Failed to import test module: test_x
Traceback (most recent call last):
  File \"/l.py\", line 1, in _find
ModuleNotFoundError: No module named 'y'


--
Ran 1 test in 0.000s

FAILED (errors=1)
",
    );
    assert_eq!(
        unittest(&log),
        "errored unittest.loader._FailedTest | test_x <ImportError: Failed to import test module: test_x>
printed: 1 tests, 0 failed, 1 errored, 0 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn unexpected_successes_listed_at_the_end_are_not_told_twice() {
    let log = text(
        "test_a (m.C.test_a) ... unexpected success
test_b (m.C.test_b) ... unexpected success

==
UNEXPECTED SUCCESS: test_a (m.C.test_a)
UNEXPECTED SUCCESS: test_b (m.C.test_b)

--
Ran 2 tests in 0.001s

FAILED (unexpected successes=2)
",
    );
    assert_eq!(
        unittest(&log),
        "xpass m.C | test_a
xpass m.C | test_b
printed: 2 tests, 0 failed, 0 errored, 0 skipped, 0 xfail, 2 xpass"
    );
}

#[test]
fn doctests_have_the_suite_of_their_dotted_name() {
    let log = "json ()\nDoctest: json ... ok\nencode (json.E)\nDoctest: json.E.encode ... ok\n/t/a.txt\nDoctest: a.txt ... FAIL\n";
    assert_eq!(
        unittest(log),
        "passed  | json\npassed json.E | encode\nfailed  | a.txt"
    );
}

#[test]
fn lines_that_only_look_like_results_are_no_tests() {
    for text in [
        "test login (main) ... ok\n",
        "rendering template test_login.html ... done\n",
        "Checking (fast) ... ok\n",
        "test src/lib.rs - f (line 3) ... ok\n",
        "ERROR: test (m.C)\n----\n",
        "....\nF\nok\nOK\nFAILED (failures=3)\n",
    ] {
        assert_eq!(unittest(text), "", "{text}");
    }
}

#[test]
fn slowest_tests_add_their_durations() {
    let log = text(
        "test_a (m.C.test_a) ... ok
test_b (m.C.test_b) ... FAIL

==
FAIL: test_b (m.C.test_b)
--
Traceback (most recent call last):
AssertionError: no

Slowest test durations
--
0.101s     test_b (m.C.test_b)

--
Ran 2 tests in 0.110s

FAILED (failures=1)
",
    );
    assert_eq!(
        unittest(&log),
        "passed m.C | test_a
failed m.C | test_b [0.101s] <AssertionError: no>
printed: 2 tests, 1 failed, 0 errored, 0 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn a_second_run_is_read_as_the_first() {
    let run = text("test_a (m.C.test_a) ... ok\n\n--\nRan 1 test in 0.001s\n\nOK\n");
    assert_eq!(
        unittest(&format!("{run}{run}")),
        "passed m.C | test_a
passed m.C | test_a
printed: 2 tests, 0 failed, 0 errored, 0 skipped, 0 xfail, 0 xpass"
    );
}

/// Shortened output of nose2 0.16.
const NOSE2: &str = "\
test_a.test_function ... ok
test_a.test_function_fails ... FAIL
test_a.test_generator:1
0 ... ok
test_a.test_generator:2
1 ... FAIL
test 0000: should add (test_a.having a cart.test 0000: should add) ... ok
test_doc (test_a.TestA.test_doc)
A docstring. ... ok
test_params:1
1, 1 (test_a.TestA.test_params:1
1, 1) ... ok
test_params:2
1, 2 (test_a.TestA.test_params:2
1, 2) ... FAIL
test_prints (test_a.TestA.test_prints) ... printed
ok
test_skip (test_a.TestA.test_skip) ... skipped not today
test_counts (test_a.TestA.test_counts) ... skipped 3 rows
ok
test_sub (test_a.TestA.test_sub) ... FAIL
ERROR

======================================================================
ERROR: _ErrorHolder
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_a.py\", line 41, in setUpClass
    def setUpClass(cls): raise RuntimeError(\"no class\")
RuntimeError: no class

======================================================================
FAIL: test_a.test_function_fails
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_a.py\", line 32, in test_function_fails
    def test_function_fails(): assert False, \"nope\"
AssertionError: nope

======================================================================
FAIL: test_a.test_generator:2
1
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_a.py\", line 29, in check_small
    def check_small(i): assert i < 1
AssertionError

======================================================================
FAIL: test_params:2
1, 2 (test_a.TestA.test_params:2
1, 2)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_a.py\", line 21, in test_params
    def test_params(self, a, b): assert a == b
AssertionError

======================================================================
FAIL: test_sub (test_a.TestA.test_sub) (i=1)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_a.py\", line 24, in test_sub
    with self.subTest(i=i): self.assertNotEqual(i, 1)
AssertionError: 1 == 1

----------------------------------------------------------------------
Ran 12 tests in 0.011s

FAILED (failures=4, errors=1, skipped=1)
";

#[test]
fn nose2_names_functions_and_numbers_generated_tests() {
    assert_eq!(
        unittest(NOSE2),
        "\
passed test_a | test_function
failed test_a | test_function_fails <AssertionError: nope> @test_a.py:32
passed test_a | test_generator:1
failed test_a | test_generator:2 <AssertionError> @test_a.py:29
passed test_a.having a cart | test 0000: should add
passed test_a.TestA | test_doc
passed test_a.TestA | test_params:1
failed test_a.TestA | test_params:2 <AssertionError> @test_a.py:21
passed test_a.TestA | test_prints
skipped test_a.TestA | test_skip <not today>
passed test_a.TestA | test_counts
failed test_a.TestA | test_sub <AssertionError: 1 == 1> @test_a.py:24
errored  | _ErrorHolder <RuntimeError: no class> @test_a.py:41
printed: 4 failed, 1 errored, 1 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn sections_name_what_nose2_printed_as_dots() {
    let (_, sections) = NOSE2.split_once("ERROR\n").unwrap();
    let text = format!(".F.F..printed\n.Fs.FE\n{sections}");
    assert_eq!(
        unittest(&text),
        "\
errored  | _ErrorHolder <RuntimeError: no class> @test_a.py:41
failed test_a | test_function_fails <AssertionError: nope> @test_a.py:32
failed test_a | test_generator:2 <AssertionError> @test_a.py:29
failed test_a.TestA | test_params:2 <AssertionError> @test_a.py:21
failed test_a.TestA | test_sub <AssertionError: 1 == 1> @test_a.py:24
unnamed: 7 passed, 1 skipped
printed: 4 failed, 1 errored, 1 skipped, 0 xfail, 0 xpass"
    );
}

#[test]
fn layers_of_nose2_put_everything_on_one_line() {
    let text = "\
test_doc (test_a.TestA.test_doc) A docstring. ... ok
test_params:2 1, 2 (test_a.TestA.test_params:2 1, 2) ... ok
";
    assert_eq!(
        unittest(text),
        "passed test_a.TestA | test_doc\npassed test_a.TestA | test_params:2"
    );
}

#[test]
fn a_line_of_thousands_of_descriptions_is_read_within_bounds() {
    let told = unittest(&format!("{}ok\n", "test_a (m.C) ... ".repeat(3500)));
    assert!(told.len() < 100, "{told}");
}
