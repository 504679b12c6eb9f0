//! # `missing_suite`: a required suite that did not run, or a forbidden one that did
//!
//! **What it detects.** A required suite of the run's pipeline has not begun when it is overdue, or
//! when the run has ended; a forbidden suite began; at the end, no test carries a required tag.
//!
//! **Why it matters.** What did not run cannot fail. A suite that was skipped, renamed or never
//! scheduled leaves a green run that proves less than it seems to.
//!
//! **Signals used.** Names of suites in all streams of the run, tags of tests and suites, the time
//! since the run's first sign.
//!
//! **False positives.** A renamed suite; use globs. A slow start; raise `suite_overdue`.
//!
//! **Settings.** `[[pipeline]]`: `required_suites`, `forbidden_suites`, `required_tags`,
//! `suite_overdue`; `rules.missing_suite`: `severity`, `enabled`.
//!
//! **Example.** Required suite `e2e-*` has not begun 15 minutes after the run did.

use std::collections::BTreeSet;

use sentinel_config::glob_match;

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, MANY, Rule, RuleContext, configured};
use crate::runs::Run;
use crate::settings::millis;

/// Suites named in a hint.
const NAMED: usize = 5;

pub(super) const RULE: Rule = Rule {
    id: "missing_suite",
    summary: "A required suite that did not run, or a forbidden one that did",
    category: Category::Structure,
    default_severity: Severity::Critical,
    when: Change::TIME
        .and(Change::STATE)
        .and(Change::CONTEXT)
        .and(Change::SUITES),
    settings: |s| configured(s.missing_suite.enabled, s.missing_suite.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let Some(rules) = context.pipeline else {
        return;
    };
    let suites: BTreeSet<&str> = context
        .run
        .counted()
        .flat_map(|s| s.ledger().suites().keys())
        .map(|name| &**name)
        .collect();
    for pattern in &rules.required_suites {
        if !suites.iter().any(|suite| glob_match(pattern, suite)) {
            missing(context, pattern, &suites, findings);
        }
    }
    for pattern in &rules.forbidden_suites {
        for suite in suites.iter().filter(|s| glob_match(pattern, s)).take(MANY) {
            let title = format!("Suite `{suite}` runs, which the pipeline forbids");
            findings.add(
                Finding::new(context.severity, format!("suite:{suite}"), title)
                    .fact(format!("forbidden_suites has `{pattern}`"))
                    .hint("stop the run if the suite must not touch this environment"),
            );
        }
    }
    if context.is_at_end() {
        tags(context, &rules.required_tags, findings);
    }
}

fn missing(
    context: &RuleContext<'_>,
    pattern: &str,
    suites: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    let waited = context.run.elapsed_ms(context.now);
    let overdue = context.pipeline.and_then(|p| p.suite_overdue).map(millis);
    let at_end = context.is_at_end();
    if !at_end && overdue.is_none_or(|limit| waited < limit) {
        return;
    }
    let title = match at_end {
        true => format!("Required suite `{pattern}` did not run"),
        false => format!("Required suite `{pattern}` is overdue"),
    };
    let mut finding = Finding::new(context.severity, format!("suite:{pattern}"), title)
        .seconds("waited_seconds", waited)
        .count("seen_suites", suites.len() as u64);
    if let Some(limit) = overdue {
        finding = finding.seconds("threshold_seconds", limit);
    }
    let mut names: Vec<&str> = suites.iter().take(NAMED).copied().collect();
    if suites.len() > NAMED {
        names.push("…");
    }
    finding = match names.is_empty() {
        true => finding.hint("no suite was seen at all: did the tests start?"),
        false => finding.hint(format!("suites seen: {}", names.join(", "))),
    };
    findings.add(finding.hint("if the suite was renamed, change required_suites"));
}

fn tags(context: &RuleContext<'_>, required: &[String], findings: &mut Findings) {
    if required.is_empty() {
        return;
    }
    let seen = all_tags(context.run);
    for tag in required.iter().filter(|tag| !seen.contains(tag.as_str())) {
        let title = format!("No test carries the required tag `{tag}`");
        findings.add(
            Finding::new(context.severity, format!("tag:{tag}"), title)
                .count("seen_tags", seen.len() as u64),
        );
    }
}

/// All tags of the run's tests and suites.
fn all_tags(run: &Run) -> BTreeSet<&str> {
    run.counted()
        .flat_map(|stream| stream.ledger().tags())
        .flat_map(|tags| tags.split(','))
        .map(str::trim)
        .collect()
}
