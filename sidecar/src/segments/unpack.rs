//! Reads a segment of records while it grows, and past damage: what cannot be read is a loss, never an error.

use std::io;

use super::records::{BYTES, HEADER, PAYLOAD, RECORD, SYNC, checksum, header};
use crate::fs::FsFile;

/// Bytes read at a time while a whole record is looked for behind damage.
const WINDOW: usize = 2 * (RECORD + PAYLOAD);

/// What one look gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// So many bytes, which follow the last ones.
    Bytes(usize),
    /// Bytes up to this offset of the stream are damaged or missing.
    Jump(u64),
    /// Nothing whole for now; so many bytes of something begun.
    Rest(u64),
}

/// A segment that is read.
#[derive(Debug)]
pub(crate) struct Unpacking {
    file: Box<dyn FsFile>,
    start: u64,
    /// Where the next record begins in the file.
    place: u64,
    /// Offset in the stream of the next byte.
    at: u64,
    /// A record's bytes that were not taken yet.
    payload: Vec<u8>,
    taken: usize,
}

impl Unpacking {
    /// `None` when the header is not that of this stream's segment.
    pub(crate) fn open(
        file: Box<dyn FsFile>,
        epoch: [u8; 16],
        start: u64,
    ) -> io::Result<Option<Unpacking>> {
        let found = read(&*file, 0, HEADER)?;
        Ok((found == header(epoch, start)).then(|| Unpacking {
            file,
            start,
            place: HEADER as u64,
            at: start,
            payload: Vec::new(),
            taken: 0,
        }))
    }

    /// Offset in the stream of its first byte.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Reads on. With `complete` nobody writes here any more, so that what is not whole is damaged.
    pub(crate) fn read(&mut self, buffer: &mut [u8], complete: bool) -> io::Result<Unpacked> {
        while self.taken == self.payload.len() {
            let (record, place) = match self.whole(self.place)? {
                Some(record) => (record, self.place),
                None if !complete => return self.rest(),
                None => match self.resync()? {
                    Some(found) => found,
                    None => return self.rest(),
                },
            };
            self.place = place + (RECORD + record.payload.len()) as u64;
            if record.kind != BYTES || record.offset < self.at {
                continue;
            }
            let jump = record.offset > self.at;
            self.at = record.offset;
            self.payload = record.payload;
            self.taken = 0;
            if jump {
                return Ok(Unpacked::Jump(self.at));
            }
        }
        let left = &self.payload[self.taken..];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.taken += n;
        self.at += n as u64;
        Ok(Unpacked::Bytes(n))
    }

    fn rest(&self) -> io::Result<Unpacked> {
        Ok(Unpacked::Rest(
            self.file.stat()?.len.saturating_sub(self.place),
        ))
    }

    /// The record at a place of the file, if it is there as a whole and undamaged.
    fn whole(&self, place: u64) -> io::Result<Option<Record>> {
        let head = read(&*self.file, place, RECORD)?;
        let Some(length) = length(&head) else {
            return Ok(None);
        };
        let bytes = read(&*self.file, place, RECORD + length)?;
        Ok(decode(&bytes))
    }

    /// The next whole record behind damage, and its place.
    fn resync(&self) -> io::Result<Option<(Record, u64)>> {
        let mut place = self.place + 1;
        loop {
            let window = read(&*self.file, place, WINDOW)?;
            let mut from = 0;
            while let Some(found) = find(&window[from..]) {
                let at = from + found;
                if let Some(record) = decode(&window[at..]) {
                    return Ok(Some((record, place + at as u64)));
                }
                from = at + 1;
                // A long record may reach beyond the window.
                if at > WINDOW / 2 {
                    break;
                }
            }
            if window.len() < WINDOW {
                return Ok(None);
            }
            place += (WINDOW / 2) as u64;
        }
    }
}

#[derive(Debug)]
struct Record {
    offset: u64,
    kind: u8,
    payload: Vec<u8>,
}

fn find(window: &[u8]) -> Option<usize> {
    window.windows(SYNC.len()).position(|w| w == SYNC)
}

/// The payload's length in a record's head, if it may be one.
fn length(head: &[u8]) -> Option<usize> {
    let length = head.get(4..8)?.try_into().ok().map(u32::from_le_bytes)?;
    let length = usize::try_from(length).ok()?;
    (head.len() >= RECORD && head.starts_with(&SYNC) && length <= PAYLOAD).then_some(length)
}

fn decode(bytes: &[u8]) -> Option<Record> {
    let whole = bytes.get(..RECORD + length(bytes)?)?;
    let crc = u32::from_le_bytes(whole[8..12].try_into().ok()?);
    (checksum(whole) == crc).then(|| Record {
        offset: whole[12..20].try_into().map_or(0, u64::from_le_bytes),
        kind: whole[20],
        payload: whole[RECORD..].to_vec(),
    })
}

/// As many bytes as there are, at most `length`.
pub(super) fn read(file: &dyn FsFile, place: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut done = 0;
    while done < length {
        match file.read_at(&mut bytes[done..], place + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
