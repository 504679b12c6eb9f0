//! Text in, tests out. The fixture is shortened output of Newman 6.

use crate::dialect::testing::told;

const RUN: &str = "\
newman

Shop API

❏ Folder A
↳ Get good
  GET http://127.0.0.1:18765/good [200 OK, 161B, 39ms]
  ✓  status is 200
  -  [skipped] skipped one

→ Get bad
  GET http://127.0.0.1:18765/bad [500 Internal Server Error, 180B, 10ms]
  ┌
  │ 'hello'
  └
  1. status is 200
  2. a title so long that the table at the end has to wrap it
  ✓  fine

→ No server
  GET http://127.0.0.1:1/x [errored]
     connect ECONNREFUSED 127.0.0.1:1
  4. never

┌─────────────────────────┬───────────────────┬──────────────────┐
│                         │          executed │           failed │
├─────────────────────────┼───────────────────┼──────────────────┤
│              assertions │                 6 │                3 │
└────────────────────────────────────────────────────────────────┘

  #  failure         detail
 1.  AssertionError  status is 200
                     expected response to have status code 200 but got 500
                     at assertion:0 in test-script
                     inside \"Get bad\"
 2.  AssertionError  a title so long that the table
                     at the end has to wrap it
                     expected 1 to deeply equal 2
                     at assertion:1 in test-script
                     inside \"Get bad\"
 3.  Error
                     connect ECONNREFUSED 127.0.0.1:1
                     at request
                     inside \"\"
";

const TOLD: &str = "\
Folder A / Get good | status is 200 | passed
Folder A / Get good | skipped one | skipped
Get bad | status is 200 | failed | expected response to have status code 200 but got 500
Get bad | a title so long that the table at the end has to wrap it | failed | expected 1 to deeply equal 2
Get bad | fine | passed
No server |  | errored | connect ECONNREFUSED 127.0.0.1:1
No server | never | failed
printed Some(6) None Some(3) None
";

#[test]
fn assertions_are_tests_of_their_request() {
    assert_eq!(told(&["newman"], RUN), TOLD);
}

#[test]
fn without_unicode_it_reads_the_same() {
    let text = RUN
        .replace("❏ ", "Folder ")
        .replace("↳ ", "Sub-folder ")
        .replace("→ ", "Root ")
        .replace("  ✓  ", "  Pass  ")
        .replace('│', "|");
    assert_eq!(told(&["newman"], &text), TOLD);
}

#[test]
fn arrows_without_the_banner_tell_nothing() {
    assert_eq!(told(&["newman"], "→ next\n  1. one\n  ✓  two\n"), "");
    assert_eq!(told(&["newman"], "newman\n1. one\n  ✓  two\n"), "");
}
