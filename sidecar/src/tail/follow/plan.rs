//! Which files are read, and in which order: after a start, and whenever the open one is no longer the newest.

use std::io;

use super::FollowSource;
use super::again::Held;
use super::chain::Link;
use super::mark::Mark;
use super::opened::Opened;
use super::planned::{Loss, Planned};
use super::record::{Generation, Record};
use crate::hash::StreamHash;

/// By how much the time of a file may lie before its writing.
const COARSE_MS: i64 = 100;

impl FollowSource {
    /// Starts again at the earliest byte that can be read, and returns its offset.
    pub(in crate::tail) fn rewind(&mut self, committed: u64) -> io::Result<u64> {
        let held = self.let_go();
        self.out.clear();
        self.loss = None;
        self.told_gone = false;
        self.line = true;
        self.hash = Some(StreamHash::default());
        let mut known = self.record.is_some();
        if self.record.is_none() {
            let path = self.options.checkpoint.as_deref();
            let kept = path.and_then(|path| Record::load(&*self.fs, path));
            known = kept.is_some();
            self.record = Some(kept.unwrap_or_else(|| Record::new(self.clock.now_ms())));
            if let Err(error) = self.try_keep()
                && !known
            {
                tracing::warn!("a restart may lose or repeat what was rotated: {error}");
                self.options.checkpoint = None;
            }
        }
        self.forget_unread();
        self.plan_again(known, held, committed)?;
        if self.at > 0 {
            self.hash = None;
            let first = self.plan.front().and_then(|p| p.generation);
            let line = first
                .and_then(|n| self.generation(n))
                .is_none_or(|g| g.line);
            self.begins_line(line);
        }
        Ok(self.at)
    }

    /// Looks at what is there and plans it, when something is `known` of the stream or not.
    pub(super) fn plan_all(
        &mut self,
        known: bool,
        held: Option<&Held>,
        committed: u64,
    ) -> io::Result<()> {
        let links = self.place.look(&*self.fs)?;
        let begun = self
            .record
            .as_ref()
            .is_some_and(|r| !r.generations.is_empty());
        if begun {
            self.plan_known(&links, held, committed)?;
        } else if known {
            // Nothing was read, but what was written to since then is of the stream.
            let ours = self.of_stream(&links);
            self.plan_first(&ours, committed)?;
            if self.loss.is_none() && self.hides(&links, &ours) {
                self.loss = Some(Loss::truncated(None));
            }
        } else {
            let first = |link: &&Link| link.live || (self.place.cri && link.len > 0);
            let links: Vec<Link> = links.iter().filter(first).cloned().collect();
            self.plan_first(&links, committed)?;
        }
        Ok(())
    }

    /// A stream of which nothing is known here: its oldest file is its beginning.
    fn plan_first(&mut self, links: &[Link], committed: u64) -> io::Result<()> {
        self.at = 0;
        self.plan_chain(links, links, Some(0))?;
        let mut total = 0;
        for planned in self.plan.iter().filter(|_| committed > 0) {
            total += planned.file.length()?;
        }
        if total < committed || (links.is_empty() && self.options.gone) {
            // Others were read before these.
            self.at = committed;
            let reason = if self.place.cri {
                "rotated_away"
            } else {
                "truncated"
            };
            self.loss = Some(Loss {
                to: committed,
                origin: None,
                reason,
            });
        }
        Ok(())
    }

    /// A stream that was read before: the files that are left of it, and then what is new.
    fn plan_known(
        &mut self,
        links: &[Link],
        held: Option<&Held>,
        committed: u64,
    ) -> io::Result<()> {
        let generations = self.record.as_ref().map(|r| r.generations.clone());
        let generations = generations.unwrap_or_default();
        let Some((last, done)) = generations.split_last() else {
            return Ok(());
        };
        let mut newest = self.plan_done(done, links)?;
        let held = held.filter(|held| held.generation == done.len());
        if self.plan_held(held, last, links)? {
            self.begin_at_planned(&generations, committed);
            return Ok(());
        }
        let from = newest.map_or(0, |at| at + 1);
        // The oldest may be the stream's first.
        let behind = newest.is_some() || done.is_empty();
        let found = self.find_last(last, (&links[from..], behind), committed)?;
        let last_found = found.is_some();
        if let Some((at, file)) = found {
            newest = Some(from + at);
            if is_copy(&links[from + at], links) {
                // What came between the copy and the truncation nobody saw.
                self.loss = Some(Loss {
                    to: known_end(last),
                    ..Loss::truncated(last.origin())
                });
            }
            self.plan.push_back(Planned {
                generation: Some(done.len()),
                file,
                loss: None,
            });
        }
        // What comes after a file of the stream is of the stream, whatever a clock said when it was written.
        let mut newer = match newest {
            Some(at) => links[at + 1..].to_vec(),
            None => self.of_stream(links),
        };
        // A copy of less than was read of the file since, which nothing else tells from a new one.
        let short = |link: &Link| is_copy(link, links) && link.len < last.mark.read;
        if !last_found && newer.first().is_some_and(short) {
            newer.remove(0);
        }
        if !last_found {
            self.loss = Some(self.lost_of(last, &newer, committed));
        }
        self.plan_chain(&newer, links, last.origin())?;
        self.begin_at_planned(&generations, committed);
        Ok(())
    }

    /// The rest of the file that was read last is gone, with these behind it.
    fn lost_of(&self, last: &Generation, newer: &[Link], committed: u64) -> Loss {
        let in_place = newer.len() <= 1 && !self.place.cri;
        Loss {
            reason: if in_place {
                "truncated"
            } else {
                "rotated_away"
            },
            to: known_end(last).max(committed),
            origin: last.origin(),
        }
    }

    /// The stream begins where the first file that is planned stands in it, or where the agent is.
    fn begin_at_planned(&mut self, generations: &[Generation], committed: u64) {
        let first = self.plan.front().and_then(|p| p.generation);
        self.at = first.map_or(committed, |n| generations[n].base);
    }

    /// The files that were read to their ends and are still there; gives the place of the newest.
    fn plan_done(&mut self, done: &[Generation], links: &[Link]) -> io::Result<Option<usize>> {
        let mut rest = links.len();
        let mut newest = None;
        for (n, generation) in done.iter().enumerate().rev() {
            let Some(at) = self.position(&links[..rest], &generation.mark, true)? else {
                continue;
            };
            rest = at;
            newest = newest.or(Some(at));
            self.plan.push_front(Planned {
                generation: Some(n),
                file: self.open(&links[at])?,
                loss: None,
            });
        }
        Ok(newest)
    }

    /// The file that was read last. Of several that begin with what was read the oldest: the next in the chain. But
    /// where a newer one begins with all of it, the older is a copy; not so one that was renamed, as its inode says.
    /// The files may be those `behind` one that was read before it.
    fn find_last(
        &self,
        last: &Generation,
        (links, behind): (&[Link], bool),
        committed: u64,
    ) -> io::Result<Option<(usize, Opened)>> {
        let own = links.iter().position(|link| last.is_at(link));
        if let Some(at) = own.filter(|at| !links[*at].live) {
            let file = self.open(&links[at])?;
            if file.has(&last.mark)? && reaches(last, &file, &links[at + 1..], committed)? {
                return Ok(Some((at, file)));
            }
        }
        let mut found: Option<(usize, Opened, Mark)> = None;
        for (at, link) in links.iter().enumerate() {
            // Many files may begin with a few bytes. One that was packed since has another inode; it is known by the
            // one before it, or if the agent has some of it.
            let stranger = match own {
                Some(own) => at != own && links[own].is_younger_than(link),
                None => !link.is_gzip() || !((behind && at == 0) || committed > last.base),
            };
            if last.is_scarce() && stranger {
                continue;
            }
            let file = self.open(link)?;
            let wanted = found.as_ref().map_or(&last.mark, |(_, _, whole)| whole);
            if !file.has(wanted)? {
                continue;
            }
            if reaches(last, &file, &links[at + 1..], committed)? {
                let whole = match at + 1 == links.len() {
                    true => last.mark,
                    false => file.mark()?,
                };
                found = Some((at, file, whole));
            }
        }
        Ok(found.map(|(at, file, _)| (at, file)))
    }

    /// Files that are not known but may be of the stream: those written to since it began, and what comes after such
    /// a one, whatever a clock said when it was written.
    fn of_stream(&self, links: &[Link]) -> Vec<Link> {
        let started = self.record.as_ref().map_or(0, |r| r.started_ms);
        // What is older and empty stays so.
        let filled = |link: &&Link| link.live || link.len > 0;
        let ours =
            |link: &&Link| link.live || self.place.cri || link.modified_ms + COARSE_MS >= started;
        let links = links.iter().filter(filled);
        links.skip_while(|link| !ours(link)).cloned().collect()
    }

    /// Whether files may be of the stream although their times say that they are not: the clock was set back.
    fn hides(&self, links: &[Link], ours: &[Link]) -> bool {
        let filled = links.iter().filter(|link| link.live || link.len > 0);
        let set_back = self.record.as_ref().is_some_and(|r| r.lowest_ms.is_some());
        let started = self.record.as_ref().map_or(0, |r| r.started_ms);
        let (since, then_ms) = self.since;
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now_ms = self.clock.now_ms();
        filled.count() > ours.len()
            && (set_back || now_ms < started || now_ms + COARSE_MS < then_ms.saturating_add(passed))
    }

    /// Plans files that are new, of all there are. A copy of what the newest still holds is not read, and behind one of
    /// what it held before something may be missing.
    fn plan_chain(&mut self, new: &[Link], all: &[Link], origin: Option<u64>) -> io::Result<()> {
        let live = all.last().filter(|newest| newest.live);
        let live = live.map(|live| self.open(live)).transpose()?;
        let mut copied = false;
        for link in new {
            let file = self.open(link)?;
            let copy = is_copy(link, all);
            if copy && live.as_ref().is_some_and(|live| file.is_held_by(live)) {
                continue;
            }
            self.plan.push_back(Planned {
                loss: copied.then(|| Loss::truncated(origin)),
                ..Planned::new(file)
            });
            copied = copy;
        }
        Ok(())
    }

    /// Files that are new, to be planned once all of them are open: a look that fails must change nothing.
    fn opened(&self, links: &[Link]) -> io::Result<Vec<Planned>> {
        let opened = links.iter().map(|link| self.open(link).map(Planned::new));
        opened.collect()
    }

    /// Plans the first file, once it is there. False while it is not.
    pub(super) fn find_first(&mut self) -> io::Result<bool> {
        let mut links = self.of_stream(&self.place.look(&*self.fs)?);
        links.retain(|link| link.live || self.place.cri);
        self.drop_known(&mut links)?;
        self.plan.extend(self.opened(&links)?);
        Ok(!self.plan.is_empty())
    }

    /// Plans the files that are newer than the newest that is open. The newest is kept open even while there is
    /// nothing in it: it may be filled and gone when somebody looks again. True when there is something to turn to.
    pub(super) fn find_newer(&mut self) -> io::Result<bool> {
        let newest = self.plan.back().map(|p| &p.file);
        let Some(newest) = newest.or(self.now.as_ref().map(|now| &now.file)) else {
            return self.find_first();
        };
        let id = newest.id();
        let live = self.place.live(&*self.fs)?;
        if live.is_some_and(|live| live.id == id) {
            return Ok(self.is_worth_turning());
        }
        // While nothing has the name, because it is being rotated or was at the writer's end, there may be others.
        let links = self.place.look(&*self.fs)?;
        let mut here = links.iter().rposition(|link| link.id == id);
        if here.is_none() {
            here = self.position(&links, &newest.mark()?, true)?;
        }
        let mut newer = match here {
            Some(at) => links[at + 1..].to_vec(),
            None => self.of_stream(&links),
        };
        // The open file may have left the chain; then of the others some may have come and gone, unless there is
        // one that was read before.
        let hidden = here.is_none() && self.hides(&links, &newer);
        let mut gone = here.is_none() && newer.len() > usize::from(live.is_some());
        if gone {
            let empty = newest.stat()?.len == 0;
            let read = |g: &Generation| g.mark.read > 0;
            let any_read = self
                .record
                .as_ref()
                .is_some_and(|r| r.generations.iter().any(read));
            let dropped = self.drop_known(&mut newer)?;
            gone = !empty || (any_read && !dropped);
        }
        let mut newer = self.opened(&newer)?;
        if let Some(first) = newer.first_mut() {
            first.loss = (gone || hidden).then_some(Loss {
                to: 0,
                origin: None,
                reason: "rotated_away",
            });
        }
        self.plan.extend(newer);
        Ok(self.is_worth_turning())
    }

    /// Whether the next file has begun: there is something in it, or after it.
    pub(super) fn is_worth_turning(&self) -> bool {
        let begun = |next: &Planned| {
            next.generation.is_some() || next.file.stat().is_ok_and(|stat| stat.len > 0)
        };
        self.plan.len() > 1 || self.plan.front().is_some_and(begun)
    }
}

/// Whether an older part is a copy of what the newest file held before it was truncated.
fn is_copy(link: &Link, links: &[Link]) -> bool {
    let live = links.last().filter(|newest| newest.live);
    live.is_some_and(|live| link.is_copy_of(live))
}

/// Where the file ended, as far as was seen.
fn known_end(generation: &Generation) -> u64 {
    generation.offset_of(generation.seen.max(generation.mark.read))
}

/// Whether the file, and those after it, can hold what the agent has of the stream.
fn reaches(
    generation: &Generation,
    file: &Opened,
    newer: &[Link],
    committed: u64,
) -> io::Result<bool> {
    if file.is_gzip() || newer.iter().any(Link::is_gzip) {
        return Ok(true);
    }
    let more: u64 = newer.iter().map(|link| link.len).sum();
    Ok(generation.offset_of(file.stat()?.len) + more >= committed)
}
