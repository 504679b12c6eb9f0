//! `kubectl logs --prefix`: `[pod/<pod>/<container>] <text>`; its `--timestamps` are a
//! [time](super::timestamp) inside.

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "kubectl",
    begins: |b| b == b'[',
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

/// Longest pod and container name together, in bytes; Kubernetes allows 253 and 63.
const KEY_CAP: usize = 330;

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let rest = line.strip_prefix(b"[pod/")?;
    let end = memchr::memchr(b']', &rest[..rest.len().min(KEY_CAP)])?;
    let key = &rest[..end];
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(b);
    if !key.iter().all(plain) || key.iter().filter(|b| **b == b'/').count() != 1 {
        return None;
    }
    Some(Peeled {
        key,
        ..Peeled::new(rest[end + 1..].strip_prefix(b" ")?, true)
    })
}
