//! The test that the latest line was about: what the lines of one test have in common is neither read again nor asked
//! for secrets again.

use std::cell::Cell;

use super::record::{ACTION, OUTPUT, PACKAGE, Record, TEST, TIME, is_action};
use crate::dialect::flat_json::RawStr;
use crate::places::{all_alnum_or, digits, equal, quote_or_escape};

/// Length of the words that frame what a test prints.
const WORD: usize = 10;

/// Longest text remembered: longer ones are not worth it.
const LONGEST: usize = 1024;

/// Package and test of a line that was read.
#[derive(Default)]
pub(super) struct Seen {
    /// `,"Package":"...","Test":"..."` as it stood there, or nothing.
    text: String,
    /// Length of the package's name.
    package: usize,
    /// Where the action begins and ends of the line that was asked about last.
    action: Cell<(usize, usize)>,
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
        for part in [PACKAGE, package, "\"", TEST, test, "\""] {
            self.text.push_str(part);
        }
        self.package = package.len();
    }

    /// Up to where the line holds nothing but a time, an action and what is remembered: package and test, or the package
    /// alone; 0 if it begins otherwise. To its end, if what follows only frames what the test printed.
    #[inline]
    pub(super) fn known(&self, text: &str) -> usize {
        self.known_in(text).unwrap_or(0)
    }

    #[inline]
    fn known_in(&self, text: &str) -> Option<usize> {
        if self.text.is_empty() || !text.starts_with(TIME) {
            return None;
        }
        // The time is followed by a quote.
        let behind = TIME.len() + time(text.as_bytes().get(TIME.len()..)?)? + 1;
        let from = behind + ACTION.len();
        if text.get(behind..from)? != ACTION {
            return None;
        }
        let end = quote_or_escape(text.as_bytes(), from)?;
        self.action.set((from, end));
        let action = &text[from..end];
        let rest = text[end..]
            .strip_prefix('"')
            .filter(|_| is_action(action))?;
        if let Some(rest) = rest.strip_prefix(&*self.text).filter(|r| !r.is_empty()) {
            let frames = action == "output" && self.is_frame(rest);
            return Some(text.len() - if frames { 0 } else { rest.len() });
        }
        let rest = rest.strip_prefix(self.package_text())?;
        names_test(rest).then(|| text.len() - rest.len())
    }

    /// `,"Package":"..."`
    fn package_text(&self) -> &str {
        &self.text[..PACKAGE.len() + self.package + 1]
    }

    /// The test's name.
    fn test(&self) -> &str {
        &self.text[self.package_text().len() + TEST.len()..self.text.len() - 1]
    }

    /// `=== RUN   TestCart`, `    --- PASS: TestCart/adds (0.00s)`: what the record of the run and of its end say as
    /// well.
    fn is_frame(&self, rest: &str) -> bool {
        let frame = || {
            let printed = rest.strip_prefix(OUTPUT)?.trim_start_matches(' ');
            let (word, behind) = printed.split_at_checked(WORD)?;
            let behind = behind.strip_prefix(self.test())?;
            match word {
                "=== RUN   " | "=== PAUSE " | "=== CONT  " | "=== NAME  " => Some(behind),
                "--- PASS: " | "--- FAIL: " | "--- SKIP: " => {
                    let seconds = behind.strip_prefix(" (")?;
                    let other = |b: u8| !(b.is_ascii_digit() || b == b'.');
                    seconds[seconds.bytes().position(other)?..].strip_prefix("s)")
                }
                _ => None,
            }
        };
        frame() == Some("\\n\"}")
    }

    /// Reads the record of the line that was asked about last and is known up to there; whether it is one.
    #[inline]
    pub(super) fn is_read<'a>(&self, record: &mut Record<'a>, text: &'a str, known: usize) -> bool {
        let (from, end) = self.action.get();
        let package = end + 1 + PACKAGE.len();
        // Behind the package, and behind the test.
        let (other, same) = (package + self.package + 1, end + 1 + self.text.len());
        record.package = text.get(package..other - 1).map(RawStr::plain);
        let (Some(action), Some(_)) = (text.get(from..end), record.package) else {
            return false;
        };
        record.action = RawStr::plain(action);
        if known == other {
            return record.about_test(text, known);
        }
        let test = text.get(other + TEST.len()..same - 1);
        record.test = test.filter(|_| known == same).map(RawStr::plain);
        record.test.is_some() && record.goes_on(text, known)
    }
}

/// Whether the test is named behind what is known of a line.
#[inline]
pub(super) fn names_test(rest: &str) -> bool {
    rest.starts_with(TEST)
}

/// Whether a name holds only what can stand in a word.
fn is_plain(name: &str) -> bool {
    all_alnum_or(name.as_bytes(), *b"_./-#")
}

/// Length of the time (RFC 3339) at the beginning, if a quote stands behind it.
#[inline]
fn time(bytes: &[u8]) -> Option<usize> {
    /// Up to the minutes, and which of those bytes are digits.
    const SHAPE: &[u8; 16] = b"0000-00-00T00:00";
    const DIGITS: u64 = 0b1101_1011_0110_1111;
    /// The seconds.
    const SECONDS: u64 = 0b110;
    let first = bytes.first_chunk::<16>()?;
    let minutes = digits(first);
    let others = equal(first, SHAPE) | DIGITS == u64::from(u16::MAX);
    let rest = &bytes[16..];
    let digits_behind = digits(rest.first_chunk::<16>()?);
    if minutes != DIGITS || !others || rest[0] != b':' || digits_behind & 0b1111 != SECONDS {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A line about a test.
    fn line(time: &str, action: &str, names: (&str, &str), rest: &str) -> String {
        let (package, test) = names;
        format!("{TIME}{time}\"{ACTION}{action}\"{PACKAGE}{package}\"{TEST}{test}\"{rest}")
    }

    /// What is remembered of a line.
    fn seen(line: &str) -> Seen {
        let mut seen = Seen::default();
        seen.note(&Record::usual(line).unwrap());
        seen
    }

    fn read<'a>(seen: &Seen, line: &'a str, known: usize) -> Option<Record<'a>> {
        let mut record = Record::default();
        seen.is_read(&mut record, line, known).then_some(record)
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
            ",\"Output\":\"=== RUN   TestCart/adds#02\\n\"}",
            ",\"Output\":\"--- PASS: TestCart/adds#01 (x)\\n\"}",
            ",\"Output\":\"--- DONE: TestCart/adds#01\\n\"}",
            ",\"Output\":\"\"}",
        ];
        for (time, rest) in times.iter().flat_map(|t| rests.map(|r| (t, r))) {
            for action in ["run", "output", "pass"] {
                let line = line(time, action, names, rest);
                let known = seen.known(&line);
                assert_eq!(&line[known..], rest);
                let usual = Record::usual(&line);
                assert!(usual.is_some());
                assert_eq!(read(&seen, &line, known), usual);
            }
        }
    }

    #[test]
    fn what_frames_output_is_known_to_its_end() {
        let names = ("p", "TestCart/adds");
        let time = "2026-03-01T00:00:00Z";
        let seen = seen(&line(time, "run", names, "}"));
        for printed in [
            "=== RUN   TestCart/adds",
            "    --- PASS: TestCart/adds (0.00s)",
            "--- FAIL: TestCart/adds (12s)",
            "=== CONT  TestCart/adds",
        ] {
            let rest = format!(",\"Output\":\"{printed}\\n\"}}");
            let output = line(time, "output", names, &rest);
            assert_eq!(seen.known(&output), output.len(), "{printed}");
            let other = line(time, "run", names, &rest);
            assert_eq!(&other[seen.known(&other)..], rest);
        }
    }

    #[test]
    fn of_another_test_the_package_is_known() {
        let time = "2026-03-01T00:00:00Z";
        let seen = seen(&line(time, "run", ("shop/cart", "TestA"), "}"));
        for test in ["TestB", "Test", "TestAB", "", "a=\\u0022b"] {
            let other = line(time, "run", ("shop/cart", test), ",\"Elapsed\":1}");
            let known = seen.known(&other);
            assert_eq!(&other[known..], format!("{TEST}{test}\",\"Elapsed\":1}}"));
            let usual = Record::usual(&other);
            assert!(usual.is_some());
            assert_eq!(read(&seen, &other, known), usual);
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
            known(&line(time, "run", ("example.com/b", "TestCart"), "}")),
            0
        );
        assert_eq!(known(""), 0);
        assert_eq!(Seen::default().known(&seen_line), 0);
    }

    #[test]
    fn a_line_that_is_torn_behind_the_test_is_no_record() {
        let line = line("2026-03-01T00:00:00Z", "run", ("p", "TestCart"), "}");
        let (seen, torn) = (seen(&line), line.trim_end_matches('}'));
        let known = seen.known(torn);
        assert!(known < torn.len());
        assert_eq!(read(&seen, torn, known), None);
    }

    #[test]
    fn names_that_could_give_what_follows_a_meaning_are_not_remembered() {
        for name in ["a=b", "a:b", "a b", "a\\u0026", "a@b", "a%3Db", "a>b", "ä"] {
            let line = line("2026-03-01T00:00:00Z", "run", ("p", name), "}");
            assert_eq!(seen(&line).known(&line), 0, "{name}");
        }
    }
}
