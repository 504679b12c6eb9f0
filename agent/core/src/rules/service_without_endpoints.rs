//! # `service_without_endpoints`: a service in a namespace of the run has no ready endpoint
//!
//! **What it detects.** While the run goes on, a service in a namespace in which it has pods had a ready endpoint, or
//! has endpoints that are not ready, and for longer than `after` none is ready.
//!
//! **Why it matters.** Requests to it are refused at once: tests that need it fail, all of them.
//!
//! **Signals used.** EndpointSlices. A service that never had an endpoint may have no pods by intent, and is passed over;
//! so is one that was deleted.
//!
//! **False positives.** A service that the tests do not use; one that the tests take away to see what happens.
//!
//! **Settings.** `rules.service_without_endpoints`: `severity`, `enabled`, `after`.
//!
//! **Example.** Service `team-a/web` has no ready endpoint: 2 are not ready.

use std::collections::BTreeSet;

use crate::anomaly::{Category, Severity};
use crate::change::Change;
use crate::rules::{Finding, Findings, MANY, Rule, RuleContext, configured};
use crate::services::Down;
use crate::settings::millis;

pub(super) const RULE: Rule = Rule {
    id: "service_without_endpoints",
    summary: "A service in a namespace of the run has no ready endpoint",
    category: Category::Infra,
    default_severity: Severity::Warning,
    when: Change::PODS.and(Change::TIME),
    settings: |s| {
        configured(
            s.service_without_endpoints.enabled,
            s.service_without_endpoints.severity,
        )
    },
    check,
};

fn check(context: &RuleContext<'_>, findings: &mut Findings) {
    let after = millis(context.settings.service_without_endpoints.after);
    let namespaces: BTreeSet<&str> = context
        .pods()
        .map(|pod| pod.fact.namespace.as_str())
        .collect();
    for namespace in namespaces {
        let down = context.cluster.around.services.down(namespace);
        let long = down.filter(|(_, down)| context.now - down.since_ms >= after);
        for (name, down) in long.take(MANY) {
            findings.add(finding(context, namespace, name, down));
        }
    }
}

fn finding(context: &RuleContext<'_>, namespace: &str, name: &str, down: Down) -> Finding {
    let place = format!("{namespace}/{name}");
    let title = format!("Service {place} has no ready endpoint");
    let had = match down.had {
        true => "it had one before",
        false => "it never had one",
    };
    Finding::new(context.severity, format!("service:{place}"), title)
        .count("unready_count", u64::from(down.unready))
        .fact(format!(
            "service {place}: 0 endpoints ready, {} not ready; {had}",
            down.unready
        ))
        .hint(format!(
            "kubectl get pods -n {namespace}: the pods behind it say why they are not ready"
        ))
}
