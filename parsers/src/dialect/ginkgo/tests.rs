//! Text in, tests out. Logs of version 2 are shortened output of 2.32, those of version 1 follow its
//! source and real logs.

use crate::dialect::testing::told;

fn ginkgo(text: &str) -> String {
    told(&["ginkgo", "go_test"], text)
}

const RULE: &str = "------------------------------";

#[test]
fn version_2_tells_each_spec_below_its_name() {
    let text = format!(
        "=== RUN   TestZz
Running Suite: Zz Suite - /src/zz
=================================
Random Seed: 1795599437

Will run 9 of 10 specs
{RULE}
[BeforeSuite] 
/src/zz/zz_test.go:5
x
[BeforeSuite] PASSED [0.000 seconds]
{RULE}
Cart when empty adds
/src/zz/zz_test.go:18
printed
  1) written
• [0.002 seconds]
{RULE}
Cart when empty breaks
/src/zz/zz_test.go:19
  written
  [FAILED] in [It] - /src/zz/zz_test.go:20 @ 11/25/26 09:37:17.087
• [FAILED] [0.010 seconds]
Cart when empty [It] breaks
/src/zz/zz_test.go:19

  [FAILED] Expected
      <int>: 1
  to equal
      <int>: 2
  In [It] at: /src/zz/zz_test.go:20 @ 11/25/26 09:37:17.087
{RULE}
Cart when empty panics
/src/zz/zz_test.go:21
  [PANICKED] in [It] - /src/zz/zz_test.go:21 @ 11/25/26 09:37:17.087
• [PANICKED] [0.000 seconds]
Cart when empty [It] panics
/src/zz/zz_test.go:21

  [PANICKED] Test Panicked
  In [It] at: /src/zz/zz_test.go:21 @ 11/25/26 09:37:17.087

  boom

  Full Stack Trace
    zz_test.init.func1.1.3()
    \t/src/zz/zz_test.go:21 +0x25
{RULE}
P [PENDING]
Cart when empty is pending
/src/zz/zz_test.go:22
{RULE}
Cart when empty is skipped
/src/zz/zz_test.go:23
  [SKIPPED] in [It] - /src/zz/zz_test.go:23 @ 11/25/26 09:37:17.087
S [SKIPPED] [0.000 seconds]
Cart when empty [It] is skipped
/src/zz/zz_test.go:23

  [SKIPPED] not today
  In [It] at: /src/zz/zz_test.go:23 @ 11/25/26 09:37:17.087
{RULE}
Cart is flaky
/src/zz/zz_test.go:28
  [FAILED] in [It] - /src/zz/zz_test.go:28 @ 11/25/26 09:37:17.088

  Attempt #1 Failed.  Retrying ↺ @ 11/25/26 09:37:17.088

↺ [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [0.000 seconds]
{RULE}
Cart times out
/src/zz/zz_test.go:30
  [TIMEDOUT] in [It] - /src/zz/zz_test.go:30 @ 11/25/26 09:37:17.108
• [TIMEDOUT] [0.021 seconds]
Cart [It] times out
/src/zz/zz_test.go:30

  [TIMEDOUT] A spec timeout occurred
  In [It] at: /src/zz/zz_test.go:30 @ 11/25/26 09:37:17.108
{RULE}
Cart setup never runs
/src/zz/zz_test.go:33
  [FAILED] in [BeforeEach] - /src/zz/zz_test.go:32 @ 11/25/26 09:37:17.109
• [FAILED] [0.000 seconds]
Cart setup [BeforeEach] never runs
  [BeforeEach] /src/zz/zz_test.go:32
  [It] /src/zz/zz_test.go:33

  [FAILED] no setup
  In [BeforeEach] at: /src/zz/zz_test.go:32 @ 11/25/26 09:37:17.109
{RULE}
S
{RULE}
[AfterSuite] 
/src/zz/zz_test.go:6
bye
[AfterSuite] PASSED [0.000 seconds]
{RULE}

Summarizing 4 Failures:
  [FAIL] Cart when empty [It] breaks
  /src/zz/zz_test.go:20
  [PANICKED!] Cart when empty [It] panics
  /src/zz/zz_test.go:21
  [TIMEDOUT] Cart [It] times out
  /src/zz/zz_test.go:30
  [FAIL] Cart setup [BeforeEach] never runs
  /src/zz/zz_test.go:32

Ran 7 of 10 Specs in 0.056 seconds
FAIL! -- 2 Passed | 4 Failed | 1 Flaked | 1 Pending | 2 Skipped
--- FAIL: TestZz (0.06s)
FAIL
FAIL\tzz\t0.065s
FAIL
"
    );
    let want = "\
Zz Suite | Cart when empty adds | passed 0.002s
Zz Suite | Cart when empty breaks | failed 0.01s | /src/zz/zz_test.go:20 | Expected <int>: 1 to equal <int>: 2
Zz Suite | Cart when empty panics | failed 0s | /src/zz/zz_test.go:21 | Test Panicked: boom
Zz Suite | Cart when empty is pending | skipped | /src/zz/zz_test.go:22
Zz Suite | Cart when empty is skipped | skipped 0s | /src/zz/zz_test.go:23 | not today
Zz Suite | Cart is flaky | passed 0s
Zz Suite | Cart times out | timed_out 0.021s | /src/zz/zz_test.go:30 | A spec timeout occurred
Zz Suite | Cart setup never runs | failed 0s | /src/zz/zz_test.go:32 | no setup
unnamed 1 skipped
suite zz failed Some(0.065)
printed None Some(2) Some(4) Some(3)
";
    assert_eq!(ginkgo(&text), want);
    let ledger = crate::dialect::told::ledger("ginkgo", &text);
    assert!(ledger.tests()[5].is_flaky());
}

#[test]
fn with_vv_the_texts_of_a_name_are_nested() {
    let text = format!(
        "Running Suite: Zz Suite - /src/zz

Will run 3 of 3 specs
{RULE}
Cart
/src/zz/zz_test.go:16
  when empty
  /src/zz/zz_test.go:17
    adds
    /src/zz/zz_test.go:18
  > Enter [It] adds - /src/zz/zz_test.go:18 @ 11/25/26 09:37:17.151
printed
  < Exit [It] adds - /src/zz/zz_test.go:18 @ 11/25/26 09:37:17.153 (2ms)
• [0.002 seconds]
{RULE}
Cart
/src/zz/zz_test.go:16
  setup
  /src/zz/zz_test.go:31
    never runs
    /src/zz/zz_test.go:33
  > Enter [BeforeEach] setup - /src/zz/zz_test.go:32 @ 11/25/26 09:37:17.175
  [FAILED] no setup
  In [BeforeEach] at: /src/zz/zz_test.go:32 @ 11/25/26 09:37:17.176
  < Exit [BeforeEach] setup - /src/zz/zz_test.go:32 @ 11/25/26 09:37:17.176 (0s)
• [FAILED] [0.000 seconds]
Cart
/src/zz/zz_test.go:16
  setup [BeforeEach]
  /src/zz/zz_test.go:32
    never runs
    /src/zz/zz_test.go:33
{RULE}
hangs
/src/zz/zz_test.go:40
  > Enter [It] hangs - /src/zz/zz_test.go:40 @ 11/25/26 09:37:17.151
"
    );
    let want = "\
Zz Suite | Cart when empty adds | passed 0.002s
Zz Suite | Cart setup never runs | failed 0s | /src/zz/zz_test.go:32 | no setup
Zz Suite | hangs | unfinished
";
    assert_eq!(ginkgo(&text), want);
}

#[test]
fn dots_are_counted_and_failures_named() {
    let text = format!(
        "Running Suite: Zz Suite - /src/zz

Will run 4 of 5 specs
printed
•
{RULE}
• [FAILED] [0.000 seconds]
Cart when empty [It] breaks
/src/zz/zz_test.go:19

  Timeline >>
  written
  [FAILED] in [It] - /src/zz/zz_test.go:19 @ 11/25/26 09:37:17.219
  << Timeline

  [FAILED] Expected
  In [It] at: /src/zz/zz_test.go:19 @ 11/25/26 09:37:17.219
{RULE}
S••bye

Ran 4 of 5 Specs in 0.055 seconds
FAIL! -- 3 Passed | 1 Failed | 0 Pending | 1 Skipped
--- FAIL: TestZz (0.06s)
FAIL
"
    );
    let want = "\
Zz Suite | Cart when empty breaks | failed 0s | /src/zz/zz_test.go:19 | Expected
unnamed 3 passed 1 skipped 
printed None Some(3) Some(1) Some(1)
"
    .replace(" \n", "\n");
    assert_eq!(ginkgo(&text), want);
    let succinct = text.replace(
        "Running Suite: Zz Suite - /src/zz\n\nWill run 4 of 5 specs\nprinted\n•",
        "[1795599437] Zz Suite - 4/5 specs •",
    );
    assert_eq!(ginkgo(&succinct), want);
}

#[test]
fn a_succinct_suite_that_passes_has_no_totals() {
    let text = "[1795599668] Yy Suite - 2/2 specs x\n••bye\n SUCCESS! 271.353µs PASS\n";
    assert_eq!(ginkgo(text), "unnamed 2 passed\n");
    let text = "[1411] Yy Suite - 2 nodes - 2 specs •• SUCCESS! 271.353µs PASS\n•\n";
    assert_eq!(ginkgo(text), "unnamed 2 passed\n");
}

const FIRST: &str = "=== RUN   TestGbytes
Running Suite: Gbytes Suite
===========================
Random Seed: \u{1b}[1m1795421498\u{1b}[0m
Will run \u{1b}[1m5\u{1b}[0m of \u{1b}[1m5\u{1b}[0m specs

\u{1b}[0mBuffer\u{1b}[0m \u{1b}[90mdumping\u{1b}[0m 
  \u{1b}[1mshould return everything\u{1b}[0m
  \u{1b}[37m/src/buffer_test.go:33\u{1b}[0m
\u{1b}[32m•\u{1b}[0m
------------------------------
closes
/src/buffer_test.go:44
•
------------------------------
Buffer closing the buffer 
  should be closed
  /src/buffer_test.go:197

\u{1b}[91m\u{1b}[1m• Failure [1.012 seconds]\u{1b}[0m
Buffer
/src/buffer_test.go:25
  closing the buffer
  /src/buffer_test.go:184
    \u{1b}[91m\u{1b}[1mshould be closed [It]\u{1b}[0m
    /src/buffer_test.go:197

    Expected
        <bool>: false
    to be true

    /src/buffer_test.go:202

    Full Stack Trace
    gbytes_test.init.func1.7.2()
    \t/src/buffer_test.go:202 +0xf5
------------------------------
Buffer setup 
  never runs
  /src/buffer_test.go:210

• Failure in Spec Setup (BeforeEach) [0.000 seconds]
Buffer
/src/buffer_test.go:25
  setup [BeforeEach]
  /src/buffer_test.go:207
    never runs
    /src/buffer_test.go:210

    no setup

    /src/buffer_test.go:208
------------------------------
Buffer slow 
  crawls
  /src/buffer_test.go:220

•... Timeout [1.000 seconds]
Buffer
/src/buffer_test.go:25
  slow
  /src/buffer_test.go:219
    crawls [It]
    /src/buffer_test.go:220

    Timed out

    /src/buffer_test.go:220
------------------------------


Summarizing 3 Failures:

[Fail] Buffer closing the buffer [It] should be closed 
/src/buffer_test.go:202

[Fail] Buffer setup [BeforeEach] never runs 
/src/buffer_test.go:208

[Timeout...] Buffer slow [It] crawls 
/src/buffer_test.go:220

Ran 5 of 5 Specs in 6.304 seconds
FAIL! -- 2 Passed | 3 Failed | 0 Pending | 0 Skipped
--- FAIL: TestGbytes (6.33s)
FAIL
";

#[test]
fn version_1_writes_a_name_in_two_lines_and_nests_it_below_a_failure() {
    let failures = "\
Gbytes Suite | Buffer closing the buffer should be closed | failed 1.012s | /src/buffer_test.go:202 | Expected <bool>: false to be true
Gbytes Suite | Buffer setup never runs | failed 0s | /src/buffer_test.go:208 | no setup
Gbytes Suite | Buffer slow crawls | timed_out 1s | /src/buffer_test.go:220 | Timed out
";
    let printed = "printed None Some(2) Some(3) Some(0)\n";
    let passed = "\
Gbytes Suite | Buffer dumping should return everything | passed
Gbytes Suite | closes | passed
";
    assert_eq!(ginkgo(FIRST), format!("{passed}{failures}{printed}"));
    // Without -v the names of what passed are missing.
    let (head, rest) = FIRST.split_once("\u{1b}[0mBuffer").unwrap();
    let (_, rest) = rest.split_once("\u{1b}[91m\u{1b}[1m• Failure").unwrap();
    let dots = format!("{head}••\n{RULE}\n• Failure{rest}")
        .replace(
            "Buffer setup \n  never runs\n  /src/buffer_test.go:210\n\n",
            "",
        )
        .replace("Buffer slow \n  crawls\n  /src/buffer_test.go:220\n\n", "");
    assert_eq!(
        ginkgo(&dots),
        format!("{failures}unnamed 2 passed\n{printed}")
    );
}

#[test]
fn a_spec_that_has_begun_is_known_before_it_ends() {
    let (cut, _) = FIRST.split_once("\u{1b}[32m•").unwrap();
    assert_eq!(
        ginkgo(cut),
        "Gbytes Suite | Buffer dumping should return everything | unfinished\n"
    );
}

#[test]
fn nodes_of_the_suite_are_told_when_they_fail() {
    let second = format!(
        "Running Suite: Yy Suite - /src/yy\n\nWill run 2 of 2 specs\nx\n{RULE}\n[BeforeSuite] [FAILED] [0.000 seconds]\n[BeforeSuite] \n/src/yy/yy_test.go:5\n\n  [FAILED] no server\n  In [BeforeSuite] at: /src/yy/yy_test.go:6 @ 11/25/26 09:41:06.585\n{RULE}\nbye\n\nSummarizing 1 Failure:\n  [FAIL] [BeforeSuite] \n  /src/yy/yy_test.go:5\n\nRan 0 of 2 Specs in 0.001 seconds\nFAIL! -- A BeforeSuite node failed so all tests were skipped.\n--- FAIL: TestYy (0.00s)\nFAIL\n"
    );
    assert_eq!(
        ginkgo(&second),
        "Yy Suite | [BeforeSuite] | errored 0s | /src/yy/yy_test.go:6 | no server\n"
    );
    let first = format!(
        "Running Suite: Yy Suite\n\nWill run 2 of 2 specs\n\nFailure [0.001 seconds]\n[BeforeSuite] BeforeSuite \n/src/yy_test.go:5\n\n  no server\n\n  /src/yy_test.go:6\n{RULE}\n\n\nRan 2 of 2 Specs in 0.001 seconds\nFAIL! -- 0 Passed | 2 Failed | 0 Pending | 0 Skipped\n--- FAIL: TestYy (0.00s)\n"
    );
    assert_eq!(
        ginkgo(&first),
        "Yy Suite | [BeforeSuite] BeforeSuite | errored 0.001s | /src/yy_test.go:6 | no server\nunnamed 2 failed\nprinted None Some(0) Some(2) Some(0)\n"
    );
}

#[test]
fn other_go_tests_of_the_package_are_told_by_go_test() {
    let verbose = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestZz\nRunning Suite: Zz Suite - /src\n\nWill run 1 of 1 specs\n•\n\nRan 1 of 1 Specs in 0.055 seconds\nSUCCESS! -- 1 Passed | 0 Failed | 0 Pending | 0 Skipped\n--- PASS: TestZz (0.06s)\n=== RUN   TestB\n    b_test.go:3: no\n--- FAIL: TestB (0.00s)\nFAIL\nFAIL\tzz\t0.065s\n";
    assert_eq!(
        ginkgo(verbose),
        "zz | TestA | passed 0s\nzz | TestB | failed 0s | b_test.go:3 | b_test.go:3: no\nunnamed 1 passed\nsuite zz failed Some(0.065)\nprinted None Some(1) Some(0) Some(0)\n"
    );
    // Without -v a test that passes has no result: the one that failed is another.
    let quiet = "Running Suite: Zz Suite - /src\n\nWill run 1 of 1 specs\n•\n\nRan 1 of 1 Specs in 0.055 seconds\nSUCCESS! -- 1 Passed | 0 Failed | 0 Pending | 0 Skipped\n--- FAIL: TestB (0.00s)\n    b_test.go:3: no\nFAIL\nFAIL\tzz\t0.065s\n";
    assert_eq!(
        ginkgo(quiet),
        "zz | TestB | failed 0s | b_test.go:3 | b_test.go:3: no\nunnamed 1 passed\nsuite zz failed Some(0.065)\nprinted None Some(1) Some(0) Some(0)\n"
    );
}

#[test]
fn what_only_looks_like_it_tells_nothing() {
    for text in [
        "• Failure [1.012 seconds]\nBuffer\n/src/buffer_test.go:25\n",
        "[2024] server - 3 specs loaded\n••\n",
        "Ran 5 of 5 Specs in 6.304 seconds\nFAIL! -- 2 Passed | 3 Failed\n",
    ] {
        assert_eq!(ginkgo(text), "", "{text}");
    }
}
