//! The examples, run as programs on a pipe; and what the README shows of them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");

#[test]
fn failures_are_filtered_out_and_the_readme_shows_it() {
    let Some(mut child) = start("failures") else {
        return;
    };
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytest/verbose.log");
    let log = std::fs::read(log).expect("it is checked in");
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin.write_all(&log).expect("it is read");
    drop(stdin);
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success());
    let told = String::from_utf8(done.stdout).expect("texts are UTF-8");
    assert_eq!(
        told,
        "failed tests/test_cart.py::TestTotals > test_sum[a::b]: ValueError: bad items\n\
         errored tests/test_cart.py > test_stock: OSError: [Errno 28] No space left on device\n"
    );
    for line in told.lines() {
        assert!(README.contains(line), "the README does not show {line}");
    }
}

#[test]
fn tests_are_counted_while_the_pipe_is_open() {
    let Some(mut child) = start("count") else {
        return;
    };
    let mut stdin = child.stdin.take().expect("it was piped");
    let mut lines = BufReader::new(child.stdout.take().expect("it was piped")).lines();
    for (said, counted) in [
        ("ok 1 - adds\n", None),
        (
            "ok 2 - subtracts\nnot ok 3 - divides\n",
            Some("3 tests: 2 passed, 1 failed"),
        ),
        (
            "ok 4 # SKIP later\nok 5 - rounds\n",
            Some("5 tests: 3 passed, 1 failed, 1 skipped"),
        ),
    ] {
        let plan = if counted.is_none() { "1..5\n" } else { "" };
        stdin
            .write_all(format!("{plan}{said}").as_bytes())
            .expect("it is read");
        let expected = counted.unwrap_or("1 tests: 1 passed");
        assert_eq!(lines.next().and_then(Result::ok).as_deref(), Some(expected));
    }
    drop(stdin);
    assert!(lines.next().is_none(), "nothing is new at the end");
    assert!(child.wait().is_ok_and(|status| status.success()));
}

#[test]
fn the_readme_states_the_version_of_rust_that_the_manifest_does() {
    assert!(README.contains(concat!(
        "Rust ",
        env!("CARGO_PKG_RUST_VERSION"),
        " or newer"
    )));
}

/// Starts an example with its input and output piped. Cargo builds examples with this package's tests, but
/// not for a single one of them: then this says that it skips, unless CI asks for everything.
fn start(name: &str) -> Option<Child> {
    let program = built(name)?;
    let piped = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    Some(piped.expect("it was built"))
}

fn built(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().expect("it runs");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/PROFILE/deps");
    let program = folder.join("examples").join(name);
    if program.is_file() {
        return Some(program);
    }
    let ci = std::env::var_os("CI").is_some_and(|v| v == "true");
    assert!(!ci, "{} was not built", program.display());
    eprintln!(
        "skipped: {} was not built; test the whole package",
        program.display()
    );
    None
}
