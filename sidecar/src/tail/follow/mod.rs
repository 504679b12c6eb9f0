//! A file that somebody else writes, rotates, truncates, compresses or replaces, as one stream.
//!
//! The stream is what was written under the file's name, over the whole chain of its files; a position is an
//! offset in that. Which file is which is told by what was read of it, never by inode or name, except that a file
//! that is open is the one that is open, and that one of which only a few bytes are known must have its inode. What nobody can read any more is a gap with its range. When nobody can
//! know how long it was, as after a truncation, it is as long as is known and one byte more: the byte stands for
//! the unknown.
//!
//! One writer at a time is taken for granted: once the next file has bytes, the one before is over.

mod again;
mod chain;
mod known;
mod mark;
mod opened;
mod plan;
mod planned;
mod record;
mod turn;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use super::{Step, Wanted};
use crate::clock::{Clock, SystemClock};
use crate::fs::{Fs, RealFs};
use crate::hash::StreamHash;
use crate::segments::{Lost, StreamEnd};
use chain::{LOOKS, Place, is_moved};
use opened::Opened;
use planned::{Loss, Planned};
use record::{Generation, Record};

/// How often progress within one file is kept at least, while there is any.
const KEEP: Duration = Duration::from_millis(100);

/// How a file is followed.
#[derive(Clone, Debug, Default)]
pub struct FollowOptions {
    /// Its end is not the stream's end.
    pub follow: bool,
    /// It is a container's log as a kubelet keeps it, and all of its older parts are of the stream.
    pub cri: bool,
    /// It was there: when nothing is left of it, something is lost, unless its last file is known and was read.
    pub gone: bool,
    /// Its last file.
    pub last: LastFile,
    /// Where to keep what is known of the files, for the next start.
    pub checkpoint: Option<PathBuf>,
}

/// The newest file of a log, told by whoever knows that the log is over while the file is there: none can come after
/// it that nobody has seen.
#[derive(Clone, Debug, Default)]
pub struct LastFile(Arc<OnceLock<(u64, u64)>>);

impl LastFile {
    /// It is this, by device and inode. The first word counts.
    pub fn tell(&self, id: (u64, u64)) {
        self.0.get_or_init(|| id);
    }

    fn is(&self, file: Option<&Opened>) -> bool {
        file.is_some_and(|file| self.0.get() == Some(&file.id()))
    }
}

/// A file and its rotation chain as a source.
#[derive(Debug)]
pub struct FollowSource {
    fs: Arc<dyn Fs>,
    clock: Arc<dyn Clock>,
    /// When this began, and what the clock showed then.
    since: (Instant, i64),
    place: Place,
    options: FollowOptions,
    /// `None` until the first look.
    record: Option<Record>,
    /// When it was kept last, and how much had been read of its newest file.
    kept: Option<Instant>,
    kept_read: u64,
    /// Whether it was told that the newest was gone at the end.
    told_gone: bool,
    /// Whether a file was begun that is not in what is kept. Nothing of it is handed out before it is: whoever is
    /// started again could not tell it from one that nobody has read.
    unkept: bool,
    /// Files to read next.
    plan: VecDeque<Planned>,
    now: Option<Reading>,
    /// Steps to hand out before anything else is read.
    out: VecDeque<Step>,
    /// Bytes before the next file that are lost, how many is known once it begins.
    loss: Option<Loss>,

    /// Offset in the stream of the next byte.
    at: u64,
    /// Whether the byte before ends a line, as far as is known.
    line: bool,
    /// Whether the writer was seen to stop at a line's end, when last it was seen to stop. Such a writer begins a
    /// file with a line.
    whole: bool,
    /// `None` once a byte is missing.
    hash: Option<StreamHash>,
}

/// The file that is read.
#[derive(Debug)]
struct Reading {
    generation: usize,
    file: Opened,
    /// Whether the end was reached: what comes then may be of another generation.
    quiet: bool,
    /// Whether the next has begun, so that the end, once reached again, is the end.
    closing: bool,
    /// Whether the rest of it cannot be unpacked.
    damaged: bool,
    /// Where its part in the stream ends, if that was found out before.
    limit: Option<u64>,
}

impl FollowSource {
    /// Follows, or with other options reads, the file of this name, which need not be there yet.
    #[must_use]
    pub fn new(path: &Path, options: FollowOptions) -> FollowSource {
        FollowSource::on(Arc::new(RealFs), Arc::new(SystemClock), path, options)
    }

    /// The same on another file system, whose times are those of this clock.
    #[must_use]
    pub fn on(
        fs: Arc<dyn Fs>,
        clock: Arc<dyn Clock>,
        path: &Path,
        options: FollowOptions,
    ) -> FollowSource {
        FollowSource {
            fs,
            since: (Instant::now(), clock.now_ms()),
            clock,
            place: Place {
                path: path.to_owned(),
                cri: options.cri,
            },
            options,
            record: None,
            kept: None,
            kept_read: 0,
            told_gone: false,
            unkept: false,
            plan: VecDeque::new(),
            now: None,
            out: VecDeque::new(),
            loss: None,
            at: 0,
            line: true,
            whole: true,
            hash: Some(StreamHash::default()),
        }
    }

    pub(super) fn wanted(&self) -> Wanted {
        match self.fs.tells() {
            true => Wanted::Paths(self.place.directories(&*self.fs)),
            false => Wanted::Nothing,
        }
    }

    pub(super) fn stop(&mut self) {
        self.options.follow = false;
    }

    /// What was read is kept before any of it is sent. What follows a file that is gone by the next start must not
    /// get the place of what was sent of that.
    pub(super) fn sending(&mut self) -> io::Result<()> {
        match self.read_of_newest() == self.kept_read && !self.unkept {
            true => Ok(()),
            false => self.try_keep(),
        }
    }

    fn read_of_newest(&self) -> u64 {
        let newest = self.record.as_ref().and_then(|r| r.generations.last());
        newest.map_or(0, |newest| newest.mark.read)
    }

    /// Something happened; progress is kept if that is due.
    pub(super) fn acked(&mut self) {
        let read = self.read_of_newest();
        // Of a file that has only just begun little is known; that may be all there is to know it by.
        let more = read >= 2 * self.kept_read;
        if read != self.kept_read && (more || self.kept.is_none_or(|at| at.elapsed() >= KEEP)) {
            self.keep();
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        for _ in 1..LOOKS {
            match self.read_once(buffer) {
                Err(error) if is_moved(&error) => {}
                read => return read,
            }
        }
        self.read_once(buffer)
    }

    /// Reads what there is. Nothing has changed when files are renamed meanwhile.
    fn read_once(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        loop {
            if let Some(step) = self.out.pop_front() {
                return Ok(step);
            }
            if self.unkept {
                self.try_keep()?;
            }
            let gone_on = match self.now {
                Some(_) => match self.read_on(buffer)? {
                    Some(n) => return Ok(Step::Bytes(n)),
                    None => self.go_on()?,
                },
                None => self.begin()?,
            };
            if !gone_on {
                if let Some(now) = &mut self.now {
                    now.quiet = true;
                    self.whole = self.line;
                }
                return Ok(self.idle_or_end());
            }
        }
    }

    /// Reads from the present file; `None` at its present end, or when it is no longer what it was.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let (Some(now), Some(record)) = (&mut self.now, &mut self.record) else {
            return Ok(None);
        };
        let generation = &mut record.generations[now.generation];
        let in_file = now.file.at();
        let want = match now.limit {
            Some(limit) => usize::try_from(limit.saturating_sub(self.at)).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let want = want.min(buffer.len());
        if !now.file.is_gzip() && now.limit.is_none() {
            let still = now.file.is_still()?;
            if !still || (now.quiet && !now.file.begins_still(&generation.mark)?) {
                return Ok(None);
            }
        }
        let n = match now.file.read(&mut buffer[..want]) {
            Err(e) if now.file.is_gzip() && opened::is_damage(&e) => {
                if !std::mem::replace(&mut now.damaged, true) {
                    tracing::warn!("a rotated file is damaged: {e}");
                }
                0
            }
            read => read?,
        };
        if n == 0 {
            return Ok(None);
        }
        now.quiet = false;
        let bytes = &buffer[..n];
        generation.mark.extend(in_file, bytes);
        generation.seen = generation.seen.max(now.file.at());
        self.at += n as u64;
        self.line = bytes.ends_with(b"\n");
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        Ok(Some(n))
    }

    /// Everything was read that is there.
    fn idle_or_end(&mut self) -> Step {
        if self.options.follow {
            self.acked();
            return Step::Idle;
        }
        if let Some(loss) = self.loss.take().or_else(|| self.gone_unseen()) {
            let to = loss.to.max(self.at) + 1;
            self.lose(to, loss.reason);
            if let Some(step) = self.out.pop_front() {
                return step;
            }
        }
        self.keep();
        Step::End(StreamEnd {
            total_bytes: self.at,
            hash: self.hash.map(StreamHash::finish),
            ended_ms: self.clock.now_ms(),
            cause: "eof".to_owned(),
            ..StreamEnd::default()
        })
    }

    /// At the end of a log whose newest file is not there any more there may have been files that nobody has seen.
    fn gone_unseen(&mut self) -> Option<Loss> {
        let newest = self.plan.back().map(|planned| &planned.file);
        let newest = newest.or(self.now.as_ref().map(|now| &now.file));
        let gone = self.options.gone
            && !self.options.last.is(newest)
            && !std::mem::replace(&mut self.told_gone, true)
            && self
                .place
                .look(&*self.fs)
                .is_ok_and(|links| links.is_empty());
        gone.then_some(Loss {
            to: 0,
            origin: None,
            reason: "rotated_away",
        })
    }

    /// The stream goes on at an offset; what lies before is lost.
    fn lose(&mut self, to: u64, reason: &str) {
        if to <= self.at {
            return;
        }
        self.hash = None;
        self.out.push_back(Step::Gap(Lost {
            from: self.at,
            to,
            reason: reason.to_owned(),
        }));
        self.at = to;
    }

    fn generation(&self, n: usize) -> Option<&Generation> {
        self.record.as_ref()?.generations.get(n)
    }

    /// Keeps what is known for the next start. Failing costs a hint.
    fn keep(&mut self) {
        if let Err(error) = self.try_keep() {
            tracing::debug!("{error}");
        }
    }

    fn try_keep(&mut self) -> io::Result<()> {
        let (Some(path), Some(record)) = (&self.options.checkpoint, &mut self.record) else {
            self.unkept = false;
            return Ok(());
        };
        let now_ms = self.clock.now_ms();
        if now_ms < record.started_ms {
            record.lowest_ms = Some(record.lowest_ms.map_or(now_ms, |lowest| lowest.min(now_ms)));
        }
        self.kept = Some(Instant::now());
        let saved = record.save(&*self.fs, path);
        saved.map_err(|e| io::Error::new(e.kind(), format!("no checkpoint: {e}")))?;
        self.kept_read = self.read_of_newest();
        self.unkept = false;
        Ok(())
    }
}

impl Drop for FollowSource {
    fn drop(&mut self) {
        self.keep();
    }
}
