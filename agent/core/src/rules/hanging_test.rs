//! # `hanging_test`: a run that has stopped moving
//!
//! **What it detects.** A stream that has not ended stays in one of five phases for longer than that
//! phase's patience: before the first test, in a test, between tests, after the last test, after its
//! command or container has ended.
//!
//! **Why it matters.** A run that hangs burns its whole time limit before anybody learns of it, and
//! then says only that it was killed.
//!
//! **Signals used.** Starts and ends of tests, printed totals, `RUN_END`, the position of the stream
//! (a test that still prints is slow rather than stuck: it is reported one step milder and says so),
//! the container's state in the cluster. Times are the agent's; a test's start counts from its line.
//!
//! **False positives.** Tests that are slow by nature; raise `in_test`. Formats that do not print when
//! a test starts: a test that runs looks like a pause between tests, which the finding says.
//!
//! **Settings.** `rules.hanging_test`: one duration per phase, `severity`, `enabled`.
//!
//! **Example.** `api/upload` has been running for 900 s, nothing printed for 880 s, limit 600 s.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::ContainerState;
use crate::input::Millis;
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::settings::millis;
use crate::stream::Stream;
use crate::text::test_name;

/// Hanging tests reported one by one per stream.
const TESTS: usize = 10;
/// A stream that printed something this recently is not silent.
const FRESH_MS: Millis = 60_000;

pub(super) const RULE: Rule = Rule {
    id: "hanging_test",
    summary: "A run that has stopped moving, in any of five phases",
    category: Category::Test,
    default_severity: Severity::Critical,
    when: Change::TIME.and(Change::STATE).and(Change::PODS),
    settings: |s| configured(s.hanging_test.enabled, s.hanging_test.severity),
    check,
};

/// Where a stream stands, since when.
enum Phase {
    BeforeFirst(Millis),
    InTest,
    Between(Millis),
    AfterLast(Millis),
    AfterExit(Millis, &'static str),
}

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for stream in context.run.counted() {
        if stream.is_closed() {
            // A test that hung until its command was ended has not got better by that.
            in_test(context, stream, stream.last_frame_ms(), findings);
            continue;
        }
        match phase(context, stream) {
            Some(Phase::InTest) => in_test(context, stream, context.now, findings),
            Some(phase) => at_rest(context, stream, &phase, findings),
            None => {}
        }
    }
}

fn phase(context: &RuleContext<'_>, stream: &Stream) -> Option<Phase> {
    if let Some((since, who)) = exited(context, stream) {
        return Some(Phase::AfterExit(since, who));
    }
    let (marks, ledger) = (stream.marks(), stream.ledger());
    if ledger.open().next().is_some() {
        return Some(Phase::InTest);
    }
    if let Some(over) = marks.over_ms {
        return Some(Phase::AfterLast(over));
    }
    let Some(last) = marks.last_test_ms else {
        // Containers beside the tests never have a first test.
        let tests_elsewhere = context
            .run
            .streams()
            .any(|s| s.marks().first_test_ms.is_some());
        return (!tests_elsewhere).then(|| Phase::BeforeFirst(stream.opened_ms()));
    };
    let done = ledger
        .planned()
        .is_some_and(|planned| planned <= ledger.totals().total());
    Some(match done {
        true => Phase::AfterLast(last),
        false => Phase::Between(last),
    })
}

/// When the stream's command or container ended, if either is known to have.
fn exited(context: &RuleContext<'_>, stream: &Stream) -> Option<(Millis, &'static str)> {
    if stream.end().is_some() {
        return Some((stream.last_frame_ms(), "its command"));
    }
    let identity = &stream.open().identity;
    let pod = context.pod_of(stream)?;
    let container = pod
        .fact
        .containers
        .iter()
        .find(|c| c.name == identity.container && c.restart_count == identity.restart)?;
    match &container.state {
        ContainerState::Terminated(end) => {
            let at = end.finished_ms.unwrap_or(stream.last_frame_ms());
            Some((at.max(stream.opened_ms()), "its container"))
        }
        _ => None,
    }
}

fn in_test(context: &RuleContext<'_>, stream: &Stream, until: Millis, findings: &mut Findings) {
    let limit = millis(context.settings.hanging_test.in_test);
    let mut late: Vec<_> = stream
        .ledger()
        .open()
        .map(|test| (stream.began_ms(test), test))
        .filter(|(since, _)| until.saturating_sub(*since) >= limit)
        .collect();
    late.sort_by_key(|(since, test)| (*since, test.ordinal));
    let silent = until.saturating_sub(stream.last_frame_ms());
    let prints = !stream.is_closed() && silent < limit.min(FRESH_MS);
    let (severity, state) = match (stream.is_closed(), prints) {
        (true, _) => (
            context.severity,
            "ran until its command ended, beyond its limit",
        ),
        (false, true) => (context.milder(), "is slow: its stream still prints"),
        (false, false) => (context.severity, "hangs: no end and no output"),
    };
    for (since, test) in late.iter().take(TESTS) {
        let name = test_name(test.suite.as_deref(), &test.name);
        let mut finding = Finding::new(
            severity,
            format!("test:{name}"),
            format!("Test `{name}` {state}"),
        )
        .seconds("running_seconds", until.saturating_sub(*since))
        .seconds("silent_seconds", silent)
        .seconds("threshold_seconds", limit)
        .line(stream.id(), test.last().line, format!("{name} began"));
        if late.len() > TESTS {
            finding = finding.count("late_tests", late.len() as u64);
        }
        finding = finding.hint(match prints {
            true => "look at the latest output: the test may be waiting in a loop",
            false => "take a stack dump of the process, or look for a lock, a socket or a prompt it waits for",
        });
        findings.add(gone(context, stream, finding));
    }
}

fn at_rest(context: &RuleContext<'_>, stream: &Stream, phase: &Phase, findings: &mut Findings) {
    let settings = &context.settings.hanging_test;
    let marks = stream.marks();
    let (since, limit, what, hint) = match phase {
        Phase::InTest => return,
        Phase::BeforeFirst(since) => (
            *since,
            settings.before_first_test,
            "no test has begun".to_owned(),
            "set-up, build, collection or waiting for a service; or the output's format is not recognised",
        ),
        Phase::Between(since) => (
            *since,
            settings.between_tests,
            "no test runs and none has begun since the last".to_owned(),
            match tells_starts(stream) {
                true => "set-up or tear-down between tests, or the runner itself is stuck",
                false => "this format does not print when a test starts: a test may be running",
            },
        ),
        Phase::AfterLast(since) => (
            *since,
            settings.after_last_test,
            "the tests are over, the command has not ended".to_owned(),
            "threads, child processes or connections that were not closed keep the process alive",
        ),
        Phase::AfterExit(since, who) => (
            *since,
            settings.after_exit,
            format!("{who} has ended, its output has not"),
            "a child process holds the output open, or the sidecar cannot reach the agent",
        ),
    };
    let (stuck, limit) = (context.now.saturating_sub(since), millis(limit));
    if stuck < limit {
        return;
    }
    let silent = context.now.saturating_sub(stream.last_frame_ms());
    let prints = silent < limit.min(FRESH_MS);
    let title = format!(
        "Stream `{}` is stuck: {what}{}",
        stream.open().identity.container,
        if prints { "; it still prints" } else { "" }
    );
    let severity = if prints {
        context.milder()
    } else {
        context.severity
    };
    let finding = Finding::new(severity, format!("stream:{}", stream.id()), title)
        .seconds("stuck_seconds", stuck)
        .seconds("silent_seconds", silent)
        .seconds("threshold_seconds", limit);
    let finding = match marks.last_test_line {
        0 => finding,
        line => finding.line(stream.id(), line, last_test(stream)),
    };
    findings.add(gone(context, stream, finding.hint(hint)));
}

/// The latest test of a stream, for people.
fn last_test(stream: &Stream) -> String {
    match stream.ledger().tests().last() {
        Some(test) => {
            let name = test_name(test.suite.as_deref(), &test.name);
            format!("latest sign of a test; last begun: {name}")
        }
        None => "latest sign of a test".to_owned(),
    }
}

/// Whether the stream's latest test told when it began.
fn tells_starts(stream: &Stream) -> bool {
    let last = stream.ledger().tests().last();
    last.is_some_and(|test| test.last().started_ms.is_some())
}

/// Adds what the cluster says of the stream's pod, when that explains the silence.
fn gone(context: &RuleContext<'_>, stream: &Stream, finding: Finding) -> Finding {
    let Some(pod) = context.pod_of(stream) else {
        return finding;
    };
    let place = format!("{}/{}", pod.fact.namespace, pod.fact.name);
    match (pod.deleted, &pod.fact.reason) {
        (true, _) => finding.fact(format!("pod {place} is gone")),
        (false, Some(reason)) => finding.fact(format!("pod {place}: {reason}")),
        (false, None) => finding,
    }
}
