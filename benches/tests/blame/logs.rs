//! Logs to lay faults over: real ones of the corpora where they are, and small ones of our own that always are.

use std::path::{Path, PathBuf};

use sentinel_core::Culprit;
use sentinel_parsers::{Ledger, Parser, Status};
use serde_json::Value;

use crate::dialect::{DIALECTS, Dialect};

/// Larger logs say nothing that smaller ones do not.
const SMALL: u64 = 400_000;

/// A log and what is known of it.
pub(crate) struct Log {
    pub(crate) name: String,
    text: Vec<u8>,
    /// How tests can be added to it.
    pub(crate) dialect: Option<Dialect>,
    /// Whose its failures are, if there are any: either, where only a person who knows the product could tell.
    pub(crate) failures: &'static [Culprit],
}

/// Recorded where there was no network: what failed is neither the product's nor the tests'.
const NO_NETWORK: [&str; 2] = [
    "playwright/create_playwright_demo_dot_color",
    "playwright/create_playwright_demo_line",
];

/// Its own failures are connections that were reset.
const BROKEN_CONNECTIONS: &str = "pytest/itsdangerous_sugar";

const TEST: &[Culprit] = &[Culprit::Test];
const APP: &[Culprit] = &[Culprit::App];
const EITHER: &[Culprit] = &[Culprit::Test, Culprit::App];

impl Log {
    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        self.text.split_inclusive(|b| *b == b'\n').collect()
    }

    /// Numbers of lines after which a test has begun and not ended.
    pub(crate) fn inside_tests(&self) -> Vec<usize> {
        self.places(true)
    }

    /// Numbers of lines after which none has.
    pub(crate) fn between_tests(&self) -> Vec<usize> {
        self.places(false)
    }

    /// Whether no test is left running at its end, and no failure of its own speaks of what the faults are about: amid a
    /// fault nobody could tell whose it is.
    pub(crate) fn ends_by_itself(&self) -> bool {
        !self.any_test(|status| status == Status::Unfinished) && self.name != BROKEN_CONNECTIONS
    }

    /// Whether a failure has a name; of others nothing but their number is known.
    pub(crate) fn names_failures(&self) -> bool {
        self.any_test(Status::is_failure)
    }

    fn any_test(&self, is: impl Fn(Status) -> bool) -> bool {
        let (mut parser, mut ledger) = (Parser::new(), Ledger::new());
        parser.feed(&self.text, &mut |event| ledger.apply(event));
        parser.finish(&mut |event| ledger.apply(event));
        ledger.tests().iter().any(|test| is(test.status()))
    }

    fn places(&self, inside: bool) -> Vec<usize> {
        let (mut parser, mut ledger) = (Parser::new(), Ledger::new());
        let mut found = Vec::new();
        for (at, line) in self.lines().iter().enumerate() {
            parser.feed(line, &mut |event| ledger.apply(event));
            if ledger.open().next().is_some() == inside {
                found.push(at + 1);
            }
        }
        found
    }
}

/// Logs of our own without a failure.
pub(crate) fn own_passing() -> Vec<Log> {
    let log = |dialect: Dialect| {
        let tests: String = (0..40).map(|n| dialect.success(n)).collect();
        Log {
            name: format!("own/{dialect:?}"),
            text: (dialect.head("Cart", 40) + &tests).into_bytes(),
            dialect: Some(dialect),
            failures: &[],
        }
    };
    DIALECTS.into_iter().map(log).collect()
}

/// Logs of our own whose failures are the product's or the tests'.
pub(crate) fn own_failing() -> Vec<Log> {
    macro_rules! logs {
        ($(($name:literal, $failures:expr)),* $(,)?) => {
            vec![$(Log {
                name: concat!("own/", $name).to_owned(),
                text: include_bytes!(concat!("logs/", $name, ".log")).to_vec(),
                dialect: None,
                failures: $failures,
            }),*]
        };
    }
    logs![
        ("pytest_assert", TEST),
        ("pytest_exception", APP),
        ("go_want", TEST),
        ("go_panic", APP),
        ("jest_expect", TEST),
        ("surefire_null", APP),
        ("libtest_left_right", TEST),
        ("tap_5xx", APP),
    ]
}

/// The folder of the corpora, or `None`, said aloud, where there is none.
fn corpora() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let root = std::env::var_os("SENTINEL_CORPORA").map_or_else(beside, PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    let absent = format!("skipped: no corpora at {}", root.display());
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{absent}"
    );
    eprintln!("{absent}");
    None
}

/// Real logs of whole runs, and which of them failed by the framework's own report.
pub(crate) fn real() -> Option<(Vec<Log>, Vec<Log>)> {
    let (mut all, mut failing) = (Vec::new(), Vec::new());
    for folder in children(&corpora()?) {
        for case in children(&folder) {
            let Some((log, failed)) = read(&folder, &case) else {
                continue;
            };
            if failed && !NO_NETWORK.contains(&log.name.as_str()) && log.names_failures() {
                failing.push(Log {
                    text: log.text.clone(),
                    name: log.name.clone(),
                    ..log
                });
            }
            all.push(log);
        }
    }
    Some((all, failing))
}

fn children(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// A case of the corpora: its log, and whether tests failed in it and it went on to its end.
fn read(folder: &Path, case: &Path) -> Option<(Log, bool)> {
    let path = case.join("stdout.log");
    let size = std::fs::metadata(&path).ok()?.len();
    if size > SMALL {
        return None;
    }
    let truth = std::fs::read(case.join("truth.json")).ok()?;
    let truth: Value = serde_json::from_slice(&truth).ok()?;
    let tests = truth["tests"].as_array()?;
    let failed = |test: &Value| test["status"] == "failed" || test["status"] == "errored";
    let ended = truth["exit_code"].as_i64()? > 0
        && truth["unfinished"].as_array().is_none_or(Vec::is_empty);
    let folder = folder.file_name()?.to_string_lossy().into_owned();
    let log = Log {
        name: format!("{folder}/{}", case.file_name()?.to_string_lossy()),
        text: std::fs::read(&path).ok()?,
        dialect: Dialect::of_folder(&folder),
        failures: EITHER,
    };
    Some((log, ended && tests.iter().any(failed)))
}
