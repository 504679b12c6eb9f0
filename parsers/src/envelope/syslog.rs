//! Syslog, as daemons, Docker's syslog driver and `journalctl` (`-o short`, `short-iso`) print it:
//!
//! ```text
//! <34>1 2026-03-01T12:00:00.003Z host app 1234 ID47 [id@1 k="v"] text      RFC 5424
//! <34>Mar  1 12:00:00 host app[1234]: text                                 RFC 3164
//! Mar 01 12:00:00 host app[1234]: text                                     files, journalctl
//! 2026-03-01T12:00:00+0000 host app[1234]: text                            journalctl -o short-iso
//! ```
//!
//! Each program of each host is a writer.

use super::{EnvelopeInfo, Look, Peeled, time};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "syslog",
    begins: |b| b == b'<' || b.is_ascii_digit() || b"JFMASOND".contains(&b),
    peel,
    from_start: true,
    run: 3,
    logger: false,
    marked: false,
};

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Longest word of a header that is looked at, in bytes.
const WORD_CAP: usize = 256;

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let Some(rest) = line.strip_prefix(b"<") else {
        return match line.first()? {
            b'0'..=b'9' => {
                let stamp = look.stamp().filter(|s| s.strict)?;
                behind_time(&line[stamp.length..], stamp.ms, false)
            }
            _ => behind_time(&line[moment(line)?..], None, false),
        };
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = rest[digits..].strip_prefix(b">")?;
    match rest.strip_prefix(b"1 ") {
        _ if !(1..=3).contains(&digits) => None,
        Some(rest) => new(rest),
        None => behind_time(&rest[moment(rest)?..], None, true),
    }
}

/// What follows the version of RFC 5424.
fn new(rest: &[u8]) -> Option<Peeled<'_>> {
    let (mut time_ms, mut at) = (None, 1);
    if !rest.starts_with(b"-") {
        let stamp = time::stamp(rest).filter(|s| s.strict)?;
        (time_ms, at) = (stamp.ms, stamp.length);
    }
    let rest = rest[at..].strip_prefix(b" ")?;
    // Host, program, process; then the kind of message.
    let mut end = word(rest)?;
    for _ in 0..2 {
        end += 1 + word(&rest[end + 1..])?;
    }
    let (key, rest) = (&rest[..end], &rest[end + 1..]);
    let data = &rest[word(rest)? + 1..];
    let mut text = &data[structured(data)?..];
    text = text.strip_prefix(b" ").unwrap_or(text);
    Some(Peeled {
        key,
        time_ms,
        ..Peeled::new(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), true)
    })
}

/// Length of the word that a space ends.
fn word(text: &[u8]) -> Option<usize> {
    let end = memchr::memchr(b' ', &text[..text.len().min(WORD_CAP)])?;
    (end > 0).then_some(end)
}

/// Length of `-` or of `[id key="value"]...`.
fn structured(data: &[u8]) -> Option<usize> {
    if data.first()? == &b'-' {
        return Some(1);
    }
    let mut at = 0;
    while data.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            at += 1;
            match data.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    (at > 0).then_some(at)
}

/// Host and program; `sure` is whether the shape is sure without a process.
fn behind_time(text: &[u8], time_ms: Option<i64>, sure: bool) -> Option<Peeled<'_>> {
    let rest = text.strip_prefix(b" ")?;
    let host = word(rest)?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._:".contains(b);
    if !rest[..host].iter().all(plain) || rest[host - 1] == b':' {
        return None;
    }
    let program = &rest[host + 1..];
    let in_name = |b: &&u8| b.is_ascii_alphanumeric() || b"-._/@()+".contains(b);
    let name = program.iter().take(WORD_CAP).take_while(in_name).count();
    if name == 0 {
        return None;
    }
    let process = process(&program[name..]);
    let end = name + process.unwrap_or(0);
    let text = program[end..].strip_prefix(b":")?;
    let kernel = &program[..name] == b"kernel";
    Some(Peeled {
        key: &rest[..host + 1 + end],
        time_ms,
        ..Peeled::new(
            text.strip_prefix(b" ").unwrap_or(text),
            sure || kernel || process.is_some(),
        )
    })
}

/// Length of `[1234]`.
fn process(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"[")?;
    let digits = inside.iter().take_while(|b| b.is_ascii_digit()).count();
    ((1..=10).contains(&digits) && inside.get(digits) == Some(&b']')).then_some(digits + 2)
}

/// Length of `Mar  1 12:00:00`, with a fraction if there is one. The year is not told, so the time
/// is not either.
fn moment(text: &[u8]) -> Option<usize> {
    let head: &[u8; 15] = text.first_chunk()?;
    if !MONTHS.iter().any(|m| head.starts_with(*m)) {
        return None;
    }
    let shape = b" d0 00:00:00";
    let fits = |(b, shape): (&u8, &u8)| match shape {
        b'0' => b.is_ascii_digit(),
        b'd' => b.is_ascii_digit() || *b == b' ',
        other => b == other,
    };
    if !head[3..].iter().zip(shape).all(fits) {
        return None;
    }
    let fraction = match text.get(15) {
        Some(b'.') => text[16..].iter().take_while(|b| b.is_ascii_digit()).count() + 1,
        _ => 0,
    };
    Some(15 + fraction)
}
