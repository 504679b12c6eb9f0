//! What RSpec prints in, tests out. The logs are cut from runs of RSpec 3.12 over specs of our own.

use crate::dialect::told::told;

const TREE: &str = "
Cart
  adds
  breaks (FAILED - 1)
  waits (PENDING: Not yet implemented)
  #total
some output
    sums
    when empty
      is zero
      is many
lines (FAILED - 2)

Shop
  behaves like a thing
    behaves

";

const LISTS: &str =
    "Pending: (Failures listed here are expected and do not affect your suite's status)

  1) Cart waits
     # Not yet implemented
     # ./spec/cart_spec.rb:7

Failures:

  1) Cart breaks
     Failure/Error: it(\"breaks\") { expect(1 + 1).to eq 3 }

       expected: 3
            got: 2

       (compared using ==)
     # ./spec/cart_spec.rb:4:in `block (2 levels) in <top (required)>'

  2) Cart#total when empty is many
lines
     Failure/Error:
       it(\"is many\\nlines\") {
         raise ArgumentError, \"no such item\" }

     ArgumentError:
       no such item
     # ./spec/cart_spec.rb:15:in `block (4 levels) in <top (required)>'

Finished in 0.04143 seconds (files took 0.10075 seconds to load)
7 examples, 2 failures, 1 pending

Failed examples:

rspec ./spec/cart_spec.rb:4 # Cart breaks
rspec ./spec/cart_spec.rb:15 # Cart#total when empty is many
lines

";

#[test]
fn a_tree_without_colours_names_what_passed_at_the_totals() {
    assert_eq!(
        told("rspec", &format!("{TREE}{LISTS}")),
        "failed Cart | breaks <expected: 3> @./spec/cart_spec.rb:4
skipped Cart | waits <Not yet implemented> @./spec/cart_spec.rb:7
failed Cart#total when empty | is many
lines <no such item> @./spec/cart_spec.rb:15
passed Cart | adds
passed Cart#total | sums
passed Cart#total when empty | is zero
passed Shop behaves like a thing | behaves
printed: 7 tests, 4 passed, 2 failed, 1 skipped"
    );
}

#[test]
fn a_tree_in_colours_is_told_as_it_comes() {
    let text = "
Cart
\x1b[32m  adds\x1b[0m
\x1b[31m  breaks (FAILED - 1)\x1b[0m
  #total
  printed
\x1b[32m    sums\x1b[0m
\x1b[33m    waits (PENDING: why not)\x1b[0m
";
    assert_eq!(
        told("rspec", text),
        "passed Cart | adds
failed Cart | breaks
passed Cart printed | sums
skipped Cart printed | waits <why not>"
    );
}

#[test]
fn red_and_green_lines_of_others_are_no_examples() {
    // Playwright's list of failures and figures, Mocha's.
    let text = "
Running 2 tests using 1 worker
\x1b[31m  1) a.spec.js:4:1 › has title ────\x1b[39m

\x1b[31m  1 failed\x1b[39m
\x1b[32m  1 passed\x1b[39m (3.1s)
\x1b[31m  1 failing\x1b[0m
";
    assert_eq!(told("rspec", text), "");
    let lines = "Cart\n\x1b[31m  is many\nlines (FAILED - 1)\x1b[0m\n";
    assert_eq!(told("rspec", lines), "failed Cart | is many");
}

#[test]
fn a_cut_tree_without_colours_tells_what_is_certain() {
    let cut = &TREE[..TREE.find("      is many").unwrap_or(0)];
    assert_eq!(
        told("rspec", cut),
        "failed Cart | breaks
skipped Cart | waits <Not yet implemented>
passed Cart | adds
passed Cart#total | sums"
    );
}

#[test]
fn dots_are_named_by_the_lists_and_counted_at_the_totals() {
    assert_eq!(
        told("rspec", &format!(".F*some output\n..F.\n\n{LISTS}")),
        "skipped  | Cart waits <Not yet implemented> @./spec/cart_spec.rb:7
failed  | Cart breaks <expected: 3> @./spec/cart_spec.rb:4
failed  | Cart#total when empty is many <no such item> @./spec/cart_spec.rb:15
unnamed: 4 passed
printed: 7 tests, 4 passed, 2 failed, 1 skipped"
    );
}

#[test]
fn the_first_failure_shows_whose_list_it_is() {
    let text = &LISTS[LISTS.find("Failures:").unwrap_or(0)..];
    assert_eq!(told("rspec", text).lines().count(), 4);
    assert_eq!(told("rspec", "Failures:\n\n  1) a\n     it broke\n"), "");
}

#[test]
fn errors_outside_of_examples_are_told_by_their_file() {
    let text = "
An error occurred while loading ./bad_spec.rb.
Failure/Error: require \"nope\"

LoadError:
  cannot load such file -- nope
# ./bad_spec.rb:1:in `<top (required)>'

An error occurred in an `after(:context)` hook.
Failure/Error: after(:context) { raise \"teardown\" }

RuntimeError:
  teardown
# ./spec/cart_spec.rb:32:in `block (2 levels) in <top (required)>'


Finished in 0.00004 seconds (files took 0.17748 seconds to load)
0 examples, 0 failures, 2 errors occurred outside of examples
";
    assert_eq!(
        told("rspec", text),
        "errored ./bad_spec.rb |  <cannot load such file -- nope> @./bad_spec.rb:1
errored ./spec/cart_spec.rb |  <teardown> @./spec/cart_spec.rb:32
printed: 0 tests, 0 passed, 0 failed, 2 errored, 0 skipped"
    );
}

#[test]
fn several_failures_of_an_example_and_a_fixed_one_have_messages() {
    let text = "Failures:

  1) Cart has a price
     Got 2 failures:

     1.1) Failure/Error: expect(1).to eq 2

            expected: 2
                 got: 1

            (compared using ==)
          # ./spec/cart_spec.rb:24:in `block (3 levels) in <top (required)>'

     1.2) Failure/Error: expect(3).to eq 4

            expected: 4
                 got: 3
          # ./spec/cart_spec.rb:25:in `block (3 levels) in <top (required)>'

  2) Cart is done already FIXED
     Expected pending 'later' to fail. No error was raised.
     # ./spec/cart_spec.rb:10

Finished in 1 minute 4.03 seconds (files took 1.53 seconds to load)
3 examples, 2 failures
";
    let tree = format!(
        "\nCart\n  has a price (FAILED - 1)\n  is done already (FAILED - 2)\n  adds\n\n{text}"
    );
    assert_eq!(
        told("rspec", &tree),
        "failed Cart | has a price <expected: 2> @./spec/cart_spec.rb:24
failed Cart | is done already <Expected pending 'later' to fail. No error was raised.> @./spec/cart_spec.rb:10
passed Cart | adds
printed: 3 tests, 1 passed, 2 failed, 0 skipped"
    );
}

#[test]
fn ordinary_output_before_a_tree_is_left_out() {
    let text = "
Installing gems
  rake 13
  rspec 3

Cart
  adds
  when empty
    is zero

Finished in 0.1 seconds (files took 0.2 seconds to load)
2 examples, 0 failures
";
    assert_eq!(
        told("rspec", text),
        "passed Cart | adds
passed Cart when empty | is zero
printed: 2 tests, 2 passed, 0 failed, 0 skipped"
    );
}

#[test]
fn a_second_run_is_told_too() {
    let text = format!("{TREE}{LISTS}{}\n{TREE}{LISTS}", "noise\n".repeat(300));
    let told = told("rspec", &text);
    assert!(told.ends_with("printed: 14 tests, 8 passed, 4 failed, 2 skipped"));
    // The heading of its first group stands before the first line that shows that there is one.
    assert_eq!(told.matches("passed Shop behaves").count(), 2, "{told}");
}

#[test]
fn trees_without_a_run_are_no_tests() {
    assert_eq!(
        told("rspec", "\nCart\n  adds\n  when empty\n    is\n\n"),
        ""
    );
    assert_eq!(
        told("rspec", "\x1b[32m  adds\x1b[0m\n3 examples, 0 failures\n"),
        ""
    );
}

#[test]
fn headings_further_away_than_the_lookback_are_not_used() {
    let far = "  it\n".repeat(260);
    let text = format!("\nCart\n{far}  breaks (FAILED - 1)\n");
    assert_eq!(told("rspec", &text), "");
}
