//! # `inconsistent_verdict`: the run's sources of truth contradict each other
//!
//! **What it detects.** When a stream has ended: parsed results differ from the totals the framework
//! printed, fewer tests ran than were announced, the exit code does not fit the results, a `RUN_END`
//! marker tells another outcome, or the container ended with another code than its command.
//!
//! **Why it matters.** One of them is wrong, and a green one of them may be the wrong one.
//!
//! **Signals used.** The cross-check of the stream's ledger with its printed totals, plan, markers and
//! end-of-stream record; the container's state in the cluster.
//!
//! **False positives.** A command that fails after its tests on purpose (a coverage threshold, a
//! linter in the same script).
//!
//! **Settings.** `rules.inconsistent_verdict`: `severity`, `enabled`. What cannot hide a failure is
//! reported one step milder.
//!
//! **Example.** Exit code 0 although 3 tests failed.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::crosscheck::{What, contradictions};
use crate::fact::ContainerState;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::stream::Stream;
use crate::text::capital;

pub(super) const RULE: Rule = Rule {
    id: "inconsistent_verdict",
    summary: "Results, totals, exit code and container contradict each other",
    category: Category::Structure,
    default_severity: Severity::Critical,
    when: Change::STATE.and(Change::PODS),
    settings: |s| {
        let settings = &s.inconsistent_verdict;
        configured(settings.enabled, settings.severity)
    },
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    if !context.is_at_end() {
        return;
    }
    for found in contradictions(context.run) {
        let red = context.run.counted().any(ended_red);
        let grave = match found.what {
            What::GreenExit { .. } => true,
            // A run that stops at its first failure has told so.
            What::Planned { .. } => !red,
            ref what => what.hides_a_failure(),
        };
        let severity = if grave {
            context.severity
        } else {
            context.milder()
        };
        let (kind, text) = (kind(&found.what), found.what.to_string());
        let subject = format!("stream:{}/{kind}", found.stream);
        let finding = Finding::new(severity, subject, capital(&text));
        let finding = numbers(finding, &found.what);
        let finding = finding.line(&found.stream, found.line.unwrap_or(0), text);
        findings.add(finding.hint(hint(&found.what)));
    }
    for stream in context.run.counted() {
        container(context, stream, findings);
    }
}

/// Whether the stream's command ended with a signal or another code than 0.
fn ended_red(stream: &Stream) -> bool {
    let end = stream.end();
    end.is_some_and(|end| end.signal.is_some() || end.exit_code.is_some_and(|code| code != 0))
}

/// Compares the exit code the stream tells with what the cluster says of its container.
fn container(context: &RuleContext<'_>, stream: &Stream, findings: &mut Findings) {
    let told = stream.end().and_then(|end| end.exit_code);
    let identity = &stream.open().identity;
    let (Some(told), Some(pod)) = (told, context.pod_of(stream)) else {
        return;
    };
    let container = pod
        .fact
        .containers
        .iter()
        .find(|c| c.name == identity.container && c.restart_count == identity.restart);
    let Some((container, ContainerState::Terminated(end))) = container.map(|c| (c, &c.state))
    else {
        return;
    };
    if end.exit_code == told {
        return;
    }
    let title = format!(
        "The command ended with {told}, its container `{}` with {}",
        container.name, end.exit_code
    );
    let severity = match told == 0 || end.exit_code == 0 {
        true => context.severity,
        false => context.milder(),
    };
    findings.add(
        Finding::new(severity, format!("stream:{}/container", stream.id()), title)
            .number("command_exit_code", f64::from(told))
            .number("container_exit_code", f64::from(end.exit_code))
            .fact(pod.end_of(&container.name, end))
            .hint("something runs after the captured command, or ended it from outside"),
    );
}

fn kind(what: &What) -> &'static str {
    match what {
        What::Figure { figure, .. } => figure,
        What::Planned { .. } => "planned",
        What::GreenExit { .. } | What::RedExit { .. } => "exit",
        What::Marker { .. } => "run-end",
    }
}

fn numbers(finding: Finding, what: &What) -> Finding {
    match what {
        What::Figure {
            printed, parsed, ..
        } => finding
            .count("printed_tests", *printed)
            .count("parsed_tests", *parsed),
        What::Planned { planned, seen } => finding
            .count("planned_tests", *planned)
            .count("seen_tests", *seen),
        What::GreenExit { failures } => finding
            .count("failed_tests", *failures)
            .number("exit_code", 0.0),
        What::RedExit { code } => finding
            .count("failed_tests", 0)
            .number("exit_code", f64::from(*code)),
        What::Marker { failures, .. } => finding.count("failed_tests", *failures),
    }
}

fn hint(what: &What) -> &'static str {
    match what {
        What::Figure { .. } => {
            "results may have been lost on the way, or are printed in a form that is not read"
        }
        What::Planned { .. } => "the runner may have stopped early",
        What::GreenExit { .. } => {
            "the command swallows its exit code: look for a pipe without pipefail, `|| true`, or an ignored result"
        }
        What::RedExit { .. } => {
            "the command failed beside its tests: look at the last lines of the output"
        }
        What::Marker { .. } => "whoever prints RUN_END knows something else than the tests told",
    }
}
