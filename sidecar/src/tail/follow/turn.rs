//! From one file to the next: rotation, truncation and replacement, seen at the present end.

use std::io;

use super::opened::Opened;
use super::planned::{Loss, Planned};
use super::record::{Generation, REMEMBERED};
use super::{FollowSource, Reading};
use crate::fs::Stat;
use crate::tail::Step;

impl FollowSource {
    /// At the present end of a file: looks whether it is the end, and turns to what follows. False when nothing does.
    pub(super) fn go_on(&mut self) -> io::Result<bool> {
        let Some(now) = &self.now else {
            return Ok(true);
        };
        if !now.file.is_gzip() && !now.closing && now.limit.is_none() {
            let stat = now.file.stat()?;
            if self.is_live()? && self.is_cut(&stat)? {
                self.cut()?;
                return Ok(true);
            }
            self.saw(&stat);
        }
        let Some(now) = &mut self.now else {
            return Ok(true);
        };
        let full = now.limit.is_some_and(|limit| self.at >= limit);
        if now.closing || full {
            self.finish();
            return Ok(true);
        }
        if self.is_worth_turning() || self.find_newer()? {
            // What was written before the next file had bytes is read before the turn.
            if let Some(now) = &mut self.now {
                now.closing = true;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Begins the next file. False when there is none, or nothing in it.
    pub(super) fn begin(&mut self) -> io::Result<bool> {
        if self.plan.is_empty() && !self.find_first()? {
            return Ok(false);
        }
        let Some(next) = self.plan.pop_front() else {
            return Ok(false);
        };
        match next.generation {
            Some(n) => {
                self.begin_known(n, next.file)?;
                Ok(true)
            }
            None => {
                self.loss = self.loss.take().or(next.loss);
                self.begin_new(next.file)
            }
        }
    }

    fn begin_known(&mut self, n: usize, mut file: Opened) -> io::Result<()> {
        let Some(generation) = self.generation(n).cloned() else {
            return Ok(());
        };
        let limit = self.generation(n + 1).map(|next| next.base);
        if generation.base > self.at {
            self.lose(generation.base, turn_reason(&generation));
            self.begins_line(generation.line);
        }
        if !file.seek(generation.skip)? {
            return Ok(());
        }
        // It was planned, and others were read since: the writer's may hold something else by now.
        let cut = !generation.done && !file.has(&generation.mark)?;
        self.now = Some(Reading {
            generation: n,
            file,
            quiet: false,
            closing: false,
            damaged: false,
            limit: limit.filter(|_| generation.done),
        });
        if cut {
            self.cut()?;
        }
        Ok(())
    }

    fn begin_new(&mut self, mut file: Opened) -> io::Result<bool> {
        let mut skip = 0;
        let mut lost = String::new();
        let line = if self.loss.is_some() {
            self.whole
        } else {
            self.line
        };
        if let Some(loss) = &self.loss {
            let (nuls, more) = match (file.is_gzip(), loss.origin) {
                (false, Some(_)) => file.hole()?,
                _ => (0, true),
            };
            if !more {
                return self.wait_for(file);
            }
            // A writer that kept its position tells by it how far it had come.
            let told = loss.origin.map(|origin| origin + nuls);
            let told = told.filter(|told| nuls > 0 && *told >= self.at);
            skip = if told.is_some() { nuls } else { 0 };
            let to = told.unwrap_or(loss.to.max(self.at) + 1);
            let reason = loss.reason;
            self.loss = None;
            if to > self.at {
                reason.clone_into(&mut lost);
                self.lose(to, reason);
                self.begins_line(line);
            }
        }
        if !file.seek(skip)? {
            return Ok(false);
        }
        self.remember(Generation {
            base: self.at,
            skip,
            seen: 0,
            mark: super::mark::Mark::default(),
            done: false,
            line,
            lost,
            id: Some(file.id()),
        });
        let generations = self.record.as_ref().map_or(0, |r| r.generations.len());
        let mut reading = Reading {
            generation: generations.saturating_sub(1),
            file,
            quiet: false,
            closing: false,
            damaged: false,
            limit: None,
        };
        self.mark_hole(&mut reading, skip)?;
        self.now = Some(reading);
        self.unkept = true;
        self.keep();
        Ok(true)
    }

    /// Nothing is in the file yet: it is waited for, unless there is another by now.
    fn wait_for(&mut self, file: Opened) -> io::Result<bool> {
        self.plan.push_front(Planned::new(file));
        if self.plan.len() > 1 || self.find_newer()? {
            self.plan.pop_front();
            return Ok(true);
        }
        Ok(false)
    }

    /// The bytes of a hole are part of the file, if not of the stream.
    fn mark_hole(&mut self, reading: &mut Reading, skip: u64) -> io::Result<()> {
        let Some(record) = &mut self.record else {
            return Ok(());
        };
        let mark = &mut record.generations[reading.generation].mark;
        let nuls = vec![0; 64 * 1024];
        while mark.read < skip {
            let left = usize::try_from(skip - mark.read).unwrap_or(usize::MAX);
            mark.extend(mark.read, &nuls[..left.min(nuls.len())]);
        }
        Ok(())
    }

    fn remember(&mut self, generation: Generation) {
        let Some(record) = &mut self.record else {
            return;
        };
        record.generations.push(generation);
        // Places in the record do not change while one is waited for.
        let waited = self.plan.iter().any(|p| p.generation.is_some());
        if record.generations.len() > REMEMBERED && !waited {
            record.generations.remove(0);
        }
    }

    /// The next byte is the first of a line, if so it is.
    pub(super) fn begins_line(&mut self, line: bool) {
        if line {
            self.out.push_back(Step::LineStart);
        }
    }

    /// The present file was read to its end, and is over. Where it ends before its time, the rest is lost.
    fn finish(&mut self) {
        let (Some(now), Some(record)) = (self.now.take(), &mut self.record) else {
            return;
        };
        let generation = &mut record.generations[now.generation];
        generation.done = true;
        let reason = if now.damaged { "corrupt" } else { "truncated" };
        if let Some(limit) = now.limit {
            if limit > self.at {
                let next = self.generation(now.generation + 1).cloned();
                let told = next.as_ref().map_or("rotated_away", turn_reason);
                self.lose(limit, if now.damaged { reason } else { told });
                self.begins_line(next.is_none_or(|next| next.line));
            }
            return;
        }
        let known = generation.offset_of(generation.seen);
        if self.loss.is_none() && (now.damaged || known > self.at) {
            self.loss = Some(Loss {
                to: known,
                origin: generation.origin().filter(|_| !now.damaged),
                reason,
            });
        }
    }

    fn saw(&mut self, stat: &Stat) {
        if let (Some(now), Some(record)) = (&self.now, &mut self.record) {
            let generation = &mut record.generations[now.generation];
            generation.seen = generation.seen.max(stat.len);
        }
    }

    /// Whether the open file is the newest of the chain.
    fn is_live(&self) -> io::Result<bool> {
        let live = self.place.live(&*self.fs)?;
        let id = self.now.as_ref().map(|now| now.file.id());
        Ok(live.is_some_and(|live| Some(live.id) == id))
    }

    /// Whether the open file holds something else than what was read from it.
    fn is_cut(&self, stat: &Stat) -> io::Result<bool> {
        let Some(now) = &self.now else {
            return Ok(false);
        };
        let Some(generation) = self.generation(now.generation) else {
            return Ok(false);
        };
        if stat.len < now.file.at().max(generation.seen) {
            return Ok(true);
        }
        Ok(!now.file.is_still()? || !now.file.begins_still(&generation.mark)?)
    }

    /// The open file was truncated. What was in it may live on in a copy; what was written between the copy and the
    /// truncation does not.
    fn cut(&mut self) -> io::Result<()> {
        let Some(now) = &self.now else {
            return Ok(());
        };
        let Some(generation) = self.generation(now.generation).cloned() else {
            return Ok(());
        };
        let mut copies = self.find_copies(&generation.mark, now.file.id())?;
        let Some(now) = self.now.take() else {
            return Ok(());
        };
        let origin = generation.origin();
        self.loss = Some(Loss {
            to: generation.offset_of(generation.seen),
            origin,
            reason: "truncated",
        });
        // Those that were made since, of what the file held in between, and then the file itself.
        let mut since = copies.split_off(copies.len().min(1));
        since.retain(|copy| !copy.is_held_by(&now.file));
        for file in since.into_iter().chain([now.file.again()]).rev() {
            self.plan.push_front(Planned {
                loss: Some(Loss::truncated(origin)),
                ..Planned::new(file)
            });
        }
        let in_file = now.file.at();
        if let Some(record) = &mut self.record {
            record.generations[now.generation].done = true;
        }
        if let Some(mut copy) = copies.pop()
            && copy.seek(in_file)?
        {
            self.now = Some(Reading {
                file: copy,
                closing: true,
                quiet: false,
                ..now
            });
        }
        Ok(())
    }
}

fn turn_reason(generation: &Generation) -> &str {
    match generation.lost.as_str() {
        "" => "rotated_away",
        told => told,
    }
}
