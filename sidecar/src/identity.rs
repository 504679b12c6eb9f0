//! Who makes a stream: what the pod's environment tells, and words for use outside of one.

use std::env;
use std::fs;

use sentinel_parsers::wire::StreamIdentity;

/// A stream of this pod and container, or outside Kubernetes of this host.
///
/// Read from `SENTINEL_CLUSTER`, `SENTINEL_POD_UID`, `SENTINEL_CONTAINER` and `SENTINEL_RESTART`,
/// which a pod fills by the downward API; `container` is the word used without them.
#[must_use]
pub fn of_stream(source: &str, container: &str, epoch: &str) -> StreamIdentity {
    StreamIdentity {
        cluster: told("SENTINEL_CLUSTER").unwrap_or_default(),
        pod_uid: told("SENTINEL_POD_UID").unwrap_or_else(host_name),
        container: told("SENTINEL_CONTAINER").unwrap_or_else(|| container.to_owned()),
        restart: told("SENTINEL_RESTART")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
        source: source.to_owned(),
        epoch: epoch.to_owned(),
    }
}

/// Lays what the pod's environment tells over what a recording says, as its writer, in a test's container, is told nothing.
pub fn lay_over(identity: &mut StreamIdentity) {
    for (field, name) in [
        (&mut identity.cluster, "SENTINEL_CLUSTER"),
        (&mut identity.pod_uid, "SENTINEL_POD_UID"),
        (&mut identity.container, "SENTINEL_CONTAINER"),
    ] {
        if let Some(said) = told(name) {
            *field = said;
        }
    }
}

/// The stream of one start of a container, as its runtime logs it: read from within the pod (`cri`), or by a collector.
#[must_use]
pub fn of_attempt(source: &str, pod_uid: &str, container: &str, restart: u32) -> StreamIdentity {
    StreamIdentity {
        cluster: told("SENTINEL_CLUSTER").unwrap_or_default(),
        pod_uid: pod_uid.to_owned(),
        container: container.to_owned(),
        restart,
        source: source.to_owned(),
        epoch: epoch_of(&[source, pod_uid, container, &restart.to_string()]),
    }
}

/// What the environment says under a name, if it says anything.
#[must_use]
pub fn told(name: &str) -> Option<String> {
    env::var(name).ok().filter(|v| !v.is_empty())
}

/// The host's name; empty where it cannot be read.
#[must_use]
pub fn host_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

/// A new identifier for a run nobody named.
#[must_use]
pub fn new_run_id() -> String {
    format!("run-{:016x}", crate::random::number())
}

/// The epoch of a file's stream: the same file sent for the same run is the same stream, so that a
/// sender that is started again goes on instead of beginning anew.
#[must_use]
pub fn file_epoch(run_id: &str, path: &str) -> String {
    epoch_of(&[run_id, path])
}

/// The epoch of a stream that is known by words: the same words give the same.
#[must_use]
pub fn epoch_of(words: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word);
    }
    let digest = hash.finalize();
    digest[..16].iter().map(|b| format!("{b:02x}")).collect()
}
