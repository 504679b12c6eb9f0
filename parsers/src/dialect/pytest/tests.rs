//! Text in, tests out: whole sessions as pytest prints them, read through parser and ledger.

use crate::{Ledger, Parser, Status};

fn read(text: &str) -> Ledger {
    let mut ledger = Ledger::new();
    let mut parser = Parser::with_dialects(|id| id == "pytest");
    for chunk in text.as_bytes().chunks(7) {
        parser.feed(chunk, &mut |event| ledger.apply(event));
    }
    parser.finish(&mut |event| ledger.apply(event));
    ledger
}

/// A line per test: suite, name, status of every attempt, message, place; then the totals.
fn told(text: &str) -> String {
    let ledger = read(text);
    let mut out = String::new();
    for test in ledger.tests() {
        let tries: Vec<&str> = test.attempts.iter().map(|a| a.status.as_str()).collect();
        let last = test.last();
        out += &format!(
            "{} | {} | {}{}",
            test.suite.as_deref().unwrap_or("?"),
            test.name,
            tries.join(" "),
            if test.teardown_error {
                " (teardown)"
            } else {
                ""
            }
        );
        if let Some(message) = &last.message {
            out += &format!(" | {message}");
        }
        if let Some(location) = &last.location {
            out += &format!(" | {location}");
        }
        out.push('\n');
    }
    for status in Status::ALL {
        if ledger.totals()[status] > 0 {
            out += &format!("{} {}  ", ledger.totals()[status], status.as_str());
        }
    }
    out.trim_end().to_owned()
}

const START: &str =
    "============================= test session starts ==============================\n";

fn session(rest: &str) -> String {
    format!("{START}platform linux -- Python 3.12.1, pytest-8.1.0\n{rest}")
}

#[test]
fn verbose_lines_name_every_test() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/verbose.log"
    )));
}

#[test]
fn letters_are_named_by_the_list_at_the_end() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/letters.log"
    )));
}

#[test]
fn workers_share_the_stream() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/workers.log"
    )));
}

#[test]
fn sugar_overwrites_its_lines_and_shows_failures_at_once() {
    let text = include_str!("../../../tests/fixtures/pytest/sugar.log");
    insta::assert_snapshot!(told(text));
    let printed = read(text).printed().unwrap();
    assert_eq!((printed.passed, printed.failed), (Some(5), Some(1)));
}

#[test]
fn output_between_name_and_status_is_not_a_result() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/capture_off.log"
    )));
}

#[test]
fn a_session_in_captured_output_tells_nothing() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/nested.log"
    )));
}

#[test]
fn failures_without_a_list_are_named_by_their_headings() {
    insta::assert_snapshot!(told(include_str!(
        "../../../tests/fixtures/pytest/no_list.log"
    )));
}

#[test]
fn a_tear_down_error_counts_beside_the_result() {
    let verbose = session(
        "collected 2 items\n\nd/a.py::t PASSED [ 50%]\nd/a.py::t ERROR [ 50%]\nd/a.py::u ERROR [100%]\n",
    );
    assert_eq!(
        told(&verbose),
        "d/a.py | t | passed (teardown)\nd/a.py | u | errored\n1 passed  2 errored"
    );
    let letters = session(
        "collected 1 item\n\nd/a.py .E     [100%]\n\n\
         ==================================== ERRORS ====================================\n\
         ____________________________ ERROR at teardown of t ____________________________\n\
         E   OSError: gone\n\
         =========================== short test summary info ============================\n\
         ERROR d/a.py::t - OSError: gone\n\
         ========================== 1 passed, 1 error in 0.01s ==========================\n",
    );
    assert_eq!(
        told(&letters),
        "d/a.py | t | passed (teardown) | OSError: gone\n1 passed  1 errored"
    );
}

#[test]
fn a_repeated_try_is_an_attempt_of_the_same_test() {
    let text = session(
        "collected 2 items\n\nd/a.py::t RERUN [ 50%]\nd/a.py::t RERUN [ 50%]\nd/a.py::t PASSED [ 50%]\nd/a.py::u PASSED [100%]\n",
    );
    assert_eq!(
        told(&text),
        "d/a.py | t | failed failed passed\nd/a.py | u | passed\n2 passed"
    );
}

#[test]
fn sub_tests_that_fail_are_entries_of_their_own() {
    let text = session(
        "collected 1 item\n\nd/a.py::t SUBPASSED(i=0) [100%]\nd/a.py::t SUBFAILED[m] (i=1) [100%]\nd/a.py::t FAILED [100%]\n\n\
         =================================== FAILURES ===================================\n\
         _________________________________ t [m] (i=1) __________________________________\n\
         E   assert 0\n\
         ______________________________________ t _______________________________________\n\
         contains 1 failed subtest\n\
         ============================== 2 failed in 0.01s ===============================\n",
    );
    assert_eq!(
        told(&text),
        "d/a.py | t [m] (i=1) | failed | assert 0\nd/a.py | t | failed | contains 1 failed subtest\n2 failed"
    );
}

#[test]
fn the_letter_of_a_sub_test_tells_nothing_in_a_quiet_session() {
    let text = "\
.uuuF                                                                    [100%]
=================================== FAILURES ===================================
_________________________________ t [m] (i=1) __________________________________
E   assert 0
______________________________________ t _______________________________________
contains 1 failed subtest
=========================== short test summary info ============================
SUBFAILED[m] (i=1) d/a.py::t - assert 0
FAILED d/a.py::t - contains 1 failed subtest
2 failed, 1 passed, 2 subtests passed in 0.22s
";
    assert_eq!(
        told(text),
        "d/a.py | t [m] (i=1) | failed | assert 0\nd/a.py | t | failed | contains 1 failed subtest\n1 passed  2 failed"
    );
    let (dots, totals) = (&text[..80], text.lines().last().unwrap_or_default());
    let counted = read(&format!("{dots}\n{totals}\n"));
    assert_eq!(counted.totals()[Status::Failed], 2);
}

#[test]
fn the_slowest_tests_get_their_phases_time() {
    let list = "============================= slowest 3 durations ==============================\n\
         0.50s call     d/a.py::t[x y]\n\
         0.25s setup    d/a.py::t[x y]\n\
         0.02s call     d/a.py::u\n\
         0.01s call     d/a.py::again\n\
         0.01s call     d/b.py::never_named\n\n\
         (3 durations < 0.005s hidden.  Use -vv to show these durations.)\n\
         ================= 1 failed, 2 passed, 1 rerun in 0.81s =================\n";
    let verbose = session(&format!(
        "collected 3 items\n\nd/a.py::t[x y] PASSED [ 33%]\nd/a.py::u FAILED [ 66%]\n\
         d/a.py::again RERUN [ 66%]\nd/a.py::again PASSED [100%]\n\n{list}"
    ));
    let ledger = read(&verbose);
    let times: Vec<_> = ledger
        .tests()
        .iter()
        .map(|t| (&*t.name, t.status(), t.last().duration_s))
        .collect();
    assert_eq!(
        times,
        [
            ("t[x y]", Status::Passed, Some(0.75)),
            ("u", Status::Failed, Some(0.02)),
            ("again", Status::Passed, None),
        ]
    );
    let letters = session(&format!(
        "collected 3 items\n\nd/a.py .F.  [100%]\n\n{list}"
    ));
    assert_eq!(told(&letters), "2 passed  1 failed");
}

#[test]
fn a_quiet_session_shows_itself_by_letters_or_figures() {
    assert_eq!(
        told("..s.      [100%]\n3 passed, 1 skipped in 0.02s\n"),
        "3 passed  1 skipped"
    );
    assert_eq!(told("....\n4 passed in 0.02s\n"), "4 passed");
    assert_eq!(told("no tests ran in 0.02s\n"), "");
}

#[test]
fn letters_mixed_with_output_are_filled_up_from_the_figures() {
    let text = session(
        "collected 3 items\n\nd/a.py hello\n.hello\n.\nd/b.py .\nbye\n\n\
         ============================== 3 passed in 0.01s ===============================\n",
    );
    assert_eq!(told(&text), "3 passed");
}

#[test]
fn a_cut_session_leaves_its_last_test_open() {
    let text = session("collected 2 items\n\nd/a.py::t PASSED [ 50%]\nd/a.py::u ");
    assert_eq!(
        told(&text),
        "d/a.py | t | passed\nd/a.py | u | unfinished\n1 passed  1 unfinished"
    );
}

#[test]
fn a_test_cut_by_its_time_limit_says_so() {
    let text = session(
        "collected 2 items\n\nd/a.py::t +++++++++++ Timeout +++++++++++\n~~~ Stack of MainThread ~~~\n",
    );
    assert_eq!(
        told(&text),
        "d/a.py | t | unfinished | Timeout\n1 unfinished"
    );
}

#[test]
fn sessions_in_one_stream_add_up() {
    let one = session(
        "collected 1 item\n\nd/a.py .   [100%]\n\n============ 1 passed in 0.01s ============\n",
    );
    let ledger = read(&format!("{one}make: next\n{one}"));
    assert_eq!(ledger.totals()[Status::Passed], 2);
    assert_eq!(ledger.printed().unwrap().passed, Some(2));
    assert_eq!(ledger.planned(), Some(2));
}

#[test]
fn prose_that_talks_like_pytest_opens_nothing() {
    let text = "12 passed the quota check, 1 failed validation in 0.42s of work\n\
                FAILED to connect\nd/a.py::t PASSED [ 50%]\n==== ERROR ====\n\
                .... 10%\nPASSED\n. [ 10%] Building\n[gw0] PASSED d/a.py::t\n";
    assert_eq!(told(text), "");
}

#[test]
fn a_failure_shown_at_once_reaches_its_test() {
    let text = session(
        "collected 2 items\n\nd/a.py F\n\
         ______________________________________ t _______________________________________\n\n\
         E   assert 0\n\nd/a.py:3: AssertionError\n\nd/a.py .         [100%]\n\n\
         =========================== short test summary info ============================\n\
         FAILED d/a.py::t - ass...\n\
         ========================= 1 failed, 1 passed in 0.01s ==========================\n",
    );
    assert_eq!(
        told(&text),
        "d/a.py | t | failed | assert 0 | d/a.py:3\n1 passed  1 failed"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(lines in proptest::collection::vec(
        "(={1,4} |_ |\\[gw0\\] |FAILED |ERROR |collected |d/a.py::|d/a.py |[.F\\[\\]:%é ]{0,9}|PASSED |[0-9]{1,3} passed in 0.1s){0,5}", 0..30
    )) {
        let text = session(&lines.join("\n"));
        let ledger = read(&text);
        let named = ledger.tests().len() as u64;
        proptest::prop_assert!(ledger.totals().total() >= named.min(1));
    }
}

#[test]
fn figures_whose_last_word_is_nobodys_open_no_session_whoever_looks_at_the_line() {
    // Without a needle nobody but a thorough parser sees it.
    for text in [
        "3 failed, 12 tests in 0.001s\n",
        "3 failed, 12 passed in 0.001s\n",
    ] {
        let mut told = Vec::new();
        let mut parser = crate::ParserOptions::new()
            .dialects(|id| id == "pytest")
            .thorough()
            .parser();
        parser.feed(text.as_bytes(), &mut |e| told.push(format!("{:?}", e.body)));
        parser.finish(&mut |e| told.push(format!("{:?}", e.body)));
        assert_eq!(told.is_empty(), text.contains("tests"), "{told:?}");
    }
}
