//! # `error_signature`: a recognised class of error in the output
//!
//! **What it detects.** A panic, traceback or exception in the output, at least `min_count` times in
//! the run. One anomaly per group of variants, with the number of occurrences.
//!
//! **Why it matters.** It is the product or the test speaking in its own words; a failure message
//! alone often is only the echo.
//!
//! **Signals used.** Error signatures of all streams. The group's hash leaves out what differs from
//! one occurrence to the next; a cause below an exception is a part of the same occurrence.
//!
//! **False positives.** Tests that provoke errors on purpose and print them. An error that was only
//! seen in what failed tests say of their own failures is `info`: the failures tell it already.
//!
//! **Settings.** `rules.error_signature`: `min_count`, `severity`, `enabled`.
//!
//! **Example.** `go_panic: runtime error: index out of range`, seen 3 times, first in line 120.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::text::short;

pub(super) const RULE: Rule = Rule {
    id: "error_signature",
    summary: "A recognised class of error in the output",
    category: Category::App,
    default_severity: Severity::Warning,
    when: Change::SIGNATURES,
    settings: |s| configured(s.error_signature.enabled, s.error_signature.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let min = context.settings.error_signature.min_count as u64;
    let seen = context.run.signatures().seen().iter();
    for (group, error) in seen.filter(|(_, error)| error.count >= min) {
        let what = error.exception.as_deref().unwrap_or(&error.class);
        let text = match error.message.is_empty() {
            true => what.to_owned(),
            false => format!("{what}: {}", error.message),
        };
        let severity = match error.free {
            0 => context.severity.min(Severity::Info),
            _ => context.severity,
        };
        let mut finding = Finding::new(severity, format!("signature:{group}"), short(&text))
            .count("occurrences_count", error.count)
            .count("threshold_count", min)
            .line(&error.stream, error.line, text)
            .hint(format!(
                "class {}, fingerprint {}",
                error.class, error.fingerprint
            ));
        if !error.frames.is_empty() {
            finding = finding.hint(format!("at {}", error.frames.join(", from ")));
        }
        if let Some(outer) = &error.outer {
            finding = finding.hint(format!("came out as {}", short(outer)));
        }
        findings.add(finding);
    }
}
