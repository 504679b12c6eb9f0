//! Reads a segment directory while it grows, and knows when its writer is done or dead.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Step, Wanted};
use crate::segments::{self, END, LOST, Lost, STREAM, StreamEnd, StreamInfo, segment_name};

/// A segment directory as a source.
#[derive(Debug)]
pub struct SegmentSource {
    dir: PathBuf,
    info: Box<StreamInfo>,
    /// Kept open to ask for the writer's lock.
    stream: File,
    current: Option<File>,
    /// Offset of the next byte.
    at: u64,
    /// What follows the current segment, once that is known; the segment is then complete and is
    /// read to its end.
    next: Option<Next>,
    acked: u64,
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
        let stream = File::open(dir.join(STREAM))?;
        let info: StreamInfo = segments::read_json(dir, STREAM)?.ok_or(io::ErrorKind::NotFound)?;
        if info.format > segments::FORMAT {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("segment directory of a newer version ({})", info.format),
            ));
        }
        Ok(SegmentSource {
            dir: dir.to_owned(),
            info: Box::new(info),
            stream,
            current: None,
            at: 0,
            next: None,
            acked: 0,
        })
    }

    /// Who the stream is.
    #[must_use]
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    pub(super) fn rewind(&mut self) -> io::Result<u64> {
        let first = segments::list(&self.dir)?.first().copied();
        self.current = None;
        self.next = None;
        self.at = first.unwrap_or(0);
        Ok(self.at)
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        loop {
            if let Some(file) = &mut self.current {
                let n = file.read(buffer)?;
                if n > 0 {
                    self.at += n as u64;
                    return Ok(Step::Bytes(n));
                }
            }
            match self.next.take() {
                None => match self.what_follows()? {
                    None => return Ok(Step::Idle),
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
                    match File::open(self.dir.join(segment_name(start))) {
                        Ok(file) => self.current = Some(file),
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

    pub(super) fn acked(&mut self, offset: u64) {
        if offset != self.acked && segments::write_acked(&self.dir, offset).is_ok() {
            self.acked = offset;
        }
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Paths(vec![self.dir.clone()])
    }

    /// What comes after the bytes read so far, if the writer has gone on or is gone.
    fn what_follows(&self) -> io::Result<Option<Next>> {
        // The end is asked first: no segment can appear after it.
        let end = self.end()?;
        let later = segments::list(&self.dir)?
            .into_iter()
            .find(|start| *start >= self.at && !(self.current.is_some() && self.holds(*start)));
        Ok(later.map(Next::Segment).or(end.map(Next::End)))
    }

    /// Whether the segment is the open one with nothing in it yet.
    fn holds(&self, start: u64) -> bool {
        start == self.at && self.current.as_ref().is_some_and(is_empty)
    }

    fn end(&self) -> io::Result<Option<StreamEnd>> {
        // Asked in this order: a writer that ends normally writes before it lets the lock go.
        let dead = self.stream.try_lock_shared().is_ok();
        if dead {
            self.stream.unlock()?;
        }
        match segments::read_json::<StreamEnd>(&self.dir, END) {
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
        let told: Vec<Lost> = segments::read_json::<StreamEnd>(&self.dir, END)
            .ok()
            .flatten()
            .map(|end| end.lost)
            .or_else(|| segments::read_json(&self.dir, LOST).ok().flatten())
            .unwrap_or_default();
        let reason = told
            .into_iter()
            .find(|l| l.from <= self.at && self.at < l.to)
            .map_or_else(|| "rotated_away".to_owned(), |l| l.reason);
        Lost {
            from: self.at,
            to,
            reason,
        }
    }
}

fn is_empty(file: &File) -> bool {
    file.metadata().is_ok_and(|m| m.len() == 0)
}
