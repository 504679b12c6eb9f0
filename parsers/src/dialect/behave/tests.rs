//! Text in, tests out. The logs are shortened output of Behave 1.3.3, one of 1.2.6.

use crate::dialect::told::{ledger, told};

fn behave(text: &str) -> String {
    told("behave", text)
}

const PLAIN: &str = "\
USING RUNNER: behave.runner:Runner
Feature: Cart
  Background: opened

  Scenario: adds
    Given a cart ... passed in 0.000s
    And table ... passed in 0.000s
      | a           | b |
      | Scenario: x | 2 |
    And text ... passed in 0.000s
      \"\"\"
      Feature: quoted

      Scenario: quoted
        Given x ... failed in 0.1s
      3 scenarios passed, 0 failed, 0 skipped
      \"\"\"

  Scenario: breaks
    Given a cart ... passed in 0.000s
    Then it holds 2 ... failed in 0.024s
ASSERT FAILED: holds 3, not 2

  Scenario: crashes
    Then it crashes ... error in 0.001s
Traceback (most recent call last):
  File \"behave/model.py\", line 1991, in run
    match.run(runner.context)
  File \"features/steps/s.py\", line 11, in e
    raise ValueError(\"bad\\nsecond line\")
ValueError: bad
second line

----
CAPTURED STDOUT: scenario

  Scenario: printed before
---- CAPTURED_SCENARIO_OUTPUT_END ----

  Scenario: undefined
    Then nobody wrote it ... undefined in 0.000s

  Scenario: hooked
----
CAPTURED STDOUT: before_scenario
HOOK-ERROR in before_scenario: RuntimeError: before boom
----

  Scenario: skipped inside
    Given a cart ... passed in 0.000s
LOG_WARNING:behave: SKIP Scenario skipped inside: not today
    Given it is skipped ... skipped in 0.000s

  Scenario: deselected

Funktionalit\u{e4}t: Korb
  Grundlage: offen

  Szenario: legt
    Wenn it adds 2 ... passed in 0.000s


Failing scenarios:
  features/cart.feature:14  breaks

Errored scenarios:
  features/cart.feature:19  crashes
  features/cart.feature:25  undefined
  features/cart.feature:29  hooked

0 features passed, 1 failed, 0 skipped
2 scenarios passed, 1 failed, 2 error, 1 hook_error, 2 skipped
21 steps passed, 3 failed, 1 error, 6 skipped, 1 undefined
Took 0min 0.026s
";

#[test]
fn the_steps_of_plain_tell_their_scenario() {
    assert_eq!(
        behave(PLAIN),
        "\
passed Cart | adds
failed Cart | breaks <holds 3, not 2> @features/cart.feature:14
errored Cart | crashes <ValueError: bad> @features/cart.feature:19
errored Cart | undefined <Then nobody wrote it> @features/cart.feature:25
errored Cart | hooked <RuntimeError: before boom> @features/cart.feature:29
skipped Cart | skipped inside
passed Korb | legt
skipped Cart | deselected
printed: 2 passed, 1 failed, 3 errored, 2 skipped"
    );
}

#[test]
fn a_log_that_stops_leaves_its_scenario_open() {
    let (cut, _) = PLAIN.split_once("    And text").unwrap();
    assert_eq!(behave(cut), "unfinished Cart | adds");
}

#[test]
fn before_1_3_whatever_breaks_is_failed() {
    let text = "\
Feature: Cart

  Scenario: adds
    Given a cart ... passed in 0.000s

  Scenario: crashes
    Then it crashes ... failed in 0.000s
Traceback (most recent call last):
  File \"features/steps/s.py\", line 11, in e
    raise ValueError(\"bad\")
ValueError: bad

Captured stdout:
printed before

  Scenario: undefined
    Then nobody wrote it ... undefined in 0.000s


Failing scenarios:
  features/cart.feature:19  crashes
  features/cart.feature:25  undefined

0 features passed, 1 failed, 0 skipped
1 scenario passed, 2 failed, 0 skipped
1 step passed, 1 failed, 0 skipped, 1 undefined
Took 0m0.002s
";
    assert_eq!(
        behave(text),
        "\
passed Cart | adds
failed Cart | crashes <ValueError: bad> @features/cart.feature:19
failed Cart | undefined <Then nobody wrote it> @features/cart.feature:25
printed: 1 passed, 2 failed, 0 skipped"
    );
}

const PRETTY: &str = "\
USING RUNNER: behave.runner:Runner
@shop
Feature: Cart # features/shop/cart.feature:2
  As a customer
  I want it
  @shop
  Feature: Cart  # features/shop/cart.feature:2

  Scenario: adds    # features/shop/cart.feature:9
    Given a cart    # features/steps/s.py:2

  @slow
  Scenario: breaks  # features/shop/cart.feature:14
    Given a cart    # features/steps/s.py:2
    Then it holds 2 # features/steps/s.py:6
      ASSERT FAILED: holds 3, not 2

    And it holds 3  # None

  Scenario: crashes  # features/shop/cart.feature:19
    Then it crashes  # features/steps/s.py:8
      Traceback (most recent call last):
        File \"features/steps/s.py\", line 11, in e
          raise ValueError(\"bad\\nsecond line\")
      ValueError: bad
      second line

  Scenario: undefined    # features/shop/cart.feature:25
    Given a cart         # features/steps/s.py:2
    Then nobody wrote it # None

  Scenario: skipped inside  # features/shop/cart.feature:29
    Given it is skipped     # features/steps/s.py:12
    Then it holds 3         # None

  Scenario Outline: many -- @1.1   # features/shop/cart.feature:43
    When it adds 1                 # features/steps/s.py:4

Feature: Empty # features/empty.feature:1

  Scenario: nothing  # features/empty.feature:3


Failing scenarios:
  features/shop/cart.feature:14  breaks

Errored scenarios:
  features/shop/cart.feature:19  crashes
  features/shop/cart.feature:25  undefined

1 feature passed, 1 failed, 0 skipped
3 scenarios passed, 1 failed, 2 error, 1 skipped
";

#[test]
fn what_pretty_leaves_open_the_lists_and_totals_tell() {
    assert_eq!(
        behave(PRETTY),
        "\
passed shop.cart.Cart | adds
failed shop.cart.Cart | breaks <holds 3, not 2> @features/shop/cart.feature:14
errored shop.cart.Cart | crashes <ValueError: bad> @features/shop/cart.feature:19
errored shop.cart.Cart | undefined @features/shop/cart.feature:25
skipped shop.cart.Cart | skipped inside
passed shop.cart.Cart | many -- @1.1 
passed empty.Empty | nothing
printed: 3 passed, 1 failed, 2 errored, 1 skipped"
    );
}

#[test]
fn colours_tell_what_became_of_a_step() {
    let text = "\
Feature: Cart\u{1b}[90m # features/cart.feature:2\u{1b}[0m

  Scenario: adds \u{1b}[90m   # features/cart.feature:9\u{1b}[0m
    \u{1b}[90mGiven \u{1b}[0m\u{1b}[90ma cart\u{1b}[0m\u{1b}[90m    # features/steps/s.py:2\u{1b}[0m
\u{1b}[1A    \u{1b}[32mGiven \u{1b}[0m\u{1b}[32ma cart\u{1b}[0m\u{1b}[90m    # features/steps/s.py:2 0.000s\u{1b}[0m

  Scenario: breaks \u{1b}[90m # features/cart.feature:14\u{1b}[0m
    \u{1b}[90mThen \u{1b}[0m\u{1b}[90mit holds \u{1b}[0m\u{1b}[90m\u{1b}[1m2\u{1b}[0m\u{1b}[90m # features/steps/s.py:6\u{1b}[0m
\u{1b}[1A    \u{1b}[31mThen \u{1b}[0m\u{1b}[31mit holds \u{1b}[0m\u{1b}[31m\u{1b}[1m2\u{1b}[0m\u{1b}[90m # features/steps/s.py:6 0.000s\u{1b}[0m
      ASSERT FAILED: holds 3, not 2

    \u{1b}[36mAnd \u{1b}[0m\u{1b}[36mit holds 3\u{1b}[0m\u{1b}[90m  # None\u{1b}[0m

  Scenario: undefined \u{1b}[90m   # features/cart.feature:25\u{1b}[0m
    \u{1b}[90mThen \u{1b}[0m\u{1b}[90mnobody wrote it\u{1b}[0m\u{1b}[90m # None\u{1b}[0m
\u{1b}[1A    \u{1b}[33mThen \u{1b}[0m\u{1b}[33mnobody wrote it\u{1b}[0m\u{1b}[90m # None\u{1b}[0m

  Scenario: deselected \u{1b}[90m # features/cart.feature:34\u{1b}[0m
    \u{1b}[36mGiven \u{1b}[0m\u{1b}[36ma cart\u{1b}[0m\u{1b}[90m        # None\u{1b}[0m

  Scenario: hangs \u{1b}[90m # features/cart.feature:40\u{1b}[0m
    \u{1b}[90mGiven \u{1b}[0m\u{1b}[90ma cart\u{1b}[0m\u{1b}[90m    # features/steps/s.py:2\u{1b}[0m
";
    assert_eq!(
        behave(text),
        "\
passed cart.Cart | adds
failed cart.Cart | breaks <holds 3, not 2> @features/cart.feature:14
failed cart.Cart | undefined <Then nobody wrote it> @features/cart.feature:25
skipped cart.Cart | deselected
unfinished cart.Cart | hangs"
    );
}

#[test]
fn letters_are_counted_by_the_totals_and_failures_named_by_the_lists() {
    let text = "\
USING RUNNER: behave.runner:Runner
features/cart.feature  .FELOG_WARNING:behave: SKIP Scenario skipped inside: not today
SS.

Failing scenarios:
  features/cart.feature:14  breaks

Errored scenarios:
  features/cart.feature:19  crashes

0 features passed, 1 failed, 0 skipped
2 scenarios passed, 1 failed, 1 error, 2 skipped
";
    assert_eq!(
        behave(text),
        "\
failed cart | breaks @features/cart.feature:14
errored cart | crashes @features/cart.feature:19
unnamed: 2 passed, 2 skipped
printed: 2 passed, 1 failed, 1 errored, 2 skipped"
    );
    let newer = text.replace(
        "2 scenarios passed, 1 failed, 1 error, 2 skipped",
        "   6 scenarios (passed: 2, failed: 1, error: 1, skipped: 2)",
    );
    assert_eq!(behave(&newer), behave(text));
}

const DASHES: &str =
    "--------------------------------------------------------------------------------\n";

#[test]
fn progress2_explains_the_failures_of_a_feature_below_it() {
    let text = format!(
        "features/cart.feature  .....F.E\n{DASHES}FAILURE in step 'it holds 2':\n  Feature:  Cart\n  Scenario: breaks\nASSERT FAILED: holds 3, not 2\nexception: holds 3, not 2\n{DASHES}\n\nFailing scenarios:\n  features/cart.feature:14  breaks\n\n0 features passed, 1 failed, 0 skipped\n1 scenario passed, 1 failed, 0 skipped\n"
    );
    assert_eq!(
        behave(&text),
        "\
failed cart.Cart | breaks <holds 3, not 2> @features/cart.feature:14
unnamed: 1 passed
printed: 1 passed, 1 failed, 0 skipped"
    );
}

#[test]
fn progress3_names_every_scenario() {
    let text = format!(
        "Cart    # features/cart.feature\n  adds  ...\n  breaks  ..F\n{DASHES}FAILURE in step 'it holds 2' (features/cart.feature:16):\nASSERT FAILED: holds 3, not 2\n{DASHES}  skipped inside  .LOG_WARNING:behave: SKIP Scenario\nS\n  deselected  \n\nOther: one    # features/other.feature\n  Rule: nothing is lost    # features/other.feature:3\n    in a rule  ..\n\n\nFailing scenarios:\n  features/cart.feature:14  breaks\n\n1 feature passed, 1 failed, 0 skipped\n2 scenarios passed, 1 failed, 2 skipped\n"
    );
    assert_eq!(
        behave(&text),
        "\
passed cart.Cart | adds
failed cart.Cart | breaks <holds 3, not 2> @features/cart.feature:14
skipped cart.Cart | skipped inside
passed other.Other: one | in a rule
skipped cart.Cart | deselected
printed: 2 passed, 1 failed, 2 skipped"
    );
}

#[test]
fn scenarios_that_were_not_reported_are_no_tests() {
    let text = PLAIN.replace("2 skipped\n21", "9 skipped\n21");
    assert_eq!(ledger("behave", &text).totals()[crate::Status::Skipped], 2);
    assert_eq!(ledger("behave", &text).printed().unwrap().skipped, None);
}

#[test]
fn what_only_looks_like_it_tells_nothing() {
    for text in [
        "Feature: dark mode\n\n  Scenario: night\n    Given the lamp is off\n",
        "Feature: Cart\n\n  Scenario: adds # features/cart.feature:9\n    Given a cart # features/steps/cart.rb:2\n\n1 scenario (1 passed)\n",
        "  features/cart.feature:14  breaks\n",
        "Failing scenarios:\nnone\n",
        "    fetching ... passed in 0.1s\n",
        "3 features passed, 0 failed, 0 skipped\n",
    ] {
        assert_eq!(behave(text), "", "{text}");
    }
}
