//! Reading a log, and the rivals on the same bytes: splitting it into lines, which is the least anybody
//! does who reads it, and a set of regular expressions, which is what a general log shipper offers.

use std::hint::black_box;
use std::time::Duration;

use regex::bytes::RegexSet;
use sentinel_parsers::ledger::Ledger;
use sentinel_parsers::redact::{Key, Options, Redactor};
use sentinel_parsers::{Parser, ParserOptions};

use crate::figures::thread_cpu;
use crate::log::Log;

/// Bytes handed over at once, as the sidecar reads them.
pub const CHUNK: usize = 64 * 1024;

/// Makes parsers that take secrets out first, by every rule.
#[derive(Clone, Debug)]
pub struct Redacting(Redactor);

impl Redacting {
    /// Every rule.
    ///
    /// # Errors
    /// A line that says what is wrong.
    pub fn new() -> Result<Redacting, String> {
        let options = Options::new(Key::new(b"of the benchmark"));
        Redactor::new(&options).map(Redacting)
    }

    /// A parser that has read nothing yet.
    #[must_use]
    pub fn parser(&self) -> Parser {
        ParserOptions::new().redactor(self.0.fork()).parser()
    }
}

/// Reads the log and counts what was recognised.
#[must_use]
pub fn parse(bytes: &[u8]) -> u64 {
    read(Parser::new(), bytes)
}

/// Reads the log with the parser given and counts what was recognised.
#[must_use]
pub fn read(mut parser: Parser, bytes: &[u8]) -> u64 {
    let mut events = 0;
    for chunk in bytes.chunks(CHUNK) {
        parser.feed(chunk, &mut |_| events += 1);
    }
    parser.finish(&mut |_| events += 1);
    events
}

/// Splits the log into lines and gives each away, unread.
#[must_use]
pub fn split(bytes: &[u8]) -> u64 {
    let (mut lines, mut from, mut begin) = (0, 0, 0);
    for chunk in bytes.chunks(CHUNK) {
        for end in memchr::memchr_iter(b'\n', chunk) {
            black_box(&bytes[from..begin + end]);
            from = begin + end + 1;
            lines += 1;
        }
        begin += chunk.len();
    }
    lines
}

/// Lines that any of the expressions matches.
#[must_use]
pub fn any_match(set: &RegexSet, bytes: &[u8]) -> u64 {
    let (mut matching, mut from) = (0, 0);
    for end in memchr::memchr_iter(b'\n', bytes) {
        matching += u64::from(set.is_match(&bytes[from..end]));
        from = end + 1;
    }
    matching
}

/// Matches of each line with each of the expressions.
#[must_use]
pub fn every_match(set: &RegexSet, bytes: &[u8]) -> u64 {
    let (mut matches, mut from) = (0, 0);
    for end in memchr::memchr_iter(b'\n', bytes) {
        matches += set.matches(&bytes[from..end]).iter().count() as u64;
        from = end + 1;
    }
    matches
}

/// Reads the log once more and looks whether the right tests came out; gives the number of events.
///
/// # Errors
/// A line that says what is wrong.
pub fn verify(log: &Log) -> Result<u64, String> {
    let (mut parser, mut ledger, mut events) = (Parser::new(), Ledger::new(), 0);
    let mut take = |event: &sentinel_parsers::Event<'_>| {
        events += 1;
        ledger.apply(event);
    };
    for chunk in log.bytes.chunks(CHUNK) {
        parser.feed(chunk, &mut take);
    }
    parser.finish(&mut take);
    let (name, lines) = (log.name, split(&log.bytes));
    if parser.lines() != lines {
        return Err(format!("{name}: {} lines of {lines} read", parser.lines()));
    }
    if ledger.totals() != log.totals {
        let (found, told) = (ledger.totals(), log.totals);
        return Err(format!("{name}: found {found:?}, printed {told:?}"));
    }
    if log.totals.is_zero() && events > 0 {
        return Err(format!("{name}: {events} events in a log without tests"));
    }
    Ok(events)
}

/// Something that is timed; gives what it counted.
pub type Work<'w> = &'w mut dyn FnMut() -> u64;

/// The least processor time of several tries of each, in turn: machines are disturbed in one direction
/// only, and for longer than one try takes. Beside it what was counted.
///
/// # Errors
/// When a try does not give what the first gave.
pub fn best<const N: usize>(
    tries: u32,
    mut works: [Work<'_>; N],
) -> Result<[(Duration, u64); N], String> {
    let mut found = works.each_mut().map(|work| (Duration::MAX, work()));
    for _ in 0..tries.max(1) {
        for (work, (shortest, expected)) in works.iter_mut().zip(&mut found) {
            let begun = thread_cpu()?;
            let counted = black_box(work());
            *shortest = thread_cpu()?.saturating_sub(begun).min(*shortest);
            if counted != *expected {
                return Err(format!("{counted} where {expected} were found before"));
            }
        }
    }
    Ok(found)
}

/// One line of the table of [`compare`].
#[derive(Clone, Copy, Debug)]
pub struct Speeds {
    /// Lines of the log.
    pub lines: u64,
    /// Events recognised.
    pub events: u64,
    /// Time to read it.
    pub parse: Duration,
    /// Time to split it into lines.
    pub split: Duration,
}

/// Verifies the log, then times reading and splitting it.
///
/// # Errors
/// A line that says what is wrong.
pub fn compare(log: &Log, tries: u32) -> Result<Speeds, String> {
    let told = verify(log)?;
    let [(split, lines), (parse, events)] = best(
        tries,
        [&mut || split(black_box(&log.bytes)), &mut || {
            parse(black_box(&log.bytes))
        }],
    )?;
    if events != told {
        let name = log.name;
        return Err(format!("{name}: {events} events, {told} when verified"));
    }
    Ok(Speeds {
        lines,
        events,
        parse,
        split,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log;
    use sentinel_parsers::event::Status;

    #[test]
    fn every_generated_log_holds_the_tests_it_says() {
        for log in log::all(2_500) {
            assert!(verify(&log).is_ok(), "{:?}", verify(&log));
        }
    }

    #[test]
    fn a_log_with_other_totals_is_refused() {
        for mut log in log::all(200) {
            log.totals.add(Status::Passed, 1);
            assert!(verify(&log).is_err(), "{}", log.name);
        }
    }

    #[test]
    fn rivals_see_every_line() {
        let mut log = vec![b'\n'; 3];
        log.extend_from_slice("ok 1 fine\n".repeat(2 * CHUNK / 10).as_bytes());
        let lines = 3 + 2 * CHUNK as u64 / 10;
        assert_eq!(split(&log), lines);
        let set = RegexSet::new(["^ok", "fine$", "^$"]).unwrap();
        assert_eq!(any_match(&set, &log), lines);
        assert_eq!(every_match(&set, &log), 2 * lines - 3);
    }

    #[test]
    fn a_work_that_counts_differently_is_refused() {
        let mut n = 0;
        let counted = best(
            1,
            [&mut || 1, &mut || {
                n += 1;
                n
            }],
        );
        assert_eq!(counted, Err("2 where 1 were found before".to_owned()));
    }
}
