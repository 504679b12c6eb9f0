//! `[[pipeline]]`: what the runs of some pipelines must contain.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::glob::glob_match;
use crate::range::Range;
use crate::section::section;

section! {
    /// What the runs of some pipelines must contain. Of several, the first whose `match` fits a run
    /// applies to it.
    pub struct PipelineRules {
        /// Which runs these rules apply to. Globs: `*` is any text, `?` any one character.
        pub applies as "match": PipelineMatch = section(),
        /// Globs each of which at least one suite of the run must match.
        pub required_suites: Vec<String> = globs(&["unit", "e2e-*"]),
        /// Globs no suite of the run may match.
        pub forbidden_suites: Vec<String> = globs(&["experimental-*"]),
        /// How many tests the run must have, whatever their status.
        pub tests: Range = range(),
        /// How many tests single suites must have, by the suite's name or a glob.
        pub suites: BTreeMap<String, Range> = ranges(),
        /// Tags each of which at least one test of the run must carry.
        pub required_tags: Vec<String> = list(&["smoke"]),
        /// Time from the run's start after which a required suite that has not begun is reported
        /// while the run goes on; otherwise it is reported at the end.
        pub suite_overdue: Option<Duration> = duration_or_none("15m", "1s", "7d"),
    }
}

section! {
    /// Which runs the rules of a pipeline apply to: all three must match.
    pub struct PipelineMatch {
        /// Glob over the pipeline's name.
        pub pipeline: String = glob("*"),
        /// Glob over the branch.
        pub branch: String = glob("*"),
        /// Glob over the environment.
        pub environment: String = glob("*"),
    }
}

impl PipelineMatch {
    /// Whether a run of this pipeline, branch and environment is meant. What a run does not say is
    /// the empty text, which only `*` matches.
    #[must_use]
    pub fn fits(&self, pipeline: &str, branch: &str, environment: &str) -> bool {
        glob_match(&self.pipeline, pipeline)
            && glob_match(&self.branch, branch)
            && glob_match(&self.environment, environment)
    }
}
