//! What the log of a case does not show although its report holds it, with the reason. Everything else
//! must be right, and what is listed here must really be missing: who reads it after all takes its row out.

use std::collections::BTreeSet;

/// What is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unshown {
    /// How many tests ended so.
    Totals(&'static [&'static str]),
    /// How many of them ended in which of these ways; their sum is.
    Apart(&'static [&'static str]),
    /// Which tests the printed totals are about: these are compared.
    Whose,
    /// So many of the tests that should be named, or how they ended.
    Tests(usize),
    /// Why so many of the failures failed.
    Reasons(usize),
    /// The durations of the report, which are of another clock than the printed ones.
    Durations,
}

use Unshown::{Apart, Durations, Reasons, Tests, Totals, Whose};

/// Case, what is not shown, and why.
const UNSHOWN: &[(&str, Unshown, &str)] = &[
    (
        "behave/behave_self_progress",
        Reasons(2),
        "a letter per scenario, and at the end only their names",
    ),
    (
        "catch2/selftest_compact",
        Totals(&["passed"]),
        "`Failed 59 test cases, failed 97 assertions.` is all it says",
    ),
    (
        "catch2/selftest_compact",
        Tests(59),
        "the compact reporter names no test case, only the place of the assertion",
    ),
    (
        "catch2/selftest_console",
        Whose,
        "`5 failed as expected` does not say which; failures that a tag expects look like any other",
    ),
    (
        "catch2/selftest_console",
        Tests(1),
        "a [!shouldfail] case that fails to fail prints nothing",
    ),
    (
        "catch2/selftest_tap",
        Totals(&["passed", "failed"]),
        "a result per assertion and none per test case; expected failures are `not ok` like any other",
    ),
    (
        "catch2/selftest_tap",
        Tests(17),
        "11 cases without an assertion are not in the log, 6 end otherwise than their assertions",
    ),
    (
        "ctest/gtest_default",
        Reasons(2),
        "`***Failed` is all it says without --output-on-failure",
    ),
    (
        "ctest/gtest_verbose_parallel",
        Reasons(2),
        "`***Failed`, and the whole output of the test's own program",
    ),
    (
        "go-test/std_package_lines",
        Totals(&["passed", "skipped"]),
        "without -v a package whose tests pass is one line, `ok  net/url 0.01s`",
    ),
    (
        "junit5-console/csv_verbose_color",
        Durations,
        "the tree's listener has a clock of its own: `duration: 8 ms` where the report has 0",
    ),
    (
        "prove/test_simple_quiet",
        Apart(&["passed", "skipped", "todo"]),
        "without -v a file is `ok`, and `Tests=1562` counts skipped and todo tests among them",
    ),
];

/// What the log of that case does not show.
pub(crate) fn of(case: &str) -> impl Iterator<Item = Unshown> {
    let rows = UNSHOWN.iter().filter(move |(name, ..)| *name == case);
    rows.map(|(_, what, _)| *what)
}

/// Rows about cases that there are not.
pub(crate) fn of_no_case(cases: &BTreeSet<&str>) -> Vec<String> {
    let rows = UNSHOWN.iter().filter(|(name, ..)| !cases.contains(name));
    rows.map(|(name, ..)| format!("no case {name} to leave anything out of"))
        .collect()
}
