//! Deterministic test output of any length.

use std::io::{self, Write};

/// The outcome of the n-th generated test: one in a hundred is skipped, one in a thousand fails.
#[must_use]
pub fn outcome(n: u64) -> &'static str {
    match n {
        n if n % 1000 == 999 => "TEST_FAIL",
        n if n % 100 == 50 => "TEST_SKIP",
        _ => "TEST_PASS",
    }
}

/// Writes the two marker lines of the n-th test, with a line of ordinary output between.
///
/// # Errors
/// When the writer fails.
pub fn marker_test(n: u64, out: &mut impl Write) -> io::Result<()> {
    let suite = n % 17;
    writeln!(
        out,
        "2026-01-01T00:00:00Z INFO TEST_START name=test_{n} suite=suite_{suite}"
    )?;
    writeln!(
        out,
        "2026-01-01T00:00:00Z INFO step {n}: request answered in {} ms",
        n % 90
    )?;
    let outcome = outcome(n);
    writeln!(
        out,
        "2026-01-01T00:00:00Z INFO {outcome} name=test_{n} suite=suite_{suite} duration={}ms",
        n % 400
    )
}

/// `tests` tests of `pytest -v` output, with its head and its totals.
#[must_use]
pub fn pytest(tests: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let head = "============================= test session starts ==============================";
    let _ = writeln!(out, "{head}\ncollecting ... collected {tests} items\n");
    for n in 0..tests {
        let percent = 100 * (n + 1) / tests;
        let file = n / 50;
        let _ = writeln!(
            out,
            "tests/test_{file}.py::test_case[{n}-x] PASSED [{percent:3}%]"
        );
    }
    let _ = writeln!(
        out,
        "\n============================ {tests} passed in 9.99s ============================="
    );
    out
}
