//! What PHPUnit prints in, tests out. The logs are cut from runs of PHPUnit 9.6 over a class of our own;
//! those of later versions follow PHPUnit's end-to-end tests.

use crate::dialect::told::told;

const BANNER: &str = "PHPUnit 9.6.7 by Sebastian Bergmann and contributors.\n\n";

fn shown(rest: &str) -> String {
    told("phpunit", &format!("{BANNER}{rest}"))
}

const LISTS: &str = "Time: 00:00.003, Memory: 4.00 MB

There was 1 error:

1) Shop\\CartTest::test_raises
InvalidArgumentException: no such item
second

/app/tests/CartTest.php:7

--

There were 2 failures:

1) Shop\\CartTest::testBreaks
sum of two
Failed asserting that 2 is identical to 3.

/app/tests/CartTest.php:6

2) Shop\\CartTest::testSums with data set \"two (2)\" (2, 'x (3)')
Failed asserting that 3 is identical to 2.
1) Shop\\CartTest::inTheMessage

/app/tests/CartTest.php:13

--

There was 1 risky test:

1) Shop\\CartTest::testAsksNothing
This test did not perform any assertions

ERRORS!
Tests: 6, Assertions: 9, Errors: 1, Failures: 2, Incomplete: 1, Risky: 1.
";

const NAMED: &str = "errored Shop\\CartTest | test_raises <InvalidArgumentException: no such item> @/app/tests/CartTest.php:7
failed Shop\\CartTest | testBreaks <sum of two> @/app/tests/CartTest.php:6
failed Shop\\CartTest | testSums with data set \"two (2)\" <Failed asserting that 3 is identical to 2.> @/app/tests/CartTest.php:13
";

#[test]
fn letters_are_named_by_the_lists() {
    for letters in [
        ".EFFRI                                    6 / 6 (100%)\n\n",
        ".E\x1b[41;37mF\x1b[0mout\nF\x1b[33;1mR\x1b[0m\nI                      6 / 6 (100%)\n\n",
        "...\n.EF                                   3 / 6 ( 50%)\nFRI      6 / 6 (100%)\n\n",
    ] {
        assert_eq!(
            shown(&format!("{letters}{LISTS}")),
            format!(
                "{NAMED}unnamed: 2 passed, 1 skipped\nprinted: 6 tests, 2 passed, 2 failed, 1 errored, 1 skipped"
            ),
            "{letters}"
        );
    }
}

#[test]
fn letters_of_a_run_that_was_cut_off_are_counted() {
    assert_eq!(
        shown("..F.  4 / 9 ( 44%)\n.E"),
        "unnamed: 4 passed, 1 failed, 1 errored"
    );
    assert_eq!(told("phpunit", "..F.  4 / 9 ( 44%)\n"), "");
}

#[test]
fn totals_of_a_green_run_are_enough() {
    assert_eq!(
        shown("OK (2 tests, 3 assertions)\n"),
        "unnamed: 2 passed\nprinted: 2 tests, 2 passed"
    );
    assert_eq!(shown("No tests executed!\n"), "printed: 0 tests");
}

#[test]
fn a_warning_is_an_error_up_to_version_9() {
    let rest = "W.    2 / 2 (100%)\n\nThere was 1 warning:\n\n1) ATest::testA\nold\n\nWARNINGS!\nTests: 2, Assertions: 2, Warnings: 1.\n";
    assert_eq!(
        shown(rest),
        "errored ATest | testA <old>\nunnamed: 1 passed\nprinted: 2 tests, 1 passed, 0 failed, 1 errored, 0 skipped"
    );
    let ten = format!("PHPUnit 11.0 by Sebastian Bergmann and contributors.\n\n{rest}");
    assert_eq!(
        told("phpunit", &ten),
        "unnamed: 2 passed\nprinted: 2 tests, 2 passed, 0 failed, 0 errored, 0 skipped"
    );
}

const SENTENCES: &str = "Cart (Shop\\Cart)
 ✔ Adds two [1.13 ms]
 ✘ Breaks
   │
   │ sum of two
   │ Failed asserting that 2 is identical to 3.
   │
   │ /app/tests/CartTest.php:6
   │

 ✘ Raises
   │
   │ InvalidArgumentException: no such item
   │

 ∅ Waits
 ↩ Is left out with data set #0
noise
 ☢ Sums 2 of 3 with data set \"two (2)\"

Other (Shop\\Other)
 ✔ A

Time: 00:00.007, Memory: 6.00 MB

Summary of non-successful tests:

Cart (Shop\\Cart)
 ✘ Breaks
   │
   │ sum of two
   │

ERRORS!
Tests: 7, Assertions: 9, Errors: 1, Failures: 1, Skipped: 1, Incomplete: 1, Risky: 1.
";

#[test]
fn sentences_are_names_again() {
    assert_eq!(
        shown(SENTENCES),
        "passed Shop\\CartTest | testAddsTwo [0.00113s]
failed Shop\\CartTest | testBreaks <sum of two> @/app/tests/CartTest.php:6
errored Shop\\CartTest | testRaises <InvalidArgumentException: no such item>
skipped Shop\\CartTest | testWaits
skipped Shop\\CartTest | testIsLeftOut with data set #0
passed Shop\\CartTest | testSums2Of3 with data set \"two (2)\"
passed Shop\\OtherTest | testA
printed: 7 tests, 3 passed, 1 failed, 1 errored, 2 skipped"
    );
}

#[test]
fn sentences_in_colours_tell_errors_by_colour() {
    let text = "\x1b[4mCart\x1b[0m
 \x1b[32m✔\x1b[0m Sums\x1b[2m with \x1b[22m\x1b[36mone\x1b[2m·\x1b[22m(1)\x1b[0m \x1b[32m 1 \x1b[2mms\x1b[0m
 \x1b[33m✘\x1b[0m Values\x1b[2m with data set \x1b[22m\x1b[36m0\x1b[0m
   \x1b[33m┐\x1b[0m
   \x1b[33m├\x1b[0m \x1b[43;30mdisk full \x1b[0m
   \x1b[33m╵\x1b[0m \x1b[2m/\x1b[22mapp\x1b[2m/\x1b[22mCartTest.php\x1b[2m:\x1b[22m\x1b[34m29\x1b[0m
   \x1b[33m┴\x1b[0m
 \x1b[31m✘\x1b[0m Breaks
";
    assert_eq!(
        shown(text),
        "passed CartTest | testSums with data set \"one (1)\" [0.001s]
errored CartTest | testValues with data set #0 <disk full> @/app/CartTest.php:29
failed CartTest | testBreaks"
    );
}

#[test]
fn what_version_9_only_began_and_ended_is_told_at_the_totals() {
    let test = |name: &str| {
        format!("Test 'Shop\\CartTest::{name}' started\nTest 'Shop\\CartTest::{name}' ended\n")
    };
    let run = [
        "testA",
        "testBreaks",
        "testSums with data set \"two (2)\" (2, 'x (3)')",
        "test_raises",
    ];
    let all: String = run.map(test).concat();
    assert_eq!(
        shown(&format!("{all}\n{}", LISTS.replace("Tests: 6", "Tests: 5"))),
        format!(
            "{NAMED}passed Shop\\CartTest | testA\nunnamed: 1 skipped\nprinted: 5 tests, 1 passed, 2 failed, 1 errored, 1 skipped"
        )
    );
    let cut = format!("{all}Test 'Shop\\CartTest::testHangs' started\n");
    assert_eq!(shown(&cut), "unfinished Shop\\CartTest | testHangs");
}

#[test]
fn a_log_of_events_is_read() {
    let text = "PHPUnit Started (PHPUnit 11.5.2 using PHP 8.3.1 (cli) on Linux)
Test Runner Configured
Test Suite Started (Shop\\CartTest, 3 tests)
Test Preparation Started (Shop\\CartTest::testA#0)
Test Prepared (Shop\\CartTest::testA#0)
Test Passed (Shop\\CartTest::testA#0)
Test Finished (Shop\\CartTest::testA#0)
Test Preparation Started (Shop\\CartTest::testB#one two)
Test Failed (Shop\\CartTest::testB#one two)
Failed asserting that false is true.
Test Finished (Shop\\CartTest::testB#one two)
Test Preparation Started (Shop\\CartTest::testC)
Test Skipped (Shop\\CartTest::testC)
later
Test Suite Finished (Shop\\CartTest, 3 tests)
PHPUnit Finished (Shell Exit Code: 1)
";
    assert_eq!(
        told("phpunit", text),
        "passed Shop\\CartTest | testA with data set #0
failed Shop\\CartTest | testB with data set \"one two\" <Failed asserting that false is true.>
skipped Shop\\CartTest | testC <later>"
    );
}

#[test]
fn results_for_teamcity_are_left_to_its_dialect() {
    assert_eq!(
        shown("##teamcity[testCount count='1']\nOK (1 test, 1 assertion)\n"),
        ""
    );
}
