//! How many connections the process can hold: file descriptors are taken before they run out.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors left for the store, readers, files and the listener.
const KEPT: u64 = 64;
/// Connections there are at least, however few descriptors there may be.
const LEAST: usize = 8;

/// As many of the connections wanted as file descriptors allow, after the system was asked for as many
/// as it gives.
pub(crate) fn connections(wanted: usize) -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return wanted;
    };
    let needed = (wanted as u64).saturating_add(KEPT);
    let mut allowed = soft;
    if soft < needed && soft < hard {
        let more = needed.min(hard);
        if setrlimit(Resource::RLIMIT_NOFILE, more, hard).is_ok() {
            allowed = more;
        }
    }
    let room = usize::try_from(allowed.saturating_sub(KEPT)).unwrap_or(usize::MAX);
    if room < wanted {
        let connections = room.max(LEAST);
        tracing::warn!(
            wanted,
            connections,
            descriptors = allowed,
            "fewer connections than configured: the limit of file descriptors is low"
        );
        return connections.min(wanted);
    }
    wanted
}
