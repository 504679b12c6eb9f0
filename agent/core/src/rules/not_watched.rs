//! # `not_watched`: nobody reads the output of a pod of the run
//!
//! **What it detects.** A pod of the run ran, and there is neither a sidecar in it nor a collector for it; or nothing came by
//! the way that there is, and nothing more is expected.
//!
//! **Why it matters.** What its tests said is not known. The run is never green.
//!
//! **Signals used.** Pod facts, streams, and which collectors asked for what to read in the last 30 s.
//!
//! **False positives.** A pod of a Job that runs no tests: `run-sentinel.dev/source: none` says so.
//!
//! **Settings.** `rules.not_watched`: `severity`, `enabled`, `after`.
//!
//! **Example.** Nobody watches pod `team-a/e2e-x`.

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::coverage::{Unread, unread};
use crate::pods::Pod;
use crate::rules::{Finding, Findings, MANY, Rule, RuleContext, configured};
use crate::settings::millis;

pub(super) const RULE: Rule = Rule {
    id: "not_watched",
    summary: "Nobody reads the output of a pod of the run",
    category: Category::Structure,
    default_severity: Severity::Critical,
    when: Change::PODS.and(Change::STATE).and(Change::TIME),
    settings: |s| configured(s.not_watched.enabled, s.not_watched.severity),
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let (now, pods, collectors) = (
        context.now,
        context.cluster.pods,
        context.cluster.collectors,
    );
    let after = millis(context.settings.not_watched.after);
    let unread = unread(now, context.run, pods, collectors);
    let known = unread.filter(|(_, why, since)| {
        let nobody = *why == Unread::Nobody && now.saturating_sub(*since) >= after;
        nobody || context.is_at_end()
    });
    for (pod, why, since) in known.take(MANY) {
        let until = context.run.ended_ms().unwrap_or(now);
        let ran = until.saturating_sub(since).max(0);
        findings.add(finding(context, pod, why).seconds("ran_seconds", ran));
    }
}

fn finding(context: &RuleContext<'_>, pod: &Pod, why: Unread) -> Finding {
    let place = pod.place();
    let title = match why {
        Unread::Nobody => format!("Nobody watches pod {place}"),
        Unread::Silent(_) => format!("Nothing was read of pod {place}"),
    };
    let finding = Finding::new(context.severity, format!("pod:{place}"), title);
    let node = pod.fact.node.as_deref().unwrap_or("no node");
    match why {
        Unread::Nobody => finding
            .fact(format!(
                "pod {place} on {node}: it has no sidecar, and no collector asked for it"
            ))
            .hint("inject a sidecar with `sentinel inject`, or run a collector")
            .hint("if it runs no tests, annotate it with run-sentinel.dev/source: none"),
        Unread::Silent(way) => {
            let way = way.as_str();
            finding
                .fact(format!(
                    "pod {place} on {node}: chosen to be read by way of its {way}, which sent nothing"
                ))
                .hint(format!("look at the log of its {way}"))
        }
    }
}
