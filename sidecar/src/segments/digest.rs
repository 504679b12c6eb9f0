//! The digest of a recording: frames of output whose bytes may be deleted although the agent does not have them yet.
//!
//! It is what a full recording gives up last. Frames hold every start, result, error, gap and end, in a small part of
//! the room, exactly as they will be sent; the text beside them would not be sent anyway. A file of it is named like a
//! segment, by its first byte, and holds frames back to back. What is not known to be durable is not part of it: its
//! bytes are still there.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sentinel_delivery::queue::lost_range;
use sentinel_parsers::frame::{Frame, Header, Limits};

use super::replace;
use super::spent::{DIGESTED, read_digested};
use super::unpack::read;
use crate::fs::{Fs, FsFile, FsWrite};

/// A file is ended when it holds this many bytes.
const FILE: u64 = 1 << 20;
/// Bytes within which a frame's header stands.
const HEAD: usize = 1024;

/// The frames of a recording.
#[derive(Debug)]
pub(crate) struct Digest {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    epoch: [u8; 16],
    /// Most bytes of all files.
    most: u64,
    files: VecDeque<Part>,
    /// The youngest, while it is written to.
    file: Option<Box<dyn FsWrite>>,
    /// Whether frames were written that are not known to be durable.
    untold: bool,
    /// A sync failed: what is durable is what was told before, and nothing more will be.
    dead: bool,
    /// Whether the last frame ends the stream.
    ended: bool,
    reading: Reading,
}

/// A file: its part of the stream, and the bytes of its whole frames.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: u64,
    end: u64,
    bytes: u64,
}

/// How far frames were given back.
#[derive(Debug, Default)]
struct Reading {
    /// What lies before is not wanted.
    from: u64,
    /// Where the frame before ended.
    at: u64,
    /// Which file is read, and where the next frame begins in it.
    start: u64,
    place: u64,
    file: Option<Box<dyn FsFile>>,
}

impl Digest {
    /// What is there, of which no more than `most` bytes are to be.
    pub(crate) fn open(fs: Arc<dyn Fs>, dir: &Path, epoch: [u8; 16], most: u64) -> Digest {
        let mut digest = Digest {
            fs,
            dir: dir.to_owned(),
            epoch,
            most,
            files: VecDeque::new(),
            file: None,
            untold: false,
            dead: false,
            ended: false,
            reading: Reading::default(),
        };
        let (told, _) = read_digested(&*digest.fs, dir);
        let mut starts: Vec<u64> = digest.starts();
        starts.sort_unstable();
        for start in starts {
            match digest.scan(start, told) {
                Ok(part) if part.bytes > 0 => digest.files.push_back(part),
                // Nothing of it is known to be durable, or it cannot be read.
                _ => digest.drop_file(start),
            }
        }
        digest.seek(0);
        digest
    }

    /// The part of the stream it has frames of.
    pub(crate) fn range(&self) -> Option<(u64, u64)> {
        Some((self.files.front()?.start, self.files.back()?.end))
    }

    /// Whether it has the stream's end.
    pub(crate) fn has_end(&self) -> bool {
        self.ended
    }

    /// Prepares for frames from this place on, before which the agent has everything: what is there stays if they follow
    /// it. False if it is for what comes later, and still needed.
    pub(crate) fn begin(&mut self, at: u64) -> bool {
        if let Some((from, to)) = self.range()
            && at <= to
        {
            return from <= at;
        }
        self.file = None;
        while let Some(part) = self.files.pop_front() {
            self.drop_file(part.start);
        }
        self.ended = false;
        true
    }

    /// Adds a frame, which begins where the last one ends. What the agent has makes room for it.
    ///
    /// # Errors
    /// When it is full, or the disk does not take the frame; it may be given again.
    pub(crate) fn push(&mut self, frame: &Frame, acked: u64) -> io::Result<()> {
        if self.dead {
            return Err(io::Error::other("it cannot be made durable"));
        }
        let (header, bytes) = (frame.header(), frame.encode());
        if !self.has_room(bytes.len() as u64, acked) {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let longest = FILE.min(self.most / 4);
        if self.files.back().is_some_and(|part| part.bytes >= longest) {
            self.sync()?;
            self.file = None;
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = self.create(header.start)?;
                self.file.insert(file)
            }
        };
        if let Err(error) = file.write_all(&bytes) {
            // Nothing may follow a torn frame.
            let _ = self.sync();
            self.file = None;
            return Err(error);
        }
        self.untold = true;
        self.ended |= header.last;
        if let Some(part) = self.files.back_mut() {
            part.end = header.end;
            part.bytes += bytes.len() as u64;
        }
        Ok(())
    }

    /// Makes it durable, and tells the writer of the recording how far it reaches.
    ///
    /// # Errors
    /// When that fails; nothing is deleted then.
    pub(crate) fn tell(&mut self) -> io::Result<()> {
        if !self.untold {
            return Ok(());
        }
        self.sync()?;
        let (_, end) = self.range().unwrap_or_default();
        let told = format!("{end} {}\n", self.bytes());
        replace(&*self.fs, &self.dir, DIGESTED, told.as_bytes(), true)?;
        self.untold = false;
        Ok(())
    }

    /// Frames are given back from the one that holds this offset on.
    pub(crate) fn seek(&mut self, from: u64) {
        let first = self.files.iter().find(|part| part.end > from);
        let first = first.or(self.files.back()).map_or(0, |part| part.start);
        self.reading = Reading {
            from,
            at: from.max(self.range().map_or(0, |(start, _)| start)),
            start: first,
            ..Reading::default()
        };
    }

    /// No frame that is there now is to be given back.
    pub(crate) fn skip(&mut self) {
        let last = self.files.back();
        let end = last.map_or(0, |part| part.end);
        self.reading = Reading {
            from: end,
            at: end,
            start: last.map_or(0, |part| part.start),
            place: last.map_or(0, |part| part.bytes),
            file: None,
        };
    }

    /// The next frame; `None` when all were given back. In the place of a damaged one stands a gap.
    ///
    /// # Errors
    /// When the disk does not give it; retryable.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let Some(part) = self.part() else {
                return Ok(None);
            };
            if self.reading.file.is_none() {
                self.reading.file = Some(self.fs.open(&self.path(part.start))?);
            }
            let (Some(file), place) = (&self.reading.file, self.reading.place) else {
                continue;
            };
            let Some((header, length, frame)) = frame_at(&**file, place, self.epoch)? else {
                self.reading.place = part.bytes;
                if self.reading.at < part.end {
                    return Ok(Some(self.corrupt(part.end)));
                }
                continue;
            };
            if header.start > self.reading.at {
                return Ok(Some(self.corrupt(header.start)));
            }
            self.reading.place += length;
            if header.end <= self.reading.from && !header.last {
                continue;
            }
            let Some(frame) = frame else {
                return Ok(Some(self.corrupt(header.end)));
            };
            self.reading.at = header.end;
            return Ok(Some(frame));
        }
    }

    /// Makes room for so many bytes.
    fn has_room(&mut self, bytes: u64, acked: u64) -> bool {
        while self.bytes() + bytes > self.most {
            let read = self.reading.start;
            let unneeded = |part: &mut Part| part.end <= acked && part.start < read;
            let Some(oldest) = self.files.pop_front_if(unneeded) else {
                return false;
            };
            self.drop_file(oldest.start);
        }
        true
    }

    /// The file in which the next frame is, if there is one.
    fn part(&mut self) -> Option<Part> {
        let reading = &self.reading;
        let unread = |part: &&Part| match part.start == reading.start {
            true => reading.place < part.bytes,
            false => part.start > reading.start,
        };
        let part = *self.files.iter().find(unread)?;
        if part.start != self.reading.start {
            self.reading.start = part.start;
            self.reading.place = 0;
            self.reading.file = None;
        }
        Some(part)
    }

    /// What could not be read up to this offset, as a gap.
    fn corrupt(&mut self, end: u64) -> Frame {
        let header = Header {
            epoch: self.epoch,
            seq: 0,
            start: self.reading.at,
            end,
            last: false,
        };
        self.reading.at = end;
        lost_range(header, "corrupt")
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|part| part.bytes).sum()
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.sync().inspect_err(|error| {
            tracing::warn!("the digest cannot be made durable: {error}");
            self.dead = true;
        })
    }

    fn create(&mut self, start: u64) -> io::Result<Box<dyn FsWrite>> {
        // One of which no frame was written whole.
        if let Some(torn) = self.files.pop_back_if(|part| part.bytes == 0) {
            self.drop_file(torn.start);
        }
        self.drop_file(start);
        let file = self.fs.create(&self.path(start))?;
        self.files.push_back(Part {
            start,
            end: start,
            bytes: 0,
        });
        // A file whose name is lost is lost.
        self.fs.sync_dir(&self.dir)?;
        Ok(file)
    }

    /// Deletes a file, if it is there; what cannot be deleted costs room and nothing else.
    fn drop_file(&self, start: u64) {
        let _ = self.fs.remove(&self.path(start));
    }

    fn path(&self, start: u64) -> PathBuf {
        self.dir.join(format!("{start:020}.frames"))
    }

    fn starts(&self) -> Vec<u64> {
        let names = self.fs.names(&self.dir).unwrap_or_default();
        let starts = names.iter().filter_map(|name| {
            let digits = name.to_str()?.strip_suffix(".frames")?;
            (digits.len() == 20).then(|| digits.parse().ok()).flatten()
        });
        starts.collect()
    }

    /// The whole frames of a file, up to an offset.
    fn scan(&mut self, start: u64, told: u64) -> io::Result<Part> {
        let file = self.fs.open(&self.path(start))?;
        let length = file.stat()?.len;
        let (mut end, mut bytes) = (start, 0);
        loop {
            let head = read(&*file, bytes, HEAD)?;
            let Ok((header, total)) = Frame::peek(&head, &Limits::default()) else {
                break;
            };
            let whole = bytes + total as u64;
            if header.epoch != self.epoch || header.end > told || whole > length {
                break;
            }
            (end, bytes) = (header.end, whole);
            self.ended |= header.last;
        }
        Ok(Part { start, end, bytes })
    }
}

/// The header at a place of a file, the bytes its frame takes, and the frame if it is undamaged.
type Found = (Header, u64, Option<Frame>);

fn frame_at(file: &dyn FsFile, place: u64, epoch: [u8; 16]) -> io::Result<Option<Found>> {
    let limits = Limits::default();
    let head = read(file, place, HEAD)?;
    let peeked = Frame::peek(&head, &limits).ok();
    let Some((header, length)) = peeked.filter(|(header, _)| header.epoch == epoch) else {
        return Ok(None);
    };
    let bytes = read(file, place, length)?;
    let frame = Frame::decode(&bytes, &limits).ok().map(|(frame, _)| frame);
    Ok(Some((header, length as u64, frame)))
}

#[cfg(test)]
mod tests;
