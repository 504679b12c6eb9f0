//! `[agent.auth.service_accounts]`: who proves itself by a token of Kubernetes, and what for.

use std::time::Duration;

use crate::section::section;

section! {
    /// Tokens of service accounts, about which Kubernetes is asked. One that is bound to a pod is good for the
    /// streams of that pod, and for nothing else.
    pub struct ServiceAccountsConfig {
        /// What a token must be made for; `sentinel inject` and the manifests ask for "sentinel". Empty: no
        /// token of Kubernetes is accepted.
        pub audience: Option<String> = name_or_none(),
        /// Service accounts, as NAMESPACE/NAME, that deliver streams of any pod: those of nodes, at their hub.
        pub nodes: Vec<String> = accounts(&["sentinel/sentinel-node"]),
        /// Service accounts that read.
        pub readers: Vec<String> = accounts(&["sentinel/sentinel-reader"]),
        /// How long it is believed what Kubernetes said of a token. While it does not answer, a token that it
        /// knew is good until it expires, and one that it was never asked about has to come again.
        pub believe: Duration = duration("60s", "1s", "10m"),
    }
}
