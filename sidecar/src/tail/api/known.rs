//! How far a log was read through the logs API, and how that place is found again.
//!
//! The API knows no offsets: it gives the lines since a second, of the file that is there now. So of the last seconds it
//! is known how many lines came since the first of each, with a hash over them: where as many lines since the first of
//! the same second have the same hash, the next line is the first that is new.

use serde::{Deserialize, Serialize};

/// Seconds of which lines are counted: a line may be this much older than the one before it.
const SECONDS: usize = 4;
/// Bytes of a time without its fraction: `2026-11-27T08:00:00`.
const SECOND: usize = 19;
/// Bytes in which a line's time ends.
const STAMP: usize = 40;

/// The time of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Up to the second, as it is written.
    second: String,
    nanos: u32,
    /// `Z`, or how far from it: the same in all lines of a container.
    zone: String,
}

impl Stamp {
    /// The time that a line begins with; `None` for what is no line of a log.
    pub(super) fn of(line: &[u8]) -> Option<Stamp> {
        let head = &line[..line.len().min(STAMP)];
        let end = head.iter().position(|b| *b == b' ' || *b == b'\n');
        let word = std::str::from_utf8(&head[..end.unwrap_or(head.len())]).ok()?;
        let (second, rest) = word.split_at_checked(SECOND)?;
        let shape = |(i, b): (usize, u8)| match i {
            4 | 7 => b == b'-',
            10 => b == b'T',
            13 | 16 => b == b':',
            _ => b.is_ascii_digit(),
        };
        if !second.bytes().enumerate().all(shape) {
            return None;
        }
        let fraction = rest.strip_prefix('.').unwrap_or_default();
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, zone) = match rest.starts_with('.') {
            true => fraction.split_at(digits),
            false => ("0", rest),
        };
        // Trailing zeros are left out.
        let nanos = format!("{digits:0<9}").get(..9)?.parse().ok()?;
        let fits = |b: u8| b.is_ascii_digit() || b"Z+-:".contains(&b);
        (!zone.is_empty() && zone.bytes().all(fits)).then(|| Stamp {
            second: second.to_owned(),
            nanos,
            zone: zone.to_owned(),
        })
    }
}

/// Lines since the first of a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Since {
    second: String,
    lines: u64,
    hash: u64,
}

impl Since {
    fn take(&mut self, line: u64) {
        self.lines += 1;
        self.hash = mixed(self.hash, &line.to_le_bytes());
    }
}

/// What is known of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Bytes of the stream that were read or lost.
    pub(super) offset: u64,
    /// The first line of the stream, as long as nothing before it is lost.
    pub(super) head: Option<u64>,
    latest: Stamp,
    /// In order; the last is that of the latest line.
    seconds: Vec<Since>,
}

impl Known {
    /// Only the first line is known.
    pub(super) fn of_head(head: Option<u64>) -> Known {
        Known {
            head,
            ..Known::default()
        }
    }

    /// Nothing is known of what follows this offset.
    pub(super) fn after_loss(offset: u64) -> Known {
        Known {
            offset,
            ..Known::default()
        }
    }

    /// Whether nothing was read.
    pub(super) fn is_blank(&self) -> bool {
        self.seconds.is_empty()
    }

    /// The time from which lines are to be asked for, so that the place is among them.
    pub(super) fn since(&self) -> Option<String> {
        let first = self.seconds.first()?;
        Some(format!("{}{}", first.second, self.latest.zone))
    }

    /// A line was read.
    pub(super) fn take(&mut self, line: &[u8], stamp: Stamp) {
        let hash = hash(line);
        if self.offset == 0 {
            self.head = Some(hash);
        }
        self.offset += line.len() as u64;
        if self.seconds.last().is_none_or(|s| s.second < stamp.second) {
            if self.seconds.len() == SECONDS {
                self.seconds.remove(0);
            }
            self.seconds.push(Since {
                second: stamp.second.clone(),
                lines: 0,
                hash: 0,
            });
        }
        // Older lines are not given by the API.
        let oldest = self.seconds.first().map(|s| s.second.clone());
        if oldest.is_some_and(|oldest| oldest <= stamp.second) {
            self.seconds.iter_mut().for_each(|s| s.take(hash));
        }
        self.latest = std::mem::take(&mut self.latest).max(stamp);
    }

    /// How the place is found again.
    pub(super) fn search(&self) -> Search {
        let blank = |since: &Since| Since {
            second: since.second.clone(),
            lines: 0,
            hash: 0,
        };
        Search {
            wanted: self.seconds.clone(),
            seen: self.seconds.iter().map(blank).collect(),
            latest: self.latest.clone(),
        }
    }
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It was read before.
    Before,
    /// It was read before, and the next is new.
    Last,
    /// It is new, and what came between it and the last that was read is not there.
    Lost,
}

/// The search for the place up to which a log was read.
#[derive(Debug)]
pub(super) struct Search {
    wanted: Vec<Since>,
    seen: Vec<Since>,
    latest: Stamp,
}

impl Search {
    /// Looks at the next line.
    pub(super) fn look(&mut self, line: &[u8], stamp: &Stamp) -> Found {
        if *stamp > self.latest {
            return Found::Lost;
        }
        let hash = hash(line);
        let since = self.seen.iter_mut().zip(&self.wanted);
        let mut found = false;
        let begun = |seen: &Since| seen.lines > 0 || seen.second <= stamp.second;
        for (seen, wanted) in since.filter(|(seen, _)| begun(seen)) {
            seen.take(hash);
            found |= seen == wanted;
        }
        match found {
            true => Found::Last,
            false => Found::Before,
        }
    }
}

/// Of a line, or its first if it is to be told from another's first.
pub(super) fn hash(line: &[u8]) -> u64 {
    mixed(0, line)
}

/// FNV-1a from a state on. Only its own container could make lines that collide, and loses nothing but its own.
fn mixed(state: u64, bytes: &[u8]) -> u64 {
    let basis = 0xcbf2_9ce4_8422_2325 ^ state;
    bytes.iter().fold(basis, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: &str, text: &str) -> Vec<u8> {
        format!("2026-11-27T08:00:{time}Z {text}\n").into_bytes()
    }

    fn take(known: &mut Known, line: &[u8]) {
        known.take(line, Stamp::of(line).unwrap());
    }

    /// Reads the first lines, and looks for the place in what the API gives of the file that begins with another: how
    /// many lines are new, how many come from where something is lost, or nothing if neither is seen.
    fn again(lines: &[Vec<u8>], read: usize, from: usize) -> Option<Result<usize, usize>> {
        let mut known = Known::default();
        lines[..read].iter().for_each(|line| take(&mut known, line));
        let since = known.since().unwrap();
        let mut search = known.search();
        let given = lines[from..].iter().enumerate();
        for (n, line) in given.filter(|(_, l)| l[..SECOND] >= since.as_bytes()[..SECOND]) {
            match search.look(line, &Stamp::of(line).unwrap()) {
                Found::Before => {}
                Found::Last => return Some(Ok(lines.len() - from - n - 1)),
                Found::Lost => return Some(Err(lines.len() - from - n)),
            }
        }
        None
    }

    #[test]
    fn times_are_read_as_kubelets_write_them() {
        let stamp = |text: &str| Stamp::of(text.as_bytes());
        let short = stamp("2026-11-27T08:00:00.5Z x").unwrap();
        assert!(short > stamp("2026-11-27T08:00:00.49Z x").unwrap());
        assert!(short > stamp("2026-11-27T08:00:00Z x").unwrap());
        assert_eq!(
            stamp("2026-11-27T08:00:00.000000001+02:00 ").unwrap().zone,
            "+02:00"
        );
        for odd in [
            "",
            "unable to retrieve container logs for x",
            "2026-11-27 08:00:00Z",
            "2026-11-27T08:00:00 x",
        ] {
            assert_eq!(stamp(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_place_is_found_again_after_any_line_of_any_mixture_of_times() {
        // Equal times, equal lines, lines out of order over the border of a second, and pauses.
        let lines = [
            line("00", "a"),
            line("00", "a"),
            line("00.5", "b"),
            line("01.1", "c"),
            line("00.9", "d"),
            line("01.1", "c"),
            line("01.1", "c"),
            line("02", "e"),
            line("09", "f"),
            line("09", "f"),
            line("09", "f"),
        ];
        for read in 1..=lines.len() {
            assert_eq!(
                again(&lines, read, 0),
                Some(Ok(lines.len() - read)),
                "{read}"
            );
        }
    }

    #[test]
    fn what_was_rotated_away_after_the_place_is_lost_and_before_it_is_not() {
        let lines: Vec<_> = (10..40).map(|n| line(&format!("{n}"), "x")).collect();
        // The file begins with lines that were read.
        assert_eq!(again(&lines, 20, 19), Some(Ok(10)));
        assert_eq!(again(&lines, 20, 18), Some(Ok(10)));
        // It begins with ones that were not.
        assert_eq!(again(&lines, 20, 25), Some(Err(5)));
        assert_eq!(
            again(&lines, 20, 20),
            Some(Err(10)),
            "nobody knows that nothing came between"
        );
    }

    proptest::proptest! {
        #[test]
        fn the_place_is_found_exactly_or_not_at_all(
            steps in proptest::collection::vec((0u64..1500, 0u64..400), 2..60),
            (read, from) in (1usize..60, 0usize..60),
        ) {
            let mut millis = 1_000;
            let lines: Vec<_> = steps.iter().enumerate().map(|(n, (step, behind))| {
                millis += step;
                let at = millis - behind;
                let (minute, second, rest) = (at / 60_000, at / 1_000 % 60, at % 1_000);
                format!("2026-11-27T08:{minute:02}:{second:02}.{rest:03}Z {n}\n").into_bytes()
            }).collect();
            let (read, from) = (read.min(lines.len()), from.min(lines.len() - 1));
            match again(&lines, read, from) {
                Some(Ok(new)) => proptest::prop_assert_eq!(new, lines.len() - read),
                // Nothing that was read is told again.
                Some(Err(new)) => proptest::prop_assert!(from > 0 && new <= lines.len() - read),
                None => proptest::prop_assert!(from > 0),
            }
        }
    }
}
