//! Docker's `json-file` logs: one object per line with `log`, `stream` and `time`; a `log` without
//! line feed is a piece of a longer line (<https://docs.docker.com/engine/logging/drivers/json-file/>).

use std::borrow::Cow;

use serde::Deserialize;

use super::{EnvelopeInfo, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    begins: |b| b == b'{',
    peel,
    from_start: true,
    run: 1,
};

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

fn peel(line: &[u8]) -> Option<Peeled<'_>> {
    if !line.starts_with(b"{\"log\":\"") {
        return None;
    }
    let record: Record<'_> = serde_json::from_slice(line).ok()?;
    let stamp = time::stamp(record.time.as_bytes()).filter(|s| s.strict)?;
    let stream = match &*record.stream {
        "stdout" => 1,
        "stderr" => 2,
        _ => return None,
    };
    let mut text = record.log.into_owned().into_bytes();
    let whole = text.pop_if(|b| *b == b'\n').is_some();
    Some(Peeled {
        text: Cow::Owned(text),
        time_ms: stamp.ms,
        piece: Some((stream, !whole)),
        ..Peeled::new(b"", true)
    })
}
