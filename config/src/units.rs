//! Durations and sizes as people write them: `1m30s`, `200ms`, `16MiB`.

use std::time::Duration;

/// Reads a duration: one or more numbers with unit `ms`, `s`, `m`, `h` or `d`, largest first by
/// custom but in any order. `None` when it is anything else or over 2^64 ns (584 years).
#[must_use]
pub const fn parse_duration(text: &str) -> Option<Duration> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut nanos: u64 = 0;
    while at < bytes.len() {
        let Some((number, next)) = digits(bytes, at) else {
            return None;
        };
        let (unit, next) = match (byte(bytes, next), byte(bytes, next + 1)) {
            (b'm', b's') => (1_000_000, next + 2),
            (b's', _) => (1_000_000_000, next + 1),
            (b'm', _) => (60 * 1_000_000_000, next + 1),
            (b'h', _) => (3_600 * 1_000_000_000, next + 1),
            (b'd', _) => (86_400 * 1_000_000_000, next + 1),
            _ => return None,
        };
        let Some(part) = number.checked_mul(unit) else {
            return None;
        };
        let Some(sum) = nanos.checked_add(part) else {
            return None;
        };
        nanos = sum;
        at = next;
    }
    if at == 0 {
        return None;
    }
    Some(Duration::from_nanos(nanos))
}

/// Reads a size in bytes: a number with unit `B`, `KiB`, `MiB`, `GiB`, `TiB` or none (bytes).
/// `None` when it is anything else or over 2^64 bytes.
#[must_use]
pub const fn parse_size(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let Some((number, at)) = digits(bytes, 0) else {
        return None;
    };
    let shift = match (
        byte(bytes, at),
        byte(bytes, at + 1),
        byte(bytes, at + 2),
        bytes.len() - at,
    ) {
        (_, _, _, 0) | (b'B', _, _, 1) => 0,
        (b'K', b'i', b'B', 3) => 10,
        (b'M', b'i', b'B', 3) => 20,
        (b'G', b'i', b'B', 3) => 30,
        (b'T', b'i', b'B', 3) => 40,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

/// Writes a duration as [`parse_duration`] reads it: `1m30s`, `200ms`, `0s`. Parts below a
/// millisecond are dropped.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut text = String::new();
    for (unit, millis) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        if left >= millis {
            text.push_str(&format!("{}{unit}", left / millis));
            left %= millis;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

/// Writes a size as [`parse_size`] reads it, in the largest unit that divides it.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// The byte at `at`, or NUL (which is no unit) after the end.
const fn byte(bytes: &[u8], at: usize) -> u8 {
    if at < bytes.len() { bytes[at] } else { 0 }
}

/// The decimal number that starts at `at`, and where it ends.
const fn digits(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let start = at;
    let mut number: u64 = 0;
    while at < bytes.len() && bytes[at].is_ascii_digit() {
        let Some(tens) = number.checked_mul(10) else {
            return None;
        };
        let Some(sum) = tens.checked_add((bytes[at] - b'0') as u64) else {
            return None;
        };
        number = sum;
        at += 1;
    }
    if at == start {
        None
    } else {
        Some((number, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_their_parts() {
        for (text, millis) in [
            ("200ms", 200),
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "30",
            "s",
            "30 s",
            "-1s",
            "1.5s",
            "30sec",
            "99999999999d",
            "18446744073709551616s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("4KiB", 4096),
            ("16MiB", 16 << 20),
            ("1GiB", 1 << 30),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["0s", "200ms", "30s", "1m30s", "2h", "1d1ms"] {
            assert_eq!(
                parse_duration(text).map(format_duration).as_deref(),
                Some(text)
            );
        }
        for text in ["0", "17", "4KiB", "1025", "16MiB", "1GiB", "3TiB"] {
            assert_eq!(parse_size(text).map(format_size).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "MiB",
            "4MB",
            "4mib",
            "4 MiB",
            "-1",
            "1.5GiB",
            "16777216TiB",
        ] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
