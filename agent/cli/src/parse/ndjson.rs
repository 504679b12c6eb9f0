//! Events as JSON lines: what `sentinel parse --format ndjson` prints while the log is read. Their shape is
//! the parsers' own, so that whoever embeds them writes the same.

use sentinel_parsers::Event;

/// Appends one event as one line.
pub(super) fn event(event: &Event<'_>, out: &mut Vec<u8>) {
    // Neither writing to memory nor a map of plain values under plain keys can fail.
    let _ = serde_json::to_writer(&mut *out, event);
    out.push(b'\n');
}
