//! The report as GitHub-flavoured Markdown, for job summaries and merge request comments.

use std::fmt::Write as _;

use super::model::Report;
use super::table::{number, totals};
use crate::style::{bytes, inert, seconds};

/// Rows per table; the rest is counted. A job summary holds 1 MiB at most.
const ROWS: usize = 100;

/// The whole report.
pub(crate) fn report(report: &Report) -> String {
    let mut out = String::new();
    let status = report.run.as_ref().map_or("parsed", |r| r.status.as_str());
    let _ = writeln!(
        out,
        "## Sentinel: {status}\n\n{}\n",
        totals(&report.totals, report.flaky)
    );
    if let Some(run) = &report.run {
        let reason = run.reason.as_deref().unwrap_or_default();
        let _ = writeln!(out, "Run `{}`. {}\n", run.run_id, text(reason));
    }
    failures(&mut out, report);
    findings(&mut out, report);
    for gap in &report.gaps {
        let (size, reason) = (bytes(gap.to - gap.from), text(&gap.reason));
        let what = match gap.is_lost() {
            true => "lost",
            false => "read on without",
        };
        let _ = writeln!(
            out,
            "- {what} {size} at bytes {}..{}: {reason}",
            gap.from, gap.to
        );
    }
    out
}

fn failures(out: &mut String, report: &Report) {
    let failed: Vec<_> = report.failures().chain(report.unfinished()).collect();
    if failed.is_empty() {
        return;
    }
    out.push_str(
        "| test | status | time | message | where | whose fault |\n|---|---|---|---|---|---|\n",
    );
    for test in failed.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            text(&test.title()),
            test.status.as_str(),
            test.duration_s.map(seconds).unwrap_or_default(),
            text(test.message.as_deref().unwrap_or_default()),
            text(test.location.as_deref().unwrap_or_default()),
            text(&test.fault().unwrap_or_default()),
        );
    }
    if failed.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more", failed.len() - ROWS);
    }
    out.push('\n');
}

fn findings(out: &mut String, report: &Report) {
    for anomaly in report.anomalies.iter().filter(|a| !a.resolved) {
        let severity = format!("{:?}", anomaly.severity).to_lowercase();
        let _ = writeln!(
            out,
            "- **{severity}** `{}` {}",
            anomaly.rule,
            text(&anomaly.title)
        );
        let numbers: Vec<String> = anomaly
            .numbers
            .iter()
            .map(|n| format!("{} = {}", n.name, number(n.value)))
            .collect();
        if !numbers.is_empty() {
            let _ = writeln!(out, "  - {}", text(&numbers.join(", ")));
        }
        for evidence in anomaly.evidence.iter().take(5) {
            let place = evidence
                .line
                .map(|l| format!("line {l}: "))
                .unwrap_or_default();
            let _ = writeln!(out, "  - {place}{}", text(&evidence.text));
        }
    }
    if !report.anomalies.is_empty() {
        out.push('\n');
    }
}

/// Text from outside, unable to end a table cell or to become markup.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in inert(raw).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
