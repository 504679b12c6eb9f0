//! # `test_count_out_of_range`: more or fewer tests than the pipeline's rules say
//!
//! **What it detects.** The number of tests of the run, or of one of its suites, is outside the
//! configured range: too many as soon as they are seen, too few when the run has ended.
//!
//! **Why it matters.** Tests that vanish turn nothing red: a filter that matches less, a directory
//! that is no longer collected, a shard that did not start.
//!
//! **Signals used.** The number of tests whatever their status, in all and by suite. A suite named
//! without wildcards that never appears counts as one with no tests.
//!
//! **False positives.** A partial run on purpose; match it with rules of its own.
//!
//! **Settings.** `[[pipeline]]`: `tests`, `suites`; `rules.test_count_out_of_range`: `severity`,
//! `enabled`.
//!
//! **Example.** Suite `api` has 12 tests, at least 80 are expected.

use std::collections::BTreeMap;

use sentinel_config::{Range, glob_match};

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, MANY, Rule, RuleContext, configured};
use crate::runs::Run;
use crate::text::tests;

pub(super) const RULE: Rule = Rule {
    id: "test_count_out_of_range",
    summary: "More or fewer tests than the pipeline's rules say",
    category: Category::Structure,
    default_severity: Severity::Warning,
    when: Change::TIME.and(Change::STATE).and(Change::CONTEXT),
    settings: |s| {
        let settings = &s.test_count_out_of_range;
        configured(settings.enabled, settings.severity)
    },
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let Some(rules) = context.pipeline else {
        return;
    };
    let total = context.run.totals().total();
    compare(context, "run", "The run", total, &rules.tests, findings);
    if rules.suites.is_empty() {
        return;
    }
    let counts = counts(context.run);
    for (pattern, range) in &rules.suites {
        let mut found = counts
            .iter()
            .filter(|(suite, _)| glob_match(pattern, suite))
            .take(MANY)
            .peekable();
        if found.peek().is_none() && !pattern.contains(['*', '?']) {
            let (subject, what) = (format!("suite:{pattern}"), format!("Suite `{pattern}`"));
            compare(context, &subject, &what, 0, range, findings);
        }
        for (suite, count) in found {
            let (subject, what) = (format!("suite:{suite}"), format!("Suite `{suite}`"));
            compare(context, &subject, &what, *count, range, findings);
        }
    }
}

/// Tests by suite over all streams.
fn counts(run: &Run) -> BTreeMap<&str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, suite) in run.counted().flat_map(|s| s.ledger().suites()) {
        let count = counts.entry(name).or_default();
        *count = count.saturating_add(suite.counts.total());
    }
    counts
}

fn compare(
    context: &RuleContext<'_>,
    subject: &str,
    what: &str,
    count: u64,
    range: &Range,
    findings: &mut Findings,
) {
    let min = range.min.map(|n| n as u64);
    let max = range.max.map(|n| n as u64);
    let title = match (min, max) {
        (_, Some(max)) if count > max => format!("{what} has more than {}", tests(max)),
        (Some(min), _) if count < min && context.is_at_end() => {
            format!("{what} has fewer than {}", tests(min))
        }
        _ => return,
    };
    let mut finding = Finding::new(context.severity, subject, title).count("seen_tests", count);
    if let Some(min) = min {
        finding = finding.count("min_tests", min);
    }
    if let Some(max) = max {
        finding = finding.count("max_tests", max);
    }
    let lost = context.run.sums().lost_bytes;
    if lost > 0 {
        finding = finding.hint(format!(
            "{lost} bytes of output were lost; tests may be in them"
        ));
    }
    findings
        .add(finding.hint("compare with the filter, shard and collection of the last good run"));
}
