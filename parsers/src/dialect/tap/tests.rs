//! TAP text in, tests out.

use crate::dialect::told;

fn tap(text: &str) -> String {
    told::told("tap", text)
}

#[test]
fn plan_first_or_last_and_numbers_or_none_give_the_same_tests() {
    let want = "passed  | a\nfailed  | b";
    assert_eq!(tap("1..2\nok 1 - a\nnot ok 2 - b\n"), want);
    assert_eq!(tap("ok 1 - a\nnot ok 2 - b\n1..2\n"), want);
    assert_eq!(tap("TAP version 14\nok - a\nnot ok - b\n1..2\n"), want);
    assert_eq!(tap("ok 1 a\nnot ok 2 b\n1..2\n"), want);
    assert_eq!(tap("1..1\nok 1 a\n1..1\nnot ok 1 b\n"), want);
}

#[test]
fn todo_and_skip_are_not_passes_or_failures() {
    let text = "TAP version 13\n1..4\nok 1 - a # TODO soon\nnot ok 2 - b # todo\nok 3 # skip no net\nok 4 - c\n";
    assert_eq!(
        tap(text),
        "todo  | a <soon>\ntodo  | b\nskipped  |  <no net>\npassed  | c"
    );
}

#[test]
fn nested_streams_count_as_their_parents_line_only() {
    let text = "1..2\n    # Subtest: inner\n    ok 1 - x\n    not ok 2 - y\n    1..2\nnot ok 1 - inner\n# Subtest: other\n    ok 1 - z\n    1..1\nok 2 - other\n";
    assert_eq!(tap(text), "failed  | inner\npassed  | other");
}

#[test]
fn leaves_are_the_tests_in_the_format_of_nodes_runner() {
    let text = "TAP version 13
# Subtest: math
    # Subtest: adds \\#1
    ok 1 - adds \\#1
      ---
      duration_ms: 1.5
      ...
    # Subtest: deep
        # Subtest: subtracts
        not ok 1 - subtracts
          ---
          duration_ms: 2
          location: '/t/a.js:3:1'
          error: 'boom'
          ...
        1..1
    not ok 2 - deep
      ---
      duration_ms: 3
      type: 'test'
      error: '1 subtest failed'
      ...
    1..2
not ok 1 - math
  ---
  duration_ms: 4
  type: 'suite'
  ...
1..1
# tests 3
# pass 1
# fail 2
# cancelled 0
# skipped 0
# todo 0
";
    assert_eq!(
        tap(text),
        "passed math | adds #1 [0.0015s]
failed math > deep | subtracts [0.002s] <boom> @/t/a.js:3
failed math | deep [0.003s] <1 subtest failed>
printed: 3 tests, 1 passed, 2 failed, 0 skipped, 0 todo"
    );
}

#[test]
fn diagnostics_give_a_failure_its_message_and_place() {
    let text = "1..3
not ok 1 - a
#   Failed test 'a'
#   at t/a.t line 7.
#          got: '1'
#     expected: '2'
not ok 2 - b
  ---
  message: no
  at: f (/x.js:4:5)
  ...
not ok 3 c
  oh no
      at g (/y.js:6:7)
";
    assert_eq!(
        tap(text),
        "failed  | a <got: '1', expected: '2'> @t/a.t:7
failed  | b <no> @/x.js:4
failed  | c <oh no> @/y.js:6"
    );
}

#[test]
fn details_of_a_first_failure_survive_the_holding_back() {
    let text = "not ok 1 a\n  oh no\n      at g (/y.js:6:7)\nok 2 b\nok 3 c\n# tests 3\n# pass 2\n# fail 1\n1..3\n";
    assert_eq!(
        tap(text),
        "failed  | a <oh no> @/y.js:6\npassed  | b\npassed  | c\nprinted: 2 passed, 1 failed"
    );
}

#[test]
fn lines_that_only_look_like_results_are_no_tests() {
    for text in [
        "ok 7 rows updated\nok 8 rows updated\nok 9 rows\n",
        "not ok 1 - this is only text\nbye\n",
        "ok 1 row updated\nok 2 rows updated\nbye\n",
        "1..5 pages indexed\nok 1 - a\n",
        "not ok to proceed without quorum\nok, 3 of 3\nok\nok\n",
        "1..3\nnothing\n",
    ] {
        assert_eq!(tap(text), "", "{text}");
    }
    let after =
        "TAP version 13\n1..2\nok 1 - a\nnot ok to proceed\nok 7 rows\nok 2 - b\nok 1 row\nok\n";
    assert_eq!(tap(after), "passed  | a\npassed  | b");
}

#[test]
fn several_streams_follow_each_other() {
    let text = "ok 1 a\nok 2 b\nok 3 c\n1..3\nnoise\nok 1 a\nok 2 b\nok 3 c\n1..3\n";
    assert_eq!(tap(text).lines().count(), 6);
    let crashed = "1..9\nok 1 - a\nTypeError\nTAP version 13\n1..1\nok 1 - b\n";
    assert_eq!(tap(crashed), "passed  | a\npassed  | b");
}

#[test]
fn a_bail_out_ends_the_stream() {
    assert_eq!(
        tap("1..3\nok 1 - a\nBail out!  no db\nok 4 rows\n"),
        "passed  | a"
    );
}

#[test]
fn an_unclosed_yaml_block_loses_no_result() {
    let text = "1..2\nnot ok 1 - a\n  ---\n  message: no\nok 2 - b\n";
    assert_eq!(tap(text), "failed  | a <no>\npassed  | b");
}

#[test]
fn vitests_titles_are_suite_and_name() {
    let text = "TAP version 13\n1..1\nok 1 - src/a.test.ts > sums > adds # time=1.50ms\n";
    assert_eq!(tap(text), "passed sums | adds [0.0015s]");
}

#[test]
fn assertions_under_test_cases_are_the_test_cases() {
    let text = "# adds\nok 1 - 1 + 1 == 2\n# adds\nnot ok 2 - 2 + 2 == 5 for: 4 == 5\n# adds\nwarning 3 - 'large'\n# allows\nnot ok 4 - x # TODO\nprinted\n# fine\nok 5 -\n1..5\n";
    assert_eq!(
        tap(text),
        "failed  | adds <2 + 2 == 5 for: 4 == 5>\npassed  | allows\npassed  | fine"
    );
}

#[test]
fn a_long_first_failure_does_not_hide_the_stream() {
    let stack = "      at f (/x.js:1:2)\n".repeat(5000);
    let text = format!("not ok 1 a\n  oh no\n{stack}ok 2 b\nok 3 c\n1..3\n");
    assert_eq!(tap(&text).lines().count(), 3);
}

#[test]
fn behind_lost_lines_results_go_on_with_a_higher_number() {
    let results = |behind: &str| {
        let mut parser = crate::Parser::new();
        let mut names = Vec::new();
        let mut tell = |event: &crate::Event<'_>| {
            if let crate::Body::TestEnd(end) = &event.body {
                names.push(end.name.to_owned());
            }
        };
        parser.feed(b"1..40\nok 1 one\nok 2 two\n", &mut tell);
        parser.skip_to(1000);
        parser.feed(behind.as_bytes(), &mut tell);
        names.join(", ")
    };
    let gone_on = "ok 30 thirty\nok 31 more\nok 7 rows updated\n";
    assert_eq!(results(gone_on), "one, two, thirty, more");
    // More than were planned, and fewer than were.
    assert_eq!(results("ok 73 rows updated\nok 1 again\n"), "one, two");
}
