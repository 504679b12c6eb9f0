//! Real logs of real frameworks, parsed and compared test by test with the framework's own report.
//!
//! `cargo test -p sentinel-parsers --test corpora -- --nocapture` prints the table. The logs are
//! not part of this repository: `SENTINEL_CORPORA` names their folder, else `../shared/corpora`
//! beside the workspace is used; without them the checks skip with a line that says so, and with
//! `CI=true` their absence is a failure. `CORPUS_CASE=pytest/` narrows the table to cases whose
//! name contains the text and lists their misses.

mod junit;
mod noise;
mod score;
mod truth;
mod wrapped;

use std::path::{Path, PathBuf};

use score::Score;
use truth::Case;

/// Frameworks that must be right already; the others are shown and not judged yet.
const COVERED: &[&str] = &[
    "bats",
    "behave",
    "ginkgo",
    "django",
    "exunit",
    "minitest",
    "prove",
    "rspec",
    "phpunit",
    "surefire",
    "testng",
    "tap",
    "unittest",
    "vitest",
    "cargo-test",
    "cargo-test-json",
    "go-test-json",
    "go-test-v",
    "jasmine",
    "jest",
    "junit5-console",
    "mocha",
    "node-test",
    "playwright",
    "pytest",
    "nextest",
    "googletest",
    "ctest",
    "meson",
    "check",
    "_envelope",
];

/// Frameworks whose logs show less than their reports hold, with the part of the named tests in per cent
/// that must be right: Catch2's compact reporter names no test case, its TAP none without assertions,
/// and no form of it tells which failure was expected.
const PARTLY: &[(&str, usize)] = &[("catch2", 78)];

/// How many of the named tests must be right, in per cent; none of a framework that is not judged.
fn floor_of(framework: &str) -> Option<usize> {
    let partly = PARTLY.iter().find(|(name, _)| *name == framework);
    let whole = COVERED.contains(&framework).then_some(98);
    partly.map(|(_, floor)| *floor).or(whole)
}

fn covered(framework: &str) -> bool {
    floor_of(framework).is_some()
}

fn corpora() -> Option<PathBuf> {
    let found = match std::env::var_os("SENTINEL_CORPORA") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
    };
    if found.is_dir() {
        return Some(found);
    }
    assert!(
        std::env::var_os("CI").is_none_or(|v| v != "true"),
        "no corpora at {}",
        found.display()
    );
    eprintln!("skipped: no corpora at {}", found.display());
    None
}

/// Every case of every framework, in order.
fn cases(root: &Path) -> Vec<Case> {
    let mut dirs = Vec::new();
    for framework in children(root) {
        dirs.extend(children(&framework));
    }
    dirs.iter()
        .filter_map(|dir| Case::read(root, dir))
        .collect()
}

fn children(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

#[test]
fn covered_frameworks_agree_with_their_own_reports() {
    let Some(root) = corpora() else { return };
    let only = std::env::var("CORPUS_CASE").ok();
    let mut scores: Vec<Score> = Vec::new();
    for case in cases(&root) {
        if case.framework == "_noise" || only.as_ref().is_some_and(|o| !case.name.contains(o)) {
            continue;
        }
        let mut score = Score::of(&case);
        if !case.truth.inner_framework.iter().all(|f| covered(f)) {
            score.framework.push_str(", a dialect lacks");
        }
        scores.push(score);
    }
    println!("{}", score::table(&scores, only.is_some()));
    let judged: Vec<&Score> = scores.iter().filter(|s| covered(&s.framework)).collect();
    let sum = Score::sum("covered", judged.iter().copied());
    println!("{}", score::table(std::slice::from_ref(&sum), false));
    if only.is_some() {
        return;
    }
    assert!(
        sum.totals_right * 10 >= sum.cases * 9,
        "totals right in under 90 % of the cases"
    );
    for score in Score::by_framework(judged) {
        let (right, named) = (score.right, score.named);
        let floor = floor_of(&score.framework).unwrap_or(98);
        assert!(
            right * 100 >= named * floor,
            "{}: only {right} of {named} named tests right",
            score.case
        );
        assert_eq!(score.invented, 0, "{}: tests invented", score.case);
    }
}

#[test]
fn no_test_is_invented_in_logs_without_tests() {
    let Some(root) = corpora() else { return };
    let mut seen = 0;
    for case in cases(&root).iter().filter(|c| c.framework == "_noise") {
        let ledger = score::parse(&case.log, usize::MAX);
        assert_eq!(
            ledger.totals().total(),
            0,
            "{}: {:?}",
            case.name,
            ledger.tests().first()
        );
        seen += 1;
    }
    assert!(seen > 0, "no noise case found");
}

#[test]
fn byte_by_byte_feeding_gives_the_same_tests() {
    let Some(root) = corpora() else { return };
    for case in cases(&root) {
        let whole = score::parse(&case.log, usize::MAX);
        for chunk in [1, 4096] {
            let cut = score::parse(&case.log, chunk);
            assert_eq!(
                whole.tests(),
                cut.tests(),
                "{} in chunks of {chunk}",
                case.name
            );
            assert_eq!(
                whole.totals(),
                cut.totals(),
                "{} in chunks of {chunk}",
                case.name
            );
        }
    }
}
