//! The block prefilter: finds the lines of a block that may mean something to anybody, at a speed
//! near that of finding line ends, so that ordinary lines are never looked at one by one.
//!
//! Everybody who reads lines names literals ("needles") of which one stands in every line that means
//! anything to them. All needles are searched for in one pass over whole blocks. Four
//! windows of four bytes are taken from each needle; a needle anywhere in a block then has one of them
//! at an offset divisible by four, so only every fourth offset of the block is looked up in a bit set
//! (after Wu and Manber, "A fast algorithm for multi-pattern searching", 1994). What the bit set lets
//! through is listed, then the bytes around it are compared with those around the window in a needle, and
//! what is left with the needles themselves.

mod checks;
mod needles;
mod starts;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub(crate) use needles::{Hit, LOOKBACK, NeedleSet};

use crate::dialect::{DIALECTS, DialectInfo};
use crate::envelope::Envelopes;
use crate::marker;
use crate::redact::Redactor;
use crate::signature::Signatures;

/// Whose needles a line holds. The lowest bits are the dialects', in the order of their table.
pub(crate) type Bits = u64;

/// Dialects the bits have room for.
const DIALECT_ROOM: usize = 56;
const _: () = assert!(DIALECTS.len() <= DIALECT_ROOM, "too many dialects for Bits");

/// Bits of the dialects.
pub(crate) const DIALECT_BITS: Bits = (1 << DIALECT_ROOM) - 1;
/// Sentinel's own markers.
pub(crate) const MARKER: Bits = 1 << 56;
/// The error signatures.
pub(crate) const SIGNATURE: Bits = 1 << 57;
/// The configuration's patterns.
pub(crate) const PATTERN: Bits = 1 << 59;
/// Nobody reads the line for itself, but it has to be looked at.
pub(crate) const LOOK: Bits = 1 << 60;
/// The error signatures need the lines before it too.
pub(crate) const BELOW_HEAD: Bits = 1 << 61;
/// The line shows other text than its bytes: escapes, or carriage returns inside.
pub(crate) const ODD: Bits = 1 << 58;

/// The dialect's bit.
pub(crate) fn dialect_bit(at: usize) -> Bits {
    1 << at
}

/// The dialects that print one object per line.
pub(crate) fn machine_formats() -> Bits {
    static BITS: LazyLock<Bits> = LazyLock::new(|| {
        let rows = DIALECTS.iter().enumerate();
        let json = rows.filter(|(_, info)| matches!(info.id, "go_test_json" | "libtest_json"));
        json.fold(0, |bits, (at, _)| bits | dialect_bit(at))
    });
    *BITS
}

/// The dialects that read lines of text [at once](crate::dialect::Dialect::at_once).
pub(crate) fn read_at_once() -> Bits {
    static BITS: LazyLock<Bits> = LazyLock::new(|| {
        let rows = DIALECTS.iter().enumerate();
        let text = rows.filter(|(_, info)| matches!(info.id, "libtest" | "pytest" | "tap"));
        text.fold(0, |bits, (at, _)| bits | dialect_bit(at))
    });
    *BITS
}

/// The dialects whose needles may stand anywhere in a line that is no object of a machine format.
pub(crate) fn found_anywhere() -> Bits {
    static BITS: LazyLock<Bits> = LazyLock::new(|| {
        let begins = |needle: &&str| needle.starts_with('\n');
        let rows = DIALECTS.iter().enumerate();
        let anywhere = rows.filter(|(_, d)| d.needles.is_empty() || !d.needles.iter().all(begins));
        anywhere.fold(0, |bits, (at, _)| bits | dialect_bit(at)) & !machine_formats()
    });
    *BITS
}

/// A table that is filled on the heap: what was once on the stack stays a process's memory.
fn table<T: Clone, const N: usize>(value: T) -> Box<[T; N]> {
    let filled: Result<Box<[T; N]>, _> = vec![value; N].into_boxed_slice().try_into();
    filled.unwrap_or_else(|_| unreachable!("it has N places"))
}

/// The needles of every dialect, the markers and the signatures.
pub(crate) fn built_in() -> Arc<NeedleSet> {
    static SET: LazyLock<Arc<NeedleSet>> = LazyLock::new(|| Arc::new(of(|_| true, None)));
    Arc::clone(&SET)
}

/// Choices of dialects whose needles are kept.
const CHOICES: usize = 16;

/// The needles of the wanted dialects, the markers and the signatures. Making a set takes
/// milliseconds, and a process makes many parsers of the same choice: the latest choices are kept.
pub(crate) fn chosen(wanted: impl Fn(&DialectInfo) -> bool) -> Arc<NeedleSet> {
    static SETS: Mutex<VecDeque<(Bits, Arc<NeedleSet>)>> = Mutex::new(VecDeque::new());
    let rows = DIALECTS.iter().enumerate().filter(|(_, d)| wanted(d));
    let choice = rows.fold(0, |bits, (at, _)| bits | dialect_bit(at));
    // A set is whole once it is there, so a panic elsewhere spoils none.
    let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, set)) = sets.iter().find(|(of, _)| *of == choice) {
        return Arc::clone(set);
    }
    let set = Arc::new(of(wanted, None));
    if sets.len() == CHOICES {
        sets.pop_front();
    }
    sets.push_back((choice, Arc::clone(&set)));
    set
}

/// The needles of the wanted dialects, the markers, the signatures and a configuration's patterns.
pub(crate) fn of(wanted: impl Fn(&DialectInfo) -> bool, patterns: Option<&[String]>) -> NeedleSet {
    let mut set = NeedleSet::default();
    for (at, info) in DIALECTS.iter().enumerate().filter(|(_, d)| wanted(d)) {
        set.add_all(info.needles.iter().copied(), dialect_bit(at));
        set.look_back(dialect_bit(at), info.lookback);
    }
    set.add_all(marker::WORDS.iter().copied(), MARKER);
    set.add_all(Signatures::needles(), SIGNATURE);
    set.add_all([Signatures::BELOW_HEAD], SIGNATURE | BELOW_HEAD);
    set.look_back(BELOW_HEAD, 4);
    set.add_all(Redactor::needles().iter().copied(), LOOK);
    set.add_all(Envelopes::needles().iter().copied(), LOOK);
    if let Some(patterns) = patterns {
        // A pattern's literals are no beginnings of lines.
        set.add_literals(patterns.iter().map(String::as_str), PATTERN);
    }
    set.build();
    set
}

/// No needles: every line is everybody's.
pub(crate) fn every_line(wanted: impl Fn(&DialectInfo) -> bool) -> NeedleSet {
    let mut set = NeedleSet::default();
    for (at, _) in DIALECTS.iter().enumerate().filter(|(_, d)| wanted(d)) {
        set.add_all([], dialect_bit(at));
    }
    set.add_all([], MARKER | SIGNATURE | PATTERN);
    set
}
