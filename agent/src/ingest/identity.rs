//! The agent's name for a stream: a hash of who made it, so that nobody can choose it.

use std::fmt::Write as _;

use sentinel_parsers::wire::StreamIdentity;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Length of a stream's name, without and with a seal.
const PLAIN: usize = 32;
const SEALED: usize = 48;

/// The name of a stream that belongs to somebody: that of the stream, and a seal of 64 bits that only
/// goes with its owner. So nobody can go on with another's stream, and two senders that tell the same
/// identity do not meet.
#[must_use]
pub fn owned_stream_id(identity: &StreamIdentity, owner: Option<&str>) -> String {
    let id = stream_id(identity);
    match owner {
        None => id,
        Some(owner) => sealed(&id, owner),
    }
}

/// Whose a name of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// The caller's.
    Yes,
    /// No stream's, or one from before tokens were asked for: to be opened.
    Unknown,
    /// Somebody else's.
    Foreign,
}

/// Whether the stream of this name, which may be any text, is the caller's.
pub(crate) fn owned(id: &str, caller: Option<&str>) -> Owned {
    let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if !matches!(id.len(), PLAIN | SEALED) || !id.bytes().all(digit) {
        return Owned::Unknown;
    }
    match caller {
        None if id.len() == PLAIN => Owned::Yes,
        Some(owner) if id.len() == SEALED => {
            let theirs = sealed(&id[..PLAIN], owner);
            match bool::from(theirs.as_bytes().ct_eq(id.as_bytes())) {
                true => Owned::Yes,
                false => Owned::Foreign,
            }
        }
        _ => Owned::Unknown,
    }
}

fn sealed(id: &str, owner: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"owner");
    hash.update((owner.len() as u64).to_le_bytes());
    hash.update(owner.as_bytes());
    hash.update(id.as_bytes());
    let mut sealed = id.to_owned();
    for byte in &hash.finalize()[..8] {
        // Writing to a string cannot fail.
        let _ = write!(sealed, "{byte:02x}");
    }
    sealed
}

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
    fn a_stream_is_its_owners_and_nobody_elses() {
        let plain = stream_id(&identity());
        let ours = owned_stream_id(&identity(), Some("ci"));
        assert_eq!(ours, format!("{plain}64dfdf8ffbbabae1"));
        assert_eq!(owned_stream_id(&identity(), None), plain);
        for (id, caller, whose) in [
            (&*plain, None, Owned::Yes),
            (&ours, Some("ci"), Owned::Yes),
            (&ours, Some("CI"), Owned::Foreign),
            (&ours, None, Owned::Unknown),
            (&plain, Some("ci"), Owned::Unknown),
            ("..%2F..%2Fetc", Some("ci"), Owned::Unknown),
            (&"é".repeat(24), Some("ci"), Owned::Unknown),
            ("", None, Owned::Unknown),
        ] {
            assert_eq!(owned(id, caller), whose, "{id} {caller:?}");
        }
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
