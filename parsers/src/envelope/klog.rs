//! klog and glog, the loggers of Kubernetes, Abseil and many more:
//! `I0301 12:00:00.123456       1 file.go:12] text`, or `... file.go:12] "text" key="value"`
//! (<https://github.com/kubernetes/klog>, <https://github.com/google/glog>).

use super::json::{closing_quote, unescaped};
use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "klog",
    begins: |b| matches!(b, b'I' | b'W' | b'E' | b'F'),
    peel,
    from_start: true,
    run: 1,
    logger: true,
    marked: false,
};

/// Longest thread number and place in the source looked at, in bytes.
const PLACE_CAP: usize = 160;

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    // The digits of `I0301 12:00:00.123456` and what stands between them.
    const SHAPE: &[u8; 21] = b"L0000 00:00:00.000000";
    let head: &[u8; 21] = line.first_chunk()?;
    let fits = |(b, shape): (&u8, &u8)| match shape {
        b'L' => true,
        b'0' => b.is_ascii_digit(),
        other => b == other,
    };
    if !head.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let rest = line[head.len()..].strip_prefix(b" ")?.trim_ascii_start();
    let end = memchr::memchr(b']', &rest[..rest.len().min(PLACE_CAP)])?;
    let place = &rest[..end];
    let threads = place.iter().take_while(|b| b.is_ascii_digit()).count();
    let file = place[threads..].strip_prefix(b" ")?;
    let colon = memchr::memrchr(b':', file)?;
    if threads == 0 || colon == 0 || !file[colon + 1..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = rest[end + 1..].strip_prefix(b" ").unwrap_or(b"");
    Some(Peeled {
        text: quoted(text).map_or(text.into(), unescaped),
        ..Peeled::new(b"", true)
    })
}

/// The message of a structured line.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"\"")?;
    let end = closing_quote(inside)?;
    let pairs = &inside[end + 1..];
    let structured =
        pairs.is_empty() || (pairs[0] == b' ' && memchr::memchr(b'=', pairs).is_some());
    structured.then_some(&inside[..end])
}
