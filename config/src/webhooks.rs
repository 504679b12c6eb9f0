//! `[webhooks]`: which CI systems may say what happens to a run, and how each proves that it is the one.

use std::path::PathBuf;
use std::time::Duration;

use crate::section::section;

section! {
    /// What CI systems say of runs.
    pub struct WebhooksConfig {
        /// Bytes of a delivery at most; more is answered with 413.
        pub max_body: u64 = size("1MiB", "64KiB", "16MiB"),
        /// Deliveries remembered, so that one which comes again has no effect; the oldest go first. A
        /// restart forgets them.
        pub remember: usize = count(16384, 16, 1048576),
        /// How long a delivery is remembered.
        pub remember_for: Duration = duration("7d", "1m", "30d"),
        /// GitHub's deliveries of workflow runs, workflow jobs and check runs.
        pub github: GithubWebhook = section(),
        /// GitLab's deliveries of pipelines and jobs. With both secrets a delivery needs one of them.
        pub gitlab: GitlabWebhook = section(),
        /// Deliveries of the Jenkins notification plugin.
        pub jenkins: JenkinsWebhook = section(),
        /// Deliveries of anything else: where in their JSON what is said stands, as JSON pointers (RFC 6901),
        /// and what the words of their status mean. Where a pointer leads to nothing, nothing is said.
        pub generic: GenericWebhook = section(),
    }
}

section! {
    /// GitHub as a sender.
    pub struct GithubWebhook {
        /// File with the webhook's secret, which signs each delivery (`X-Hub-Signature-256`).
        pub secret_file: Option<PathBuf> = path_or_none(),
    }
}

section! {
    /// GitLab as a sender.
    pub struct GitlabWebhook {
        /// File with the secret token, which comes with each delivery as it is (`X-Gitlab-Token`).
        pub secret_file: Option<PathBuf> = path_or_none(),
        /// File with the signing token, which signs each delivery and its time (`webhook-signature`); or the
        /// variable SENTINEL_WEBHOOK_GITLAB_SIGNING.
        pub signing_file: Option<PathBuf> = path_or_none(),
    }
}

section! {
    /// Jenkins as a sender.
    pub struct JenkinsWebhook {
        /// File with the token that comes with each delivery: as the password in the endpoint's address
        /// (`https://sentinel:TOKEN@HOST/webhooks/jenkins`), or as a bearer token.
        pub secret_file: Option<PathBuf> = path_or_none(),
        /// File with the key of those who sign as Standard Webhooks do (`webhook-signature`); or the
        /// variable SENTINEL_WEBHOOK_JENKINS_SIGNING.
        pub signing_file: Option<PathBuf> = path_or_none(),
    }
}

section! {
    /// Anything else as a sender, and how it is understood.
    pub struct GenericWebhook {
        /// File with the token that comes with each delivery, as a bearer token or as the password of basic
        /// authorization.
        pub secret_file: Option<PathBuf> = path_or_none(),
        /// File with the key of those who sign as Standard Webhooks do (`webhook-signature`); or the
        /// variable SENTINEL_WEBHOOK_GENERIC_SIGNING.
        pub signing_file: Option<PathBuf> = path_or_none(),
        /// The run: the same identifier as its sidecars send, of A-Z, a-z, 0-9, `-`, `_`, `.`, `:` and `/`.
        pub run_id: String = pointer("/run_id"),
        /// Its pipeline.
        pub pipeline: String = pointer("/pipeline"),
        /// The environment tested.
        pub environment: String = pointer("/environment"),
        /// Its branch.
        pub branch: String = pointer("/branch"),
        /// Its commit.
        pub commit: String = pointer("/commit"),
        /// Which try it is, from 1.
        pub attempt: String = pointer("/attempt"),
        /// How far it is, in one of the words below, whatever their case.
        pub status: String = pointer("/status"),
        /// Words of a run that goes on.
        pub running: Vec<String> = words(&["queued", "pending", "running", "started"]),
        /// Words of a run that succeeded.
        pub succeeded: Vec<String> = words(&["success", "succeeded", "passed"]),
        /// Words of a run that failed.
        pub failed: Vec<String> = words(&["failure", "failed", "error"]),
        /// Words of a run that took too long.
        pub timed_out: Vec<String> = words(&["timeout", "timed_out"]),
        /// Words of a run that somebody ended.
        pub aborted: Vec<String> = words(&["aborted", "canceled", "cancelled"]),
    }
}

impl GenericWebhook {
    /// A word that stands in more than one list.
    pub(crate) fn ambiguous(&self) -> Option<&str> {
        let lists = [
            &self.running,
            &self.succeeded,
            &self.failed,
            &self.timed_out,
            &self.aborted,
        ];
        let mut words = lists.iter().enumerate();
        words.find_map(|(n, list)| {
            let later = || lists[n + 1..].iter().copied().flatten();
            let twice = |word: &&String| later().any(|other| other.eq_ignore_ascii_case(word));
            list.iter().find(twice).map(String::as_str)
        })
    }
}
