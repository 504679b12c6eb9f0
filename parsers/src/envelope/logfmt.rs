//! logfmt, as logrus, go-kit, slog's text handler and k6 write it: `ts=... level=info msg="..."`
//! (<https://brandur.org/logfmt>).

use super::json::{closing_quote, unescaped};
use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "logfmt",
    begins: |b| b.is_ascii_lowercase() || b == b'@',
    peel,
    from_start: true,
    run: 1,
    logger: true,
    marked: true,
};

/// Pairs looked at before the message, and longest key in bytes.
const PAIRS: usize = 24;
const KEY_CAP: usize = 32;

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let (mut message, mut time_ms, mut origin) = (None, None, false);
    let mut rest = line;
    for _ in 0..PAIRS {
        let key = key(rest)?;
        let (value, length) = value(&rest[key.len() + 1..])?;
        match key {
            b"msg" | b"message" => message = message.or(Some(value)),
            b"time" | b"ts" | b"t" | b"timestamp" => {
                origin = true;
                time_ms = time::stamp(value).and_then(|s| s.ms);
            }
            b"level" | b"lvl" | b"severity" | b"caller" | b"logger" => origin = true,
            _ => {}
        }
        if let (true, Some(message)) = (origin, message) {
            return Some(Peeled {
                text: unescaped(message),
                time_ms,
                ..Peeled::new(b"", true)
            });
        }
        rest = rest[key.len() + 1 + length..].strip_prefix(b" ")?;
        rest = rest.trim_ascii_start();
    }
    None
}

/// The key at the start, with `=` behind it.
fn key(text: &[u8]) -> Option<&[u8]> {
    // Nearly all lines that begin with a word end here.
    let end = memchr::memchr2(b'=', b' ', &text[..text.len().min(KEY_CAP)])?;
    if text[end] != b'=' {
        return None;
    }
    let in_key = |b: &&u8| b.is_ascii_alphanumeric() || b"_.-@/".contains(b);
    let length = text.iter().take(KEY_CAP).take_while(in_key).count();
    (length > 0 && text.get(length) == Some(&b'=')).then(|| &text[..length])
}

/// The value without quotes, and how many bytes it takes with them.
fn value(text: &[u8]) -> Option<(&[u8], usize)> {
    if let Some(inside) = text.strip_prefix(b"\"") {
        let end = closing_quote(inside)?;
        return Some((&inside[..end], end + 2));
    }
    let length = memchr::memchr(b' ', text).unwrap_or(text.len());
    Some((text[..length].trim_ascii_end(), length))
}
