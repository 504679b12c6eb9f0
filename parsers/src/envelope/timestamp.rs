//! A time before each line, as `kubectl logs --timestamps`, `docker logs -t` and `ts` print it
//! (RFC 3339).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "timestamp",
    begins: |b| b.is_ascii_digit(),
    peel,
    from_start: true,
    run: 3,
    logger: false,
    marked: false,
};

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let stamp = look.stamp().filter(|s| s.strict)?;
    Some(Peeled {
        time_ms: stamp.ms,
        ..Peeled::new(
            look.text[stamp.length..].strip_prefix(b" ")?,
            stamp.digits == 9,
        )
    })
}
