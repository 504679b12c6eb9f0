//! # `failure_spike`: many tests failing at once
//!
//! **What it detects.** Within some window of time at least `min_failures` tests failed, and they
//! were at least `share` of the results in that window.
//!
//! **Why it matters.** Tests that fail together usually have one cause: a service that went away, a
//! broken build, an expired credential. It is worth looking at while the run still goes on.
//!
//! **Signals used.** Results of tests with the time of their line (failed, errored, timed out);
//! repetitions in a summary do not count. The busiest window of the run is kept.
//!
//! **False positives.** A short suite that is broken as a whole; raise `min_failures`.
//!
//! **Settings.** `rules.failure_spike`: `min_failures`, `share`, `window`, `severity`, `enabled`.
//!
//! **Example.** 37 of 40 tests failed within 60 s, all with `connection refused`.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::settings::millis;
use crate::text::short;

pub(super) const RULE: Rule = Rule {
    id: "failure_spike",
    summary: "Many tests failing at once",
    category: Category::Test,
    default_severity: Severity::Warning,
    when: Change::TESTS,
    settings: |s| configured(s.failure_spike.enabled, s.failure_spike.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let worst = context.run.failures().worst();
    if worst.failures == 0 {
        return;
    }
    let settings = &context.settings.failure_spike;
    let share = worst.failures as f64 / worst.results.max(1) as f64;
    let window = millis(settings.window);
    let title = format!("Many tests failed within {} s", window / 1_000);
    let mut finding = Finding::new(context.severity, "run", title)
        .count("failed_tests", worst.failures)
        .count("ended_tests", worst.results)
        .number("failed_share", share)
        .seconds("window_seconds", window)
        .count("threshold_tests", settings.min_failures as u64)
        .number("threshold_share", settings.share);
    for sample in context.run.failures().samples() {
        let message = sample.message.as_deref().unwrap_or("failed");
        let text = short(&format!("{}: {message}", sample.test));
        finding = finding.line(&sample.stream, sample.line, text);
    }
    if let Some(message) = common_message(context) {
        finding = finding.hint(format!(
            "the latest failures say the same: {}",
            short(message)
        ));
    }
    if let Some(error) = context
        .run
        .signatures()
        .seen()
        .values()
        .max_by_key(|e| e.count)
    {
        let what = error.exception.as_deref().unwrap_or(&error.class);
        let text = format!(
            "most frequent error in the output: {what}: {}",
            error.message
        );
        finding = finding.hint(short(&text));
    }
    findings
        .add(finding.hint("failures that come together often have one cause outside the tests"));
}

/// The message all samples have in common.
fn common_message<'a>(context: &RuleContext<'a>) -> Option<&'a str> {
    let mut messages = context
        .run
        .failures()
        .samples()
        .map(|s| s.message.as_deref());
    let first = messages.next()??;
    messages.all(|m| m == Some(first)).then_some(first)
}
