//! What must hold at the end: every result that was printed is stored once, unaltered and in order, or lies in a gap
//! that is there for a reason; and nothing is green of which evidence is missing.

mod events;
mod files;

use std::collections::BTreeMap;

use sentinel_parsers::event::{Body, Event, Status};

use crate::job::{Job, Kind};
use crate::log::{Format, Printed};
use crate::stored::{self, StoredStream};
use crate::verdicts;
use crate::world::World;

/// What was printed once all was well is stored.
pub(crate) fn fresh(world: &World) {
    for job in &world.jobs {
        let host = world.network.agent_of(job.plan.number);
        let Some(fresh) = job.fresh.get() else {
            // A command that was killed prints nothing.
            if job.whole.get() != Some(false) && !job.passing.get() {
                missing(world, job, "prints nothing fresh");
            }
            continue;
        };
        if job.plan.kind.is_followed() {
            files::fresh(world, job, &host);
            continue;
        }
        let (committed, _) = host.position(&job.stream());
        if committed < fresh {
            let number = job.plan.number;
            world.trace.violation(format_args!(
                "job {number} printed up to {fresh} when all was well, 5 s later {committed} is stored"
            ));
        }
    }
}

fn missing(world: &World, job: &Job, what: &str) {
    let number = job.plan.number;
    world.trace.violation(format_args!("job {number} {what}"));
}

/// What must hold at the end.
pub(crate) fn check(world: &World) {
    for host in &world.hosts {
        host.check_promises();
        let streams = stored::streams(&host.database()).unwrap_or_else(|error| {
            world
                .trace
                .violation(format_args!("what is stored cannot be read: {error}"));
            BTreeMap::new()
        });
        for job in &world.jobs {
            if let Some(stored) = streams.get(&job.stream()) {
                Check { world, job, stored }.all();
            }
        }
        verdicts::check(world, host, &streams);
    }
    for job in world.jobs.iter().filter(|job| !job.gone.get()) {
        let shipped = job.shipped.borrow();
        let Some((_, agent)) = shipped.as_ref().filter(|(outcome, _)| outcome.complete) else {
            missing(
                world,
                job,
                "is not delivered within a minute after all was well",
            );
            continue;
        };
        if !world.hosts[*agent].position(&job.stream()).1 && !world.hosts[*agent].restored.get() {
            missing(world, job, "is not stored to its end");
        }
    }
}

/// One stream of one agent.
struct Check<'w> {
    world: &'w World,
    job: &'w Job,
    stored: &'w StoredStream,
}

impl Check<'_> {
    fn wrong(&self, what: std::fmt::Arguments<'_>) {
        let number = self.job.plan.number;
        self.world
            .trace
            .violation(format_args!("job {number}: {what}"));
    }

    fn all(&self) {
        self.covers();
        if self.job.plan.kind.is_followed() {
            self.followed();
        } else {
            self.results();
            self.rows();
            self.gaps();
            self.end();
        }
        self.events();
    }

    /// Frames lie one behind the other, from the beginning to the position.
    fn covers(&self) {
        let mut at = 0;
        for (from, to) in &self.stored.frames {
            // An end that lies before what came late from before a power cut tells nothing but itself.
            if *from == *to && *to < at && self.job.cut.get() {
                continue;
            }
            if *from != at {
                self.wrong(format_args!(
                    "a frame begins at {from}, the one before ended at {at}"
                ));
            }
            at = *to;
        }
        if at != self.stored.committed {
            let told = self.stored.committed;
            self.wrong(format_args!("frames end at {at}, the position is {told}"));
        }
    }

    /// Every result once, as it was printed, in order.
    fn results(&self) {
        let log = self.job.log.borrow();
        let printed: BTreeMap<u64, &Printed> = log.printed().iter().map(|p| (p.from, p)).collect();
        let mut before = None;
        for (offset, name, status) in &self.stored.results {
            if before >= Some(*offset) {
                self.wrong(format_args!(
                    "{name} at {offset} is there twice, or out of order"
                ));
            }
            before = Some(*offset);
            let fits = |p: &&&Printed| p.name == *name && *status == expected(p);
            if printed.get(offset).filter(fits).is_none() {
                self.wrong(format_args!(
                    "{name} {status:?} at {offset} was never printed so"
                ));
            }
        }
        let found = |p: &Printed| {
            let results = &self.stored.results;
            results
                .binary_search_by_key(&p.from, |(offset, ..)| *offset)
                .is_ok()
        };
        for printed in log.printed() {
            if !found(printed) && !self.is_excused(printed) {
                let (name, from) = (&printed.name, printed.from);
                self.wrong(format_args!("{name} at {from} is missing"));
            }
        }
    }

    /// Whether a result may be missing: it lies in a gap, or behind what is stored of a stream that is not whole.
    fn is_excused(&self, printed: &Printed) -> bool {
        let mut gaps = self.stored.gaps.iter();
        // Without its beginning pytest's output is that of anybody.
        let headless = |(from, ..): &(u64, u64, String)| *from < printed.from;
        // What was not synced has no name after a power cut, and the agent may have had it: whoever read on says so.
        let beheaded = self.job.cut.get() && self.stored.forgotten;
        if self.job.plan.format == Format::Pytest && (beheaded || gaps.clone().any(headless)) {
            return true;
        }
        if gaps.any(|(from, to, _)| printed.from < *to && *from < printed.to) {
            return true;
        }
        let behind = printed.to > self.stored.committed;
        if !self.stored.closed {
            return behind;
        }
        // Of a recording that was cut off its end is missing, but never what had been made durable.
        let synced = self.job.synced.get();
        let doubtful = self.job.doubtful.borrow();
        let torn = self.job.cut.get()
            && (printed.to > synced
                || doubtful
                    .iter()
                    .any(|(from, to)| printed.from < *to && *from < printed.to));
        let unprinted = printed.to > self.job.printed.get() as u64;
        // What it could not take last, a writer that is killed tells nobody.
        let untold = self
            .forced()
            .into_iter()
            .any(|(from, to)| printed.from < to && from < printed.to);
        behind && self.job.whole.get() == Some(false) && (torn || unprinted || untold)
    }

    /// The table of tests says what the events say; of a test whose result is lost, that it began.
    fn rows(&self) {
        let log = self.job.log.borrow();
        let mut told = self.stored.results.iter();
        for row in &self.stored.tests {
            let (name, status, _) = row;
            if status == "unfinished" {
                let printed = log.printed().iter().find(|p| p.name == *name);
                if !printed.is_some_and(|p| self.is_excused(p)) {
                    self.wrong(format_args!("{name} is stored as unfinished"));
                }
                continue;
            }
            self.row_told(row, told.next());
        }
        if let Some(result) = told.next() {
            self.wrong(format_args!("{result:?} was told and is not stored"));
        }
    }

    /// A row of a test that ended says what the event of its result said.
    fn row_told(&self, row: &stored::Row, result: Option<&stored::Told>) {
        let (name, status, attempt) = row;
        let fits = result.is_some_and(|(_, n, s)| n == name && s.as_str() == status);
        if !fits || *attempt != 1 {
            self.wrong(format_args!("{row:?} is stored, {result:?} was told"));
        }
    }

    /// Gaps are where bytes were lost by force, to the byte, and nowhere else.
    fn gaps(&self) {
        self.gaps_told();
        let job = self.job;
        if self.stored.forgotten && self.forgotten() == 0 && !job.cut.get() {
            self.wrong(format_args!(
                "read on as after a deletion, and nothing was deleted"
            ));
        }
        let found = joined(
            self.stored
                .gaps
                .iter()
                .map(|(from, to, _)| (*from, *to))
                .collect(),
        );
        let end = job.printed.get() as u64;
        let forced = self.forced();
        let rewound = self.world.moved.get() || self.world.hosts.iter().any(|h| h.restored.get());
        if !job.cut.get() && !rewound {
            // What was lost last, a writer that is killed tells nobody; nor does one whose end is not there yet.
            let at = self.stored.committed;
            let clipped = forced.into_iter().map(|(from, to)| (from, to.min(at)));
            let forced = joined(clipped.collect());
            if found != forced {
                self.wrong(format_args!("gaps {found:?}, forced {forced:?}"));
            }
            return;
        }
        // An agent that knows less than before may ask for what is deleted; a torn disk may have lost anything that
        // was not durable.
        let mut allowed = forced;
        if rewound {
            allowed.push(self.lines((0, self.forgotten()), end));
            let deleted = job.deleted().into_iter();
            allowed.extend(deleted.map(|range| self.lines(range, end)));
        }
        if job.cut.get() {
            allowed.push((self.line_of(job.synced.get()), u64::MAX));
            let doubtful = job.doubtful.borrow();
            allowed.extend(doubtful.iter().map(|range| self.lines(*range, end)));
        }
        let allowed = joined(allowed);
        let covered = |&(from, to): &(u64, u64)| allowed.iter().any(|a| a.0 <= from && to <= a.1);
        if !found.iter().all(covered) {
            self.wrong(format_args!("gaps {found:?}, allowed {allowed:?}"));
        }
    }

    /// Up to where nothing can be sent a second time: what was deleted, or was in memory only, once any agent had it.
    fn forgotten(&self) -> u64 {
        let job = self.job;
        match job.plan.kind {
            Kind::Stdin(_) => {
                let hosts = self.world.hosts.iter();
                hosts
                    .map(|host| host.told(&job.stream()))
                    .max()
                    .unwrap_or(0)
            }
            _ => job.deleted_up_to(),
        }
    }

    /// The table of gaps says what the events say.
    fn gaps_told(&self) {
        if self.stored.gaps != self.stored.told_gaps {
            let (rows, told) = (&self.stored.gaps, &self.stored.told_gaps);
            self.wrong(format_args!("gaps {rows:?}, told {told:?}"));
        }
        let told = self.stored.gaps.len() as u64;
        self.world.gaps.set(self.world.gaps.get() + told);
    }

    /// What the recording could not take, with the lines it was in, and the line within which it was killed.
    fn forced(&self) -> Vec<(u64, u64)> {
        let (lost, end) = (self.job.lost.borrow(), self.job.printed.get() as u64);
        let lost = lost.iter().map(|lost| (lost.from, lost.to));
        let killed = self.job.whole.get() == Some(false);
        let begun = killed.then(|| (self.line_of(end), end));
        joined(
            lost.map(|lost| self.lines(lost, end))
                .chain(begun)
                .collect(),
        )
    }

    /// A loss takes the lines with it that it begins and ends in.
    fn lines(&self, (from, to): (u64, u64), end: u64) -> (u64, u64) {
        let log = self.job.log.borrow();
        let at = usize::try_from(to).unwrap_or(usize::MAX);
        let rest = log
            .text()
            .get(at..self.job.printed.get())
            .unwrap_or_default();
        let next = rest.iter().position(|byte| *byte == b'\n');
        let to = next.map_or(end, |n| to + n as u64 + 1);
        (self.line_of(from), to)
    }

    /// Where the line begins that this byte is in.
    fn line_of(&self, at: u64) -> u64 {
        let log = self.job.log.borrow();
        let at = usize::try_from(at).map_or(log.text().len(), |at| at.min(log.text().len()));
        let before = log.text()[..at].iter().rposition(|byte| *byte == b'\n');
        before.map_or(0, |n| n as u64 + 1)
    }

    /// A stream that ended is complete, and says so with the right hash.
    fn end(&self) {
        let (job, stored) = (self.job, self.stored);
        if !stored.closed {
            return;
        }
        let printed = job.printed.get() as u64;
        let whole = job.whole.get() == Some(true);
        if whole && !job.cut.get() && stored.committed != printed {
            self.wrong(format_args!(
                "{printed} bytes printed, {} stored",
                stored.committed
            ));
        }
        let mut hash = sentinel_sidecar::hash::StreamHash::default();
        hash.update(&job.log.borrow().text()[..job.printed.get()]);
        match &stored.hash {
            Some(told) if *told != hash.finish() => self.wrong(format_args!("the hash is wrong")),
            None if whole && stored.gaps.is_empty() && job.deleted_up_to() == 0 => {
                self.wrong(format_args!("a whole stream without a hash"));
            }
            _ => {}
        }
    }
}

/// An event as it is compared.
pub(crate) fn told(event: &Event<'_>) -> String {
    format!(
        "{}.{} {} {:?}",
        event.offset, event.sub, event.dialect, event.body
    )
}

fn expected(printed: &Printed) -> Status {
    match printed.failed {
        true => Status::Failed,
        false => Status::Passed,
    }
}

/// Ranges in order, those that touch being one.
fn joined(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.retain(|(from, to)| from < to);
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Whether an event is a test's result.
pub(crate) fn result(body: &Body<'_>) -> Option<(String, Status)> {
    match body {
        Body::TestEnd(end) if !end.recap => Some((end.name.to_owned(), end.status)),
        _ => None,
    }
}
