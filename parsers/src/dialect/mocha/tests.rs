//! Text in, tests out.

use crate::dialect::testing::told;

fn mocha(text: &str) -> String {
    told(&["mocha"], text)
}

const LIST: &str = "
  1) cart
       with a coupon
         subtracts:

      AssertionError [ERR_ASSERTION]: 1 == 2
      + expected - actual

      -1
      +2
\x20     
      at helper (src/helper.js:1:2)
      at Context.<anonymous> (test/cart.js:16:14)
";

#[test]
fn the_tree_tells_while_it_grows_and_the_list_adds_why() {
    let text = format!(
        "

  cart
    ✔ adds (12ms)
logged by the code
  not a title
    - empties
    with a coupon
      1) subtracts

  shelf
    ✓ holds


  2 passing (164ms)
  1 pending
  1 failing
{LIST}
npm ERR! code 1
"
    );
    assert_eq!(
        mocha(&text),
        "\
cart | adds | passed 0.012s
cart | empties | skipped
cart with a coupon | subtracts | failed | src/helper.js:1 | 1 == 2
shelf | holds | passed
printed None Some(2) Some(1) Some(1)
"
    );
}

#[test]
fn dots_are_counted_by_the_totals_and_failures_named_by_the_list() {
    let text = format!("\n\n  ..!.\n\n  3 passing (2s)\n  1 failing\n{LIST}");
    assert_eq!(
        mocha(&text),
        "\
cart with a coupon | subtracts | failed | src/helper.js:1 | 1 == 2
unnamed 3 passed
printed None Some(3) Some(1) None
"
    );
}

#[test]
fn tests_without_a_suite_wait_for_the_totals() {
    let text = "\n\n  ✔ stands alone\n  - waits\n\n  1 passing (4ms)\n  1 pending\n\n";
    assert_eq!(
        mocha(text),
        " | stands alone | passed\n | waits | skipped\nprinted None Some(1) None Some(1)\n"
    );
}

#[test]
fn lists_that_are_not_mochas_tell_nothing() {
    for text in [
        "\n\n  Options\n    - foo\n    - bar\n",
        "\n\n  ✔ installed\n  1) one\n  2) two\n",
        "\n  Checks\n    ✔ node is new enough\n",
        "3 passing (2s)\n",
        "  3 passing remarks\n",
        "  2 failing\n",
    ] {
        assert_eq!(mocha(text), "", "{text}");
    }
}

#[test]
fn a_second_run_in_the_stream_counts_for_itself() {
    let run = "\n\n  cart\n    ✔ adds\n    1) breaks\n\n\n  1 passing (4ms)\n  1 failing\n\n  1) cart\n       breaks:\n\n      Error: boom\n      at Context.<anonymous> (test/cart.js:1:2)\n\n\n\n";
    assert_eq!(
        mocha(&run.repeat(2)).lines().last(),
        Some("printed None Some(2) Some(2) None")
    );
    let ledger = crate::dialect::told::ledger("mocha", &run.repeat(2));
    assert_eq!(ledger.totals().total(), 4);
}

#[test]
fn tries_of_cypress_are_attempts() {
    let text = "\n\n  login\n    ✓ opens (100ms)\n    (Attempt 1 of 3) enters\n    (Attempt 2 of 3) enters\n    ✓ enters (200ms)\n\n\n  2 passing (1m)\n";
    let ledger = crate::dialect::told::ledger("mocha", text);
    assert_eq!(ledger.totals().total(), 2);
    assert_eq!(ledger.tests()[1].attempts.len(), 3);
    assert!(ledger.tests()[1].is_flaky());
}
