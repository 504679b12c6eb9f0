//! Text in, tests out. The fixtures are shortened output of AVA 6.

use crate::dialect::testing::told;

fn ava(text: &str) -> String {
    told(&["ava"], text)
}

#[test]
fn the_list_names_what_the_marks_counted() {
    let text = "
  ✔ b › other file
  - [skip] a › waits
  - [todo] a › later
  ✘ [fail]: a › subtracts
  ✘ [fail]: a › throws Error thrown in test
  ✔ [expected fail] a › known bug
  ✔ a › slow one (150ms)
    ℹ hi
  ─

  a › subtracts

  test/a.test.mjs:3

   2: test('adds', t => { t.is(1+1, 2); });
   3: test('subtracts', t => { t.is(1, 2); });

  Difference (- actual, + expected):

  - 1
  + 2

  › file://test/a.test.mjs:3:28



  a › throws

  Error thrown in test:

  TypeError {
    message: 'boom',
  }

  TypeError: boom
      at file:///w/test/a.test.mjs:4:29
      at Test.callFn (file:///w/node_modules/ava/lib/test.js:525:26)

  ─

  2 tests failed
  1 known failure
  1 test skipped
  1 test todo
";
    assert_eq!(
        ava(text),
        "\
b | other file | passed
a | waits | skipped
a | later | todo
a | known bug | xfail
a | slow one | passed 0.15s
a | subtracts | failed | test/a.test.mjs:3 | Difference (- actual, + expected):
a | throws | failed | /w/test/a.test.mjs:4 | TypeError: boom
printed None None Some(2) Some(1)
"
    );
}

#[test]
fn a_file_that_breaks_is_an_error_of_the_file() {
    let text = "
  ✔ b › other file

  Uncaught exception in test/c.test.mjs

  Error: at load

  ✘ test/c.test.mjs exited with a non-zero exit code: 1
  ─

  1 test passed
  1 uncaught exception
";
    assert_eq!(
        ava(text),
        "\
b | other file | passed
test/c.test.mjs |  | errored
printed None Some(1) None None
"
    );
}

#[test]
fn check_marks_alone_tell_nothing() {
    for text in [
        "  ✔ installed\n  ✔ built (12ms)\n",
        "  - [skip] a\n  - [todo] b\n",
        "  ─\n\n  2 tests failed\n",
        "  2 tests failed\n",
    ] {
        assert_eq!(ava(text), "", "{text}");
    }
}

#[test]
fn a_rule_is_one_only_where_its_needle_finds_it() {
    let rule = |line| super::lines::is_rule(line);
    assert!(rule("  ─"));
    for other in ["  ─\u{b}", "  ─ ", "  ──", "─"] {
        assert!(!rule(other), "{other:?}");
    }
}

#[test]
fn a_run_that_is_cut_names_its_failures_as_they_stand() {
    assert_eq!(
        ava("\n  ✔ adds\n  ✘ [fail]: breaks Error thrown in test\n"),
        " | adds | passed\n | breaks Error thrown in test | failed\n"
    );
}
