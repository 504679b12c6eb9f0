//! prove's output in, tests out.

use crate::dialect::told;

fn prove(text: &str) -> String {
    told::told("prove", text)
}

#[test]
fn verbose_files_are_suites_of_the_tap_inside() {
    let text = "t/a.t ....... 
1..3
ok 1 - one
not ok 2 - two
#   Failed test 'two'
#   at t/a.t line 4.
ok 3 # skip no net
Failed 1/3 subtests 
	(less 1 skipped subtest: 1 okay)
Cannot open display
t/lib/b.t ... 
ok 1 - one
ok 2 - later # TODO not yet
1..2
ok

Test Summary Report
-------------------
t/a.t     (Wstat: 256 (exited 1) Tests: 3 Failed: 1)
  Failed test:  2
  Non-zero exit status: 1
t/lib/b.t (Wstat: 0 Tests: 2 Failed: 0)
  TODO passed:   2
Files=2, Tests=5,  1 wallclock secs ( 0.08 usr  0.03 sys)
Result: FAIL
";
    assert_eq!(
        prove(text),
        "passed t/a.t | one
failed t/a.t | two <Failed test 'two'> @t/a.t:4
skipped t/a.t |  <no net>
passed t/lib/b.t | one
todo t/lib/b.t | later <not yet>
printed: 5 tests, 1 failed"
    );
}

#[test]
fn quiet_runs_are_counted_and_diagnostics_name_the_failures() {
    let text = "#   Failed test 'two'
#   at t/a.t line 4.
# Looks like you failed 1 test of 3.
t/a.t .. 
Dubious, test returned 1 (wstat 256, 0x100)
Failed 1/3 subtests 
t/b.t .. ok
t/c.t .. skipped: no net

Test Summary Report
-------------------
t/a.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)
  Failed test:  2
  Non-zero exit status: 1
Files=3, Tests=5,  0 wallclock secs ( 0.02 usr)
Result: FAIL
";
    assert_eq!(
        prove(text),
        "failed t/a.t | two <Failed test 'two'> @t/a.t:4\nunnamed: 4 passed\nprinted: 5 tests, 1 failed"
    );
}

#[test]
fn diagnostics_ahead_of_their_file_say_why() {
    let text = "#   Failed test 'sum'
#   at t/a.t line 4.
#          got: '3'
#     expected: '4'
# Failed test 2 - sum at t/a.t line 5
#      got undef
# expected \"b\"
# a note, not of the diagnosis
t/a.t .. 
1..3
not ok 1 - sum
not ok 2 - sum
not ok 3 - bare
Failed 3/3 subtests 
";
    assert_eq!(
        prove(text),
        "failed t/a.t | sum <got: '3', expected: '4'> @t/a.t:4
failed t/a.t | sum <got undef, expected \"b\"> @t/a.t:5
failed t/a.t | bare"
    );
}

#[test]
fn files_keep_their_outcome_and_time() {
    let text = "[12:34:56] t/a.t .. ok       18 ms ( 0.00 usr  0.01 sys)\n[12:34:57] t/b.t .. skipped: no\n";
    let ledger = told::ledger("prove", text);
    let suites: Vec<String> = ledger
        .suites()
        .iter()
        .map(|(name, s)| format!("{name} {:?} {:?}", s.status, s.duration_s))
        .collect();
    assert_eq!(
        suites,
        ["t/a.t Some(Passed) Some(0.018)", "t/b.t Some(Skipped) None"]
    );
}

#[test]
fn files_of_other_names_are_known_by_the_tap_or_the_totals() {
    let verbose = "test/run.sh .. \n1..1\nok 1 - a\nok\nFiles=1, Tests=1,  0 wallclock secs (x)\nResult: PASS\n";
    assert_eq!(
        prove(verbose),
        "passed test/run.sh | a\nprinted: 1 tests, 0 failed"
    );
    let quiet = "test/run.sh .. ok\nAll tests successful.\nFiles=1, Tests=7,  0 wallclock secs (x)\nResult: PASS\n";
    assert_eq!(
        prove(quiet),
        "unnamed: 7 passed\nprinted: 7 tests, 0 failed"
    );
}

#[test]
fn a_bare_ok_is_a_result_or_the_end_of_the_file() {
    let text = "t/a.t .. \n1..2\nok\nok\nok\nt/b.t .. \nok 1\n1..1\nok\n";
    assert_eq!(
        prove(text),
        "passed t/a.t | \npassed t/a.t | \npassed t/b.t | "
    );
}

#[test]
fn other_peoples_dots_are_no_files() {
    for text in [
        "Starting database .. ok\nLoading ....... ok\n",
        "ok 1 - waiting .. \n",
        "Files=3\n",
        "Files=3, Tests=5, 1 wallclock\n",
        "build .. \n",
    ] {
        assert_eq!(prove(text), "", "{text}");
    }
}

#[test]
fn what_tests_print_ends_no_file() {
    let text = "t/a.t .. \n1..2\nok 1 - a\nLoading plugins .. ok\ncache ... \nok 2 - b\nok\nFiles=1, Tests=2,  0 wallclock secs (x)\nResult: PASS\nDeploying .. ok\nok 1 - c\n";
    assert_eq!(
        prove(text),
        "passed t/a.t | a\npassed t/a.t | b\nprinted: 2 tests, 0 failed"
    );
}
