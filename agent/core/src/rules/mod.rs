//! The rules: one file each, all registered in [`RULES`].
//!
//! A rule is a pure function from a run, and what the cluster said about its pods, to findings. It
//! reports everything that holds now (level, not edge); the engine compares that with what is known
//! and opens, updates and resolves anomalies. Evaluating twice changes nothing.

mod container_crashed;
mod container_not_started;
mod error_signature;
mod failure_spike;
mod hanging_test;
mod inconsistent_verdict;
mod limit_reached;
mod missing_suite;
mod node_unhealthy;
mod not_watched;
mod oom_killed;
mod pod_evicted;
mod pod_unschedulable;
mod probe_failing;
mod service_without_endpoints;
mod shared_cause;
mod sidecar_lost;
mod test_count_out_of_range;

use std::collections::BTreeSet;

use sentinel_config::{PipelineRules, RuleSettings};

use crate::anomaly::{Category, Evidence, Number, Severity};
use crate::change::Change;
use crate::cluster_nodes::ClusterNodes;
use crate::coverage::Collectors;
use crate::events::{self, Said};
use crate::fact::NodeFact;
use crate::input::Millis;
use crate::interval::Timeline;
use crate::pods::{Pod, Pods};
use crate::runs::Run;
use crate::stream::Stream;
use crate::surroundings::Surroundings;

/// Findings one rule may report about one run at a time, where each test or suite could be one.
const MANY: usize = 20;

/// A row of the table of rules.
pub struct Rule {
    /// The rule's word in configuration, store and output.
    pub id: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// What kind of trouble it finds.
    pub category: Category,
    /// How urgent its findings are unless configured otherwise.
    pub default_severity: Severity,
    /// What must have changed for its findings to be able to change.
    pub when: Change,
    /// Its severity as configured; `None` when it is switched off.
    pub settings: fn(&RuleSettings) -> Option<Severity>,
    /// Reports everything that holds now.
    pub check: fn(&RuleContext<'_>, &mut Findings),
}

/// Every rule.
pub static RULES: &[Rule] = &[
    failure_spike::RULE,
    hanging_test::RULE,
    missing_suite::RULE,
    test_count_out_of_range::RULE,
    error_signature::RULE,
    inconsistent_verdict::RULE,
    oom_killed::RULE,
    container_crashed::RULE,
    container_not_started::RULE,
    pod_evicted::RULE,
    pod_unschedulable::RULE,
    node_unhealthy::RULE,
    probe_failing::RULE,
    service_without_endpoints::RULE,
    sidecar_lost::RULE,
    not_watched::RULE,
    shared_cause::RULE,
    limit_reached::RULE,
];

/// What a rule may look at.
#[derive(Clone, Copy)]
pub struct RuleContext<'a> {
    /// The time.
    pub now: Millis,
    /// The run.
    pub run: &'a Run,
    /// All rules' thresholds.
    pub settings: &'a RuleSettings,
    /// What the run's pipeline must contain, if anything is configured for it.
    pub pipeline: Option<&'a PipelineRules>,
    /// The rule's configured severity.
    pub severity: Severity,
    pub(crate) cluster: Cluster<'a>,
}

/// What the cluster said.
#[derive(Clone, Copy)]
pub(crate) struct Cluster<'a> {
    pub(crate) pods: &'a Pods,
    pub(crate) nodes: &'a ClusterNodes,
    pub(crate) around: &'a Surroundings,
    pub(crate) timeline: &'a Timeline,
    pub(crate) collectors: &'a Collectors,
}

impl<'a> RuleContext<'a> {
    /// Pods of the run that the cluster spoke of.
    pub fn pods(&self) -> impl Iterator<Item = &'a Pod> {
        let pods = self.cluster.pods;
        self.run.pods.iter().filter_map(move |uid| pods.get(uid))
    }

    /// The pod a stream comes from.
    #[must_use]
    pub fn pod_of(&self, stream: &Stream) -> Option<&'a Pod> {
        self.cluster.pods.get(&stream.open().identity.pod_uid)
    }

    /// A node of the cluster, as last seen.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&'a NodeFact> {
        self.cluster.nodes.get(name)
    }

    /// What Events of these reasons said of a pod, or of one of its containers, as lines of evidence.
    #[must_use]
    pub fn said_of(&self, pod: &Pod, container: Option<&str>, reasons: &[&str]) -> Vec<String> {
        let said = self.cluster.around.events.of_pod(&pod.fact.uid);
        events::evidence(said, reasons, container)
    }

    /// What Events said of a node.
    #[must_use]
    pub fn said_of_node(&self, name: &str) -> &'a [Said] {
        self.cluster.around.events.of_node(name)
    }

    /// Whether the run reads other containers of the pod, but not this one. Native sidecars are beside the tests
    /// unless they are read.
    #[must_use]
    pub fn is_beside_the_tests(&self, pod: &Pod, container: &str) -> bool {
        let streams = self.run.streams().map(|s| &s.open().identity);
        let of_pod = streams.filter(|id| id.pod_uid == pod.fact.uid);
        let named = pod.fact.sentinel.get("container").map(String::as_str);
        let mut read = of_pod.map(|id| id.container.as_str()).chain(named);
        let mut any = false;
        !read.any(|name| {
            any = true;
            name == container
        }) && (any || pod.is_sidecar(container))
    }

    /// Whether every stream of the run has ended, or the run is lost: nothing more is expected.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.run.is_settling()
    }

    /// The configured severity, one step lower.
    #[must_use]
    pub fn milder(&self) -> Severity {
        match self.severity {
            Severity::Critical => Severity::Warning,
            Severity::Warning | Severity::Info => Severity::Info,
        }
    }
}

/// One thing that holds now.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub(crate) subject: String,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) numbers: Vec<Number>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) hints: Vec<String>,
}

impl Finding {
    /// A finding about `subject`. The title holds no figure that grows by itself: those are numbers.
    #[must_use]
    pub fn new(
        severity: Severity,
        subject: impl Into<String>,
        title: impl Into<String>,
    ) -> Finding {
        Finding {
            subject: subject.into(),
            severity,
            title: title.into(),
            numbers: Vec::new(),
            evidence: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A figure it was decided by; the name's last word is the unit.
    #[must_use]
    pub fn number(mut self, name: &str, value: f64) -> Finding {
        self.numbers.push(Number {
            name: name.to_owned(),
            value,
        });
        self
    }

    /// A count.
    #[must_use]
    pub fn count(self, name: &str, value: u64) -> Finding {
        // Counts in reports; what is lost beyond 2^53 does not matter.
        self.number(name, value as f64)
    }

    /// A span of time, in seconds.
    #[must_use]
    pub fn seconds(self, name: &str, millis: Millis) -> Finding {
        self.number(name, millis as f64 / 1_000.0)
    }

    /// A line of a stream.
    #[must_use]
    pub fn line(mut self, stream: &str, line: u64, text: impl Into<String>) -> Finding {
        self.evidence.push(Evidence {
            stream: Some(stream.to_owned()),
            line: Some(line).filter(|line| *line > 0),
            text: text.into(),
        });
        self
    }

    /// What the cluster said, or a fact about the whole run.
    #[must_use]
    pub fn fact(mut self, text: impl Into<String>) -> Finding {
        self.evidence.push(Evidence {
            stream: None,
            line: None,
            text: text.into(),
        });
        self
    }

    /// Several of those.
    #[must_use]
    pub fn facts(self, lines: impl IntoIterator<Item = String>) -> Finding {
        lines.into_iter().fold(self, Finding::fact)
    }

    /// What to do or where the cause may be; the best hint first.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Finding {
        self.hints.push(text.into());
        self
    }
}

/// What a rule reports.
#[derive(Debug, Default)]
pub struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Reports a finding; of several about one subject the first counts.
    pub fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Nothing is heard of these kinds of the cluster's objects.
    pub(crate) fn may_be_old(&mut self, silent: &BTreeSet<String>) {
        let kinds: Vec<&str> = silent.iter().map(String::as_str).collect();
        let line = format!(
            "this may be old: nothing is heard of the cluster's {}",
            kinds.join(", ")
        );
        let findings = std::mem::take(&mut self.0).into_iter();
        self.0 = findings.map(|finding| finding.fact(line.clone())).collect();
    }
}

/// The severity of a rule as configured, or nothing when it is switched off.
pub(crate) fn configured(enabled: bool, severity: sentinel_config::Severity) -> Option<Severity> {
    enabled.then_some(match severity {
        sentinel_config::Severity::Info => Severity::Info,
        sentinel_config::Severity::Warning => Severity::Warning,
        sentinel_config::Severity::Critical => Severity::Critical,
    })
}
