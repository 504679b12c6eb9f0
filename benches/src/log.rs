//! Deterministic test output of any length, with the totals a reader must come to.

use std::io::{self, Write};

use sentinel_parsers::event::{Counts, Status};

/// Output as a test command prints it, and what is in it.
#[derive(Clone, Debug)]
pub struct Log {
    /// The kind of output, for tables.
    pub name: &'static str,
    /// The output.
    pub bytes: Vec<u8>,
    /// Tests by status.
    pub totals: Counts,
}

/// One log of every kind, of so many tests; the one without tests has as many lines.
#[must_use]
pub fn all(tests: u64) -> Vec<Log> {
    vec![pytest(tests), go_json(tests), markers(tests), plain(tests)]
}

/// The status of the n-th generated test: one in a hundred is skipped, one in a thousand fails.
#[must_use]
pub fn status(n: u64) -> Status {
    match n {
        n if n % 1000 == 999 => Status::Failed,
        n if n % 100 == 50 => Status::Skipped,
        _ => Status::Passed,
    }
}

/// The marker that tells the n-th test's outcome.
#[must_use]
pub fn outcome(n: u64) -> &'static str {
    match status(n) {
        Status::Failed => "TEST_FAIL",
        Status::Skipped => "TEST_SKIP",
        _ => "TEST_PASS",
    }
}

/// The statuses of so many tests.
#[must_use]
pub fn totals(tests: u64) -> Counts {
    let mut totals = Counts::ZERO;
    for n in 0..tests {
        totals.add(status(n), 1);
    }
    totals
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

/// Tests told by Sentinel's own markers, each with its start, its end and a line between.
#[must_use]
pub fn markers(tests: u64) -> Log {
    let mut bytes = Vec::new();
    for n in 0..tests {
        infallible(&marker_test(n, &mut bytes));
    }
    Log {
        name: "markers",
        bytes,
        totals: totals(tests),
    }
}

/// `pytest -v` with its head, the list of failures and its totals.
#[must_use]
pub fn pytest(tests: u64) -> Log {
    let totals = totals(tests);
    let mut out = Vec::new();
    infallible(&write_pytest(tests, &totals, &mut out));
    Log {
        name: "pytest -v",
        bytes: out,
        totals,
    }
}

fn write_pytest(tests: u64, totals: &Counts, out: &mut Vec<u8>) -> io::Result<()> {
    let head = "============================= test session starts ==============================";
    writeln!(out, "{head}\ncollecting ... collected {tests} items\n")?;
    for n in 0..tests {
        let word = match status(n) {
            Status::Failed => "FAILED",
            Status::Skipped => "SKIPPED (no device)",
            _ => "PASSED",
        };
        let percent = 100 * (n + 1) / tests;
        writeln!(out, "{} {word} [{percent:3}%]", pytest_name(n))?;
    }
    let failed = (0..tests).filter(|n| status(*n) == Status::Failed);
    writeln!(
        out,
        "\n=========================== short test summary info ============================"
    )?;
    for n in failed {
        writeln!(
            out,
            "FAILED {} - AssertionError: assert {n} == 0",
            pytest_name(n)
        )?;
    }
    let (failed, passed, skipped) = (
        totals[Status::Failed],
        totals[Status::Passed],
        totals[Status::Skipped],
    );
    writeln!(
        out,
        "============ {failed} failed, {passed} passed, {skipped} skipped in 99.99s ============="
    )
}

fn pytest_name(n: u64) -> String {
    format!("tests/api/test_{}.py::TestOrders::test_case[{n}-x]", n / 50)
}

/// `go test -json`: packages of fifty tests, each with its four events.
#[must_use]
pub fn go_json(tests: u64) -> Log {
    let mut out = Vec::new();
    for n in 0..tests {
        infallible(&go_test(n, &mut out));
        if n % 50 == 49 || n + 1 == tests {
            infallible(&go_package(n / 50, &mut out));
        }
    }
    Log {
        name: "go test -json",
        bytes: out,
        totals: totals(tests),
    }
}

fn go_test(n: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let test = format!(
        r#""Package":"example.com/shop/p{}","Test":"TestCase{n}""#,
        n / 50
    );
    let time = format!(
        r#""Time":"2026-01-01T00:{:02}:{:02}.{:03}Z""#,
        n / 60_000 % 60,
        n / 1000 % 60,
        n % 1000
    );
    let (upper, lower) = match status(n) {
        Status::Failed => ("FAIL", "fail"),
        Status::Skipped => ("SKIP", "skip"),
        _ => ("PASS", "pass"),
    };
    writeln!(out, r#"{{{time},"Action":"run",{test}}}"#)?;
    writeln!(
        out,
        r#"{{{time},"Action":"output",{test},"Output":"=== RUN   TestCase{n}\n"}}"#
    )?;
    writeln!(
        out,
        r#"{{{time},"Action":"output",{test},"Output":"--- {upper}: TestCase{n} (0.01s)\n"}}"#
    )?;
    writeln!(
        out,
        r#"{{{time},"Action":"{lower}",{test},"Elapsed":0.01}}"#
    )
}

fn go_package(p: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let package = format!(r#""Package":"example.com/shop/p{p}""#);
    // Twenty packages of fifty hold the thousand tests of which one fails.
    let (line, action) = match p % 20 {
        19 => ("FAIL", "fail"),
        _ => ("ok  ", "pass"),
    };
    writeln!(
        out,
        r#"{{"Time":"2026-01-01T00:00:00Z","Action":"output",{package},"Output":"{line}\texample.com/shop/p{p}\t0.512s\n"}}"#
    )?;
    writeln!(
        out,
        r#"{{"Time":"2026-01-01T00:00:00Z","Action":"{action}",{package},"Elapsed":0.512}}"#
    )
}

/// The log of an application under no test at all: lines of text and of JSON.
#[must_use]
pub fn plain(lines: u64) -> Log {
    let mut out = Vec::new();
    for n in 0..lines {
        infallible(&plain_line(n, &mut out));
    }
    Log {
        name: "plain log",
        bytes: out,
        totals: Counts::ZERO,
    }
}

fn plain_line(n: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let time = format!(
        "2026-01-01T00:{:02}:{:02}.{:03}Z",
        n / 60_000 % 60,
        n / 1000 % 60,
        n % 1000
    );
    match n % 5 {
        0 => writeln!(
            out,
            r#"{{"ts":"{time}","level":"info","logger":"http","msg":"request done","path":"/orders/{n}","code":200}}"#
        ),
        1 => writeln!(
            out,
            "{time} INFO  [worker-{}] shop.orders - order {n} stored",
            n % 8
        ),
        2 => writeln!(
            out,
            "{time} DEBUG [worker-{}] shop.cache - 3 of 4 keys found for user {n} in 2 ms",
            n % 8
        ),
        3 => writeln!(
            out,
            r#"10.0.0.{} - - [01/Jan/2026:00:00:00 +0000] "GET /orders/{n} HTTP/1.1" 200 512"#,
            n % 250
        ),
        _ => writeln!(
            out,
            "{time} INFO  [main] shop.jobs - tick {n}: nothing to do"
        ),
    }
}

/// Writing to memory cannot fail.
fn infallible(written: &io::Result<()>) {
    debug_assert!(written.is_ok());
}
