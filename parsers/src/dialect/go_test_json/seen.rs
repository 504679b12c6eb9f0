//! The test that the latest line was about: what the lines of one test have in common is neither read again nor asked
//! for secrets again.

use wide::u8x16;

use super::record::{Record, is_action};
use crate::dialect::flat_json::RawStr;
use crate::places::quote_or_escape;

const TIME: &str = "{\"Time\":\"";
const ACTION: &str = "\",\"Action\":\"";
const PACKAGE: &str = ",\"Package\":\"";
const TEST: &str = "\",\"Test\":\"";

/// Longest text remembered: longer ones are not worth it.
const LONGEST: usize = 1024;

/// Package and test of a line that was read.
#[derive(Default)]
pub(super) struct Seen {
    /// `,"Package":"...","Test":"..."` as it stood there, or nothing.
    text: String,
    /// Length of the package's name.
    package: usize,
}

impl Seen {
    /// Remembers what the record is about, if nothing in it could give what follows another meaning: letters, digits and
    /// a few more, of which none parts a name from its value.
    pub(super) fn note(&mut self, record: &Record<'_>) {
        self.text.clear();
        let (Some(package), Some(test)) = (record.package, record.test) else {
            return;
        };
        let (package, test) = (package.escaped(), test.escaped());
        if package.len() + test.len() > LONGEST || !is_plain(package) || !is_plain(test) {
            return;
        }
        for part in [PACKAGE, package, TEST, test, "\""] {
            self.text.push_str(part);
        }
        self.package = package.len();
    }

    /// Up to where the line holds nothing but a time, an action and what is remembered; 0 if it begins otherwise.
    #[inline]
    pub(super) fn known(&self, text: &str) -> usize {
        self.known_in(text).unwrap_or(0)
    }

    #[inline]
    fn known_in(&self, text: &str) -> Option<usize> {
        if self.text.is_empty() || !text.starts_with(TIME) {
            return None;
        }
        let time = time(text.as_bytes().get(TIME.len()..)?)?;
        let from = TIME.len() + time + ACTION.len();
        if text.get(TIME.len() + time..from)? != ACTION {
            return None;
        }
        let end = quote_or_escape(text.as_bytes(), from)?;
        let known = end + 1 + self.text.len();
        let same = text.get(end + 1..known)? == self.text;
        (same && text.as_bytes()[end] == b'"' && is_action(&text[from..end])).then_some(known)
    }

    /// The record of a line that is known up to there.
    #[inline]
    pub(super) fn record<'a>(&self, text: &'a str, known: usize) -> Option<Record<'a>> {
        let from = known.checked_sub(self.text.len())?;
        let action = text.get(..from)?.strip_suffix('"')?;
        // A word of a few letters: looked for from behind, it is found sooner than a search begins.
        let quote = action.bytes().rposition(|b| b == b'"')?;
        let action = action.get(quote + 1..)?;
        let package = from + PACKAGE.len();
        let test = package + self.package + TEST.len();
        let record = Record {
            action: RawStr::plain(action),
            package: Some(RawStr::plain(text.get(package..package + self.package)?)),
            test: Some(RawStr::plain(text.get(test..known - 1)?)),
            ..Record::default()
        };
        record.goes_on(text, known)
    }
}

/// Whether a name holds only what can stand in a word.
fn is_plain(name: &str) -> bool {
    let is = |b: u8| b.is_ascii_alphanumeric() | matches!(b, b'_' | b'.' | b'/' | b'-' | b'#');
    name.bytes().fold(true, |all, b| all & is(b))
}

/// Length of the time (RFC 3339) at the beginning, if a quote stands behind it.
#[inline]
fn time(bytes: &[u8]) -> Option<usize> {
    /// Up to the minutes, and which of those bytes are digits.
    const SHAPE: &[u8; 16] = b"0000-00-00T00:00";
    const DIGITS: u32 = 0b1101_1011_0110_1111;
    /// The seconds.
    const SECONDS: u32 = 0b110;
    let first = bytes.first_chunk::<16>()?;
    let digits = digits_of(first);
    let others = first
        .iter()
        .zip(SHAPE)
        .fold(true, |all, (b, s)| all & ((b == s) | (*s == b'0')));
    let rest = &bytes[16..];
    let digits_behind = digits_of(rest.first_chunk::<16>()?);
    if digits != DIGITS || !others || rest[0] != b':' || digits_behind & 0b1111 != SECONDS {
        return None;
    }
    // At most so many digits as there are bytes left of the sixteen.
    let at = match rest[3] {
        b'.' => 4 + (digits_behind >> 4).trailing_ones() as usize,
        _ => 3,
    };
    let length = match rest.get(at..)? {
        [b'Z', b'"', ..] => at + 1,
        [b'+' | b'-', zone @ ..] => {
            let zone = zone.first_chunk::<6>()?;
            let shape = b"00:00\"";
            let fits = |(b, s): (&u8, &u8)| match s {
                b'0' => b.is_ascii_digit(),
                other => b == other,
            };
            zone.iter().zip(shape).all(fits).then_some(at + 6)?
        }
        _ => return None,
    };
    Some(16 + length)
}

/// A bit for every digit.
#[inline]
fn digits_of(bytes: &[u8; 16]) -> u32 {
    let value = u8x16::from(*bytes) - u8x16::splat(b'0');
    value.min(u8x16::splat(9)).simd_eq(value).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line about a test.
    fn line(time: &str, action: &str, names: (&str, &str), rest: &str) -> String {
        let (package, test) = names;
        format!("{TIME}{time}{ACTION}{action}\"{PACKAGE}{package}{TEST}{test}\"{rest}")
    }

    /// What is remembered of a line.
    fn seen(line: &str) -> Seen {
        let mut seen = Seen::default();
        seen.note(&Record::usual(line).unwrap());
        seen
    }

    #[test]
    fn a_line_about_the_same_test_is_read_as_any() {
        let names = ("example.com/a-b", "TestCart/adds#01");
        let seen = seen(&line("2026-03-01T00:00:00Z", "run", names, "}"));
        let times = [
            "2026-03-01T00:00:01Z",
            "2026-03-01T00:00:01.5Z",
            "2026-03-01T00:00:01.123456789Z",
            "2026-03-01T00:00:01.123456789+05:30",
            "2026-03-01T00:00:01-08:00",
        ];
        let rests = [
            "}",
            ",\"Elapsed\":0.25}",
            ",\"Output\":\"=== RUN\\n\"}",
            ",\"Output\":\"\"}",
        ];
        for (time, rest) in times.iter().flat_map(|t| rests.map(|r| (t, r))) {
            for action in ["run", "output", "pass"] {
                let line = line(time, action, names, rest);
                let known = seen.known(&line);
                assert_eq!(&line[known..], rest);
                let usual = Record::usual(&line);
                assert!(usual.is_some());
                assert_eq!(seen.record(&line, known), usual);
            }
        }
    }

    #[test]
    fn other_lines_are_not_known() {
        let names = ("example.com/a", "TestCart");
        let time = "2026-03-01T00:00:00Z";
        let seen_line = line(time, "run", names, "}");
        let known = |line: &str| seen(&seen_line).known(line);
        assert!(known(&seen_line) > 0);
        for time in [
            "2026-03-01T00:00:0xZ",
            "2026-03-01 00:00:00Z",
            "2026-03-01T00:00:00",
            "2026-03-01T00:00:00.Zx",
            "2026-03-01T00:00:00+0530",
            "2026-03-01T00:00:00.1234567890123Z",
            "4111111111111111",
            "",
        ] {
            assert_eq!(known(&line(time, "run", names, "}")), 0, "{time}");
        }
        assert_eq!(known(&line(time, "secret=hunter2222", names, "}")), 0);
        assert_eq!(
            known(&line(time, "run", ("example.com/a", "TestCar"), "}")),
            0
        );
        assert_eq!(
            known(&line(time, "run", ("example.com/b", "TestCart"), "}")),
            0
        );
        assert_eq!(known(""), 0);
        assert_eq!(Seen::default().known(&seen_line), 0);
    }

    #[test]
    fn names_that_could_give_what_follows_a_meaning_are_not_remembered() {
        for name in ["a=b", "a:b", "a b", "a\\u0026", "a@b", "a%3Db", "a>b", "ä"] {
            let line = line("2026-03-01T00:00:00Z", "run", ("p", name), "}");
            assert_eq!(seen(&line).known(&line), 0, "{name}");
        }
    }
}
