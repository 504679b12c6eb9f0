//! Reads the times that envelopes print: RFC 3339 and its common relatives.

/// A time at the start of a line.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    /// Bytes it takes.
    pub(super) length: usize,
    /// Digits of the second's fraction.
    pub(super) digits: usize,
    /// Whether it is written as in RFC 3339, with `T` and a zone.
    pub(super) strict: bool,
    /// Unix milliseconds, if the zone is given and the date exists.
    pub(super) ms: Option<i64>,
}

/// The number that a fixed count of digits at `at` writes.
fn number(text: &[u8], at: usize, digits: usize) -> Option<i64> {
    let digits = text.get(at..at + digits)?;
    digits.iter().try_fold(0, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'))
    })
}

/// The number that two digits write.
fn two([tens, ones]: [u8; 2]) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

/// Reads `2026-11-23T07:46:40.279138928Z`, with a space for the `T`, a comma for the point, an
/// offset for the `Z`, or without zone. The hot path of most envelopes, hence the array.
pub(super) fn stamp(text: &[u8]) -> Option<Stamp> {
    let t: &[u8; 19] = text.first_chunk()?;
    if [t[4], t[7], t[13], t[16]] != *b"--::" || !matches!(t[10], b'T' | b' ') {
        return None;
    }
    let year = two([t[0], t[1]])? * 100 + two([t[2], t[3]])?;
    let (month, day) = (two([t[5], t[6]])?, two([t[8], t[9]])?);
    let clock = [
        two([t[11], t[12]])?,
        two([t[14], t[15]])?,
        two([t[17], t[18]])?,
    ];
    let (mut length, mut digits, mut millis) = (19, 0, 0);
    if let Some(b'.' | b',') = text.get(19) {
        let mut weight = 100;
        for digit in text[20..].iter().take(10).map(|b| b.wrapping_sub(b'0')) {
            if digit > 9 {
                break;
            }
            millis += i64::from(digit) * weight;
            weight /= 10;
            digits += 1;
        }
        if !(1..=9).contains(&digits) {
            return None;
        }
        length = 20 + digits;
    }
    let zone = zone(&text[length..]);
    length += zone.map_or(0, |z| z.0);
    let exists = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && clock[0] < 24
        && clock[1] < 60
        && clock[2] <= 60;
    let ms = zone.filter(|_| exists).map(|(_, minutes)| {
        let seconds = clock[0] * 3600 + (clock[1] - minutes) * 60 + clock[2];
        (days(year, month, day) * 86_400 + seconds) * 1000 + millis
    });
    Some(Stamp {
        length,
        digits,
        strict: t[10] == b'T' && zone.is_some(),
        ms,
    })
}

/// Length of a zone, and its minutes east.
fn zone(text: &[u8]) -> Option<(usize, i64)> {
    match text.first()? {
        b'Z' => Some((1, 0)),
        sign @ (b'+' | b'-') => {
            let colon = usize::from(text.get(3) == Some(&b':'));
            let minutes = number(text, 1, 2)? * 60 + number(text, 3 + colon, 2)?;
            let east = if *sign == b'+' { minutes } else { -minutes };
            Some((5 + colon, east))
        }
        _ => None,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Milliseconds of a number of seconds since 1970, or of thousandths of them, millionths and so on,
/// told apart by how large it is.
pub(super) fn since_1970(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let fraction = match text[digits..].strip_prefix(b".") {
        Some(fraction) => fraction,
        None if digits == text.len() => b"",
        None => return None,
    };
    let whole = number(text, 0, digits.min(18))?;
    match digits {
        9..=10 => {
            let thousandths = (0..3).try_fold(0, |n, i| match fraction.get(i) {
                Some(b) => b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')),
                None => Some(n * 10),
            });
            Some(whole * 1000 + thousandths?)
        }
        12..=13 => Some(whole),
        15..=16 => Some(whole / 1000),
        // Of these, 18 digits were read.
        18 => Some(whole / 1_000_000),
        19 => Some(whole / 100_000),
        _ => None,
    }
}
