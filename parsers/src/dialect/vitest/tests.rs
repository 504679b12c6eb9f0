//! Text in, tests out.

use crate::dialect::testing::told;

fn vitest(text: &str) -> String {
    told(&["vitest"], text)
}

const ERRORS: &str = "
⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  test/cart.test.ts > cart > subtracts
AssertionError: expected 1 to be 2 // Object.is equality

- Expected
+ Received

 ❯ test/cart.test.ts:16:14
     14|
     16|   expect(1).toBe(2)
       |             ^

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯
";

#[test]
fn files_are_counted_and_their_failures_named() {
    let text = format!(
        "
 RUN  v2.1.9 /w

 ❯ test/cart.test.ts (7 tests | 1 failed | 2 skipped) 257ms
   × cart > subtracts 181ms
     → expected 1 to be 2 // Object.is equality
   ✓ cart > is slow 310ms
 ✓ |unit| test/shelf.test.ts (5 tests) 119ms
{ERRORS}
 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 9 passed | 1 skipped | 1 todo (12)
   Start at  07:40:04
   Duration  3.75s (transform 228ms)
"
    );
    assert_eq!(
        vitest(&text),
        "\
cart | subtracts | failed 0.181s | test/cart.test.ts:16 | AssertionError: expected 1 to be 2 // Object.is equality
cart | is slow | passed 0.31s
unnamed 8 passed 1 skipped 1 todo
printed Some(12) Some(9) Some(1) Some(1)
"
    );
}

#[test]
fn the_verbose_reporter_names_every_test() {
    let text = format!(
        "
 RUN  v3.0.0 /w

stdout | test/cart.test.ts > cart > adds
 ✓ test/not.test.ts > printed by a test

 ✓ test/cart.test.ts > cart > adds
 × test/cart.test.ts > cart > subtracts 3ms
   → expected 1 to be 2 // Object.is equality
 ✓ test/cart.test.ts > alone (retry x2) 12ms
 ↓ test/cart.test.ts > waits [skipped]
{ERRORS}
      Tests  1 failed | 2 passed | 1 skipped (4)
"
    );
    assert_eq!(
        vitest(&text),
        "\
cart | adds | passed
cart | subtracts | failed 0.003s | test/cart.test.ts:16 | AssertionError: expected 1 to be 2 // Object.is equality
 | alone | passed 0.012s
 | waits | skipped
printed Some(4) Some(2) Some(1) Some(1)
"
    );
    let ledger = crate::dialect::told::ledger("vitest", &text);
    assert!(ledger.tests()[2].is_flaky());
}

#[test]
fn a_tree_below_the_file_names_suites_and_tests() {
    let text = "
 RUN  v1.6.0 /w

 ❯ test/cart.test.ts (4) 725ms
   ❯ cart (3) 725ms
     ✓ adds
     ✓ with a coupon (1)
       ✓ holds 3ms
     × breaks
       → boom
   ✓ alone

      Tests  1 failed | 3 passed (4)
";
    assert_eq!(
        vitest(text),
        "\
cart | adds | passed
cart > with a coupon | holds | passed 0.003s
cart | breaks | failed | boom
 | alone | passed
printed Some(4) Some(3) Some(1) None
"
    );
}

#[test]
fn a_tree_without_its_suites_lines_names_what_it_can() {
    let text = format!(
        "
 RUN  v4.1.12 /w

 ❯ test/cart.test.ts (7 tests | 1 failed | 2 skipped | 1 todo) 366ms
     ✓ adds 5ms
     × subtracts 5ms
       ✓ holds (1) 0ms
       ↓ waits
       □ later
     ↓ notes 0ms [no net]
   ✓ alone  351ms
{ERRORS}
      Tests  1 failed | 2 passed | 1 expected fail | 2 skipped | 1 todo (7)
"
    );
    assert_eq!(
        vitest(&text),
        "\
? | adds | passed 0.005s
? | holds (1) | passed 0s
? | waits | skipped
? | later | todo
? | notes | skipped 0s | no net
 | alone | passed 0.351s
cart | subtracts | failed | test/cart.test.ts:16 | AssertionError: expected 1 to be 2 // Object.is equality
printed Some(7) Some(3) Some(1) Some(2)
"
    );
}

#[test]
fn dots_leave_it_to_the_errors_and_the_totals() {
    let text = format!(" RUN  v2.1.9 /w\n\n··x·\n{ERRORS}\n      Tests  1 failed | 3 passed (4)\n");
    assert_eq!(
        vitest(&text),
        "\
cart | subtracts | failed | test/cart.test.ts:16 | AssertionError: expected 1 to be 2 // Object.is equality
unnamed 3 passed
printed Some(4) Some(3) Some(1) None
"
    );
}

#[test]
fn a_file_that_cannot_be_loaded_is_an_error_of_the_file() {
    let text = "
 RUN  v2.1.9 /w

 ❯ test/cart.test.ts (0 test)

⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  test/cart.test.ts [ test/cart.test.ts ]
Error: Cannot find module './gone'
 ❯ test/cart.test.ts:2:1

⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/1]⎯

 Test Files  1 failed (1)
      Tests  no tests
";
    assert_eq!(
        vitest(text),
        "\
test/cart.test.ts |  | errored | test/cart.test.ts:2 | Error: Cannot find module './gone'
printed Some(0) None None None
"
    );
}

#[test]
fn without_the_banner_nothing_is_told() {
    assert_eq!(
        vitest(" ✓ test/a.test.ts (5 tests) 3ms\n      Tests  5 passed (5)\n"),
        ""
    );
}
