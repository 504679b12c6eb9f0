//! What `dotnet test` prints in, tests out. The logs are made after the loggers' sources, output shown in issues
//! and logs of CI that projects published; no SDK was at hand to run.

use super::lines;
use crate::dialect::told::told;

const START: &str = "Test run for /app/Shop.Tests.dll (.NETCoreApp,Version=v8.0)
VSTest version 17.11.1 (x64)

Starting test execution, please wait...
A total of 1 test files matched the specified pattern.
";

const FAILED: &str = "  Failed Shop.CartTests.Adds(a: 1.5, b: \"x [y]\") [12 ms]
  Error Message:
   Assert.Equal() Failure: Values differ
Expected: 3

Actual:   2
  Stack Trace:
     at Shop.Cart.Add(Int32 a)
   at Shop.CartTests.Adds(Double a) in /app/CartTests.cs:line 12
  Standard Output Messages:
 some output
   Passed through

";

fn shown(rest: &str) -> String {
    told("dotnet", &format!("{START}{rest}"))
}

const ADDS: &str = "failed Shop.CartTests | Adds(a: 1.5, b: \"x [y]\") [0.012s] <Assert.Equal() Failure: Values differ> @/app/CartTests.cs:12";

#[test]
fn failures_are_named_and_the_rest_is_counted() {
    let text = format!(
        "{FAILED}  Skipped Shop.CartTests.Waits [1 ms]\n\nFailed!  - Failed:     1, Passed:     7, Skipped:     1, Total:     9, Duration: 1 m 4 s - Shop.Tests.dll (net8.0)\n"
    );
    assert_eq!(
        shown(&text),
        format!(
            "{ADDS}\nskipped Shop.CartTests | Waits [0.001s]\nunnamed: 7 passed\nprinted: 9 tests, 7 passed, 1 failed, 1 skipped"
        )
    );
}

#[test]
fn normal_verbosity_names_everything() {
    let text = format!(
        "  Passed Shop.CartTests.Sums [< 1 ms]
  Standard Output Messages:
 Failed to connect

{FAILED}  Passed my test of two. Really [1 s]
  Passed BareMethod
  Failed to load something

Test Run Failed.
Total tests: 4
     Passed: 3
     Failed: 1
 Total time: 1.6229 Seconds
"
    );
    assert_eq!(
        shown(&text),
        format!(
            "passed Shop.CartTests | Sums [0s]\n{ADDS}\npassed  | my test of two. Really [1s]\npassed  | BareMethod\nprinted: 4 tests, 3 passed, 1 failed, 0 skipped"
        )
    );
}

#[test]
fn older_versions_are_read() {
    let old = "Passed   Shop.CartTests.Sums
Failed   Shop.CartTests.Adds
Error Message:
 Assert.NotEqual() Failure
Stack Trace:
   at Shop.CartTests.Adds() in c:\\app\\CartTests.cs:line 13
Failed  to connect

Total tests: 3. Passed: 2. Failed: 1. Skipped: 0.
Test Run Failed.
";
    assert_eq!(
        shown(old),
        "passed Shop.CartTests | Sums
failed Shop.CartTests | Adds <Assert.NotEqual() Failure> @c:\\app\\CartTests.cs:13
unnamed: 1 passed
printed: 3 tests, 2 passed, 1 failed, 0 skipped"
    );
    let marked = "  √ Sums [1ms]\n  X Adds [9ms]\n  ! Waits\n  ! Skips [2ms]\n";
    assert_eq!(
        shown(marked),
        "passed  | Sums [0.001s]\nfailed  | Adds [0.009s]\nskipped  | Skips [0.002s]"
    );
}

const XUNIT: &str = "[xUnit.net 00:00:00.09]   Starting:    Shop.Tests
[xUnit.net 00:00:00.39]     Shop.CartTests.Adds(a: 1.5, b: \"x [y]\") [FAIL]
[xUnit.net 00:00:00.39]       Assert.Equal() Failure: Values differ
[xUnit.net 00:00:00.39]       Expected: 3
[xUnit.net 00:00:00.40]     Shop.CartTests.Waits [SKIP]
[xUnit.net 00:00:00.40]       because of it
[xUnit.net 00:00:00.41]   Finished:    Shop.Tests
";

#[test]
fn lines_of_xunit_are_told_once() {
    let text = format!(
        "{XUNIT}{FAILED}Failed!  - Failed:     1, Passed:     1, Skipped:     1, Total:     3\n"
    );
    assert_eq!(
        shown(&text),
        format!(
            "{ADDS}\nskipped Shop.CartTests | Waits <because of it>\nunnamed: 1 passed\nprinted: 3 tests, 1 passed, 1 failed, 1 skipped"
        )
    );
    assert_eq!(
        told("dotnet", XUNIT),
        "failed Shop.CartTests | Adds(a: 1.5, b: \"x [y]\") <Assert.Equal() Failure: Values differ>\nskipped Shop.CartTests | Waits <because of it>"
    );
}

const TERMINAL: &str = "  Shop.Tests test failed with 2 error(s) (0.8s)
    CartTests.cs(28): error TESTERROR:
      Shop.CartTests.Adds(a: 1.5, b: \"x [y]\") (< 1ms): Error Message: Assert.True() Failure
      Expected: True
      Stack Trace:
         at Shop.CartTests.Adds(Double a) in /app/CartTests.cs:line 28
    /app/CartTests.cs(14,5): error TESTERROR:\x20
      Shop.CartTests.A_name_that_is_too_long_for_the_term
      inal (1m 7s): Error Message:
      no
      Stack Trace:
         at Shop.CartTests.B()

Test summary: total: 5, failed: 2, succeeded: 2, skipped: 1, duration: 0.8s
Build failed with 2 error(s) in 1.4s
";

#[test]
fn the_terminal_logger_is_read() {
    let failed = "failed Shop.CartTests | Adds(a: 1.5, b: \"x [y]\") [0s] <Assert.True() Failure> @CartTests.cs:28
failed Shop.CartTests | A_name_that_is_too_long_for_the_terminal [67s] <no> @/app/CartTests.cs:14";
    assert_eq!(
        told("dotnet", TERMINAL),
        format!(
            "{failed}\nunnamed: 2 passed, 1 skipped\nprinted: 5 tests, 2 passed, 2 failed, 1 skipped"
        )
    );
    assert_eq!(
        told("dotnet", &format!("{XUNIT}{TERMINAL}")),
        format!(
            "{failed}\nskipped Shop.CartTests | Waits <because of it>\nunnamed: 2 passed\nprinted: 5 tests, 2 passed, 2 failed, 1 skipped"
        )
    );
}

#[test]
fn a_failed_build_tells_its_errors_again() {
    let error =
        "/app/A.cs(4): error TESTERROR: Shop.A.B (2ms): Error Message: no [/app/Shop.csproj]\n";
    assert_eq!(
        told("dotnet", &format!("{error}\nBuild FAILED.\n\n{error}")),
        "failed Shop.A | B [0.002s] <no [/app/Shop.csproj]> @/app/A.cs:4"
    );
}

#[test]
fn a_summary_over_all_repeats_the_totals_before() {
    let one = "Passed!  - Failed:     0, Passed:     2, Skipped:     0, Total:     2, Duration: 5 ms - A.dll (net8.0)\n";
    let text = format!(
        "{one}{one}Test summary: total: 5, failed: 0, succeeded: 5, skipped: 0, duration: 0.8s\n"
    );
    assert_eq!(
        told("dotnet", &text),
        "unnamed: 5 passed\nprinted: 5 tests, 5 passed, 0 failed, 0 skipped"
    );
}

#[test]
fn assemblies_that_run_at_once_are_kept_apart_by_their_totals() {
    let text = "Starting test execution, please wait...
  Failed A.T.X [1 ms]
  Failed B.T.Y [1 ms]

Failed!  - Failed:     1, Passed:     3, Skipped:     0, Total:     4, Duration: 5 ms - A.dll (net8.0)
Failed!  - Failed:     1, Passed:     0, Skipped:     0, Total:     1, Duration: 5 ms - B.dll (net8.0)
";
    assert_eq!(
        shown(text),
        "failed A.T | X [0.001s]\nfailed B.T | Y [0.001s]\nunnamed: 3 passed\nprinted: 5 tests, 3 passed, 2 failed, 0 skipped"
    );
}

#[test]
fn microsoft_testing_platform_is_read() {
    let results = "passed Shop.CartTests.Sums (1ms)
failed Shop.CartTests.Adds(name: \"Kori\") (8s 406ms)
  from /app/Shop.Tests.dll (net10.0|x64)
  Expected body to be the same string:
    \"x\"
    at Shop.Assert.Throw(String message)
    at Shop.CartTests.Adds(String name) in /app/CartTests.cs:915
skipped Shop.CartTests.Waits (0ms)
/app/Shop.Tests.dll (net10.0|x64) failed with 1 error(s) (8s 406ms)
failed to stop (now)

Test run summary: Failed!
  /app/Shop.Tests.dll (net10.0|x64) failed with 1 error(s) (8s 406ms)

  total: 5 (+1 retried)
  failed: 1
  succeeded: 3
  skipped: 1
  duration: 2s 818ms
Test run completed.
";
    for banner in [
        "Running tests from /app/Shop.Tests.dll (net10.0|x64)\n",
        "MSTest v3.8.3 (UTC 3/12/2025) [linux-x64 - .NET 9.0.2]\n",
    ] {
        assert_eq!(
            told("dotnet", &format!("{banner}{results}")),
            "passed Shop.CartTests | Sums [0.001s]
failed Shop.CartTests | Adds(name: \"Kori\") [8.406s] <Expected body to be the same string:> @/app/CartTests.cs:915
skipped Shop.CartTests | Waits [0s]
unnamed: 2 passed
printed: 5 tests, 3 passed, 1 failed, 1 skipped"
        );
    }
}

#[test]
fn results_without_a_run_are_no_tests() {
    assert_eq!(told("dotnet", FAILED), "");
    assert_eq!(
        told(
            "dotnet",
            "Total tests: 2. Passed: 0. Failed: 2. Skipped: 0.\nTotal tests: 3\n"
        ),
        ""
    );
    assert_eq!(told("dotnet", "order 7 - Failed: 3, Passed: 1\n"), "");
}

#[test]
fn names_are_split_where_they_show_a_class() {
    use super::lines::split;
    assert_eq!(
        split("Shop.Cart+Inner.Adds(a: 1.5)"),
        ("Shop.Cart+Inner", "Adds(a: 1.5)")
    );
    assert_eq!(
        split("Shop.Cart.adds two. Really"),
        ("Shop.Cart", "adds two. Really")
    );
    assert_eq!(split("version 1.2"), ("", "version 1.2"));
    assert_eq!(split("1.2 is read"), ("", "1.2 is read"));
}

#[test]
fn assemblies_that_write_between_each_others_words_are_read() {
    let text = "Starting test execution, please wait...
  Passed   Passed A.T.X [1 ms]
B.T.Y [< 1 ms]
  Passed   Failed A.T.Z [1 ms]
B.T.V [2 ms]
  Error Message:
   no
Test Run Successful.
Test Run Failed.
Total tests: 3
Total tests: 2
     Passed: 3
     Passed: 1
     Failed: 1
 Total time: 8.4104 Seconds
 Total time: 8.4105 Seconds
";
    assert_eq!(
        shown(text),
        "passed A.T | X [0.001s]
passed B.T | Y [0s]
failed A.T | Z [0.001s]
passed B.T | V [0.002s]
unnamed: 1 passed
printed: 5 tests, 4 passed, 1 failed, 0 skipped"
    );
}

#[test]
fn a_line_that_only_looks_like_a_summary_takes_nothing_up() {
    let text =
        "Test run summary: 3 passed\nTest run summary: Failed!\nnoise\n  total: 3\n  failed: 1\n";
    assert_eq!(told("dotnet", text), "");
}

#[test]
fn a_line_of_many_brackets_is_read_in_linear_time() {
    // Quadratic, this takes minutes: it is kept whole, for it begins as a report.
    let line = format!("<?xml {}", "    T.cs(28): error TESTERROR:".repeat(30_000));
    assert_eq!(told("dotnet", &line), "");
    let whole = lines::error_head("A.T.X(a): b (1 m 34 s): Error Message: no");
    assert_eq!(whole, Some(("A.T.X(a): b", 94.0, "no")));
}
