//! How well a parsed log agrees with the truth, and the table that shows it.

use std::collections::HashMap;

use sentinel_parsers::ledger::{Ledger, Test};
use sentinel_parsers::{Parser, Status};

use crate::durations::Shown;
use crate::messages;
use crate::totals;
use crate::truth::{Case, Truth, TruthTest};
use crate::unshown::{self, Unshown};

/// Parses a log in chunks of at most `chunk` bytes.
pub(crate) fn parse(log: &[u8], chunk: usize) -> Ledger {
    let mut ledger = Ledger::new();
    let mut parser = Parser::new();
    for piece in log.chunks(chunk.min(log.len()).max(1)) {
        parser.feed(piece, &mut |event| ledger.apply(event));
    }
    parser.finish(&mut |event| ledger.apply(event));
    ledger
}

/// Agreement of one case, or of several summed up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    pub(crate) framework: String,
    pub(crate) case: String,
    pub(crate) cases: usize,
    pub(crate) totals_right: usize,
    /// Tests whose names the log shows.
    pub(crate) named: usize,
    /// Of those, with the right suite, name and status.
    pub(crate) right: usize,
    /// Tests told that are in no report.
    pub(crate) invented: usize,
    /// Failures told by name.
    pub(crate) failures: usize,
    /// Of those, told with a reason.
    pub(crate) said: usize,
    /// Failures whose reason the report has.
    pub(crate) messages: usize,
    /// Of those, told with the same reason.
    pub(crate) messages_right: usize,
    /// Durations that were told, or should have been.
    pub(crate) durations: usize,
    pub(crate) durations_right: usize,
    /// What the log does not show, see [`Unshown`].
    pub(crate) unshown: usize,
    /// Of that, what it shows after all.
    pub(crate) stale: Vec<String>,
    /// What went wrong, for people.
    pub(crate) misses: Vec<String>,
}

/// A test's key and status as both sides spell them.
type Entry = (String, String, String);

/// The word for a parsed test's status in the truth's vocabulary. Some reports (Jest's, Vitest's) know
/// of no flaky tests though the log shows the tries.
fn status_word(test: &Test, truth: &Truth) -> &'static str {
    match test.status() {
        _ if test.is_flaky() && truth.totals.contains_key("flaky") => "flaky",
        Status::TimedOut => "failed",
        status => status.as_str(),
    }
}

/// The suite of each name that only one suite has.
fn suites_by_name(tests: &[TruthTest]) -> HashMap<&str, Option<&str>> {
    let mut suites: HashMap<&str, Option<&str>> = HashMap::new();
    for test in tests {
        let suite = test.suite.as_deref().unwrap_or_default();
        suites
            .entry(test.name.as_deref().unwrap_or_default())
            .and_modify(|known| *known = known.filter(|k| *k == suite))
            .or_insert(Some(suite));
    }
    suites
}

/// How the log's names are found in the truth.
struct Names<'t> {
    /// The suite of each name that only one suite has.
    suites: HashMap<&'t str, Option<&'t str>>,
    /// Suite and name by full title: some reporters (Mocha's `tap`, Jasmine's) print titles joined
    /// with blanks only, which nobody can take apart again.
    full: HashMap<String, (&'t str, &'t str)>,
    /// Names with `${...}` for a folder.
    folders: Vec<&'t TruthTest>,
}

impl<'t> Names<'t> {
    fn of(tests: &'t [TruthTest]) -> Names<'t> {
        let mut full = HashMap::new();
        for test in tests {
            if let (Some(suite), Some(name)) = (&test.suite, &test.name) {
                full.insert(format!("{suite} {name}"), (suite.as_str(), name.as_str()));
            }
        }
        Names {
            suites: suites_by_name(tests),
            full,
            folders: tests
                .iter()
                .filter(|t| t.name.as_ref().is_some_and(|n| n.starts_with("${")))
                .collect(),
        }
    }

    /// Suite and name if the test was told by its full title, or by a path.
    fn apart(&self, test: &Test) -> Option<(&'t str, &'t str)> {
        let bare = test.suite.as_deref().is_none_or(str::is_empty);
        let known = !bare || self.suites.contains_key(&*test.name);
        let path = |t: &&TruthTest| {
            let rest = t.name.as_deref().and_then(|n| n.split_once('}'));
            rest.is_some_and(|(_, rest)| test.name.ends_with(rest))
        };
        let by_path = self.folders.iter().copied().find(path).map(|t| {
            let suite = t.suite.as_deref().unwrap_or_default();
            (suite, t.name.as_deref().unwrap_or_default())
        });
        by_path
            .or(self.full.get(&*test.name).copied())
            .filter(|_| !known)
    }
}

/// What was told of a test. Where the log never says the suite, the name alone decides.
fn entry_of(test: &Test, truth: &Truth, names: &Names<'_>) -> Entry {
    let by_name = || names.suites.get(&*test.name).copied().flatten();
    let suite = test.suite.as_deref().or_else(by_name).unwrap_or_default();
    let suite = truth.whole_suite(suite, &test.name).unwrap_or(suite);
    let (suite, name) = names.apart(test).unwrap_or((suite, &test.name));
    (
        truth.as_shown(suite),
        truth.as_shown(name),
        status_word(test, truth).to_owned(),
    )
}

/// The truth's key and status; without the suite where the log cannot show one.
fn truth_entry(truth: &Truth, test: &TruthTest, with_suite: bool) -> Entry {
    let (suite, name) = truth.named_as(test);
    (
        truth.as_shown(if with_suite { suite } else { "" }),
        truth.as_shown(name),
        truth.shown_as(test).to_owned(),
    )
}

impl Score {
    pub(crate) fn of(case: &Case) -> Score {
        let ledger = parse(&case.log, 64 * 1024);
        let mut score = Score {
            framework: case.framework.clone(),
            case: case.name.clone(),
            cases: 1,
            ..Score::default()
        };
        score.compare_totals(case, &ledger);
        score.compare_tests(case, &ledger);
        for what in unshown::of(&case.name) {
            score.leave_out(what);
        }
        score
    }

    /// Takes what the log does not show out of what is judged.
    fn leave_out(&mut self, what: Unshown) {
        let missing = match what {
            Unshown::Tests(n) if self.named - self.right == n => {
                self.named -= n;
                n
            }
            Unshown::Reasons(n) if self.failures - self.said == n => {
                self.failures -= n;
                n
            }
            Unshown::Durations if self.durations_right < self.durations => {
                let n = std::mem::take(&mut self.durations);
                self.durations_right = 0;
                n
            }
            // Judged with the totals.
            Unshown::Totals(_) | Unshown::Apart(_) | Unshown::Whose => 1,
            Unshown::Tests(_) | Unshown::Reasons(_) | Unshown::Durations => 0,
        };
        self.unshown += missing;
        if missing == 0 {
            let (name, s) = (&self.case, &self);
            let now = format!(
                "{} of {} named tests, {} of {} reasons",
                s.right, s.named, s.said, s.failures
            );
            self.stale.push(format!(
                "{name}: {what:?} is not what is missing now: {now}"
            ));
        }
    }

    fn compare_totals(&mut self, case: &Case, ledger: &Ledger) {
        let wrong = totals::wrong(case, ledger);
        self.totals_right = usize::from(wrong.is_empty());
        if !wrong.is_empty() {
            self.misses.push(format!("totals: {}", wrong.join("; ")));
        }
        let left_out = |what| {
            matches!(
                what,
                Unshown::Totals(_) | Unshown::Apart(_) | Unshown::Whose
            )
        };
        if unshown::of(&case.name).any(left_out) && totals::all_shown(case, ledger) {
            let name = &self.case;
            self.stale.push(format!("{name}: all totals are shown"));
        }
    }

    fn compare_tests(&mut self, case: &Case, ledger: &Ledger) {
        let names = Names::of(&case.truth.tests);
        let shown = Shown::of(case);
        let mut told: HashMap<Entry, Vec<&Test>> = HashMap::new();
        // TAP has no suites, whoever wrote it; node's runner writes its own kind. Catch2's are tags
        // that it never prints.
        let tap = ledger.dialects().all(|d| matches!(d, "tap" | "catch2"));
        let with_suite = !tap
            || ledger.suites().keys().any(|s| !s.is_empty())
            || ledger.tests().iter().any(|t| names.apart(t).is_some());
        for test in ledger.tests() {
            let entry = entry_of(test, &case.truth, &names);
            told.entry(entry).or_default().push(test);
        }
        let mut known: HashMap<(String, String), i64> = HashMap::new();
        for test in &case.truth.tests {
            let (suite, name, status) = truth_entry(&case.truth, test, with_suite);
            *known.entry((suite.clone(), name.clone())).or_default() += 1;
            if !case.truth.shows(&status) {
                continue;
            }
            self.named += 1;
            match told
                .get_mut(&(suite.clone(), name.clone(), status.clone()))
                .filter(|found| !found.is_empty())
                .map(|found| found.remove(0))
            {
                Some(found) => {
                    self.right += 1;
                    self.compare_details(&case.truth, &shown, test, found);
                }
                None => self
                    .misses
                    .push(format!("missing: {suite:?} {name:?} {status}")),
            }
        }
        for test in ledger.tests().iter().filter(|t| !t.is_open()) {
            let (suite, name, status) = entry_of(test, &case.truth, &names);
            let left = known.entry((suite.clone(), name.clone())).or_default();
            *left -= 1;
            if *left < 0 && !case.truth.is_cut() {
                self.invented += 1;
                let line = test.last().line;
                self.misses.push(format!(
                    "invented: {suite:?} {name:?} {status} (line {line})"
                ));
            }
        }
    }

    fn compare_details(&mut self, truth: &Truth, shown: &Shown<'_>, want: &TruthTest, got: &Test) {
        let told = got.last();
        let failed = matches!(want.status.as_str(), "failed" | "errored");
        let (said, right) = (messages::told(got), messages::right(want, got));
        if failed && (said || messages::expected(truth, want)) {
            self.failures += 1;
            self.said += usize::from(said);
            self.messages += usize::from(right.is_some());
            self.messages_right += usize::from(right == Some(true));
            if !said || right == Some(false) {
                let (told, truth) = (&told.message, want.says());
                let name = &got.name;
                self.misses
                    .push(format!("message of {name}: {told:?}, truth {truth:?}"));
            }
        }
        if let Some(right) = shown.judge(want, got) {
            self.durations += 1;
            self.durations_right += usize::from(right);
            if !right {
                let (told, truth) = (told.duration_s, want.duration_s);
                let name = &got.name;
                self.misses
                    .push(format!("duration of {name}: {told:?}, truth {truth:?}"));
            }
        }
    }

    /// Adds scores up under one name.
    pub(crate) fn sum<'s>(name: &str, scores: impl IntoIterator<Item = &'s Score>) -> Score {
        let mut sum = Score {
            case: name.to_owned(),
            framework: name.to_owned(),
            ..Score::default()
        };
        for s in scores {
            sum.cases += s.cases;
            sum.totals_right += s.totals_right;
            sum.named += s.named;
            sum.right += s.right;
            sum.invented += s.invented;
            sum.unshown += s.unshown;
            sum.failures += s.failures;
            sum.said += s.said;
            sum.messages += s.messages;
            sum.messages_right += s.messages_right;
            sum.durations += s.durations;
            sum.durations_right += s.durations_right;
        }
        sum
    }

    /// One sum per framework, in order.
    pub(crate) fn by_framework<'s>(scores: impl IntoIterator<Item = &'s Score>) -> Vec<Score> {
        let mut groups: Vec<(String, Vec<&Score>)> = Vec::new();
        for score in scores {
            match groups
                .last_mut()
                .filter(|(name, _)| *name == score.framework)
            {
                Some((_, group)) => group.push(score),
                None => groups.push((score.framework.clone(), vec![score])),
            }
        }
        groups
            .iter()
            .map(|(name, group)| Score::sum(name, group.iter().copied()))
            .collect()
    }
}
