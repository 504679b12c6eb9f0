//! The frameworks' own JUnit reports, parsed as if they had been printed, against the same truths.
//!
//! Some reports name a test otherwise than its log, or hold other tests: see [`Kind`].

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use sentinel_parsers::ledger::{Ledger, Test};
use sentinel_parsers::{Parser, Status};

use crate::truth::Case;

/// How a report's names are compared with the truth's.
#[derive(Clone, Copy)]
enum Kind {
    /// Suite and name are the truth's.
    Same,
    /// pytest and unittest write dotted names, and only joined are they the same.
    Dotted,
    /// Meson's classes are its projects: by name only.
    Bare,
}

fn kind(framework: &str) -> Kind {
    match framework {
        "pytest" | "unittest" => Kind::Dotted,
        "meson" => Kind::Bare,
        _ => Kind::Same,
    }
}

/// Cases whose report is about other tests than the truth.
const OTHER: &[&str] = &[
    // Every try is a test case of its own.
    "pytest/itsdangerous_reruns_v",
    // TAP's sub-tests are the test cases.
    "meson/common_206_tap_tests",
    "meson/failing_test_5_tap_tests",
    // An unexpected pass is a failure like any other, and a worker's crash an error.
    "meson/failing_test_6_xpass",
    "pytest/click_xdist_worker_crash",
];

/// The case's report, if it is one of JUnit's kind.
fn report(dir: &Path) -> Option<Vec<u8>> {
    let names = ["junit.xml", "gtest.xml", "TEST-0.xml"];
    let plain = names.iter().find_map(|n| std::fs::read(dir.join(n)).ok());
    plain.or_else(|| {
        let packed = names
            .iter()
            .find_map(|n| std::fs::read(dir.join(format!("{n}.gz"))).ok())?;
        let mut report = Vec::new();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut report)
            .ok()?;
        Some(report)
    })
}

/// The report's lines broken at tags where they are longer than a line may be: one of pytest's is a
/// single line.
fn broken(report: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(report);
    text.replace("><testcase ", ">\n<testcase ").into_bytes()
}

fn parse(log: &[u8], chunk: usize) -> Ledger {
    let mut ledger = Ledger::new();
    let mut parser = Parser::new();
    for piece in log.chunks(chunk) {
        parser.feed(piece, &mut |event| ledger.apply(event));
    }
    parser.finish(&mut |event| ledger.apply(event));
    ledger
}

fn key(kind: Kind, suite: &str, name: &str, status: &str) -> (String, String, String) {
    let status = status.to_owned();
    match kind {
        Kind::Same => (suite.to_owned(), name.to_owned(), status),
        Kind::Bare => (String::new(), name.to_owned(), status),
        Kind::Dotted => {
            let joined = format!("{suite}.{name}").replace("::", ".");
            let joined = joined.replace(".py", "").replace('/', ".");
            (String::new(), joined.trim_matches('.').to_owned(), status)
        }
    }
}

fn word(test: &Test) -> &'static str {
    match test.status() {
        _ if test.is_flaky() => "flaky",
        Status::TimedOut => "failed",
        status => status.as_str(),
    }
}

/// How well a report was read.
#[derive(Default)]
struct Reading {
    tests: usize,
    right: usize,
    invented: usize,
    messages: usize,
    messages_right: usize,
    durations_wrong: usize,
    misses: Vec<String>,
}

fn compare(case: &Case, ledger: &Ledger) -> Reading {
    let kind = kind(&case.framework);
    let mut told: HashMap<(String, String, String), Vec<&Test>> = HashMap::new();
    for test in ledger.tests() {
        let suite = test.suite.as_deref().unwrap_or_default();
        let key = key(kind, suite, &test.name, word(test));
        told.entry(key).or_default().push(test);
    }
    let mut reading = Reading::default();
    for test in &case.truth.tests {
        let suite = test.suite.as_deref().unwrap_or_default();
        let name = test.name.as_deref().unwrap_or_default();
        let mut key = key(kind, suite, name, &test.status);
        if let Some((_, path)) = name.split_once('}').filter(|_| name.starts_with("${")) {
            // The truth names a folder by a word.
            let whole = told.keys().find(|k| k.1.ends_with(path));
            key = whole.cloned().unwrap_or(key);
        }
        reading.tests += 1;
        let found = told.get_mut(&key).filter(|found| !found.is_empty());
        let Some(found) = found.map(|found| found.remove(0)) else {
            reading.misses.push(format!("missing: {key:?}"));
            continue;
        };
        reading.right += 1;
        if let (Some(message), "failed" | "errored") = (&test.message, test.status.as_str()) {
            let said: Vec<&str> = found
                .attempts
                .iter()
                .filter_map(|a| a.message.as_deref())
                .collect();
            let right = said
                .iter()
                .any(|said| super::messages::agrees(message, said));
            reading.messages += 1;
            reading.messages_right += usize::from(right);
            if !right {
                reading
                    .misses
                    .push(format!("message: {said:?}, truth {message:?}"));
            }
        }
        let near = |want: f64| {
            let mut told = found
                .attempts
                .iter()
                .filter_map(|a| a.duration_s)
                .peekable();
            told.peek().is_none() || told.any(|got| (want - got).abs() <= 0.0011)
        };
        reading.durations_wrong += usize::from(!test.duration_s.is_none_or(near));
    }
    for (key, tests) in told.iter().filter(|(_, tests)| !tests.is_empty()) {
        reading.invented += tests.len();
        reading.misses.push(format!("invented: {key:?}"));
    }
    reading
}

fn dirs(root: &Path) -> Vec<PathBuf> {
    let frameworks = super::children(root);
    frameworks.iter().flat_map(|f| super::children(f)).collect()
}

/// The report among lines of others.
fn log_of(report: &[u8]) -> Vec<u8> {
    [b"$ cat report.xml\n", report, b"\ndone\n"].concat()
}

#[test]
fn junit_reports_agree_with_the_truth_made_from_them() {
    let Some(root) = super::corpora() else { return };
    let mut sum = Reading::default();
    for dir in dirs(&root) {
        let (Some(report), Some(case)) = (report(&dir), Case::read(&root, &dir)) else {
            continue;
        };
        if OTHER.contains(&case.name.as_str()) {
            continue;
        }
        let log = log_of(&broken(&report));
        let ledger = parse(&log, 64 * 1024);
        let spoken: Vec<&str> = ledger.dialects().collect();
        assert_eq!(spoken, ["junit_xml"], "{}", case.name);
        assert_eq!(parse(&log, 1).tests(), ledger.tests(), "{}", case.name);
        let reading = compare(&case, &ledger);
        println!("{}: {} of {}", case.name, reading.right, reading.tests);
        for miss in reading.misses.iter().take(12) {
            println!("    {miss}");
        }
        sum.tests += reading.tests;
        sum.right += reading.right;
        sum.invented += reading.invented;
        sum.messages += reading.messages;
        sum.messages_right += reading.messages_right;
        sum.durations_wrong += reading.durations_wrong;
    }
    println!(
        "{} of {} tests, {} of {} messages, {} durations wrong",
        sum.right, sum.tests, sum.messages_right, sum.messages, sum.durations_wrong
    );
    assert!(sum.tests > 0, "no report found");
    assert_eq!((sum.right, sum.invented), (sum.tests, 0));
    assert!(sum.messages_right * 100 >= sum.messages * 90);
    assert_eq!(sum.durations_wrong, 0);
}

#[test]
fn a_report_is_read_whole_though_it_is_one_line() {
    let Some(root) = super::corpora() else { return };
    for dir in dirs(&root) {
        let (Some(report), Some(case)) = (report(&dir), Case::read(&root, &dir)) else {
            continue;
        };
        if OTHER.contains(&case.name.as_str()) {
            continue;
        }
        let reading = compare(&case, &parse(&log_of(&report), 64 * 1024));
        println!("{}: {} of {}", case.name, reading.right, reading.tests);
        assert_eq!(reading.invented, 0, "{}", case.name);
        assert_eq!(reading.right, reading.tests, "{}", case.name);
    }
}
