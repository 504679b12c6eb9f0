//! Docker's `json-file` logs: one object per line with `log`, `stream` and `time`; a `log` without
//! line feed is a piece of a longer line (<https://docs.docker.com/engine/logging/drivers/json-file/>).

use super::json::{Members, Value, unescaped};
use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "docker_json",
    begins: |b| b == b'{',
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    if !line.starts_with(b"{\"log\":\"") {
        return None;
    }
    let (mut log, mut stream, mut stamp) = (None, None, None);
    for (key, value) in Members::of(line) {
        match (key, value) {
            (b"log", Value::Text(text)) => log = Some(text),
            (b"stream", Value::Text(b"stdout")) => stream = Some(1),
            (b"stream", Value::Text(b"stderr")) => stream = Some(2),
            (b"time", Value::Text(text)) => stamp = time::stamp(text),
            _ => {}
        }
    }
    let (log, stream, stamp) = (log?, stream?, stamp.filter(|s| s.strict)?);
    let whole = log.strip_suffix(b"\\n").filter(|text| is_escape(text));
    Some(Peeled {
        text: unescaped(whole.unwrap_or(log)),
        time_ms: stamp.ms,
        piece: Some((stream, whole.is_none())),
        ..Peeled::new(b"", true)
    })
}

/// Whether a backslash behind the text begins an escape, and does not end one.
fn is_escape(text: &[u8]) -> bool {
    let slashes = text.iter().rev().take_while(|b| **b == b'\\').count();
    slashes.is_multiple_of(2)
}
