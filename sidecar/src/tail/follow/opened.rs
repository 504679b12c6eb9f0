//! An open file of a chain, plain or gzipped, read from its beginning in the bytes of the uncompressed stream.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::chain::is_gzip;
use super::mark::Mark;
use crate::fs::{FromStart, Fs, FsFile, Stat};

/// Bytes before the position by which a file that was truncated and grew again is told.
const TAIL: usize = 64;

type Unpacked = MultiGzDecoder<BufReader<FromStart>>;

#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    file: Arc<dyn FsFile>,
    /// There if it is gzipped.
    unpacked: Option<Box<Unpacked>>,
    id: (u64, u64),
    /// Offset of the next byte.
    at: u64,
    /// The bytes before it, at most [`TAIL`].
    tail: Vec<u8>,
}

impl Opened {
    pub(super) fn open(fs: &dyn Fs, path: &Path) -> io::Result<Opened> {
        let file: Arc<dyn FsFile> = Arc::from(fs.open(path)?);
        let mut opened = Opened {
            path: path.to_owned(),
            id: file.stat()?.id,
            unpacked: None,
            file,
            at: 0,
            tail: Vec::new(),
        };
        opened.restart();
        Ok(opened)
    }

    /// The same file once more, at its beginning.
    pub(super) fn again(&self) -> Opened {
        let mut again = Opened {
            path: self.path.clone(),
            file: Arc::clone(&self.file),
            unpacked: None,
            tail: Vec::new(),
            ..*self
        };
        again.restart();
        again
    }

    fn restart(&mut self) {
        self.at = 0;
        self.tail.clear();
        let unpack = || MultiGzDecoder::new(BufReader::new(FromStart::of(&self.file)));
        self.unpacked = is_gzip(&self.path).then(|| Box::new(unpack()));
    }

    pub(super) fn id(&self) -> (u64, u64) {
        self.id
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn is_gzip(&self) -> bool {
        self.unpacked.is_some()
    }

    pub(super) fn stat(&self) -> io::Result<Stat> {
        self.file.stat()
    }

    /// Reads on; 0 at the present end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = loop {
            let read = match &mut self.unpacked {
                Some(unpacked) => unpacked.read(buffer),
                None => self.file.read_at(buffer, self.at),
            };
            match read {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.at += n as u64;
        let kept = &buffer[n.saturating_sub(TAIL)..n];
        let over = (self.tail.len() + kept.len()).saturating_sub(TAIL);
        self.tail.drain(..over);
        self.tail.extend_from_slice(kept);
        Ok(n)
    }

    /// Goes forward to an offset; false when the file ends before.
    pub(super) fn seek(&mut self, offset: u64) -> io::Result<bool> {
        if self.unpacked.is_none() {
            let before = offset.saturating_sub(TAIL as u64);
            self.tail.clear();
            self.at = before.min(self.stat()?.len);
        }
        let mut buffer = vec![0; 64 * 1024];
        while self.at < offset {
            let left = usize::try_from(offset - self.at).unwrap_or(usize::MAX);
            let want = left.min(buffer.len());
            if self.read(&mut buffer[..want])? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the file begins with the bytes of the mark.
    pub(super) fn has(&self, mark: &Mark) -> io::Result<bool> {
        let again = self.again();
        match again.unpacked {
            Some(mut unpacked) => match mark.is_of(&mut unpacked) {
                Err(e) if is_damage(&e) => Ok(false),
                told => told,
            },
            None => mark.is_of(&mut FromStart::of(&self.file)),
        }
    }

    /// Whether another file begins with all that is in this one.
    pub(super) fn is_held_by(&self, other: &Opened) -> bool {
        self.mark()
            .and_then(|mark| other.has(&mark))
            .unwrap_or(false)
    }

    /// The mark of everything that is in it now.
    pub(super) fn mark(&self) -> io::Result<Mark> {
        let mut again = self.again();
        let mut mark = Mark::default();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match again.read(&mut buffer) {
                Ok(0) => return Ok(mark),
                Ok(n) => mark.extend(mark.read, &buffer[..n]),
                Err(e) if self.is_gzip() && is_damage(&e) => return Ok(mark),
                Err(e) => return Err(e),
            }
        }
    }

    /// Whether what was read last is still there: a file that was truncated and grew again is another.
    pub(super) fn is_still(&self) -> io::Result<bool> {
        let mut tail = vec![0; self.tail.len()];
        let from = self.at - tail.len() as u64;
        Ok(self.fill(&mut tail, from)? && tail == self.tail)
    }

    /// The same of what was read first, which tells also where every few bytes are alike.
    pub(super) fn begins_still(&self, mark: &Mark) -> io::Result<bool> {
        let mut head = vec![0; mark.head_len()];
        // While it is read a second time, the mark knows more than the position says.
        if self.at < head.len() as u64 {
            return Ok(true);
        }
        Ok(self.fill(&mut head, 0)? && crc32c::crc32c(&head) == mark.head)
    }

    fn fill(&self, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        let mut done = 0;
        while done < buffer.len() {
            match self.file.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => return Ok(false),
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// Bytes of the uncompressed content.
    pub(super) fn length(&self) -> io::Result<u64> {
        if !self.is_gzip() {
            return Ok(self.stat()?.len);
        }
        let mut again = self.again();
        match again.seek(u64::MAX) {
            Err(e) if !is_damage(&e) => Err(e),
            _ => Ok(again.at),
        }
    }

    /// NUL bytes from here on, and whether anything follows them. A writer that keeps its position writes behind a
    /// hole after its file was truncated.
    pub(super) fn hole(&self) -> io::Result<(u64, bool)> {
        let mut buffer = vec![0; 64 * 1024];
        let mut nuls = 0;
        loop {
            // Nearly always the first byte tells.
            let most = if nuls == 0 { 1 } else { buffer.len() };
            let n = self.file.read_at(&mut buffer[..most], nuls)?;
            if n == 0 {
                return Ok((nuls, false));
            }
            if let Some(at) = buffer[..n].iter().position(|b| *b != 0) {
                return Ok((nuls + at as u64, true));
            }
            nuls += n as u64;
        }
    }
}

/// Whether an error of reading gzip says that the content is damaged, not that reading failed.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}
