//! A time before each line, as `kubectl logs --timestamps`, `docker logs -t` and `ts` print it
//! (RFC 3339).

use super::{EnvelopeInfo, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    begins: |b| b.is_ascii_digit(),
    peel,
    from_start: true,
    run: 3,
};

fn peel(line: &[u8]) -> Option<Peeled<'_>> {
    let stamp = time::stamp(line).filter(|s| s.strict)?;
    Some(Peeled {
        time_ms: stamp.ms,
        ..Peeled::new(line[stamp.length..].strip_prefix(b" ")?, stamp.digits == 9)
    })
}
