//! Reading a log, and the least anybody can do who reads it: find its line ends.

use std::time::Duration;

use sentinel_parsers::Parser;
use sentinel_parsers::ledger::Ledger;

use crate::figures::thread_cpu;
use crate::log::Log;

/// Bytes handed over at once, as the sidecar reads them.
const CHUNK: usize = 64 * 1024;

/// Reads the log and counts what was recognised.
#[must_use]
pub fn parse(bytes: &[u8]) -> u64 {
    let (mut parser, mut events) = (Parser::new(), 0);
    for chunk in bytes.chunks(CHUNK) {
        parser.feed(chunk, &mut |_| events += 1);
    }
    parser.finish(&mut |_| events += 1);
    events
}

/// Finds the line ends of the log: the limit of whoever looks at every byte.
#[must_use]
pub fn scan(bytes: &[u8]) -> u64 {
    let chunks = bytes.chunks(CHUNK);
    chunks
        .map(|chunk| memchr::memchr_iter(b'\n', chunk).count() as u64)
        .sum()
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
    let (name, lines) = (log.name, scan(&log.bytes));
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

/// The least processor time of several tries; machines are disturbed in one direction only.
///
/// # Errors
/// When a try does not give what the first gave.
pub fn best(tries: u32, mut work: impl FnMut() -> u64) -> Result<(Duration, u64), String> {
    let expected = work();
    let mut shortest = Duration::MAX;
    for _ in 0..tries.max(1) {
        let begun = thread_cpu()?;
        let found = std::hint::black_box(work());
        shortest = shortest.min(thread_cpu()?.saturating_sub(begun));
        if found != expected {
            return Err(format!("found {found} where {expected} were found before"));
        }
    }
    Ok((shortest, expected))
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
    /// Time to find its line ends.
    pub scan: Duration,
}

/// Verifies the log, then times reading it and scanning it.
///
/// # Errors
/// A line that says what is wrong.
pub fn compare(log: &Log, tries: u32) -> Result<Speeds, String> {
    let told = verify(log)?;
    let (scan, lines) = best(tries, || scan(std::hint::black_box(&log.bytes)))?;
    let (parse, events) = best(tries, || parse(std::hint::black_box(&log.bytes)))?;
    if events != told {
        let name = log.name;
        return Err(format!("{name}: {events} events, {told} when verified"));
    }
    Ok(Speeds {
        lines,
        events,
        parse,
        scan,
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
}
