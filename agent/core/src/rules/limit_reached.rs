//! # `limit_reached`: parts of the run were counted but not kept
//!
//! **What it detects.** The run grew beyond one of the agent's limits: tests, streams, labels,
//! signatures, gaps, anomalies; or all runs together beyond the memory for their tests (`max_ledgers`).
//!
//! **Why it matters.** The totals still hold, but lists and reports of this run are shorter than the
//! truth.
//!
//! **Signals used.** The core's own counters.
//!
//! **False positives.** None.
//!
//! **Settings.** None of its own; `run.max_tests` moves the most likely limit.
//!
//! **Example.** 12 tests beyond `max_tests` were counted and not kept by name.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, Rule, RuleContext};

pub(super) const RULE: Rule = Rule {
    id: "limit_reached",
    summary: "Parts of the run were counted but not kept",
    category: Category::Structure,
    default_severity: Severity::Info,
    when: Change::TIME.and(Change::STATE),
    settings: |_| Some(Severity::Info),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for (limit, parts) in context.run.dropped() {
        findings.add(
            Finding::new(
                context.severity,
                format!("limit:{limit}"),
                format!("The limit `{limit}` was reached: what came after is counted, not kept"),
            )
            .count("left_out_count", parts),
        );
    }
}
