//! Private keys in PEM: on one line, or over many, which need a memory from line to line.

use std::ops::Range;

use super::span::Span;
use super::table::{Found, Rule, Shape, base64, run};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "private-key",
    summary: "private keys in PEM, on one line or over many",
    needles: &[BEGIN],
    shape: Shape::Other(find),
}];

const BEGIN: &str = "-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Bytes of lines after which a key that was not ended is given up.
const BLOCK_CAP: usize = 64 * 1024;
/// Lines in sequence without a piece of the key after which it is given up.
const IDLE_CAP: u32 = 64;
/// Least bytes of a piece of a key amid other text.
const PIECE: usize = 16;
/// Bytes of a line of a key that nothing but a key has.
const LINE: usize = 60;

/// The key on this line, from its beginning to its end or to the last that could be part of it.
fn find(bytes: &[u8], at: Range<usize>) -> Found {
    let Some(label) = label(&bytes[at.end..]) else {
        return Found::No;
    };
    let body = at.end + label;
    if let Some(dashes) = memchr::memmem::find(&bytes[body..], DASHES) {
        let rest = &bytes[body + dashes..];
        if rest.starts_with(END) {
            let closing = run(&rest[END.len()..], |b| b.is_ascii_uppercase() || b == b' ');
            let closing = END.len() + closing;
            let closing = closing + run(&rest[closing..rest.len().min(closing + 5)], |b| b == b'-');
            return Found::Secret(at.start, body + dashes + closing);
        }
    }
    let len = run(&bytes[body..], |b| base64(b) || b == b'\\');
    let escapes = bytes[body..body + len]
        .iter()
        .rev()
        .take_while(|b| **b == b'\\')
        .count();
    Found::Secret(at.start, body + len - escapes)
}

/// Length of `RSA PRIVATE KEY-----`.
fn label(rest: &[u8]) -> Option<usize> {
    let rest = &rest[..rest.len().min(64)];
    let label = run(rest, |b| {
        b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' '
    });
    let named = memchr::memmem::find(&rest[..label], b"PRIVATE KEY").is_some();
    (named && rest[label..].starts_with(DASHES)).then_some(label + DASHES.len())
}

/// A key that has begun and not ended.
#[derive(Clone, Debug)]
pub(super) struct Open {
    bytes: usize,
    idle: u32,
    /// Whether the line before was of the key.
    fresh: bool,
}

impl Open {
    /// Whether a key that begins on the line does not end there.
    pub(super) fn after(bytes: &[u8]) -> Option<Open> {
        let begin = memchr::memmem::rfind(bytes, BEGIN.as_bytes())?;
        let rest = &bytes[begin + BEGIN.len()..];
        label(rest)?;
        memchr::memmem::find(rest, END).is_none().then_some(Open {
            bytes: 0,
            idle: 0,
            fresh: true,
        })
    }

    /// Adds what the line holds of the key; whether more may come.
    pub(super) fn line(&mut self, bytes: &[u8], rule: u16, spans: &mut Vec<Span>) -> bool {
        let end = memchr::memmem::find(bytes, END);
        let body = &bytes[..end.unwrap_or(bytes.len())];
        let before = spans.len();
        let mut at = 0;
        while at < body.len() {
            let len = run(&body[at..], base64);
            if is_piece(&body[at..at + len]) {
                spans.push(Span {
                    from: at,
                    to: at + len,
                    rule,
                });
            }
            at += len.max(1);
        }
        if spans.len() == before && self.fresh {
            spans.extend(tail(body).map(|(from, to)| Span { from, to, rule }));
        }
        self.fresh = spans.len() > before;
        self.idle = if self.fresh { 0 } else { self.idle + 1 };
        self.bytes += bytes.len() + 1;
        end.is_none() && self.bytes < BLOCK_CAP && self.idle < IDLE_CAP
    }
}

/// Whether a run of base64 is part of a key, and no path, word or hash.
fn is_piece(text: &[u8]) -> bool {
    let lower = text.iter().any(u8::is_ascii_lowercase);
    let upper = text.iter().any(u8::is_ascii_uppercase);
    let other = text.iter().any(|b| b.is_ascii_digit() || *b == b'+');
    lower && upper && (text.len() >= LINE || (text.len() >= PIECE && other))
}

/// The last line of a key: short, alone, and no word.
fn tail(line: &[u8]) -> Option<(usize, usize)> {
    let from = line.iter().position(|b| base64(*b))?;
    let len = run(&line[from..], base64);
    let text = &line[from..from + len];
    let framing = |b: &u8| b" \t\"'\\nr,+|;".contains(b);
    let alone = line[..from].iter().chain(&line[from + len..]).all(framing);
    let strange = text
        .iter()
        .any(|b| b.is_ascii_digit() || matches!(b, b'+' | b'='));
    let turns = text
        .windows(2)
        .any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    (alone && len >= 4 && len.is_multiple_of(4) && (strange || turns)).then_some((from, from + len))
}
