//! What bats' pretty formatter prints in, tests out.

use crate::dialect::told;

fn bats(text: &str) -> String {
    told::told("bats", text)
}

#[test]
fn results_have_the_file_above_them_as_suite() {
    let text = "a.bats
 ✓ adds
 - subtracts (skipped: no minus)
 ✗ divides
   (in test file test/a.bats, line 7)
     `false' failed
b.bats
 ✓ adds

4 tests, 1 failure, 1 skipped
";
    assert_eq!(
        bats(text),
        "passed a.bats | adds
skipped a.bats | subtracts <no minus>
failed a.bats | divides <(in test file test/a.bats, line 7)> @test/a.bats:7
passed b.bats | adds
printed: 4 tests, 1 failed, 1 skipped"
    );
}

#[test]
fn times_are_told_from_names_by_their_colour() {
    let text = "\x1b[34;1ma.bats\n\x1b[0m\x1b[1G   f [1]\x1b[K\x1b[66G1/2 in 0 sec\x1b[2G\x1b[1G ✓ f [1]\x1b[32;22m [24]\x1b[K\n\x1b[0m\x1b[1G   f [2]\x1b[K\x1b[66G2/2\x1b[2G\x1b[31;1m\x1b[1G ✗ f [2]\x1b[K\n\x1b[0m\n2 tests, 1 failure in 3 seconds\n";
    assert_eq!(
        bats(text),
        "passed a.bats | f [1] [0.024s]\nfailed a.bats | f [2]\nprinted: 2 tests, 1 failed"
    );
}

#[test]
fn results_written_over_the_progress_need_no_heading() {
    let text =
        "\x1b[1G   f\x1b[K\x1b[76G1/1\x1b[2G\x1b[1G ✓ f\x1b[K\n\x1b[0m\n1 test, 0 failures\n";
    assert_eq!(bats(text), "passed  | f\nprinted: 1 tests, 0 failed");
}

#[test]
fn a_test_that_ran_out_of_time_timed_out() {
    assert_eq!(
        bats("a.bats\n ✗ f [1034 (timeout: 1s)]\n"),
        "timed_out a.bats | f [1.034s]"
    );
}

#[test]
fn other_peoples_ticks_are_no_tests() {
    for text in [
        " ✓ synced 18 files\n ✗ ignored 2 files\n2 tests, 1 failure\n",
        "1..1\na.bats\n2 tests, 1 failure\n ✓ synced 18 files\n",
        "test/a.bats\n - an item of a list\nchanged a.bats\n ✓ done\n",
    ] {
        assert_eq!(bats(text), "", "{text}");
    }
}
