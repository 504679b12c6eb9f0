//! Runs the rules over a run that changed and turns their findings into anomalies.

use std::collections::BTreeSet;

use crate::anomaly::{Anomaly, Category, Number};
use crate::change::Change;
use crate::correlate;
use crate::coverage;
use crate::input::Millis;
use crate::lifecycle;
use crate::metrics::Metrics;
use crate::output::{Notice, Outputs, Persist};
use crate::rules::{Cluster, Finding, Findings, RULES, Rule, RuleContext};
use crate::runs::Run;
use crate::step::Settings;

/// While only time passes, a figure must have moved by this share for the anomaly to be stored anew.
const MOVED: f64 = 0.2;

/// What must have changed for other pods to be read than before.
const READERS: Change = Change::PODS.and(Change::STATE).and(Change::TIME);

/// Brings a run that something happened to up to date: who reads its pods, where it stands, what the rules find.
pub(crate) fn bring_up_to_date(
    run: &mut Run,
    now: Millis,
    settings: &Settings,
    cluster: Cluster<'_>,
    metrics: &mut Metrics,
    outputs: &mut Outputs,
) {
    if run.changed.meets(READERS) {
        coverage::note(now, run, cluster.pods, cluster.collectors);
    }
    lifecycle::advance(run, now, &settings.run, metrics, outputs);
    evaluate(run, now, settings, cluster, outputs);
}

/// Brings the run's anomalies up to date.
fn evaluate(
    run: &mut Run,
    now: Millis,
    settings: &Settings,
    cluster: Cluster<'_>,
    outputs: &mut Outputs,
) {
    correlate::update(run, now, settings, cluster, outputs);
    let changed = std::mem::replace(&mut run.changed, Change::NONE);
    let pipeline = run.rules_of(&settings.pipelines);
    let only_time = changed == Change::TIME && !run.status.is_over();
    for rule in RULES.iter().filter(|rule| rule.when.meets(changed)) {
        let mut findings = Findings::default();
        if let Some(severity) = (rule.settings)(&settings.rules) {
            let context = RuleContext {
                now,
                run,
                settings: &settings.rules,
                pipeline,
                severity,
                cluster,
            };
            (rule.check)(&context, &mut findings);
        }
        if rule.category == Category::Infra && !cluster.around.silent.is_empty() {
            findings.may_be_old(&cluster.around.silent);
        }
        let limit = settings.limits.anomalies_per_run;
        Diff {
            run,
            rule,
            now,
            only_time,
            limit,
            outputs,
        }
        .apply(findings);
    }
}

/// The comparison of a rule's findings with what is known.
struct Diff<'a> {
    run: &'a mut Run,
    rule: &'static Rule,
    now: Millis,
    only_time: bool,
    limit: usize,
    outputs: &'a mut Outputs,
}

impl Diff<'_> {
    fn apply(&mut self, findings: Findings) {
        let mut held = BTreeSet::new();
        for finding in findings.0 {
            if held.insert(finding.subject.clone()) {
                self.hold(finding);
            }
        }
        let id = self.rule.id;
        let gone: Vec<String> = self
            .run
            .anomalies
            .range((id, String::new())..)
            .take_while(|((rule, _), _)| *rule == id)
            .filter(|((_, subject), anomaly)| !anomaly.resolved && !held.contains(subject))
            .map(|((_, subject), _)| subject.clone())
            .collect();
        for subject in gone {
            self.resolve(&subject);
        }
    }

    /// What the finding says holds: opens the anomaly or brings it up to date.
    fn hold(&mut self, finding: Finding) {
        let key = (self.rule.id, finding.subject.clone());
        let Some(known) = self.run.anomalies.get_mut(&key) else {
            return self.open(finding);
        };
        let told = known.resolved || known.severity != finding.severity;
        if !told && same(known, &finding, self.only_time) {
            return;
        }
        known.severity = finding.severity;
        known.title = finding.title;
        known.numbers = finding.numbers;
        known.evidence = finding.evidence;
        known.hints = finding.hints;
        known.last_ms = self.now;
        known.resolved = false;
        let row = Persist::Anomaly(Box::new(known.clone()));
        self.outputs.persist.push(row);
        if told {
            self.notify(&key.1);
        }
    }

    fn open(&mut self, finding: Finding) {
        if self.run.anomalies.len() >= self.limit {
            *self.run.dropped.entry("anomalies_per_run").or_default() += 1;
            return;
        }
        let subject = finding.subject.clone();
        let anomaly = Anomaly {
            run_id: self.run.id.clone(),
            rule: self.rule.id.to_owned(),
            subject: finding.subject,
            category: self.rule.category,
            severity: finding.severity,
            title: finding.title,
            numbers: finding.numbers,
            evidence: finding.evidence,
            hints: finding.hints,
            first_ms: self.now,
            last_ms: self.now,
            resolved: false,
        };
        let row = Persist::Anomaly(Box::new(anomaly.clone()));
        self.outputs.persist.push(row);
        self.notify(&subject);
        let key = (self.rule.id, subject);
        self.run.anomalies.insert(key, anomaly);
    }

    fn resolve(&mut self, subject: &str) {
        let key = (self.rule.id, subject.to_owned());
        let Some(known) = self.run.anomalies.get_mut(&key) else {
            return;
        };
        known.resolved = true;
        known.last_ms = self.now;
        let row = Persist::Anomaly(Box::new(known.clone()));
        self.outputs.persist.push(row);
        self.notify(subject);
    }

    fn notify(&mut self, subject: &str) {
        self.outputs.notify.push(Notice::Anomaly {
            run_id: self.run.id.clone(),
            rule: self.rule.id,
            subject: subject.to_owned(),
        });
    }
}

/// Whether a finding says nothing that the anomaly does not.
fn same(known: &Anomaly, finding: &Finding, only_time: bool) -> bool {
    known.title == finding.title
        && known.evidence == finding.evidence
        && known.hints == finding.hints
        && match only_time {
            true => close(&known.numbers, &finding.numbers),
            false => known.numbers == finding.numbers,
        }
}

fn close(known: &[Number], found: &[Number]) -> bool {
    known.len() == found.len()
        && known.iter().zip(found).all(|(a, b)| {
            let moved = (a.value - b.value).abs();
            a.name == b.name && moved <= MOVED * a.value.abs()
        })
}
