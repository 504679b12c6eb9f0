//! Text in, tests out.

use crate::dialect::testing::told;

fn playwright(text: &str) -> String {
    told(&["playwright"], text)
}

const TEXT: &str = "
  1) [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts ─────────────

    Error: expect(received).toBe(expected)

      14 |
    > 16 |   expect(1).toBe(2);
        |              ^
        at /w/shop/cart.spec.ts:16:14

    Retry #1 ───────────────────────────────

    Error: again

        at /w/shop/cart.spec.ts:17:14

";

#[test]
fn the_list_names_every_try_and_the_texts_add_why() {
    let text = format!(
        "\nRunning 3 tests using 2 workers\n
  ✓   1 [chromium] › shop/cart.spec.ts:4:1 › cart › adds (1.2s)
  ✘   2 [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts (31ms)
  ✘   3 [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts (retry #1) (51ms)
  -   4 shop/cart.spec.ts:20:1 › waits

{TEXT}
  1 failed
    [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts ────
  1 skipped
  1 passed (16.0s)
"
    );
    assert_eq!(
        playwright(&text),
        "\
[chromium] › cart | adds | passed 1.2s
[chromium] › cart | subtracts | failed 0.051s | /w/shop/cart.spec.ts:17 | Error: again
 | waits | skipped
planned 3
printed None Some(1) Some(1) Some(1)
"
    );
    let ledger = crate::dialect::told::ledger("playwright", &text);
    assert_eq!(ledger.tests()[1].attempts.len(), 2);
}

#[test]
fn dots_count_and_the_lists_name() {
    let text = format!(
        "Running 4 tests using 1 worker\n··×F×±\n{TEXT}
  2) shop/cart.spec.ts:30:1 › wobbles ────

    Test timeout of 30000ms exceeded.

  1 failed
    [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts ────
  1 flaky
    shop/cart.spec.ts:30:1 › wobbles ────
  2 passed (16.0s)
"
    );
    assert_eq!(
        playwright(&text),
        "\
[chromium] › cart | subtracts | failed | /w/shop/cart.spec.ts:17 | Error: again
 | wobbles | passed
unnamed 2 passed
planned 4
printed None Some(3) Some(1) None
"
    );
    let ledger = crate::dialect::told::ledger("playwright", &text);
    assert!(ledger.tests()[1].is_flaky());
    assert_eq!(ledger.totals().total(), 4);
}

#[test]
fn the_line_reporter_tells_failures_at_once_and_the_rest_by_the_totals() {
    let text = format!(
        "Running 2 tests using 1 worker\n
[1/2] [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts
[2/2] (retries) [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts (retry #1)
{TEXT}
[3/2] shop/cart.spec.ts:20:1 › adds
  1 failed
    [chromium] › shop/cart.spec.ts:11:1 › cart › subtracts ────
  1 passed (16.0s)
"
    );
    assert_eq!(
        playwright(&text),
        "\
[chromium] › cart | subtracts | failed | /w/shop/cart.spec.ts:17 | Error: again
unnamed 1 passed
planned 2
printed None Some(1) Some(1) None
"
    );
}

#[test]
fn a_run_that_is_cut_keeps_what_it_told() {
    let text = format!("Running 4 tests using 1 worker\n·F\n{TEXT}");
    assert_eq!(
        playwright(&text),
        "\
[chromium] › cart | subtracts | failed | /w/shop/cart.spec.ts:17 | Error: again
unnamed 1 passed
planned 4
"
    );
}

#[test]
fn other_lines_tell_nothing() {
    for text in [
        "Running 3 tests\n  1 failed\n  2 passed (3s)\n",
        "  2 failed\n  2 passed (3s)\n",
        "Running 3 things using 1 worker\n··\n",
    ] {
        assert_eq!(playwright(text), "", "{text}");
    }
}
