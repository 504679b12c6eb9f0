//! Text in, tests out.

use crate::dialect::testing::told;

fn jasmine(text: &str) -> String {
    told(&["jasmine"], text)
}

#[test]
fn dots_are_counted_and_the_lists_name_some_of_them() {
    let text = "\
Randomized with seed 17
Started
..F.*
a line of the code
.

Failures:
1) cart subtracts
  Message:
    Expected 1 to equal 2.
  Stack:
        at <Jasmine>
        at UserContext.<anonymous> (/w/spec/cart.js:16:14)

Pending:

1) cart waits
  Temporarily disabled with xit

6 specs, 1 failure, 1 pending spec
Finished in 0.149 seconds
";
    assert_eq!(
        jasmine(text),
        "\
? | cart subtracts | failed | /w/spec/cart.js:16 | Expected 1 to equal 2.
? | cart waits | skipped | Temporarily disabled with xit
unnamed 4 passed
printed Some(6) None Some(1) Some(1)
"
    );
}

#[test]
fn the_spec_reporters_tree_names_every_spec() {
    let text = "\
Jasmine started

  cart
    ✓ adds (0.003 sec)
    ✗ subtracts (0.011 sec)
      - Expected 1 to equal 2.
    * waits

    with a coupon (0.1 sec)
      ✓ holds

**************************************************
*                    Failures                    *
**************************************************

1) cart subtracts
  - Expected 1 to equal 2.

Executed 4 of 4 specs (1 FAILED) (1 PENDING) in 0.176 sec.
";
    assert_eq!(
        jasmine(text),
        "\
cart | adds | passed 0.003s
cart | subtracts | failed 0.011s | Expected 1 to equal 2.
cart | waits | skipped
cart.with a coupon | holds | passed
printed Some(4) None Some(1) Some(1)
"
    );
}

#[test]
fn specs_that_print_before_any_dot_are_counted_by_the_totals() {
    assert_eq!(
        jasmine("Started\nlogged\n..F.\n\n4 specs, 1 failure\nFinished in 1 second\n"),
        "unnamed 3 passed 1 failed\nprinted Some(4) None Some(1) None\n"
    );
}

#[test]
fn a_program_that_started_is_not_jasmine() {
    for text in [
        "Started\nlistening on 80\n...\n",
        "...\n12 specs, 1 failure\n",
        "Started\n",
        "Failures:\n1) a\n  Message:\n    b\n",
    ] {
        assert_eq!(jasmine(text), "", "{text}");
    }
}
