//! A file that somebody else writes, rotates, truncates, compresses or replaces, as one stream.
//!
//! The stream is what was written under the file's name, over the whole chain of its files; a position is an
//! offset in that. Which file is which is told by what was read of it, never by inode or name, except that a file
//! that is open is the one that is open. What nobody can read any more is a gap with its range. When nobody can
//! know how long it was, as after a truncation, it is as long as is known and one byte more: the byte stands for
//! the unknown.
//!
//! One writer at a time is taken for granted: once the next file has bytes, the one before is over.

mod chain;
mod mark;
mod opened;
mod plan;
mod record;
mod turn;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Step, Wanted};
use crate::fs::{Fs, RealFs};
use crate::hash::StreamHash;
use crate::segments::{Lost, StreamEnd};
use chain::Place;
use opened::Opened;
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
    /// It was there: when nothing is left of it, something is lost.
    pub gone: bool,
    /// Where to keep what is known of the files, for the next start.
    pub checkpoint: Option<PathBuf>,
}

/// A file and its rotation chain as a source.
#[derive(Debug)]
pub struct FollowSource {
    fs: Arc<dyn Fs>,
    place: Place,
    options: FollowOptions,
    /// `None` until the first look.
    record: Option<Record>,
    /// When it was kept last, and how much had been read of its newest file.
    kept: Option<Instant>,
    kept_read: u64,
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

/// A file to read.
#[derive(Debug)]
struct Planned {
    /// Which of the record it is; `None` for a new one.
    generation: Option<usize>,
    file: Opened,
    /// Whether files before it have come and gone.
    gap: bool,
}

impl Planned {
    fn new(file: Opened) -> Planned {
        Planned {
            generation: None,
            file,
            gap: false,
        }
    }
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

/// A loss of which the end is not known yet.
#[derive(Debug)]
struct Loss {
    /// It reaches at least to here.
    to: u64,
    /// Where the file that was truncated stood in the stream, by its first byte.
    origin: Option<u64>,
    reason: &'static str,
}

impl FollowSource {
    /// Follows, or with other options reads, the file of this name, which need not be there yet.
    #[must_use]
    pub fn new(path: &Path, options: FollowOptions) -> FollowSource {
        FollowSource::on(Arc::new(RealFs), path, options)
    }

    /// The same on another file system.
    #[must_use]
    pub fn on(fs: Arc<dyn Fs>, path: &Path, options: FollowOptions) -> FollowSource {
        FollowSource {
            fs,
            place: Place {
                path: path.to_owned(),
                cri: options.cri,
            },
            options,
            record: None,
            kept: None,
            kept_read: 0,
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

    /// Something happened; progress is kept if that is due.
    pub(super) fn acked(&mut self) {
        let newest = self.record.as_ref().and_then(|r| r.generations.last());
        let read = newest.map_or(0, |newest| newest.mark.read);
        // Of a file that has only just begun little is known; that may be all there is to know it by.
        let more = read >= 2 * self.kept_read;
        if read != self.kept_read && (more || self.kept.is_none_or(|at| at.elapsed() >= KEEP)) {
            self.keep();
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        loop {
            if let Some(step) = self.out.pop_front() {
                return Ok(step);
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
        if let Some(loss) = self.loss.take() {
            let to = loss.to.max(self.at + 1);
            self.lose(to, loss.reason);
            if let Some(step) = self.out.pop_front() {
                return step;
            }
        }
        self.keep();
        Step::End(StreamEnd {
            total_bytes: self.at,
            hash: self.hash.map(StreamHash::finish),
            ended_ms: crate::clock::now_ms(),
            cause: "eof".to_owned(),
            ..StreamEnd::default()
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
        let (Some(path), Some(record)) = (&self.options.checkpoint, &self.record) else {
            return;
        };
        self.kept = Some(Instant::now());
        self.kept_read = record.generations.last().map_or(0, |g| g.mark.read);
        if let Err(error) = record.save(&*self.fs, path) {
            tracing::debug!("no checkpoint: {}: {error}", path.display());
        }
    }
}

impl Drop for FollowSource {
    fn drop(&mut self) {
        self.keep();
    }
}
