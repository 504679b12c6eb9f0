//! The report for a terminal: the verdict first, then failures, findings, slow tests, losses.

use std::fmt::Write as _;

use sentinel_core::{Anomaly, Severity};
use sentinel_parsers::Status;
use sentinel_parsers::event::Counts;

use super::model::{Report, RunHead, TestLine};
use crate::style::{Style, bytes, fit, inert, seconds};

/// Failures printed in full; the rest is counted.
const FAILURES_SHOWN: usize = 50;

/// Findings of severity info shown, a line each; the rest is counted.
const MINOR_SHOWN: usize = 5;

/// The whole report as text.
pub(crate) fn report(report: &Report, style: Style) -> String {
    let mut out = String::new();
    verdict(&mut out, report, style);
    failures(&mut out, report, style);
    unfinished(&mut out, report, style);
    anomalies(&mut out, &report.anomalies, style);
    slowest(&mut out, report, style);
    losses(&mut out, report, style);
    out
}

/// The one line everybody reads, and where it comes from.
fn verdict(out: &mut String, report: &Report, style: Style) {
    let status = match &report.run {
        Some(run) => run.status.as_str(),
        None if report.totals.failures() > 0 => "failed",
        None if report.totals.is_zero() => "no tests",
        None if report.totals[Status::Unfinished] > 0 => "unfinished",
        None => "passed",
    };
    let word = status.to_uppercase().replace('_', " ");
    let word = match status {
        "passed" => style.green(&word),
        "failed" | "errored" | "timed_out" | "lost" => style.red(&word),
        _ => style.yellow(&word),
    };
    let _ = write!(out, "{word}  {}", totals(&report.totals, report.flaky));
    if let Some(elapsed) = report.run.as_ref().and_then(elapsed_s) {
        let _ = write!(out, " in {}", seconds(elapsed));
    }
    out.push('\n');
    if let Some(run) = &report.run {
        head(out, run, report, style);
    } else if !report.dialects.is_empty() {
        let _ = writeln!(
            out,
            "{}",
            style.dim(&format!("  {}", report.dialects.join(", ")))
        );
    }
}

fn elapsed_s(run: &RunHead) -> Option<f64> {
    run.ended_ms
        .map(|end| (end - run.started_ms).max(0) as f64 / 1e3)
}

fn head(out: &mut String, run: &RunHead, report: &Report, style: Style) {
    if let Some(reason) = &run.reason {
        let _ = writeln!(out, "  {}", fit(reason, style.width - 2));
    }
    let mut facts = vec![format!("run {}", run.run_id)];
    let labels = [
        ("pipeline", &run.pipeline),
        ("environment", &run.environment),
        ("branch", &run.branch),
        ("commit", &run.commit),
    ];
    facts.extend(
        labels
            .iter()
            .filter_map(|(k, v)| Some(format!("{k} {}", v.as_ref()?))),
    );
    if !report.dialects.is_empty() {
        facts.push(report.dialects.join(", "));
    }
    match (run.exit_code, run.signal) {
        (_, Some(signal)) => facts.push(format!("ended by signal {signal}")),
        (Some(code), None) => facts.push(format!("exit code {code}")),
        (None, None) => {}
    }
    let _ = writeln!(
        out,
        "{}",
        style.dim(&fit(&format!("  {}", facts.join(" · ")), style.width))
    );
}

/// `12 tests: 10 passed (2 flaky), 1 failed, 1 skipped`.
pub(crate) fn totals(counts: &Counts, flaky: u64) -> String {
    if counts.is_zero() {
        return "no test seen".to_owned();
    }
    let parts: Vec<String> = Status::ALL
        .iter()
        .filter(|s| counts[**s] > 0)
        .map(|s| match (s, flaky) {
            (Status::Passed, 1..) => format!("{} passed ({flaky} flaky)", counts[*s]),
            (s, _) => format!("{} {}", counts[*s], s.as_str().replace('_', " ")),
        })
        .collect();
    let tests = if counts.total() == 1 { "test" } else { "tests" };
    format!("{} {tests}: {}", counts.total(), parts.join(", "))
}

fn heading(out: &mut String, text: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.bold(text));
}

fn failures(out: &mut String, report: &Report, style: Style) {
    let failed: Vec<&TestLine> = report.failures().collect();
    if failed.is_empty() {
        let unnamed = report.totals.failures();
        if unnamed > 0 {
            let _ = writeln!(out, "\n{unnamed} failed without their names in the output");
        }
        return;
    }
    heading(out, "Failures", style);
    for test in failed.iter().take(FAILURES_SHOWN) {
        failure(out, test, style);
    }
    if failed.len() > FAILURES_SHOWN {
        let _ = writeln!(out, "  … and {} more", failed.len() - FAILURES_SHOWN);
    }
}

fn failure(out: &mut String, test: &TestLine, style: Style) {
    let took = test
        .duration_s
        .map(|d| format!("  {}", seconds(d)))
        .unwrap_or_default();
    let title = fit(&test.title(), style.width.saturating_sub(4 + took.len()));
    let word = match (test.status, test.teardown_error) {
        (Status::Failed, false) => String::new(),
        (Status::Failed, true) => " and its tear-down errored".to_owned(),
        (_, true) => " tear-down errored".to_owned(),
        (status, false) => format!(" {}", status.as_str()),
    };
    let _ = writeln!(
        out,
        "  {} {title}{}{}",
        style.red("✗"),
        style.dim(&took),
        style.red(&word)
    );
    if let Some(message) = &test.message {
        let _ = writeln!(out, "      {}", fit(message, style.width - 6));
    }
    let at = match &test.location {
        Some(location) => format!("{}, line {} of the output", inert(location), test.line),
        None => format!("line {} of the output", test.line),
    };
    let tries = if test.attempt > 1 {
        format!(", attempt {}", test.attempt)
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "      {}",
        style.dim(&fit(&format!("{at}{tries}"), style.width - 6))
    );
    fault(out, test, style);
}

/// Whose fault it is, below a test without success.
fn fault(out: &mut String, test: &TestLine, style: Style) {
    if let Some(fault) = test.fault() {
        let _ = writeln!(out, "      {}", style.yellow(&fit(&fault, style.width - 6)));
    }
}

fn unfinished(out: &mut String, report: &Report, style: Style) {
    let open: Vec<&TestLine> = report.unfinished().collect();
    if open.is_empty() {
        return;
    }
    heading(out, "Began and never ended", style);
    for test in open.iter().take(FAILURES_SHOWN) {
        let title = fit(&test.title(), style.width.saturating_sub(24));
        let place = format!("line {}", test.line);
        let _ = writeln!(
            out,
            "  {} {title}  {}",
            style.yellow("…"),
            style.dim(&place)
        );
        fault(out, test, style);
    }
    if open.len() > FAILURES_SHOWN {
        let _ = writeln!(out, "  … and {} more", open.len() - FAILURES_SHOWN);
    }
}

fn anomalies(out: &mut String, anomalies: &[Anomaly], style: Style) {
    let open = anomalies.iter().filter(|a| !a.resolved);
    let (minor, major): (Vec<&Anomaly>, _) = open.partition(|a| a.severity == Severity::Info);
    if major.is_empty() && minor.is_empty() {
        return;
    }
    heading(out, "Findings", style);
    for anomaly in major {
        finding(out, anomaly, style);
    }
    for anomaly in minor.iter().take(MINOR_SHOWN) {
        let line = format!("info {}  {}", anomaly.rule, anomaly.title);
        let _ = writeln!(out, "  {}", style.dim(&fit(&line, style.width - 2)));
    }
    if minor.len() > MINOR_SHOWN {
        let more = minor.len() - MINOR_SHOWN;
        let _ = writeln!(out, "  … and {more} more: sentinel show anomalies");
    }
}

fn finding(out: &mut String, anomaly: &Anomaly, style: Style) {
    let (word, rule) = match anomaly.severity {
        Severity::Critical => (style.red("critical"), &anomaly.rule),
        Severity::Warning => (style.yellow("warning"), &anomaly.rule),
        Severity::Info => (style.dim("info"), &anomaly.rule),
    };
    let room = style.width.saturating_sub(rule.len() + 16);
    let _ = writeln!(
        out,
        "  {word} {}  {}",
        style.bold(rule),
        fit(&anomaly.title, room.max(40))
    );
    let numbers: Vec<String> = anomaly
        .numbers
        .iter()
        .map(|n| format!("{} {}", n.name.replace('_', " "), number(n.value)))
        .collect();
    if !numbers.is_empty() {
        let _ = writeln!(
            out,
            "      {}",
            style.dim(&fit(&numbers.join(", "), style.width - 6))
        );
    }
    for evidence in anomaly.evidence.iter().take(5) {
        let place = evidence
            .line
            .map(|l| format!("line {l}: "))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "      {}",
            fit(&format!("{place}{}", evidence.text), style.width - 6)
        );
    }
    for hint in anomaly.hints.iter().take(3) {
        let _ = writeln!(out, "      → {}", fit(hint, style.width - 8));
    }
}

/// A figure without needless decimals.
pub(crate) fn number(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => format!("{value:.0}"),
        false => format!("{value:.2}"),
    }
}

fn slowest(out: &mut String, report: &Report, style: Style) {
    let slow = report.slowest(5);
    if slow.is_empty() {
        return;
    }
    heading(out, "Slowest", style);
    for test in slow {
        let took = seconds(test.duration_s.unwrap_or_default());
        let title = fit(&test.title(), style.width.saturating_sub(12));
        let _ = writeln!(out, "  {took:>8}  {title}");
    }
}

fn losses(out: &mut String, report: &Report, style: Style) {
    if report.gaps.is_empty() {
        return;
    }
    heading(out, "Lost output", style);
    for gap in &report.gaps {
        let size = bytes(gap.to - gap.from);
        let _ = writeln!(
            out,
            "  {size} at bytes {}..{}: {}{}",
            gap.from,
            gap.to,
            inert(&gap.reason),
            match gap.is_lost() {
                true => "",
                false => ", what was deleted before a restart",
            }
        );
    }
}
