//! Every dialect alone on every log: it survives, and tells tests only of its own framework.

use sentinel_parsers::dialect::{DIALECTS, DialectInfo};
use sentinel_parsers::{Ledger, Parser};

use crate::truth::Case;
use crate::{at_once, cases, corpora};

/// Bytes read of a log from its beginning and from its end: nobody learns more from the middle of the
/// largest.
const PART: usize = 256 * 1024;

/// The dialects whose word is not the framework's, and whose frameworks are several.
const OWN: &[(&str, &[&str])] = &[
    ("go_test", &["go-test", "go-test-v"]),
    ("libtest", &["cargo-test"]),
    ("libtest_json", &["cargo-test-json"]),
    ("unittest", &["unittest", "django"]),
];

/// Dialects that other frameworks speak too, with the cases in which they do.
const SPOKEN: &[(&str, &str, &str)] = &[
    ("tap", "bats/batsfile_tap", "--formatter tap"),
    ("tap", "catch2/selftest_tap", "-r tap"),
    ("tap", "mocha/flat_tap", "--reporter tap"),
    ("tap", "node-test/flat_tap", "--test-reporter=tap"),
    ("tap", "prove/perl_core_op_v", "-v shows the files' TAP"),
    (
        "tap",
        "prove/test_simple_v_color",
        "-v shows the files' TAP",
    ),
    (
        "tap",
        "_envelope/parallel_tag_prove_cargo",
        "-v shows the files' TAP",
    ),
    ("tap", "vitest/jsxast_tap_flat", "--reporter=tap-flat"),
    ("teamcity", "phpunit/phpparser_teamcity", "--teamcity"),
    ("teamcity", "pytest/pluggy_teamcity", "--teamcity"),
];

/// What a dialect tells of a log when it is the only one.
fn alone(info: &DialectInfo, log: &[u8]) -> Ledger {
    let mut ledger = Ledger::new();
    let mut parser = Parser::with_dialects(|id| id == info.id);
    let (head, tail) = match log.len() > 2 * PART {
        true => (&log[..PART], &log[log.len() - PART..]),
        false => (log, &[][..]),
    };
    for part in [head, tail] {
        parser.feed(part, &mut |event| ledger.apply(event));
    }
    parser.finish(&mut |event| ledger.apply(event));
    ledger
}

fn is_of(info: &DialectInfo, framework: &str) -> bool {
    let several = OWN.iter().find(|(id, _)| *id == info.id);
    several.map_or(framework.replace('-', "_") == info.id, |(_, own)| {
        own.contains(&framework)
    })
}

/// Dialects that tell tests of a log that is none of theirs, and those that should and do not.
fn strangers(case: &Case) -> Vec<String> {
    let inner = case.truth.inner_framework.iter().map(String::as_str);
    let frameworks: Vec<&str> = inner.chain([case.framework.as_str()]).collect();
    let mut found = Vec::new();
    for info in DIALECTS {
        let ledger = alone(info, &case.log);
        let own = frameworks.iter().any(|f| is_of(info, f));
        let row = |(id, name, _): &&(&str, &str, &str)| *id == info.id && *name == case.name;
        let spoken = SPOKEN.iter().any(|spoken| row(&spoken));
        let total = ledger.totals().total();
        let (id, name) = (info.id, &case.name);
        if total > 0 && !own && !spoken {
            let first = ledger.tests().first();
            found.push(format!(
                "{id} alone tells {total} tests of {name}: {first:?}"
            ));
        } else if total == 0 && spoken {
            found.push(format!("{id} is said to be spoken in {name} and is not"));
        }
    }
    found
}

#[test]
fn dialects_alone_tell_no_tests_of_others() {
    let Some(root) = corpora() else { return };
    let found = at_once(&cases(&root), strangers);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
