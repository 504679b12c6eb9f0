//! `journalctl -o json`: one object per entry, with the line as `MESSAGE`, or as a list of bytes
//! where it is not plain text
//! (<https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format>).

use std::borrow::Cow;

use super::json::{Members, Value, unescaped};
use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "journal_json",
    begins: |b| b == b'{',
    peel,
    from_start: true,
    run: 1,
    logger: false,
    marked: false,
};

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    // Fields are upper case throughout; most other objects are told apart here.
    let first = line.strip_prefix(b"{")?.trim_ascii_start();
    let field = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    if !first.strip_prefix(b"\"")?.get(..2)?.iter().all(field) {
        return None;
    }
    let (mut message, mut moment, mut source) = (None, None, None);
    let (mut cursor, mut writer): (_, Option<(u8, &[u8])>) = (false, None);
    for (key, value) in Members::of(line) {
        let rank = super::journal_export::writer_rank(key);
        match (key, value) {
            (b"MESSAGE", value) => message = Some(value),
            (b"__CURSOR", _) => cursor = true,
            (b"__REALTIME_TIMESTAMP", Value::Text(text)) => moment = Some(text),
            (b"_SOURCE_REALTIME_TIMESTAMP", Value::Text(text)) => source = Some(text),
            (_, Value::Text(text)) if rank > writer.map_or(0, |w| w.0) => {
                writer = Some((rank, text));
            }
            _ => {}
        }
    }
    let (message, moment) = (message?, moment?);
    if !cursor {
        return None;
    }
    Some(Peeled {
        text: match message {
            Value::Text(text) => unescaped(text),
            Value::Other(list) => Cow::Owned(bytes(list)?),
        },
        key: writer.map_or(b"", |w| w.1),
        time_ms: time::since_1970(source.unwrap_or(moment)),
        ..Peeled::new(b"", true)
    })
}

/// A list of numbers below 256; nothing at all for `null`, which stands for too much.
fn bytes(list: &[u8]) -> Option<Vec<u8>> {
    if list == b"null" {
        return Some(Vec::new());
    }
    let inside = list.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let number = |n: &[u8]| std::str::from_utf8(n.trim_ascii()).ok()?.parse().ok();
    inside.split(|b| *b == b',').map(number).collect()
}
