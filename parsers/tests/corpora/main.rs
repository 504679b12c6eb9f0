//! Real logs of real frameworks, parsed and compared test by test with the framework's own report.
//!
//! `cargo test -p sentinel-parsers --test corpora -- --nocapture` prints the table. The logs are
//! not part of this repository: `SENTINEL_CORPORA` names their folder, else `../shared/corpora`
//! beside the workspace is used; without them the checks skip with a line that says so, and with
//! `CI=true` their absence is a failure. `CORPUS_CASE=pytest/` narrows the table to cases whose
//! name contains the text and lists their misses.

mod chunks;
mod durations;
mod foreign;
mod junit;
mod messages;
mod noise;
mod score;
mod table;
mod totals;
mod truth;
mod unshown;
mod wrapped;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use score::Score;
use sentinel_parsers::{Parser, ParserOptions};
use truth::Case;

/// How many of the tests that logs name must be right in suite, name and status, per mille.
const RIGHT: usize = 995;
/// The same for every single framework.
const RIGHT_EACH: usize = 980;
/// How many failures must be told with their reason, per mille, in every framework.
const SAID: usize = 950;

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

/// What is found of every case, by as many threads as there are processors.
fn at_once(cases: &[Case], find: impl Fn(&Case) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || {
        let mut found = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(find(case));
        }
        found
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let found = workers.into_iter().map(|w| w.join().expect("no panic"));
        found.flatten().collect()
    })
}

#[test]
fn logs_agree_with_the_frameworks_own_reports() {
    let Some(root) = corpora() else { return };
    let only = std::env::var("CORPUS_CASE").ok();
    let all = cases(&root);
    let tested = all.iter().filter(|c| c.framework != "_noise");
    let wanted = tested.filter(|c| only.as_ref().is_none_or(|o| c.name.contains(o)));
    let scores: Vec<Score> = wanted.map(Score::of).collect();
    println!("{}", table::table(&scores, only.is_some()));
    let sum = Score::sum("all", &scores);
    println!("{}", table::table(std::slice::from_ref(&sum), false));
    if only.is_some() {
        return;
    }
    let mut wrong: Vec<String> = scores.iter().flat_map(|s| s.stale.clone()).collect();
    wrong.extend(short(&sum, RIGHT));
    for framework in Score::by_framework(&scores) {
        wrong.extend(short(&framework, RIGHT_EACH));
    }
    let names = all.iter().map(|c| c.name.as_str()).collect();
    wrong.extend(unshown::of_no_case(&names));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In what a score falls short of what every framework must reach.
fn short(score: &Score, right: usize) -> Vec<String> {
    let s = score;
    let wanted = [
        ("totals", s.totals_right, s.cases, 1000),
        ("named tests", s.right, s.named, right),
        ("failures with their reason", s.said, s.failures, SAID),
        ("reasons as reported", s.messages_right, s.messages, SAID),
        ("durations", s.durations_right, s.durations, 1000),
    ];
    let missed = wanted
        .into_iter()
        .filter(|(_, part, whole, floor)| part * 1000 < whole * floor);
    let mut missed: Vec<String> = missed
        .map(|(what, part, whole, _)| format!("{}: {what}: only {part} of {whole}", s.case))
        .collect();
    if s.invented > 0 {
        missed.push(format!("{}: {} tests invented", s.case, s.invented));
    }
    missed
}

#[test]
fn passing_over_lines_changes_no_event() {
    let Some(root) = corpora() else { return };
    let only = std::env::var("CORPUS_CASE").unwrap_or_default();
    let mut wrong = String::new();
    for case in cases(&root).iter().filter(|c| c.name.contains(&only)) {
        let fast = told(Parser::new(), &case.log);
        let slow = told(ParserOptions::new().thorough().parser(), &case.log);
        let both = fast.len().min(slow.len());
        let first = (0..both).find(|i| fast[*i] != slow[*i]);
        if let Some(at) = first.or((fast.len() != slow.len()).then_some(both)) {
            let (fast, slow) = (fast.get(at), slow.get(at));
            wrong += &format!("{}:\n  fast {fast:?}\n  slow {slow:?}\n", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Every event as text.
fn told(mut parser: Parser, log: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    for chunk in log.chunks(64 * 1024) {
        parser.feed(chunk, &mut |event| told.push(format!("{event:?}")));
    }
    parser.finish(&mut |event| told.push(format!("{event:?}")));
    told
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
