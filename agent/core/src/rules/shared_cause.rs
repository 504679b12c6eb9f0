//! # `shared_cause`: several tests failed for one cause in the cluster
//!
//! **What it detects.** At least `min_tests` failures of the run whose most likely cause is the same thing at the same
//! time: a container killed for its memory, a node that was lost, a service without endpoints.
//!
//! **Why it matters.** 37 failed tests are 37 questions; 37 tests with one cause are one answer.
//!
//! **Signals used.** The cause that [correlation](crate::correlate) found for each failure, with its confidence; causes in
//! the product or in the tests are told by their own words and not grouped here.
//!
//! **False positives.** What merely happened at the same time. The share of tests that passed meanwhile is in the evidence.
//!
//! **Settings.** `rules.shared_cause`: `min_tests`, `severity`, `enabled`.
//!
//! **Example.** Container db of pod `team-a/e2e-x`: OOMKilled, the likely cause of 37 failed tests.

use std::collections::BTreeMap;

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::correlate::Suspect;
use crate::input::Millis;
use crate::rules::{Finding, Findings, MANY, Rule, RuleContext, configured};
use crate::text::{capital, short};

pub(super) const RULE: Rule = Rule {
    id: "shared_cause",
    summary: "Several tests failed for one cause in the cluster",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::CAUSES,
    settings: |s| configured(s.shared_cause.enabled, s.shared_cause.severity),
    check,
};

/// Failures named.
const EXAMPLES: usize = 5;

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let min = context.settings.shared_cause.min_tests;
    let mut groups: BTreeMap<&(String, Millis), Vec<&Suspect>> = BTreeMap::new();
    for suspect in context.run.suspects().all() {
        if let Some(group) = suspect.group() {
            groups.entry(group).or_default().push(suspect);
        }
    }
    let shared = groups.into_iter().filter(|(_, of)| of.len() >= min);
    for (group, of) in shared.take(MANY) {
        findings.add(finding(context, group, &of));
    }
}

fn finding(
    context: &RuleContext<'_>,
    (what, since): &(String, Millis),
    of: &[&Suspect],
) -> Finding {
    let surest = |s: &&&Suspect| s.cause().map_or(0.0, |cause| cause.confidence);
    let best = of.iter().max_by(|a, b| surest(a).total_cmp(&surest(b)));
    let cause = best.and_then(|s| s.cause());
    let title = format!("{}, the likely cause of several failures", capital(what));
    let subject = format!("cause:{what}@{since}");
    let mut finding = Finding::new(context.severity, subject, title)
        .count("failed_tests", of.len() as u64)
        .count(
            "threshold_tests",
            context.settings.shared_cause.min_tests as u64,
        );
    if let Some(cause) = cause {
        finding = finding.number("confidence_share", cause.confidence);
    }
    if let Some(hint) = cause.and_then(|cause| cause.hints.first()) {
        finding = finding.fact(hint.text.clone());
    }
    for suspect in of.iter().take(EXAMPLES) {
        let message = suspect
            .message
            .as_deref()
            .unwrap_or(suspect.status.as_str());
        let text = short(&format!("{}: {message}", suspect.test));
        finding = finding.line(&suspect.stream, suspect.line, text);
    }
    let others = cause
        .into_iter()
        .flat_map(|cause| cause.hints.iter().skip(1));
    for other in others {
        finding = finding.hint(format!("or, {:.2}: {}", other.confidence, other.text));
    }
    finding.hint("these tests say little of the product: run them again once it is mended")
}
