//! The fixed header and the compressed, checksummed payload behind it.

use std::io::{Read, Write};

use flate2::bufread::GzDecoder;
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

use super::deflate::Blocks;
use super::{FrameError, Header, Limits};

const MAGIC: [u8; 4] = *b"SNTL";
/// What every reader knows, and what is written as long as no event tells a lane.
const VERSION: u8 = 1;
/// With lanes.
const VERSION_LANES: u8 = 2;
/// In columns.
const VERSION_COLUMNS: u8 = 3;
const FLAG_LAST: u8 = 1;
/// Length of the header as this version writes it.
const HEADER: usize = 68;
/// Longest header believed.
const HEADER_MAX: usize = 1024;
/// The fastest level that makes codes of its own for each block.
const LEVEL: Compression = Compression::new(2);
/// Bytes of columns' text from which on it is searched for what repeats: below, that takes longer to set up than to do,
/// and gains little.
const SEARCHED: usize = 2048;
/// The same of rows.
const ROWS_SEARCHED: usize = 512;
/// The head of a gzip member (RFC 1952, section 2.3): deflate, no name, no time, no system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// What gzip may add to data that does not shrink.
const GZIP_SLACK: usize = 4096;

/// How a payload is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Event by event; whether they may tell lanes.
    Rows { lanes: bool },
    /// In columns.
    Columns,
}

/// A header with the lengths that stand beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) header: Header,
    /// How the payload is laid out.
    pub(super) layout: Layout,
    pub(super) events: u32,
    pub(super) inflated: usize,
    pub(super) crc: u32,
    /// Where the payload begins.
    pub(super) at: usize,
    /// Length of the whole frame.
    pub(super) total: usize,
}

/// Reads and checks the header; the payload need not be there.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Envelope, FrameError> {
    let seen = bytes.len().min(MAGIC.len());
    if bytes[..seen] != MAGIC[..seen] {
        return Err(FrameError::BadMagic);
    }
    let version = bytes.get(4).copied();
    if let Some(other) = version.filter(|v| !(VERSION..=VERSION_COLUMNS).contains(v)) {
        return Err(FrameError::Version(other));
    }
    let fixed: &[u8; HEADER] = bytes
        .first_chunk()
        .ok_or(FrameError::Incomplete { needed: HEADER })?;
    let length = usize::from(u16::from_le_bytes(field(fixed, 6)));
    if !(HEADER..=HEADER_MAX).contains(&length) {
        return Err(FrameError::Malformed {
            what: "header length",
        });
    }
    let whole = bytes
        .get(..length)
        .ok_or(FrameError::Incomplete { needed: length })?;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&whole[..8]), &whole[12..]);
    if crc != u32::from_le_bytes(field(fixed, 8)) {
        return Err(FrameError::HeaderChecksum);
    }
    let stored = u32::from_le_bytes(field(fixed, 60)) as usize;
    let envelope = Envelope {
        header: Header {
            epoch: field(fixed, 16),
            seq: u64::from_le_bytes(field(fixed, 32)),
            start: u64::from_le_bytes(field(fixed, 40)),
            end: u64::from_le_bytes(field(fixed, 48)),
            last: fixed[5] & FLAG_LAST != 0,
        },
        layout: match fixed[4] {
            VERSION_COLUMNS => Layout::Columns,
            version => Layout::Rows {
                lanes: version == VERSION_LANES,
            },
        },
        events: u32::from_le_bytes(field(fixed, 12)),
        inflated: u32::from_le_bytes(field(fixed, 56)) as usize,
        crc: u32::from_le_bytes(field(fixed, 64)),
        at: length,
        total: length.saturating_add(stored),
    };
    check(&envelope, stored, limits)?;
    Ok(envelope)
}

fn check(envelope: &Envelope, stored: usize, limits: &Limits) -> Result<(), FrameError> {
    if envelope.header.end < envelope.header.start {
        return Err(FrameError::Malformed { what: "byte range" });
    }
    if envelope.inflated > limits.inflated {
        return Err(FrameError::TooLarge { what: "payload" });
    }
    if stored > envelope.inflated.saturating_add(GZIP_SLACK) {
        return Err(FrameError::TooLarge {
            what: "stored payload",
        });
    }
    if too_dense(envelope.inflated, stored, limits) {
        return Err(FrameError::TooLarge {
            what: "compression ratio",
        });
    }
    if envelope.events as usize > limits.events {
        return Err(FrameError::TooLarge {
            what: "event count",
        });
    }
    Ok(())
}

fn too_dense(inflated: usize, stored: usize, limits: &Limits) -> bool {
    inflated > limits.ratio_from && inflated > stored.saturating_mul(limits.ratio)
}

impl Envelope {
    /// Bytes that the payload may take in memory: columns say more in fewer bytes than they inflate to.
    pub(super) fn most(&self, limits: &Limits) -> usize {
        let stored = self.total - self.at;
        let dense = stored.saturating_mul(limits.ratio).max(limits.ratio_from);
        dense.min(limits.inflated)
    }
}

/// Header and stored payload of the frame at the beginning of `bytes`.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(Envelope, &'a [u8]), FrameError> {
    let envelope = read(bytes, limits)?;
    let stored = bytes
        .get(envelope.at..envelope.total)
        .ok_or(FrameError::Incomplete {
            needed: envelope.total,
        })?;
    Ok((envelope, stored))
}

/// Inflates exactly as many bytes as the header promises, which the limits already allow; one
/// byte more, a second member or anything after the first is an error.
pub(super) fn inflate(stored: &[u8], envelope: &Envelope) -> Result<Vec<u8>, FrameError> {
    const BAD: FrameError = FrameError::Malformed { what: "gzip" };
    let mut gzip = GzDecoder::new(stored);
    let mut inflated = Vec::with_capacity(envelope.inflated);
    let promised = envelope.inflated as u64;
    let read = gzip
        .by_ref()
        .take(promised + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| BAD)?;
    if read != envelope.inflated || !gzip.into_inner().is_empty() {
        return Err(BAD);
    }
    if crc32c::crc32c(&inflated) != envelope.crc {
        return Err(FrameError::PayloadChecksum);
    }
    Ok(inflated)
}

/// Compresses a payload of rows and puts the header before it.
pub(super) fn seal(header: &Header, lanes: bool, events: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = match payload.len() {
        ..ROWS_SEARCHED => in_blocks(payload, &[payload.len()]),
        _ => compressed(payload, LEVEL),
    };
    if too_dense(payload.len(), frame.len() - HEADER, &Limits::default()) {
        frame = compressed(payload, Compression::none());
    }
    let version = if lanes { VERSION_LANES } else { VERSION };
    head(&mut frame, version, header, events, payload);
    frame
}

/// Compresses columns, the blocks of which end where is told, and puts the header before them; `None` if a reader would
/// not believe that so few bytes take `most` in memory.
pub(super) fn seal_columns(
    header: &Header,
    events: u32,
    columns: &[u8],
    blocks: &[usize],
    most: usize,
) -> Option<Vec<u8>> {
    let mut frame = in_blocks(columns, blocks);
    let stored = frame.len() - HEADER;
    if too_dense(most.max(columns.len()), stored, &Limits::default()) {
        return None;
    }
    head(&mut frame, VERSION_COLUMNS, header, events, columns);
    Some(frame)
}

/// Fills in the header of a frame whose payload stands behind it.
fn head(frame: &mut [u8], version: u8, header: &Header, events: u32, payload: &[u8]) {
    let stored = u32::try_from(frame.len() - HEADER).unwrap_or(u32::MAX);
    let inflated = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let flags = if header.last { FLAG_LAST } else { 0 };
    put(frame, 0, &MAGIC);
    put(frame, 4, &[version, flags]);
    put(frame, 6, &(HEADER as u16).to_le_bytes());
    put(frame, 12, &events.to_le_bytes());
    put(frame, 16, &header.epoch);
    put(frame, 32, &header.seq.to_le_bytes());
    put(frame, 40, &header.start.to_le_bytes());
    put(frame, 48, &header.end.to_le_bytes());
    put(frame, 56, &inflated.to_le_bytes());
    put(frame, 60, &stored.to_le_bytes());
    put(frame, 64, &crc32c::crc32c(payload).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&frame[..8]), &frame[12..HEADER]);
    put(frame, 8, &crc.to_le_bytes());
}

/// Room for the header, and for what becomes of the payload.
fn room_for(payload: &[u8]) -> Vec<u8> {
    let mut room = Vec::with_capacity(HEADER + payload.len() / 2 + 64);
    room.resize(HEADER, 0);
    room
}

/// Room for the header, then the payload as one gzip member.
fn compressed(payload: &[u8], level: Compression) -> Vec<u8> {
    let mut gzip = GzEncoder::new(room_for(payload), level);
    // Writing into a Vec cannot fail; if it ever did, the checksum would not match.
    let _ = gzip.write_all(payload);
    gzip.finish().unwrap_or_else(|_| vec![0; HEADER])
}

/// The same of columns, in blocks that end where is told, and behind them text, in which much repeats.
fn in_blocks(columns: &[u8], ends: &[usize]) -> Vec<u8> {
    let mut room = room_for(columns);
    room.extend_from_slice(&GZIP_HEAD);
    let mut blocks = Blocks::behind(room);
    let mut from = 0;
    for to in ends {
        blocks.add(&columns[from..*to]);
        from = *to;
    }
    let text = &columns[from..];
    let mut frame = if text.len() < SEARCHED {
        blocks.add(text);
        blocks.finished()
    } else {
        let mut searched = DeflateEncoder::new(blocks.aligned(), LEVEL);
        // As above.
        let _ = searched.write_all(text);
        searched.finish().unwrap_or_else(|_| vec![0; HEADER])
    };
    let mut crc = Crc::new();
    crc.update(columns);
    frame.extend_from_slice(&crc.sum().to_le_bytes());
    frame.extend_from_slice(&crc.amount().to_le_bytes());
    frame
}

fn put(frame: &mut [u8], at: usize, bytes: &[u8]) {
    frame[at..at + bytes.len()].copy_from_slice(bytes);
}

/// `N` bytes of the fixed header; every caller's `at + N` is within it.
fn field<const N: usize>(header: &[u8; HEADER], at: usize) -> [u8; N] {
    std::array::from_fn(|i| header[at + i])
}
