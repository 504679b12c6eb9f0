//! Text in, tests out.

use crate::dialect::testing::told;

fn go(text: &str) -> String {
    told(&["go_test"], text)
}

#[test]
fn a_package_line_names_the_suite_of_the_tests_before_it() {
    let text = "\
=== RUN   TestA
--- PASS: TestA (0.01s)
=== RUN   TestB
    b_test.go:7: needs a database
--- SKIP: TestB (0.00s)
PASS
ok  \texample.org/shop\t0.020s\tcoverage: 80.0% of statements
=== RUN   TestA
--- PASS: TestA (1.50s)
PASS
ok  \texample.org/shop/cart\t(cached)
?   \texample.org/shop/doc\t[no test files]
";
    assert_eq!(
        go(text),
        "\
example.org/shop | TestA | passed 0.01s
example.org/shop | TestB | skipped 0s | b_test.go:7 | b_test.go:7: needs a database
example.org/shop/cart | TestA | passed 1.5s
suite example.org/shop passed Some(0.02)
suite example.org/shop/cart passed None
suite example.org/shop/doc skipped None
"
    );
}

#[test]
fn without_v_messages_below_nested_results_find_their_tests() {
    let text = "\
--- FAIL: TestCart (0.00s)
    --- FAIL: TestCart/empty_cart (0.00s)
        cart_test.go:10: got 1
            want 0
    --- FAIL: TestCart/full (0.00s)
        cart_test.go:20: boom
    cart_test.go:30: after both
FAIL
FAIL\texample.org/cart\t0.003s
FAIL
";
    assert_eq!(
        go(text),
        "\
example.org/cart | TestCart | failed 0s | cart_test.go:30 | cart_test.go:30: after both
example.org/cart | TestCart/empty_cart | failed 0s | cart_test.go:10 | cart_test.go:10: got 1
example.org/cart | TestCart/full | failed 0s | cart_test.go:20 | cart_test.go:20: boom
suite example.org/cart failed Some(0.003)
"
    );
}

#[test]
fn output_of_parallel_tests_goes_to_the_test_its_heading_names() {
    let text = "\
=== RUN   TestP
=== RUN   TestP/a
=== PAUSE TestP/a
=== RUN   TestP/b
=== PAUSE TestP/b
=== CONT  TestP/a
=== CONT  TestP/b
    p_test.go:5: from b
=== NAME  TestP/a
    p_test.go:6: from a
--- FAIL: TestP (0.00s)
    --- FAIL: TestP/a (0.00s)
    --- FAIL: TestP/b (0.00s)
FAIL
FAIL\tp\t0.003s
";
    let got = go(text);
    assert!(
        got.contains("TestP/a | failed 0s | p_test.go:6 | p_test.go:6: from a\n"),
        "{got}"
    );
    assert!(
        got.contains("TestP/b | failed 0s | p_test.go:5 | p_test.go:5: from b\n"),
        "{got}"
    );
    assert!(got.contains("p | TestP | failed 0s\n"), "{got}");
}

#[test]
fn results_of_a_nested_run_inside_a_log_are_not_tests() {
    let text = "\
=== RUN   TestOuter
    outer_test.go:5: child said:
        === RUN   TestInner
        --- FAIL: TestInner (0.00s)
        ok 1 - not tap either
--- PASS: TestOuter (0.00s)
ok  \tp\t0.1s
";
    assert_eq!(
        go(text),
        "p | TestOuter | passed 0s\nsuite p passed Some(0.1)\n"
    );
}

#[test]
fn a_result_behind_output_without_a_line_feed_counts() {
    let text = "=== RUN   TestPrint\nhello--- FAIL: TestPrint (0.00s)\nFAIL\tp\t0.1s\n";
    assert_eq!(
        go(text),
        "p | TestPrint | failed 0s | hello\nsuite p failed Some(0.1)\n"
    );
}

#[test]
fn a_panic_is_the_message_and_its_test_file_the_location() {
    let text = "\
--- FAIL: TestDiv (0.00s)
panic: divided [recovered]
\tpanic: divided

goroutine 6 [running]:
testing.tRunner.func1()
\t/go/src/testing/testing.go:1209 +0x24e
example.org/m.Div(...)
\t/src/m/m.go:3
example.org/m.TestDiv(0x0)
\t/src/m/m_test.go:12 +0x12
FAIL\texample.org/m\t0.004s
";
    assert_eq!(
        go(text),
        "\
example.org/m | TestDiv | failed 0s | /src/m/m_test.go:12 | panic: divided [recovered]
suite example.org/m failed Some(0.004)
"
    );
}

#[test]
fn a_time_out_leaves_its_test_unfinished_and_the_package_errored() {
    let text = "\
panic: test timed out after 2s
\trunning tests:
\t\tTestHang/first (1s)

goroutine 7 [running]:
FAIL\tp\t2.010s
";
    assert_eq!(
        go(text),
        "\
p | TestHang/first | unfinished | panic: test timed out after 2s
suite p errored Some(2.01)
"
    );
}

#[test]
fn a_log_that_stops_leaves_the_open_test_unfinished() {
    let text = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n";
    assert_eq!(go(text), "? | TestA | passed 0s\n? | TestB | unfinished\n");
}

#[test]
fn a_package_that_was_not_built_takes_no_tests_of_others() {
    let text = "\
=== RUN   TestA
# broken
./x.go:1:1: expected 'package'
FAIL\tbroken [build failed]
FAIL\tworse [setup failed]
--- PASS: TestA (0.00s)
ok  \tfine\t0.1s
";
    assert_eq!(
        go(text),
        "\
fine | TestA | passed 0s
suite broken errored None
suite worse errored None
suite fine passed Some(0.1)
"
    );
}

#[test]
fn benchmarks_are_no_tests_unless_they_fail() {
    let text = "\
=== RUN   TestA
--- PASS: TestA (0.00s)
goos: linux
BenchmarkOne
BenchmarkOne-2   \t      20\t  855.3 ns/op
--- BENCH: BenchmarkOne-2
    b_test.go:3: note
--- FAIL: BenchmarkTwo
    b_test.go:9: too slow
FAIL
FAIL\tp\t0.1s
";
    assert_eq!(
        go(text),
        "\
p | TestA | passed 0s
p | BenchmarkTwo | failed | b_test.go:9 | b_test.go:9: too slow
suite p failed Some(0.1)
"
    );
}

#[test]
fn an_assertion_library_explains_below_the_position() {
    let text = "\
=== RUN   TestT
    t_test.go:8: 
        \tError Trace:\t/src/t_test.go:8
        \tError:      \tNot equal: 
        \t            \texpected: 1
--- FAIL: TestT (0.00s)
FAIL\tp\t0.1s
";
    let got = go(text);
    assert!(
        got.starts_with("p | TestT | failed 0s | t_test.go:8 | t_test.go:8: Not equal:\n"),
        "{got}"
    );
}

#[test]
fn an_example_shows_what_it_got() {
    let text = "--- FAIL: ExampleX (0.00s)\ngot:\n1\nwant:\n2\nFAIL\nFAIL\tp\t0.1s\n";
    assert!(go(text).starts_with("p | ExampleX | failed 0s | got:\n"));
}

#[test]
fn a_repeated_test_is_a_test_each_time() {
    let run = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n";
    let text = format!("{run}{run}{run}PASS\nok  \tp\t0.1s\n");
    assert_eq!(go(&text).matches("p | TestA | passed").count(), 3);
}

#[test]
fn lines_that_only_look_alike_open_nothing() {
    for text in [
        "--- FAIL over to replica-2 (was: primary) ---\n",
        "ok  1 row\nok\nPASS\nFAIL\n",
        "2026/01/01 --- FAIL: TestX (0.00s)\n",
        "=== RUN   the pipeline now\n",
        "FAIL\tall\tof it\n",
        "    --- PASS: TestX/y (0.00s)\n",
        "--- FAIL: login (3s)\n",
    ] {
        assert_eq!(go(text), "", "{text}");
    }
}
