//! Which files are read, and in which order: after a start, and whenever the open one is no longer the newest.

use std::io;

use super::chain::Link;
use super::mark::Mark;
use super::opened::Opened;
use super::record::{Generation, Record};
use super::{FollowSource, Loss, Planned};
use crate::hash::StreamHash;

/// By how much the time of a file may lie before its writing.
const COARSE_MS: i64 = 100;

impl FollowSource {
    /// Starts again at the earliest byte that can be read, and returns its offset.
    pub(in crate::tail) fn rewind(&mut self, committed: u64) -> io::Result<u64> {
        self.now = None;
        self.plan.clear();
        self.out.clear();
        self.loss = None;
        self.line = true;
        self.hash = Some(StreamHash::default());
        let mut known = self.record.is_some();
        if self.record.is_none() {
            let path = self.options.checkpoint.as_deref();
            let kept = path.and_then(|path| Record::load(&*self.fs, path));
            known = kept.is_some();
            self.record = Some(kept.unwrap_or_else(|| Record::new(crate::clock::now_ms())));
            self.keep();
        }
        self.forget_unread();
        let links = self.place.look(&*self.fs)?;
        let begun = self
            .record
            .as_ref()
            .is_some_and(|r| !r.generations.is_empty());
        if begun {
            self.plan_known(&links, committed)?;
        } else if known {
            // Nothing was read, but what was written to since then is of the stream.
            self.plan_first(&self.of_stream(&links), committed)?;
        } else {
            let first = |link: &&Link| link.live || (self.place.cri && link.len > 0);
            let links: Vec<Link> = links.iter().filter(first).cloned().collect();
            self.plan_first(&links, committed)?;
        }
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

    /// Of a file of which nothing was read there is nothing to know again: it becomes a new one once more.
    fn forget_unread(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        while let Some(unread) = record.generations.pop_if(|g| g.mark.read == g.skip) {
            self.loss = (!unread.lost.is_empty()).then(|| Loss {
                to: unread.base.saturating_sub(1),
                origin: None,
                reason: known_reason(&unread.lost),
            });
        }
    }

    /// A stream of which nothing is known here: its oldest file is its beginning.
    fn plan_first(&mut self, links: &[Link], committed: u64) -> io::Result<()> {
        self.at = 0;
        let mut total = 0;
        for link in links {
            if let Some(file) = self.open(link)? {
                if committed > 0 {
                    total += file.length()?;
                }
                self.plan.push_back(Planned::new(file));
            }
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
    fn plan_known(&mut self, links: &[Link], committed: u64) -> io::Result<()> {
        let generations = self.record.as_ref().map(|r| r.generations.clone());
        let generations = generations.unwrap_or_default();
        let Some((last, done)) = generations.split_last() else {
            return Ok(());
        };
        let mut newest = self.plan_done(done, links)?;
        let from = newest.map_or(0, |at| at + 1);
        let found = self.find_last(last, &links[from..], committed)?;
        let last_found = found.is_some();
        if let Some((at, file)) = found {
            newest = Some(from + at);
            let next = links.get(from + at + 1);
            if next.is_some_and(|next| links[from + at].is_copy_of(next)) {
                // What came between the copy and the truncation nobody saw.
                self.loss = Some(Loss {
                    to: last.offset_of(last.seen.max(last.mark.read)),
                    origin: Some(last.base).filter(|_| last.skip == 0),
                    reason: "truncated",
                });
            }
            self.plan.push_back(Planned {
                generation: Some(done.len()),
                file,
                gap: false,
            });
        }
        let newer = newest.map_or(0, |at| at + 1);
        let newer = self.of_stream(&links[newer..]);
        if !last_found {
            let in_place = newer.len() <= 1 && !self.place.cri;
            let to = last.offset_of(last.seen.max(last.mark.read)).max(committed);
            self.loss = Some(Loss {
                to,
                origin: in_place.then_some(last.base).filter(|_| last.skip == 0),
                reason: if in_place {
                    "truncated"
                } else {
                    "rotated_away"
                },
            });
        }
        for link in newer {
            self.plan_new(&link)?;
        }
        let first = self.plan.front().and_then(|p| p.generation);
        self.at = match first {
            Some(n) => generations[n].base,
            None => committed,
        };
        Ok(())
    }

    /// The files that were read to their ends and are still there; gives the place of the newest.
    fn plan_done(&mut self, done: &[Generation], links: &[Link]) -> io::Result<Option<usize>> {
        let mut rest = links.len();
        let mut newest = None;
        for (n, generation) in done.iter().enumerate().rev() {
            let Some(at) = self.position(&links[..rest], &generation.mark, true)? else {
                continue;
            };
            if let Some(file) = self.open(&links[at])? {
                rest = at;
                newest = newest.or(Some(at));
                self.plan.push_front(Planned {
                    generation: Some(n),
                    file,
                    gap: false,
                });
            }
        }
        Ok(newest)
    }

    /// The file that was read last. Of several that begin with what was read the oldest: the next in the chain. But
    /// where a newer one begins with all of it, the older is a copy.
    fn find_last(
        &self,
        last: &Generation,
        links: &[Link],
        committed: u64,
    ) -> io::Result<Option<(usize, Opened)>> {
        let mut found: Option<(usize, Opened, Mark)> = None;
        for (at, link) in links.iter().enumerate() {
            let Some(file) = self.open(link)? else {
                continue;
            };
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

    /// Files that are not known but may be of the stream: those written to since it began.
    fn of_stream(&self, links: &[Link]) -> Vec<Link> {
        let started = self.record.as_ref().map_or(0, |r| r.started_ms);
        let ours =
            |link: &&Link| link.live || self.place.cri || link.modified_ms + COARSE_MS >= started;
        // What is older and empty stays so.
        let filled = |link: &&Link| link.live || link.len > 0;
        let links = links.iter().filter(ours).filter(filled);
        links.cloned().collect()
    }

    fn plan_new(&mut self, link: &Link) -> io::Result<()> {
        if let Some(file) = self.open(link)? {
            self.plan.push_back(Planned::new(file));
        }
        Ok(())
    }

    /// Plans the first file, once it is there. False while it is not.
    pub(super) fn find_first(&mut self) -> io::Result<bool> {
        let mut links = self.of_stream(&self.place.look(&*self.fs)?);
        links.retain(|link| link.live || self.place.cri);
        for link in &links {
            self.plan_new(link)?;
        }
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
        if self.place.live(&*self.fs)?.is_none_or(|live| live.id == id) {
            return Ok(self.is_worth_turning());
        }
        let links = self.place.look(&*self.fs)?;
        let mut here = links.iter().rposition(|link| link.id == id);
        if here.is_none() {
            here = self.position(&links, &newest.mark()?, true)?;
        }
        let mut newer = self.of_stream(&links[here.map_or(0, |at| at + 1)..]);
        // The open file may have left the chain; then of the others some may have come and gone, unless there is
        // one that was read before.
        let mut gone = here.is_none() && newer.len() > 1;
        if gone {
            let empty = newest.stat()?.len == 0;
            let known = self.record.as_ref().map(|r| r.generations.clone());
            let mut known = known.unwrap_or_default();
            known.retain(|generation| generation.mark.read > 0);
            gone = !(empty && known.is_empty());
            for generation in known.iter().rev() {
                if let Some(at) = self.position(&newer, &generation.mark, true)? {
                    newer.drain(..=at);
                    gone = !empty;
                    break;
                }
            }
        }
        let planned = self.plan.len();
        for link in &newer {
            self.plan_new(link)?;
        }
        if let Some(first) = self.plan.get_mut(planned) {
            first.gap = gone;
        }
        Ok(self.is_worth_turning())
    }

    /// Whether the next file has begun: there is something in it, or after it.
    pub(super) fn is_worth_turning(&self) -> bool {
        let begun = |next: &Planned| {
            next.generation.is_some() || next.file.stat().is_ok_and(|stat| stat.len > 0)
        };
        self.plan.len() > 1 || self.plan.front().is_some_and(begun)
    }

    /// Which of the files begins with the content of the mark, or is that as a `whole`; the newest, if several do.
    fn position(&self, links: &[Link], mark: &Mark, whole: bool) -> io::Result<Option<usize>> {
        if mark.read == 0 {
            return Ok(None);
        }
        for (at, link) in links.iter().enumerate().rev() {
            if let Some(file) = self.open(link)?
                && file.has(mark)?
                && (!whole || file.length()? == mark.read)
            {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The newest other file with this content.
    pub(super) fn find_copy(&self, mark: &Mark, id: (u64, u64)) -> io::Result<Option<Opened>> {
        let mut links = self.place.look(&*self.fs)?;
        links.retain(|link| link.id != id);
        match self.position(&links, mark, false)? {
            Some(at) => self.open(&links[at]),
            None => Ok(None),
        }
    }

    /// Opens a file; `None` when it is not, or no longer, what was seen.
    fn open(&self, link: &Link) -> io::Result<Option<Opened>> {
        match Opened::open(&*self.fs, &link.path) {
            Ok(file) => Ok(Some(file).filter(|file| file.id() == link.id)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// The reason as the program's own word.
pub(super) fn known_reason(told: &str) -> &'static str {
    match told {
        "truncated" => "truncated",
        "corrupt" => "corrupt",
        _ => "rotated_away",
    }
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
