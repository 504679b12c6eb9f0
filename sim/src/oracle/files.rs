//! What must hold of files that others rotate. There a position counts what the sidecar knows of, and a loss of which
//! nobody knows the length counts one byte; so what is stored is held against what was printed from one result to the
//! next, by their names.

use std::collections::BTreeMap;

use super::{Check, expected, missing};
use crate::host::Host;
use crate::job::Job;
use crate::job::files::{Files, Style};
use crate::log::Printed;
use crate::stored;
use crate::world::World;

/// What was printed last is stored.
pub(super) fn fresh(world: &World, job: &Job, host: &Host) {
    let streams = stored::streams(&host.database()).unwrap_or_default();
    let log = job.log.borrow();
    let last = log.printed().last().map(|printed| printed.name.as_str());
    let told = streams.get(&job.stream());
    let told = told.and_then(|stream| stream.results.last());
    if told.map(|(_, name, _)| name.as_str()) != last {
        missing(
            world,
            job,
            "printed something when all was well that is not stored 5 s later",
        );
    }
}

/// A place in the output and in what is stored of it.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// Where the result before it begins in the output, and how many results there are up to its end.
    from: u64,
    results: usize,
    /// How much further on it is stored than it was printed.
    shift: i128,
    /// Where that result is stored.
    stored: u64,
}

impl Check<'_> {
    /// Results in order, and between each and the next either nothing or a gap, for which there is a reason.
    pub(super) fn followed(&self) {
        self.gaps_told();
        let (gaps, number) = (&self.stored.gaps, self.job.plan.number);
        let destroyed = self.job.files.as_ref().map(Files::destroyed);
        let trace = &self.world.trace;
        trace.note(format_args!(
            "job {number}: gaps {gaps:?}, destroyed {destroyed:?}"
        ));
        let log = self.job.log.borrow();
        let numbered = log.printed().iter().enumerate();
        let printed: BTreeMap<&str, (usize, &Printed)> =
            numbered.map(|(n, p)| (p.name.as_str(), (n, p))).collect();
        let mut last = Point {
            from: 0,
            results: 0,
            shift: 0,
            stored: 0,
        };
        for (offset, name, status) in &self.stored.results {
            let Some((n, result)) = printed.get(name.as_str()) else {
                self.wrong(format_args!("{name} at {offset} was never printed"));
                continue;
            };
            if expected(result) != *status {
                self.wrong(format_args!("{name} at {offset} is {status:?}"));
            }
            if *n < last.results {
                self.wrong(format_args!(
                    "{name} at {offset} is there twice, or out of order"
                ));
                continue;
            }
            let next = Point {
                from: result.from,
                results: n + 1,
                shift: i128::from(*offset) - i128::from(result.from),
                stored: *offset,
            };
            self.between(last, next, *n);
            last = next;
        }
        if self.stored.closed {
            let (all, end) = (log.printed().len(), self.job.printed.get() as u64);
            let committed = self.stored.committed;
            let next = Point {
                from: end,
                results: all,
                shift: i128::from(committed) - i128::from(end),
                stored: committed,
            };
            self.between(last, next, all);
        }
        self.attempts();
        self.hash();
    }

    /// From one result to the next, of which so many come before it.
    fn between(&self, last: Point, next: Point, before: usize) {
        let gaps = self.stored.gaps.iter();
        let gaps = gaps.filter(|(from, to, _)| last.stored <= *from && *to <= next.stored);
        let (mut told, mut any) = (0, 0);
        for (from, to, _) in gaps {
            told += i128::from(to - from);
            any += 1;
        }
        let lost = told - (next.shift - last.shift);
        let (from, to) = (last.from, next.from);
        if any == 0 && (before > last.results || lost != 0) {
            self.wrong(format_args!(
                "between {from} and {to} results are missing or moved by {lost} without a gap"
            ));
        }
        if any > 0 && lost < 0 {
            self.wrong(format_args!(
                "between {from} and {to} something is stored twice"
            ));
        }
        let files = self.job.files.as_ref();
        let destroyed = files.map(Files::destroyed).unwrap_or_default();
        let copied = files.is_some_and(|files| files.rotation.style == Style::Copy);
        if self.job.wall.was_set() || copied {
            // Where a clock was set, nobody knows which files are older than the stream; and of a file that is
            // truncated again before its turn nobody knows which copy is whose. That something is missing is told.
            return;
        }
        if any > 0 && !destroyed.iter().any(|d| d.0 <= to && from <= d.1) {
            self.wrong(format_args!(
                "a gap between {from} and {to}, and nothing was destroyed there: {destroyed:?}"
            ));
        }
        let log = self.job.log.borrow();
        for missed in log.printed().get(last.results..before).unwrap_or_default() {
            // The first line behind a loss may be half a one, for all that anybody knows.
            let gone = |d: &(u64, u64)| d.0 < missed.to && missed.from <= d.1;
            if !destroyed.iter().any(gone) {
                let (name, from) = (&missed.name, missed.from);
                self.wrong(format_args!(
                    "{name} at {from} is missing, and was not destroyed"
                ));
            }
        }
    }

    /// The table of tests says what the events say; of a test whose result is lost, that it began.
    fn attempts(&self) {
        let mut told = self.stored.results.iter();
        for row in &self.stored.tests {
            let (name, status, _) = row;
            let ended = self.stored.results.iter().any(|(_, n, _)| n == name);
            if status == "unfinished" && !ended {
                let open = !self.stored.closed;
                if !open && self.stored.gaps.is_empty() {
                    self.wrong(format_args!("{name} is stored as unfinished"));
                }
                continue;
            }
            self.row_told(row, told.next());
        }
    }

    /// A stream of which nothing is missing is as long as what was printed, and has its hash.
    fn hash(&self) {
        if !self.stored.closed || !self.stored.gaps.is_empty() {
            return;
        }
        let printed = self.job.printed.get();
        if self.stored.committed != printed as u64 {
            let stored = self.stored.committed;
            self.wrong(format_args!("{printed} bytes printed, {stored} stored"));
        }
        let mut hash = sentinel_sidecar::hash::StreamHash::default();
        hash.update(&self.job.log.borrow().text()[..printed]);
        if self
            .stored
            .hash
            .as_ref()
            .is_some_and(|told| *told != hash.finish())
        {
            self.wrong(format_args!("the hash is wrong"));
        }
    }
}
