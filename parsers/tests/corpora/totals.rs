//! How many tests ended how, against the report.

use sentinel_parsers::{Ledger, Status};

use crate::truth::{Case, Truth};
use crate::unshown::{self, Unshown};

/// A status, how many the report has, and how many were told.
type Figure = (&'static str, u64, u64);

fn figures(truth: &Truth, ledger: &Ledger) -> [Figure; 7] {
    let got = ledger.totals();
    let failed = got[Status::Failed] + got[Status::TimedOut];
    let passed = truth.total("passed") + truth.total("flaky");
    [
        ("passed", passed, got[Status::Passed]),
        ("failed", truth.total("failed"), failed),
        ("errored", truth.total("errored"), got[Status::Errored]),
        ("skipped", truth.total("skipped"), got[Status::Skipped]),
        ("xfail", truth.total("xfail"), got[Status::Xfail]),
        ("xpass", truth.total("xpass"), got[Status::Xpass]),
        ("todo", truth.total("todo"), got[Status::Todo]),
    ]
}

/// Which of the totals are wrong.
pub(crate) fn wrong(case: &Case, ledger: &Ledger) -> Vec<String> {
    let mut figures = figures(&case.truth, ledger).to_vec();
    for what in unshown::of(&case.name) {
        match what {
            Unshown::Totals(unsaid) => figures.retain(|(status, ..)| !unsaid.contains(status)),
            Unshown::Apart(unsaid) => add_up(&mut figures, unsaid),
            Unshown::Whose => take_printed(&mut figures, ledger),
            Unshown::Tests(_) | Unshown::Reasons(_) | Unshown::Durations => {}
        }
    }
    differing(case, &figures)
}

/// Whether the log shows the totals after all that it is said not to show.
pub(crate) fn all_shown(case: &Case, ledger: &Ledger) -> bool {
    differing(case, &figures(&case.truth, ledger)).is_empty()
}

fn differing(case: &Case, figures: &[Figure]) -> Vec<String> {
    let differ = |(_, want, got): &&Figure| match case.truth.is_cut() {
        true => got < want,
        false => want != got,
    };
    let wrong = figures.iter().filter(differ);
    wrong
        .map(|(status, want, got)| format!("{status}: {got}, truth {want}"))
        .collect()
}

fn add_up(figures: &mut Vec<Figure>, statuses: &[&str]) {
    let mut sum = ("together", 0, 0);
    figures.retain(|(status, want, got)| {
        let is_part = statuses.contains(status);
        if is_part {
            sum = (sum.0, sum.1 + want, sum.2 + got);
        }
        !is_part
    });
    figures.push(sum);
}

/// What the framework printed, instead of what was told.
fn take_printed(figures: &mut [Figure], ledger: &Ledger) {
    let printed = ledger.printed().unwrap_or_default();
    for (status, _, got) in figures {
        *got = match *status {
            "passed" => printed.passed,
            "failed" => printed.failed,
            "errored" => printed.errored,
            "skipped" => printed.skipped,
            _ => None,
        }
        .unwrap_or(0);
    }
}
