//! Reads a segment directory while it grows, and knows when its writer is done or dead.

use std::io::{self, PipeWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Step, Wanted};
use crate::fs::{Fs, FsFile, RealFs};
use crate::segments::unpack::{Unpacked, Unpacking};
use crate::segments::{
    self, Digest, END, LOST, Lost, STREAM, StreamEnd, StreamInfo, parse_epoch, records,
    segment_name,
};

/// The digest takes one in so many bytes of what the writer may take, at most.
const DIGEST_PART: u64 = 4;

/// A segment directory as a source.
#[derive(Debug)]
pub struct SegmentSource {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    info: Box<StreamInfo>,
    /// Kept open to ask for the writer's lock.
    stream: Box<dyn FsFile>,
    current: Option<Segment>,
    /// Offset of the next byte.
    at: u64,
    /// What follows the current segment, once that is known; the segment is then complete and is
    /// read to its end.
    next: Option<Next>,
    /// What the agent has, and what of that the writer has been told.
    acked: u64,
    told: u64,
    /// Segments that the writer is asked to keep.
    kept: Vec<u64>,
    /// Where a segment was put aside because it was none, or ended in damage.
    bad: Option<u64>,
    /// Dropping it ends the stream, where it is ours to end.
    stop: Option<PipeWriter>,
}

/// An open segment.
#[derive(Debug)]
enum Segment {
    /// With the offset of its first byte.
    Raw(Box<dyn FsFile>, u64),
    Records(Box<Unpacking>),
}

#[derive(Debug)]
enum Next {
    Segment(u64),
    End(StreamEnd),
}

impl SegmentSource {
    /// Opens a directory in which a stream was started.
    ///
    /// # Errors
    /// `NotFound` while there is no stream; another kind when `stream.json` is not ours.
    pub fn open(dir: &Path) -> io::Result<SegmentSource> {
        SegmentSource::on(Arc::new(RealFs), dir)
    }

    /// The same on this file system.
    ///
    /// # Errors
    /// As [`SegmentSource::open`].
    pub fn on(fs: Arc<dyn Fs>, dir: &Path) -> io::Result<SegmentSource> {
        let stream = fs.open(&dir.join(STREAM))?;
        let info = segments::read_json::<StreamInfo>(&*fs, dir, STREAM)?;
        let info = info.ok_or(io::ErrorKind::NotFound)?;
        if info.format > segments::FORMAT {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("segment directory of a newer version ({})", info.format),
            ));
        }
        // Whoever read before asked for these: one who asks for more must not forget them.
        let kept = segments::Spent::read(&*fs, dir).kept;
        Ok(SegmentSource {
            fs,
            dir: dir.to_owned(),
            info: Box::new(info),
            stream,
            current: None,
            at: 0,
            next: None,
            acked: 0,
            told: 0,
            kept,
            bad: None,
            stop: None,
        })
    }

    /// Whoever writes the stream ends it when this is dropped.
    pub(super) fn ends_with(&mut self, stop: PipeWriter) {
        self.stop = Some(stop);
    }

    pub(super) fn stop(&mut self) {
        self.stop = None;
    }

    /// Who the stream is.
    #[must_use]
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    pub(super) fn rewind(&mut self) -> io::Result<u64> {
        let first = segments::list(&*self.fs, &self.dir)?.first().copied();
        self.current = None;
        self.next = None;
        self.at = first.unwrap_or(0);
        Ok(self.at)
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        loop {
            if let Some(step) = self.read_on(buffer)? {
                return Ok(step);
            }
            match self.next.take() {
                None => match self.what_follows()? {
                    None => {
                        // Where the disk would not take it: the writer waits for it to make room.
                        self.tell();
                        return Ok(Step::Idle);
                    }
                    // Known before the end of the current segment was read for the last time.
                    next => self.next = next,
                },
                Some(Next::Segment(start)) => {
                    self.current = None;
                    if start > self.at {
                        let lost = self.lost(start);
                        self.at = start;
                        self.next = Some(Next::Segment(start));
                        return Ok(Step::Gap(lost));
                    }
                    match self.open_segment(start) {
                        Ok(segment) => self.current = segment,
                        // Deleted since it was listed: look again.
                        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                        Err(e) => {
                            self.next = Some(Next::Segment(start));
                            return Err(e);
                        }
                    }
                }
                Some(Next::End(mut end)) => {
                    if end.total_bytes > self.at {
                        let lost = self.lost(end.total_bytes);
                        self.at = end.total_bytes;
                        self.next = Some(Next::End(end));
                        return Ok(Step::Gap(lost));
                    }
                    end.total_bytes = self.at;
                    self.next = Some(Next::End(end.clone()));
                    return Ok(Step::End(end));
                }
            }
        }
    }

    /// Reads from the present segment; `None` at its present end.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<Option<Step>> {
        let complete = self.next.is_some();
        let n = match &mut self.current {
            None => 0,
            Some(Segment::Raw(file, start)) => file.read_at(buffer, self.at - *start)?,
            Some(Segment::Records(records)) => match records.read(buffer, complete)? {
                Unpacked::Bytes(n) => n,
                Unpacked::Jump(to) => return Ok(Some(self.damaged(to))),
                Unpacked::Rest(0) => 0,
                Unpacked::Rest(n) => match &self.next {
                    // The writer died within a record: of what it had read so much is gone at least.
                    Some(Next::End(end)) if end.total_bytes <= self.at => {
                        self.current = None;
                        let torn = n.saturating_sub(records::RECORD as u64).max(1);
                        return Ok(Some(self.damaged(self.at + torn)));
                    }
                    Some(_) => {
                        self.current = None;
                        self.bad = Some(self.at);
                        0
                    }
                    None => 0,
                },
            },
        };
        self.at += n as u64;
        Ok((n > 0).then_some(Step::Bytes(n)))
    }

    fn damaged(&mut self, to: u64) -> Step {
        let lost = Lost {
            from: self.at,
            to,
            reason: "corrupt".to_owned(),
        };
        self.at = to;
        Step::Gap(lost)
    }

    /// Opens a segment; `None` when it is none, and was put aside.
    fn open_segment(&mut self, start: u64) -> io::Result<Option<Segment>> {
        let path = self.dir.join(segment_name(start));
        if self.info.format != segments::RECORDS {
            return Ok(Some(Segment::Raw(self.fs.open(&path)?, start)));
        }
        let file = self.fs.open(&path)?;
        let epoch = parse_epoch(&self.info.epoch).unwrap_or_default();
        if let Some(records) = Unpacking::open(file, epoch, start)? {
            return Ok(Some(Segment::Records(Box::new(records))));
        }
        tracing::warn!("{}: not a segment of this stream", path.display());
        self.fs.rename(&path, &path.with_extension("bad"))?;
        self.bad = Some(start);
        Ok(None)
    }

    pub(super) fn acked(&mut self, offset: u64) {
        self.acked = offset;
        self.tell();
    }

    /// Tells the writer what the agent has.
    fn tell(&mut self) {
        let written = || segments::write_acked(&*self.fs, &self.dir, self.acked);
        if self.told != self.acked && written().is_ok() {
            self.told = self.acked;
        }
    }

    /// Where events go whose output may be deleted before the agent has them; `None` where nothing is ever deleted.
    pub(super) fn digest(&self) -> Option<Digest> {
        let (cap, epoch) = (self.info.cap_bytes?, parse_epoch(&self.info.epoch)?);
        Some(Digest::open(
            Arc::clone(&self.fs),
            &self.dir,
            epoch,
            cap / DIGEST_PART,
        ))
    }

    /// Whether the writer lives and half of what it may take is output behind this offset.
    pub(super) fn is_pressed(&self, reached: u64) -> bool {
        let recorded = || -> io::Result<u64> {
            let newest = segments::list(&*self.fs, &self.dir)?.last().copied();
            let newest = newest.unwrap_or(0);
            let path = self.dir.join(segment_name(newest));
            Ok(newest + self.fs.stat(&path)?.len)
        };
        let half = self.info.cap_bytes.unwrap_or(u64::MAX) / 2;
        let much = recorded().is_ok_and(|to| to.saturating_sub(reached) >= half);
        much && self.stream.is_locked().unwrap_or(false)
    }

    /// A dialect was recognised in what was read last: its lines are to stay, so that a later reader recognises it too.
    pub(super) fn keep(&mut self) {
        let start = match &self.current {
            Some(Segment::Raw(_, start)) => *start,
            Some(Segment::Records(records)) => records.start(),
            None => return,
        };
        // The first segment stays anyway.
        if start > 0
            && let Err(error) = segments::keep(&*self.fs, &self.dir, &mut self.kept, start)
        {
            tracing::debug!("the recording's writer is not told which segment to keep: {error}");
        }
    }

    pub(super) fn wanted(&self) -> Wanted {
        match self.fs.tells() {
            true => Wanted::Paths(vec![self.dir.clone()]),
            false => Wanted::Nothing,
        }
    }

    /// What comes after the bytes read so far, if the writer has gone on or is gone.
    fn what_follows(&self) -> io::Result<Option<Next>> {
        // The end is asked first: no segment can appear after it.
        let end = self.end()?;
        let later = segments::list(&*self.fs, &self.dir)?
            .into_iter()
            .find(|start| *start >= self.at && !(self.current.is_some() && self.holds(*start)));
        Ok(later.map(Next::Segment).or(end.map(Next::End)))
    }

    /// Whether the segment is the open one with nothing in it yet.
    fn holds(&self, start: u64) -> bool {
        match &self.current {
            Some(Segment::Raw(file, _)) => start == self.at && is_empty(&**file),
            Some(Segment::Records(records)) => start == records.start(),
            None => false,
        }
    }

    /// How the writer ended, if it has; one that was killed told nothing.
    ///
    /// # Errors
    /// When that cannot be read; retryable.
    pub fn end(&self) -> io::Result<Option<StreamEnd>> {
        // Asked in this order: a writer that ends normally writes before it lets the lock go.
        let dead = !self.stream.is_locked()?;
        match segments::read_json::<StreamEnd>(&*self.fs, &self.dir, END) {
            Ok(Some(end)) => Ok(Some(end)),
            Ok(None) if !dead => Ok(None),
            Err(e) if e.kind() != io::ErrorKind::InvalidData && !dead => Err(e),
            // Killed before it could tell, or what it told is damaged.
            _ => Ok(Some(StreamEnd {
                total_bytes: self.at,
                cause: "killed".to_owned(),
                ended_ms: crate::clock::now_ms(),
                ..StreamEnd::default()
            })),
        }
    }

    /// The hole from here to an offset, with the reason its writer gave.
    fn lost(&self, to: u64) -> Lost {
        let told: Vec<Lost> = segments::read_json::<StreamEnd>(&*self.fs, &self.dir, END)
            .ok()
            .flatten()
            .map(|end| end.lost)
            .or_else(|| {
                segments::read_json(&*self.fs, &self.dir, LOST)
                    .ok()
                    .flatten()
            })
            .unwrap_or_default();
        let reason = told
            .into_iter()
            .find(|l| l.from <= self.at && self.at < l.to)
            .map(|l| l.reason);
        let damaged = self.bad.is_some_and(|bad| self.at <= bad && bad < to);
        let known = if damaged { "corrupt" } else { "rotated_away" };
        let reason = reason.unwrap_or_else(|| known.to_owned());
        Lost {
            from: self.at,
            to,
            reason,
        }
    }
}

fn is_empty(file: &dyn FsFile) -> bool {
    file.stat().is_ok_and(|stat| stat.len == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::{Limits, SegmentWriter, Spent};

    #[test]
    fn whoever_reads_on_does_not_forget_which_segments_the_one_before_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let info = StreamInfo::new("tests".to_owned(), None);
        let limits = Limits {
            segment_bytes: 4,
            cap_bytes: 1 << 20,
        };
        let mut writer = SegmentWriter::create(dir.path(), &info, limits).unwrap();
        writer.append(b"0123456789ab");
        let mut kept = Vec::new();
        for _ in 0..2 {
            let mut source = SegmentSource::open(dir.path()).unwrap();
            source.rewind().unwrap();
            let mut buffer = [0; 4];
            for segment in 0..3 {
                source.read(&mut buffer).unwrap();
                if segment > 0 {
                    source.keep();
                    kept.push(Spent::read(&RealFs, dir.path()).kept);
                }
            }
        }
        let both = vec![4, 8];
        assert_eq!(kept, [vec![4], both.clone(), both.clone(), both]);
    }
}
