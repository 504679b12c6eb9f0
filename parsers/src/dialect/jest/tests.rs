//! Text in, tests out.

use crate::dialect::testing::told;

fn jest(text: &str) -> String {
    told(&["jest"], text)
}

#[test]
fn a_tree_names_every_test_and_the_bullet_adds_why() {
    let text = "\
FAIL unit src/cart.test.ts (5.2 s, 80 MB heap size)
  cart
    ✓ adds (3 ms)
    with a coupon
      ✕ subtracts (12 ms)
      ○ skipped refuses an old one
    ✎ todo empties
  ✓ stands alone

  ● cart › with a coupon › subtracts

    expect(received).toBe(expected) // Object.is equality

    Expected: 1
    Received: 2

      at equal (src/helper.ts:3:9)
      at Object.<anonymous> (src/cart.test.ts:16:14)
      at run (node:internal/process:1:1)

Test Suites: 1 failed, 1 total
Tests:       1 failed, 1 skipped, 1 todo, 2 passed, 5 total
Snapshots:   0 total
Time:        3.426 s
Ran all test suites.
";
    assert_eq!(
        jest(text),
        "\
cart | adds | passed 0.003s
cart > with a coupon | subtracts | failed 0.012s | src/cart.test.ts:16 | expect(received).toBe(expected) // Object.is equality
cart > with a coupon | refuses an old one | skipped
cart | empties | todo
 | stands alone | passed
printed Some(5) Some(2) Some(1) Some(1)
"
    );
}

#[test]
fn without_a_tree_the_totals_count_what_has_no_name() {
    let text = "\
PASS src/a.test.js
FAIL src/b.test.js
  ● Console

    console.log
      ✓ not a test

      at log (src/b.js:1:2)

  ● b › breaks

    boom

      at Object.<anonymous> (src/b.test.js:4:5)

  ● b › breaks

    boom again

  ● b › breaks

    of its tear-down

Test Suites: 1 failed, 1 passed, 2 total
Tests:       2 failed, 3 passed, 5 total
Ran all test suites.
";
    assert_eq!(
        jest(text),
        "\
b | breaks | failed | src/b.test.js:4 | boom
b | breaks | failed | boom again
unnamed 3 passed
printed Some(5) Some(3) Some(2) None
"
    );
}

#[test]
fn a_file_that_cannot_be_loaded_is_an_error_of_the_file() {
    let text = "\
FAIL src/b.test.js
  ● Test suite failed to run

    Cannot find module './gone' from 'src/b.test.js'

      at Object.require (src/b.test.js:2:1)

Test Suites: 1 failed, 1 total
Tests:       0 total
";
    assert_eq!(
        jest(text),
        "\
src/b.test.js |  | errored | src/b.test.js:2 | Cannot find module './gone' from 'src/b.test.js'
printed Some(0) None None None
"
    );
}

#[test]
fn tries_before_the_result_are_attempts() {
    let text = " LOGGING RETRY ERRORS  cart adds
 RETRY 1 

    socket hang up

      at x (src/a.test.js:1:1)

 RETRY 2 

    socket hang up again

PASS src/a.test.js
  cart
    ✓ adds (3 ms)

Tests:       1 passed, 1 total
";
    let ledger = crate::dialect::told::ledger("jest", text);
    let attempts: Vec<_> = ledger.tests()[0]
        .attempts
        .iter()
        .map(|a| (a.number, a.status.as_str(), a.message.as_deref()))
        .collect();
    assert_eq!(
        attempts,
        [
            (1, "failed", Some("socket hang up")),
            (2, "failed", Some("socket hang up again")),
            (3, "passed", None)
        ]
    );
    assert_eq!(ledger.totals().total(), 1);
}

const REPORT: &str = r#"{"numFailedTests":1,"numPassedTests":2,"numPendingTests":0,"numTodoTests":0,"numTotalTests":3,"testResults":[{"assertionResults":[{"ancestorTitles":["b"],"duration":4,"failureMessages":["Error: boom\n    at f (/w/src/b.test.js:4:5)"],"status":"failed","title":"breaks"},{"ancestorTitles":["b","c"],"duration":null,"failureMessages":[],"status":"passed","title":"holds"},{"ancestorTitles":["b","c"],"failureMessages":[],"status":"passed","title":"holds"}],"message":"","name":"/w/src/b.test.js","status":"failed"}]}"#;

#[test]
fn the_report_alone_tells_everything() {
    assert_eq!(
        jest(REPORT),
        "\
b | breaks | failed 0.004s | /w/src/b.test.js:4 | Error: boom
b > c | holds | passed
b > c | holds | passed
printed Some(3) Some(2) Some(1) Some(0)
"
    );
}

#[test]
fn the_report_behind_the_text_counts_nothing_twice() {
    let text = format!(
        "\
FAIL src/b.test.js
  ● b › breaks

    boom

      at f (src/b.test.js:4:5)

Tests:       1 failed, 2 passed, 3 total
Ran all test suites.
{REPORT}
"
    );
    assert_eq!(
        jest(&text),
        "\
b | breaks | failed 0.004s | src/b.test.js:4 | boom
b > c | holds | passed
b > c | holds | passed
printed Some(3) Some(2) Some(1) None
"
    );
}

#[test]
fn the_repetition_of_all_failures_at_the_end_is_not_counted() {
    let failure = "\
FAIL src/b.test.js
  ● b › breaks

    boom

";
    let text = format!(
        "{failure}Summary of all failing tests\n{failure}\nTest Suites: 1 failed, 1 total\nTests:       1 failed, 1 total\n"
    );
    assert_eq!(
        jest(&text),
        "b | breaks | failed | boom\nprinted Some(1) None Some(1) None\n"
    );
}

#[test]
fn prose_is_not_a_files_line() {
    for text in [
        "PASS the salt\n",
        "FAIL example.org/pkg 0.1s\n",
        "FAIL: a.js\n  ● b\n\n    c\n",
        "FAILED to load a.js\n",
    ] {
        assert_eq!(jest(text), "", "{text}");
    }
}
