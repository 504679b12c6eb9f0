//! The agent's name for a stream: a hash of who made it, so that nobody can choose it.

use std::fmt::Write as _;

use sentinel_parsers::wire::StreamIdentity;
use sha2::{Digest, Sha256};

/// The first 128 bits, in hex, of SHA-256 over the identity's fields, each preceded by its length.
#[must_use]
pub fn stream_id(identity: &StreamIdentity) -> String {
    let mut hash = Sha256::new();
    let restart = identity.restart.to_string();
    for field in [
        &identity.cluster,
        &identity.pod_uid,
        &identity.container,
        &restart,
        &identity.source,
        &identity.epoch,
    ] {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field.as_bytes());
    }
    let mut id = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> StreamIdentity {
        StreamIdentity {
            cluster: String::new(),
            pod_uid: "host".into(),
            container: "run".into(),
            restart: 0,
            source: "capture".into(),
            epoch: "000102030405060708090a0b0c0d0e0f".into(),
        }
    }

    #[test]
    fn the_name_of_a_stream_never_changes() {
        // A stored stream would be lost if it did.
        assert_eq!(stream_id(&identity()), "48dbe61ec8a1020df18c67de1ac024c0");
    }

    #[test]
    fn text_does_not_move_between_fields() {
        let mut moved = identity();
        moved.pod_uid = "hostrun".into();
        moved.container = String::new();
        assert_ne!(stream_id(&moved), stream_id(&identity()));
    }

    #[test]
    fn a_restart_is_another_stream() {
        let mut restarted = identity();
        restarted.restart = 1;
        assert_ne!(stream_id(&restarted), stream_id(&identity()));
    }
}
