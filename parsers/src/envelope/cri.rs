//! The log format of container runtimes in Kubernetes (CRI): `<time> stdout|stderr P|F <text>`, `P`
//! for a piece of a line that goes on
//! (<https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md>).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "cri",
    begins: |b| b.is_ascii_digit(),
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let stamp = look.stamp().filter(|s| s.strict)?;
    let rest = &look.text[stamp.length..];
    let (stream, rest) = match rest.strip_prefix(b" stdout ") {
        Some(rest) => (1, rest),
        None => (2, rest.strip_prefix(b" stderr ")?),
    };
    // Further tags may follow the first after a colon.
    let end = memchr::memchr(b' ', &rest[..rest.len().min(64)])?;
    let more = match (&rest[..end], rest.get(1)) {
        ([b'P', ..], Some(b' ' | b':')) => true,
        ([b'F', ..], Some(b' ' | b':')) => false,
        _ => return None,
    };
    Some(Peeled {
        time_ms: stamp.ms,
        piece: Some((stream, more)),
        ..Peeled::new(&rest[end + 1..], true)
    })
}
