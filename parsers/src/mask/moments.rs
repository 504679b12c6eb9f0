//! The shapes of dates, times and durations.

use super::shapes::{Found, ends_word, like, run};

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];
const WEEKDAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// Units of durations, the longer before those they begin with.
const UNITS: [&[u8]; 9] = [
    b"ns",
    b"us",
    "\u{b5}s".as_bytes(),
    "\u{3bc}s".as_bytes(),
    b"ms",
    b"s",
    b"m",
    b"h",
    b"d",
];

fn masked(len: usize, rest: &[u8]) -> Option<Found> {
    ends_word(&rest[len..]).then_some(Found {
        len,
        mask: "<time>",
    })
}

/// A date, a time, or both.
pub(super) fn time(rest: &[u8]) -> Option<Found> {
    if rest[0].is_ascii_digit() {
        iso(rest).or_else(|| day_first(rest, 0))
    } else if rest[0].is_ascii_uppercase() {
        named(rest)
    } else {
        None
    }
}

/// `2026-01-02`, `2026-01-02T03:04:05.678+00:00`, `2026/01/02 03:04:05`, `03:04:05.678`.
fn iso(rest: &[u8]) -> Option<Found> {
    let date = match rest.get(4) {
        Some(b'-') => like(rest, b"0000-00-00"),
        Some(b'/') => like(rest, b"0000/00/00"),
        _ => false,
    };
    let mut len = 0;
    if date {
        len = 10;
        let separated = matches!(rest.get(10), Some(b'T' | b' ')) && like(&rest[11..], b"00:00");
        len += usize::from(separated);
        if !separated {
            return masked(len, rest);
        }
    }
    // Where the time goes on as something else, which may be masked itself, the date stands alone.
    let alone = || date.then(|| masked(10, rest)).flatten();
    match clock(&rest[len..]) {
        // What follows a second colon would have to be seconds.
        0 if date && !colon_word(&rest[len + 5..]) => len += 5,
        0 => return alone(),
        clock => len += clock,
    }
    len += zone(&rest[len..]);
    masked(len, rest).or_else(alone)
}

/// Whether a colon follows, and a word or what stands for one after it.
fn colon_word(rest: &[u8]) -> bool {
    rest.first() == Some(&b':') && !ends_word(&rest[1..])
}

/// Length of `03:04:05.678`.
fn clock(rest: &[u8]) -> usize {
    if rest.get(2) != Some(&b':') || !like(rest, b"00:00:00") {
        return 0;
    }
    if !matches!(rest.get(8), Some(b'.' | b',')) {
        return 8;
    }
    let digits = run(&rest[9..], 9, |b| b.is_ascii_digit());
    let behind = &rest[9 + digits..];
    // Digits that go on as a word are no fraction: they may be masked themselves.
    match digits > 0 && ends_word(&behind[zone(behind)..]) {
        true => 9 + digits,
        false => 8,
    }
}

/// Length of a time zone's offset or letter.
fn zone(rest: &[u8]) -> usize {
    if rest.first() == Some(&b'Z') {
        1
    } else if (like(rest, b"+00:00") || like(rest, b"-00:00")) && ends_word(&rest[6..]) {
        6
    } else if (like(rest, b"+0000") || like(rest, b"-0000")) && ends_word(&rest[5..]) {
        5
    } else {
        0
    }
}

/// Length of a space and a zone as access logs and mail write it.
fn spaced_zone(rest: &[u8]) -> usize {
    let named = rest.starts_with(b" GMT") || rest.starts_with(b" UTC");
    let offset = like(rest, b" +0000") || like(rest, b" -0000");
    // With more digits behind it, it is something else.
    match (named, offset) {
        (true, _) if ends_word(&rest[4..]) => 4,
        (_, true) if ends_word(&rest[6..]) => 6,
        _ => 0,
    }
}

fn month(rest: &[u8]) -> bool {
    rest.first_chunk()
        .is_some_and(|three| MONTHS.contains(&three))
}

fn weekday(rest: &[u8]) -> bool {
    let three = rest.first_chunk();
    three.is_some_and(|three| WEEKDAYS.contains(&three))
}

/// `Nov 23 07:41:26`, `Mon Jan  2 15:04:05 2006`, `Jan 2, 2006`, `Mon, 23 Nov 2026 07:41:26 GMT`.
fn named(rest: &[u8]) -> Option<Found> {
    // Names of days and months have three letters.
    if !matches!(rest.get(3), Some(b' ' | b',')) {
        return None;
    }
    let mut len = 0;
    if weekday(rest) {
        len += 3 + usize::from(rest.get(3) == Some(&b','));
        if rest.get(len) != Some(&b' ') {
            return None;
        }
        len += 1;
        if rest.get(len).is_some_and(u8::is_ascii_digit) {
            return day_first(rest, len);
        }
    }
    if !month(&rest[len..]) {
        return None;
    }
    len += 3;
    let blanks = run(&rest[len..], 2, |b| b == b' ');
    let digits = run(&rest[len + blanks..], 3, |b| b.is_ascii_digit());
    if blanks == 0 || !matches!(digits, 1 | 2) {
        return None;
    }
    len += blanks + digits;
    len += usize::from(rest.get(len) == Some(&b','));
    let mut told = false;
    if rest.get(len) == Some(&b' ') {
        let clock = clock(&rest[len + 1..]);
        if clock > 0 {
            len += 1 + clock;
            len += spaced_zone(&rest[len..]);
            told = true;
        }
    }
    if like(&rest[len..], b" 0000") && ends_word(&rest[len + 5..]) {
        len += 5;
        told = true;
    }
    if told { masked(len, rest) } else { None }
}

/// `23/Nov/2026:07:41:26 +0000`, `23 Nov 2026 07:41:26 GMT`, `23-Nov-2026`; the day begins at `len`.
fn day_first(rest: &[u8], mut len: usize) -> Option<Found> {
    let digits = run(&rest[len..], 3, |b| b.is_ascii_digit());
    len += digits;
    let separator = *rest.get(len)?;
    if !matches!(digits, 1 | 2)
        || !matches!(separator, b'/' | b'-' | b' ')
        || !month(&rest[len + 1..])
        || rest.get(len + 4) != Some(&separator)
        || !like(&rest[len + 5..], b"0000")
    {
        return None;
    }
    len += 9;
    if matches!(rest.get(len), Some(b':' | b' ')) {
        let clock = clock(&rest[len + 1..]);
        // What goes on behind it is something else, which may be masked itself.
        if clock > 0 && ends_word(&rest[len + 1 + clock..]) {
            len += 1 + clock;
            len += spaced_zone(&rest[len..]);
        }
    }
    masked(len, rest)
}

/// `12ms`, `1.5s`, `1m30.5s`, `2h45m`.
pub(super) fn duration(rest: &[u8]) -> Option<Found> {
    let mut len = 0;
    loop {
        let digits = run(&rest[len..], 20, |b| b.is_ascii_digit());
        if digits == 0 {
            break;
        }
        let mut end = len + digits;
        if rest.get(end) == Some(&b'.') {
            let decimals = run(&rest[end + 1..], 20, |b| b.is_ascii_digit());
            end += if decimals > 0 { 1 + decimals } else { 0 };
        }
        let first = rest.get(end);
        let is = |unit: &&&[u8]| unit.first() == first && rest[end..].starts_with(unit);
        let unit = UNITS.iter().find(is)?;
        len = end + unit.len();
    }
    (len > 0 && ends_word(&rest[len..])).then_some(Found { len, mask: "<dur>" })
}
