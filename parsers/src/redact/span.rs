//! Parts of a line that are secret, and the line without them.

use std::fmt::Write;

use super::key::Key;

/// A part of a line and the rule that found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Its place in the table: of equal parts the first rule's name is shown.
    pub(super) rule: u16,
}

/// What stands before the rule's name.
const OPENING: &str = "[redacted:";
/// Bytes of a rule's name.
pub(super) const NAME_CAP: usize = 32;

/// Length of the replacement that begins the bytes: `[redacted:rule:0123abcd]` or `[redacted:failed]`.
pub(crate) fn replacement(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(OPENING.as_bytes())?;
    let name = rest
        .iter()
        .take(NAME_CAP)
        .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        .count();
    let after = OPENING.len() + name;
    match rest[name..] {
        [b']', ..] if &rest[..name] == b"failed" => Some(after + 1),
        [b':', a, b, c, d, e, f, g, h, b']', ..] if name > 0 => [a, b, c, d, e, f, g, h]
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then_some(after + 10),
        _ => None,
    }
}

/// Where replacements stand already.
pub(super) fn replacements(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), OPENING) {
        if let Some(len) = replacement(&text.as_bytes()[at..]) {
            found.push((at, at + len));
        }
    }
    found
}

/// Joins parts that overlap and takes out of them what is replaced already; in order afterwards.
pub(super) fn settle(spans: &mut Vec<Span>, replaced: &[(usize, usize)], text: &str) {
    for span in spans.iter_mut() {
        span.from = text.floor_char_boundary(span.from);
        span.to = text.ceil_char_boundary(span.to);
    }
    spans.retain(|span| span.from < span.to);
    spans.sort_by_key(|span| (span.from, span.rule));
    spans.dedup_by(|next, span| {
        let joined = next.from < span.to;
        if joined {
            span.to = span.to.max(next.to);
        }
        joined
    });
    if replaced.is_empty() {
        return;
    }
    let mut next = 0;
    let mut pieces = Vec::with_capacity(spans.len());
    for span in spans.iter() {
        while replaced.get(next).is_some_and(|r| r.1 <= span.from) {
            next += 1;
        }
        let mut from = span.from;
        for (start, end) in replaced[next..].iter().take_while(|r| r.0 < span.to) {
            if from < *start {
                pieces.push(Span {
                    from,
                    to: *start,
                    ..*span
                });
            }
            from = *end;
        }
        if from < span.to {
            pieces.push(Span { from, ..*span });
        }
    }
    *spans = pieces;
}

/// The text with each part replaced by its rule's name and its hash.
pub(super) fn replace<'n>(
    text: &str,
    spans: &[Span],
    key: &Key,
    name: impl Fn(u16) -> Option<&'n str>,
) -> String {
    let mut out = String::with_capacity(text.len() + 16 * spans.len());
    let mut copied = 0;
    for span in spans {
        out.push_str(text.get(copied..span.from).unwrap_or_default());
        let secret = text.as_bytes().get(span.from..span.to);
        match (name(span.rule), secret) {
            (Some(name), Some(secret)) => {
                // Writing to memory cannot fail.
                let _ = write!(out, "{OPENING}{name}:{:08x}]", key.short(secret));
            }
            _ => out.push_str("[redacted:failed]"),
        }
        copied = span.to;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: usize, to: usize, rule: u16) -> Span {
        Span { from, to, rule }
    }

    #[test]
    fn parts_that_overlap_are_one() {
        let mut spans = vec![
            span(8, 12, 0),
            span(0, 5, 3),
            span(0, 9, 1),
            span(12, 14, 2),
        ];
        settle(&mut spans, &[], "01234567890123456789");
        assert_eq!(spans, [span(0, 12, 1), span(12, 14, 2)]);
    }

    #[test]
    fn what_is_replaced_stays() {
        let text = "ab[redacted:jwt:0123abcd]cd[redacted:failed]";
        let replaced = replacements(text);
        assert_eq!(replaced, [(2, 25), (27, 44)]);
        let mut spans = vec![span(0, 27, 1)];
        settle(&mut spans, &replaced, text);
        assert_eq!(spans, [span(0, 2, 1), span(25, 27, 1)]);
        assert_eq!(replacement(b"[redacted:jwt:0123abcx]"), None);
        assert_eq!(replacement(b"[redacted::0123abcd]"), None);
        assert_eq!(replacement(b"[redacted:jwt]"), None);
    }

    #[test]
    fn parts_end_at_characters() {
        let mut spans = vec![span(1, 2, 0)];
        settle(&mut spans, &[], "é!");
        assert_eq!(spans, [span(0, 2, 0)]);
    }
}
