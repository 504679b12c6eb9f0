//! Text in, tests out.

use crate::dialect::testing::told;

fn rust(text: &str) -> String {
    told(&["libtest"], text)
}

/// A binary `shop` with the given text behind its heading.
fn shop(text: &str) -> String {
    rust(&format!(
        "     Running unittests src/lib.rs (target/debug/deps/shop-0123456789abcdef)\n\n{text}"
    ))
}

fn figures(passed: u32, failed: u32, ignored: u32) -> String {
    let word = if failed == 0 { "ok" } else { "FAILED" };
    format!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         0 filtered out; finished in 0.25s\n"
    )
}

#[test]
fn results_messages_and_figures_are_read() {
    let text = "\
running 4 tests
test cart::adds ... ok
test cart::overdraws - should panic ... ok <0.125s>
test cart::later ... ignored, needs a bank
test cart::pays ... FAILED

failures:

---- cart::pays stdout ----
counting
thread '<unnamed>' panicked at src/pool.rs:1:1:
a worker's own trouble

thread 'cart::pays' (12) panicked at src/cart.rs:10:5:
assertion `left == right` failed: no money
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    cart::pays
";
    assert_eq!(
        shop(&(text.to_owned() + &figures(2, 1, 1))),
        "\
shop | cart::adds | passed
shop | cart::overdraws | passed 0.125s
shop | cart::later | skipped | needs a bank
shop | cart::pays | failed | src/cart.rs:10 | assertion `left == right` failed: no money
suite shop failed Some(0.25)
printed Some(4) Some(2) Some(1) Some(1)
"
    );
}

#[test]
fn panics_of_old_versions_hold_message_and_position_in_a_line() {
    let text = "\
running 2 tests
test a ... FAILED
test b ... FAILED

failures:

---- a stdout ----
thread 'a' panicked at 'boom', src/a.rs:3:4

---- b stdout ----
\tthread 'b' panicked at 'assertion failed: `(left == right)`
  left: `1`,
 right: `2`', src/b.rs:5:6
note: Run with `RUST_BACKTRACE=1` for a backtrace.

failures:
    a
    b

test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
";
    let got = shop(text);
    assert!(
        got.contains("shop | a | failed | src/a.rs:3 | boom\n"),
        "{got}"
    );
    let message = "shop | b | failed | src/b.rs:5 | assertion failed: `(left == right)`\n";
    assert!(got.contains(message), "{got}");
}

#[test]
fn a_test_that_should_have_panicked_says_so() {
    let text = "\
running 2 tests
test a - should panic ... FAILED
test b ... FAILED

failures:

---- a stdout ----
note: test did not panic as expected at src/a.rs:7:4
---- b stdout ----
Error: \"no such file\"

failures:
    a
    b
";
    let got = shop(&(text.to_owned() + &figures(0, 2, 0)));
    assert!(
        got.contains("| a | failed | src/a.rs:7 | note: test did not panic as expected"),
        "{got}"
    );
    assert!(
        got.contains("| b | failed | Error: \"no such file\"\n"),
        "{got}"
    );
}

#[test]
fn quiet_letters_are_counted_and_failures_named() {
    let text = "
running 6 tests
.i. 3/6
cart::pays --- FAILED
..test cart::slow has been running for over 60 seconds

failures:

---- cart::pays stdout ----
thread 'cart::pays' panicked at src/cart.rs:10:5:
boom

failures:
    cart::pays
";
    assert_eq!(
        rust(&(text.to_owned() + &figures(4, 1, 1))),
        "\
? | cart::pays | failed | src/cart.rs:10 | boom
unnamed 4 passed 1 skipped 
planned 6
printed Some(6) Some(4) Some(1) Some(1)
"
        .replace("skipped \n", "skipped\n")
    );
}

#[test]
fn quiet_letters_of_old_versions_leave_the_names_to_the_list() {
    let text = "
running 3 tests
.F.
failures:

---- src/lib.rs - pay (line 3) stdout ----
thread 'main' panicked at 'boom', src/lib.rs:4:1

failures:
    src/lib.rs - pay (line 3)
    src/lib.rs - printed by a test (line 9)
";
    assert_eq!(
        rust(&(text.to_owned() + &figures(2, 1, 0))),
        "\
doc | src/lib.rs - pay (line 3) | failed | src/lib.rs:3 | boom
unnamed 2 passed
planned 3
printed Some(3) Some(2) Some(1) Some(0)
"
    );
}

#[test]
fn without_capture_output_may_stand_between_name_and_result() {
    let text = "\
running 5 tests
test one ... hello
ok
test two ... no line feedok
  noise: test three ... ok

thread 'four' panicked at src/four.rs:4:4:
four is wrong
test four ... stack backtrace:
   0: std::panicFAILEDing
test five ... torn oknoise

failures:

failures:
    four
";
    assert_eq!(
        shop(&(text.to_owned() + &figures(4, 1, 0))),
        "\
shop | one | passed
shop | two | passed
shop | three | passed
shop | four | failed | src/four.rs:4 | four is wrong
shop | five | passed
suite shop failed Some(0.25)
printed Some(5) Some(4) Some(1) Some(0)
"
    );
}

#[test]
fn with_colours_an_uncoloured_result_is_a_tests_own_print() {
    let ok = "\x1b[32mok\x1b(B\x1b[m";
    let text = format!(
        "running 3 tests\ntest a ... {ok}\ntest fake ... ok\ntest b ... frame\n{ok}\n\
         test c ... at{ok}frame\n{}",
        figures(3, 0, 0)
    );
    let got = shop(&text);
    assert!(
        got.starts_with("shop | a | passed\nshop | b | passed\nshop | c | passed\nsuite"),
        "{got}"
    );
}

#[test]
fn captured_output_that_imitates_a_run_changes_nothing() {
    let text = "\
running 1 test
test harness ... FAILED

failures:

---- harness stdout ----
     Running tests/inner.rs (target/debug/deps/inner-0123456789abcdef)

running 2 tests
test inner ... FAILED

failures:
    inner

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

thread 'harness' panicked at src/h.rs:1:1:
inner run failed

failures:
    harness
";
    assert_eq!(
        shop(&(text.to_owned() + &figures(0, 1, 0))),
        "\
shop | harness | failed | src/h.rs:1 | inner run failed
suite shop failed Some(0.25)
printed Some(1) Some(0) Some(1) Some(0)
"
    );
}

#[test]
fn a_binary_that_dies_is_an_errored_suite_and_the_next_one_counts() {
    let text = format!(
        "\
running 3 tests
test a ... ok
test slow has been running for over 60 seconds
error: test failed, to rerun pass `--lib`

Caused by:
  process didn't exit successfully: `target/debug/deps/shop-0123456789abcdef` (signal: 6, SIGABRT)
     Running tests/api.rs (target/debug/deps/api-0123456789abcdef)

running 1 test
test a ... ok
{}",
        figures(1, 0, 0)
    );
    assert_eq!(
        shop(&text),
        "\
shop | a | passed
shop | slow | unfinished
api | a | passed
suite shop errored None
suite api passed Some(0.25)
printed Some(1) Some(1) Some(0) Some(0)
"
    );
}

#[test]
fn headings_of_every_version_name_the_binary() {
    for heading in [
        "     Running unittests src/main.rs (target/debug/deps/my_shop-0123456789abcdef)",
        "     Running tests/x.rs (/tmp/t/debug/deps/my_shop-0123456789abcdef)",
        "     Running target/debug/deps/my_shop-0123456789abcdef",
        "     Running unittests (target\\debug\\deps\\my_shop-0123456789abcdef.exe)",
        "     Running `/w/target/debug/deps/my_shop-0123456789abcdef --nocapture`",
    ] {
        let text = format!("{heading}\n\nrunning 1 test\ntest a ... ok\n");
        assert_eq!(rust(&text), "my_shop | a | passed\n", "{heading}");
    }
}

#[test]
fn binaries_of_one_name_make_one_suite_with_the_sum_of_their_plans() {
    let binary =
        |n| format!("     Running x (target/debug/deps/a-0123456789abcde{n})\n\nrunning 2 tests\n");
    let text = binary(1) + &figures(2, 0, 0) + &binary(2);
    let mut ledger = crate::Ledger::new();
    let mut parser = crate::Parser::new();
    parser.feed(text.as_bytes(), &mut |event| ledger.apply(event));
    assert_eq!(ledger.suites()["a"].planned, Some(4));
}

#[test]
fn documentation_tests_keep_their_names_with_spaces() {
    let text = "\
running 3 tests
test src/lib.rs - Cart<A>::new (line 3) ... ok
test src/lib.rs - (line 9) - compile fail ... ok
test src/lib.rs - pay (line 12) - compile ... FAILED

failures:

---- src/lib.rs - pay (line 12) stdout ----
error[E0425]: cannot find function `py` in this scope

failures:
    src/lib.rs - pay (line 12)
";
    assert_eq!(
        rust(&format!("   Doc-tests shop\n\n{text}{}", figures(2, 1, 0))),
        "\
doc | src/lib.rs - Cart<A>::new (line 3) | passed
doc | src/lib.rs - (line 9) | passed
doc | src/lib.rs - pay (line 12) | failed | src/lib.rs:12 | error[E0425]: cannot find function `py` in this scope
suite doc failed Some(0.25)
printed Some(3) Some(2) Some(1) Some(0)
"
    );
}

#[test]
fn cases_of_trybuild_and_surplus_results_are_no_tests() {
    let text = format!(
        "\
running 1 test
test tests/ui/01-good.rs ... ok
test tests/ui/02-bad.rs [should fail to compile] ... ok
test ui ... ok
test more ... ok
{}",
        figures(1, 0, 0)
    );
    assert!(
        shop(&text).starts_with("shop | ui | passed\nsuite"),
        "{}",
        shop(&text)
    );
}

#[test]
fn benchmarks_count_as_tests_that_passed() {
    let text = "\
running 2 tests
test a         ... ignored
test bench_pay ... bench:       1,234 ns/iter (+/- 56)

test result: ok. 0 passed; 0 failed; 1 ignored; 1 measured; 0 filtered out; finished in 0.25s
";
    assert_eq!(
        shop(text),
        "\
shop | a | skipped
shop | bench_pay | passed
suite shop passed Some(0.25)
printed Some(2) Some(1) Some(0) Some(1)
"
    );
}

#[test]
fn lines_outside_a_run_are_nobodys() {
    for text in [
        "test cart ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured\n",
        "running 12 tests of connectivity\ntest result: ok\n....\nfailures:\n    a\n",
        "INFO running 2 tests\ntest a ... ok\n",
        "     Running `rustc --crate-name x -C extra-filename=-0123456789abcdef src/x.rs`\n",
        "error: could not compile `shop` (lib test) due to 3 previous errors\n",
    ] {
        assert_eq!(rust(text), "", "{text}");
    }
}

#[test]
fn what_tests_print_under_nextest_is_not_a_run() {
    let run = "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; \
               0 ignored; 0 measured; 3 filtered out\n";
    let text = format!(
        "    Starting 1 test across 1 binary\n{run}     Summary [   0.918s] 1 test run: 1 passed\n"
    );
    assert_eq!(rust(&text), "");
    let after = rust(&(text + run));
    assert!(after.starts_with("? | a | passed\n"), "{after}");
}
