//! # `oom_killed`: a container of the run was killed for its memory
//!
//! **What it detects.** A container of one of the run's pods ended, now or before its latest restart,
//! with the reason `OOMKilled`. Kubernetes says so too when only a child process was killed and the
//! container went on: then its exit code is not 137. Or the kernel killed a process on the node of one of the run's
//! pods while the run went on, and no container ended by it.
//!
//! **Why it matters.** The test did not fail, it was shot; running it again without more memory
//! wastes the time of everybody who reads the failure.
//!
//! **Signals used.** Pod facts of pods with a stream in the run, or with the run's id in the label
//! `run-sentinel.dev/run-id`. Containers beside the tests (sidecars, databases) count too and are
//! reported as such. Tests named are those that ran when the kill was heard of, or never ended. A child that was killed
//! in a container that goes on shows in no state: only Events of the node tell of it (`OOMKilling` of
//! node-problem-detector, `SystemOOM` of the kubelet), and only some name the pod's control group. Of others it is said
//! that a process on the node was killed, a severity lower.
//!
//! **False positives.** A test that provokes the kill on purpose.
//!
//! **Settings.** `rules.oom_killed`: `severity`, `enabled`.
//!
//! **Example.** Container `test` of pod `team-a/e2e-x` was killed for its memory (limit 16Mi) while
//! `api/upload` ran.

use std::collections::BTreeMap;

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::fact::EventFact;
use crate::pods::{OomKill, Pod};
use crate::rules::{Finding, Findings, Rule, RuleContext, configured};
use crate::text::test_name;

/// Exit code of a process that SIGKILL ended.
const KILLED: i32 = 137;
/// Who speaks for the kernel: the kubelet and node-problem-detector.
const KERNEL: [&str; 2] = ["OOMKilling", "SystemOOM"];
/// Tests named.
const TESTS: usize = 5;

pub(super) const RULE: Rule = Rule {
    id: "oom_killed",
    summary: "A container of the run was killed for its memory",
    category: Category::Infra,
    default_severity: Severity::Critical,
    when: Change::PODS.and(Change::STATE),
    settings: |s| configured(s.oom_killed.enabled, s.oom_killed.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    for pod in context.pods() {
        let mut seen: Vec<&str> = Vec::new();
        for kill in &pod.kills {
            if !seen.contains(&kill.container.as_str()) {
                seen.push(&kill.container);
                findings.add(finding(context, pod, &kill.container));
            }
        }
    }
    of_children(context, findings);
}

/// Kills that only the nodes told of.
fn of_children(context: &RuleContext<'_>, findings: &mut Findings) {
    let mut on: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in context.pods() {
        if let Some(node) = pod.fact.node.as_deref() {
            on.entry(node).or_default().push(pod);
        }
    }
    for (node, pods) in on {
        let said = context.said_of_node(node).iter();
        let kills = said.map(|said| &said.fact).filter(|event| {
            let during = event
                .last_ms
                .is_none_or(|at| at >= context.run.started_ms());
            during && KERNEL.contains(&event.reason.as_str())
        });
        for event in kills {
            match victim(&event.message, &pods) {
                Victim::Pod(pod) if pod.kills.is_empty() => {
                    findings.add(child(
                        context.severity,
                        format!("pod:{}", pod.place()),
                        event,
                    ));
                }
                Victim::Unknown if pods.iter().all(|pod| pod.kills.is_empty()) => {
                    findings.add(child(context.milder(), format!("node:{node}"), event));
                }
                _ => {}
            }
        }
    }
}

/// Whose process was killed.
enum Victim<'a> {
    Pod(&'a Pod),
    Other,
    Unknown,
}

/// The kernel names the control group of the victim, and that the pod: `/kubepods/burstable/pod<uid>/<id>`.
fn victim<'a>(message: &str, pods: &[&'a Pod]) -> Victim<'a> {
    let message = message.replace('_', "-");
    let named = |pod: &&&Pod| message.contains(&format!("pod{}", pod.fact.uid));
    match pods.iter().find(named) {
        Some(pod) => Victim::Pod(pod),
        None if message.contains("kubepods") => Victim::Other,
        None => Victim::Unknown,
    }
}

fn child(severity: Severity, subject: String, event: &EventFact) -> Finding {
    let title = match subject.split_once(':') {
        Some(("pod", place)) => {
            format!("A process in pod {place} was killed for its memory, and its container went on")
        }
        _ => format!(
            "On node {}, which runs pods of the run, a process was killed for its memory",
            event.about.name
        ),
    };
    Finding::new(severity, subject, title)
        .count("kills_count", u64::from(event.count))
        .fact(format!("event {}: {}", event.reason, event.message.trim_end()))
        .hint("a test that lost a child process (a browser, a worker, a build) hangs or fails for no fault of its own")
}

/// All kills of one container.
fn finding(context: &RuleContext<'_>, pod: &Pod, container: &str) -> Finding {
    let kills = || pod.kills.iter().filter(|k| k.container == container);
    let place = pod.place();
    let beside = context.is_beside_the_tests(pod, container);
    let whole = kills().any(|kill| kill.end.exit_code == KILLED);
    let title = format!(
        "{} of pod {place} {}",
        match beside {
            true => format!("Container `{container}`, beside the tests,"),
            false => format!("Container `{container}`"),
        },
        match whole {
            true => "was killed for its memory",
            false => "had a process killed for its memory and went on",
        }
    );
    let severity = match beside {
        true => context.milder(),
        false => context.severity,
    };
    let mut finding = Finding::new(severity, format!("pod:{place}/{container}"), title)
        .count("kills_count", kills().count() as u64);
    if let Some(kill) = kills().next_back() {
        finding = finding.number("exit_code", f64::from(kill.end.exit_code));
    }
    let limit = kills().find_map(|kill| kill.memory_limit.as_deref());
    if let Some(bytes) = limit.and_then(quantity) {
        finding = finding.number("memory_limit_bytes", bytes);
    }
    for kill in kills() {
        finding = finding.fact(said(&place, kill));
    }
    let running = running(context, pod, kills());
    if !running.is_empty() {
        finding = finding.fact(format!("running at that time: {}", running.join(", ")));
    }
    finding = match limit {
        Some(limit) => finding.hint(format!(
            "raise the memory limit of `{container}` above {limit}, or find what grew"
        )),
        None => finding.hint(
            "the container has no memory limit of its own: the node or the pod ran out of memory",
        ),
    };
    match whole {
        true => finding,
        false => finding.hint("the container did not end by the kill: a child process (a browser, a worker, a build) did"),
    }
}

/// What the cluster said of one kill.
fn said(place: &str, kill: &OomKill) -> String {
    let limit = kill.memory_limit.as_deref().unwrap_or("none");
    format!(
        "pod {place}: {}container {} terminated, reason {}, exit code {}, memory limit {limit}",
        if kill.init { "init " } else { "" },
        kill.container,
        kill.end.reason,
        kill.end.exit_code
    )
}

/// Tests that ran at a kill, or that began in the pod before it and never ended.
fn running<'a>(
    context: &RuleContext<'_>,
    pod: &Pod,
    kills: impl Iterator<Item = &'a OomKill>,
) -> Vec<String> {
    let mut latest = None;
    let mut names: Vec<String> = Vec::new();
    for kill in kills {
        latest = latest.max(kill.end.finished_ms);
        names.extend(kill.running.iter().cloned());
    }
    let streams = context.run.streams();
    for stream in streams.filter(|s| s.open().identity.pod_uid == pod.fact.uid) {
        let open = stream.ledger().open().filter(|test| {
            let began = stream.began_ms(test);
            latest.is_none_or(|at| began <= at)
        });
        names.extend(
            open.take(TESTS)
                .map(|t| test_name(t.suite.as_deref(), &t.name)),
        );
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.truncate(TESTS);
    names
}

/// A Kubernetes quantity of bytes (`16Mi`, `1G`, `1500000`, `128974848000m`).
fn quantity(text: &str) -> Option<f64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1_024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|n| n * factor)
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn quantities_read_as_kubernetes_writes_them() {
        assert_eq!(quantity("16Mi"), Some(16_777_216.0));
        assert_eq!(quantity("1G"), Some(1e9));
        assert_eq!(quantity("1500"), Some(1_500.0));
        assert_eq!(quantity("1.5Gi"), Some(1_610_612_736.0));
        assert_eq!(quantity("16 MB"), None);
    }
}
