//! Sentinel's configuration: one file for agent, sidecar and command line, read into plain,
//! validated values.
//!
//! A section is written down once, with the macro `section!`, and gives the struct, its default,
//! its reader, the JSON schema and its part of the documented file. Reading never stops at the
//! first mistake: [`ConfigErrors`] lists them all, each with its place and a suggestion.

mod accounts;
mod agent;
mod auth;
mod describe;
mod error;
mod forward;
mod glob;
mod injector;
mod kind;
mod kubernetes;
mod load;
mod log;
mod node;
mod pipeline;
mod range;
mod read;
mod redaction;
mod rules;
mod run;
mod section;
mod severity;
mod sidecar;
mod store;
mod suggest;
mod units;
mod vars;
mod webhooks;

pub use accounts::ServiceAccountsConfig;
pub use agent::AgentConfig;
pub use auth::{AuthConfig, Scope, TlsConfig, TokenConfig};
pub use describe::{sample, schema};
pub use error::{ConfigError, ConfigErrors};
pub use forward::{ForwardConfig, Role};
pub use glob::glob_match;
pub use injector::InjectorConfig;
pub use kubernetes::{Detection, KubernetesConfig, Watching};
pub use log::{LogConfig, LogFormat, LogLevel};
pub use pipeline::{PipelineMatch, PipelineRules};
pub use range::Range;
pub use redaction::{LinePattern, RedactionConfig, RedactionPattern};
pub use rules::{
    ContainerCrashed, ContainerNotStarted, ErrorSignature, FailureSpike, HangingTest,
    InconsistentVerdict, MissingSuite, NodeUnhealthy, NotWatched, OomKilled, PodEvicted,
    PodUnschedulable, RuleSettings, SidecarLost, TestCountOutOfRange,
};
pub use run::RunConfig;
pub use severity::Severity;
pub use sidecar::SidecarConfig;
pub use store::StoreConfig;
pub use units::{format_duration, format_size, parse_duration, parse_size};
pub use vars::{Environment, Vars};
pub use webhooks::{GenericWebhook, GithubWebhook, GitlabWebhook, JenkinsWebhook, WebhooksConfig};

section::section! {
    /// Everything the programs can be told.
    pub struct Config {
        /// What the agent accepts, and how much of it.
        pub agent: AgentConfig = section(),
        /// What the agent watches of a cluster.
        pub kubernetes: KubernetesConfig = section(),
        /// What the agent puts into Jobs and Pods as they are made.
        pub injector: InjectorConfig = section(),
        /// What CI systems say of runs, at `POST /webhooks/github`, `/gitlab`, `/jenkins` and `/generic`. Each
        /// is off until it has a secret: one line of at least 16 bytes in a file, which is read again every
        /// minute, or in the variable SENTINEL_WEBHOOK_ with its name (SENTINEL_WEBHOOK_GITHUB).
        pub webhooks: WebhooksConfig = section(),
        /// Where runs are kept.
        pub store: StoreConfig = section(),
        /// When a run ends, and how big it may grow.
        pub run: RunConfig = section(),
        /// Each rule's switch, severity and thresholds.
        pub rules: RuleSettings = section(),
        /// What the runs of some pipelines must contain.
        pub pipelines as "pipeline": Vec<PipelineRules> = sections(),
        /// What is captured, and where it goes.
        pub sidecar: SidecarConfig = section(),
        /// What is taken out of output before anybody reads it.
        pub redaction: RedactionConfig = section(),
        /// What lines mean that no dialect knows.
        pub patterns: Vec<LinePattern> = checked_sections(LinePattern::check),
        /// What the programs say about themselves.
        pub log: LogConfig = section(),
    }
}

impl Config {
    /// The rules for a run of this pipeline, branch and environment: the first that match.
    #[must_use]
    pub fn pipeline_rules(
        &self,
        pipeline: &str,
        branch: &str,
        environment: &str,
    ) -> Option<&PipelineRules> {
        self.pipelines
            .iter()
            .find(|rules| rules.applies.fits(pipeline, branch, environment))
    }
}
