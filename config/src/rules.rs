//! `[rules.*]`: each rule's switch, severity and thresholds.

use std::time::Duration;

use crate::section::section;
use crate::severity::Severity;

section! {
    /// Each rule's switch, severity and thresholds.
    pub struct RuleSettings {
        /// Many tests failing at once.
        pub failure_spike: FailureSpike = section(),
        /// A run that has stopped moving, in any of five phases.
        pub hanging_test: HangingTest = section(),
        /// A required suite that did not run, or a forbidden one that did.
        pub missing_suite: MissingSuite = section(),
        /// More or fewer tests than the pipeline's rules say.
        pub test_count_out_of_range: TestCountOutOfRange = section(),
        /// A recognised class of error in the output.
        pub error_signature: ErrorSignature = section(),
        /// Results, printed totals, exit code and container status that contradict each other.
        pub inconsistent_verdict: InconsistentVerdict = section(),
        /// A container of the run killed for its memory.
        pub oom_killed: OomKilled = section(),
        /// A container of the run that crashed.
        pub container_crashed: ContainerCrashed = section(),
        /// A container of the run that cannot start.
        pub container_not_started: ContainerNotStarted = section(),
        /// A pod of the run that something in the cluster ended.
        pub pod_evicted: PodEvicted = section(),
        /// A pod of the run that no node takes.
        pub pod_unschedulable: PodUnschedulable = section(),
        /// A node with pods of the run that is not ready, or short of something.
        pub node_unhealthy: NodeUnhealthy = section(),
        /// A container of the run that does not pass its probes.
        pub probe_failing: ProbeFailing = section(),
        /// A service in a namespace of the run without a ready endpoint.
        pub service_without_endpoints: ServiceWithoutEndpoints = section(),
        /// Our own sidecar crashed.
        pub sidecar_lost: SidecarLost = section(),
        /// Nobody reads the output of a pod.
        pub not_watched: NotWatched = section(),
        /// Several tests that failed for one cause in the cluster.
        pub shared_cause: SharedCause = section(),
    }
}

section! {
    /// Many tests failing at once.
    pub struct FailureSpike {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
        /// Failures within the window that make a spike; fewer never do.
        pub min_failures: usize = count(5, 1, 1000000),
        /// Share of the tests that ended within the window which must have failed.
        pub share: f64 = share(0.2, 0.0, 1.0),
        /// Length of the window.
        pub window: Duration = duration("60s", "1s", "1d"),
    }
}

section! {
    /// A run that has stopped moving. Each phase has its own patience.
    pub struct HangingTest {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
        /// From the start of the output to the first test.
        pub before_first_test: Duration = duration("5m", "1s", "7d"),
        /// From the start of a test to its end.
        pub in_test: Duration = duration("10m", "1s", "7d"),
        /// From the end of a test to the start of the next.
        pub between_tests: Duration = duration("5m", "1s", "7d"),
        /// From the last test, or the printed totals, to the end of the process.
        pub after_last_test: Duration = duration("5m", "1s", "7d"),
        /// From the end of the process to the end of its output, which children may hold open.
        pub after_exit: Duration = duration("30s", "1s", "7d"),
    }
}

section! {
    /// A required suite that did not run, or a forbidden one that did; see `[[pipeline]]`.
    pub struct MissingSuite {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// More or fewer tests than the pipeline's rules say; see `[[pipeline]]`.
    pub struct TestCountOutOfRange {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
    }
}

section! {
    /// A recognised class of error in the output: panics, tracebacks, exceptions.
    pub struct ErrorSignature {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
        /// Occurrences of one fingerprint within a run that make a finding.
        pub min_count: usize = count(1, 1, 1000000),
    }
}

section! {
    /// Results, printed totals, exit code and container status that contradict each other.
    pub struct InconsistentVerdict {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// A container of the run killed for its memory.
    pub struct OomKilled {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// A container of the run that crashed, or crashes again and again.
    pub struct ContainerCrashed {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// A container of the run that cannot start: its image, its configuration, its command.
    pub struct ContainerNotStarted {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
        /// How long a container may be in the making on its node: volumes and networks take their time.
        pub after: Duration = duration("2m", "1s", "1d"),
    }
}

section! {
    /// A pod of the run that something in the cluster ended: an eviction, a taint, a lost node.
    pub struct PodEvicted {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// A pod of the run that no node takes.
    pub struct PodUnschedulable {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
    }
}

section! {
    /// A node with pods of the run that is not ready, or short of something.
    pub struct NodeUnhealthy {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
    }
}

section! {
    /// A container of the run that does not pass its probes.
    pub struct ProbeFailing {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
        /// How long a container may run without being ready.
        pub after: Duration = duration("30s", "0s", "1d"),
    }
}

section! {
    /// A service in a namespace of the run without a ready endpoint.
    pub struct ServiceWithoutEndpoints {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
        /// How long it may have none: services that start, or are replaced, have none for a moment.
        pub after: Duration = duration("15s", "0s", "1d"),
    }
}

section! {
    /// Our own sidecar crashed in a pod of the run.
    pub struct SidecarLost {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Warning),
    }
}

section! {
    /// Nobody reads the output of a pod of the run: neither a sidecar nor a collector.
    pub struct NotWatched {
        /// Whether the rule is evaluated. The run is not green either way.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
        /// How long a pod may run before it is said: a collector may be about to ask. At the run's end it is said at once.
        pub after: Duration = duration("30s", "0s", "1d"),
    }
}

section! {
    /// Several tests that failed for one cause in the cluster.
    pub struct SharedCause {
        /// Whether the rule is evaluated.
        pub enabled: bool = switch(true),
        /// How urgent a finding is.
        pub severity: Severity = choice(Severity::Critical),
        /// Failures of one cause that make a finding.
        pub min_tests: usize = count(2, 1, 1000000),
    }
}
