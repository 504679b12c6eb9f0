//! The wire unit: a batch of events of one stream with its byte range, checksummed and compressed.
//!
//! A [`FrameBuilder`] turns events into a [`Frame`], [`Frame::encode`] into bytes, and
//! [`Frame::decode`] back, refusing whatever is not exactly what a builder could have made. The
//! codec does no I/O and keeps no clock; all integers are little endian.
//!
//! # Layout
//!
//! | at | bytes | field |
//! |---:|---:|---|
//! | 0 | 4 | magic `SNTL` |
//! | 4 | 1 | version: 1, or 2 if events tell lanes, or 3 if they stand in columns; a reader refuses any other |
//! | 5 | 1 | flags: bit 0 = the stream ends with this frame; others are ignored |
//! | 6 | 2 | header length `h`, at least 68; bytes beyond 68 are for later writers and ignored |
//! | 8 | 4 | CRC32C of the header's `h` bytes without these four |
//! | 12 | 4 | number of events, of known and unknown types |
//! | 16 | 16 | epoch |
//! | 32 | 8 | sequence number |
//! | 40 | 8 | first byte of the stream covered |
//! | 48 | 8 | first byte after those covered |
//! | 56 | 4 | payload length, inflated |
//! | 60 | 4 | payload length as it stands here, `s` |
//! | 64 | 4 | CRC32C of the inflated payload |
//! | `h` | `s` | payload, one gzip member (RFC 1952) |
//!
//! # The payload, versions 1 and 2
//!
//! The inflated payload is made of varints (LEB128, at most ten bytes; *zigzag* maps signed
//! numbers as protobuf's `sint64` does):
//!
//! | part | content |
//! |---|---|
//! | state | length of this part, then offset, next ordinal, line, zigzag time in ms, string cursor, dialect, suite (these two as table index + 1, 0 = none), in version 2 the lane unless 0: what the first event's differences are taken from |
//! | strings | count, the length of each, then the UTF-8 text of all |
//! | events | length, then that many bytes, of each event |
//!
//! An event's bytes begin alike whatever its type, so a reader steps over types it does not know
//! and stays in step:
//!
//! | field | meaning |
//! |---|---|
//! | type | one byte, see [`Body`](crate::event::Body): 1 run start, 2 run end, 3 suite start, 4 suite end, 5 plan, 6 test start, 7 test end, 8 test detail, 9 counted, 10 summary, 11 signature, 12 gap, 13 end of stream |
//! | flags | bit 0 time, bit 1 dialect, bits 2-3 suite (0 none, 1 as before, 2 follows), bit 4 ordinal, in version 2 bit 5 lane; others are refused |
//! | fresh | number of table strings this event is the first to use |
//! | offset | difference to the previous event's |
//! | ordinal | if flagged: ordinals left out; else 0 |
//! | line | zigzag difference |
//! | time | if flagged: zigzag difference to the previous time |
//! | lane | if flagged: the number; else that of the event before |
//! | dialect, suite | if flagged: string reference; else those of the event before |
//! | body | the type's own fields; bytes after those a reader knows are ignored |
//!
//! A string reference is 0 for the next string nobody used yet, else how many strings back from
//! there. Durations are a digit count and a decimal (`0.25` = 2, 25), or 255 and the eight bytes of
//! the double where a decimal would not be exact.
//!
//! # The payload, version 3
//!
//! The same values, those of a kind together, because so they take half the bytes. Frames of less than 4 KiB are written
//! as before. A reader holds the length of what it puts together, not only that of what it inflates, against its limits.
//!
//! | part | content |
//! |---|---|
//! | state | as above, always with the lane's place |
//! | counts | strings, events, a byte that is 1 if events may tell lanes |
//! | lengths | of each column |
//! | columns | in this order |
//!
//! | column | content |
//! |---|---|
//! | shapes | a byte for each event: the number of its shape, from 1; 0 for one that is spelled out and takes the next number while there is one |
//! | lines, times | as above |
//! | rare | ordinal, lane, dialect, suite, as above, where the flags say so |
//! | spelled | shapes: type, flags, first byte of the body, length of the body, fresh |
//! | body 2 to 6 | that byte of each body that has it |
//! | skeletons | a byte for each string: 0 for a new skeleton, 1 for a string told as it is, else 2 and the skeleton's number |
//! | tokens | for each string with a skeleton: bit by token, whether it is another than that of the string before with that skeleton (before the first, all are empty) |
//! | steps | zigzag: offset difference less the length of all strings the previous event was the first to use |
//! | words | for each such token that is a word: 0 for a new word, 1 to 239 for those that were new first; 240 to 255 for the others, with a byte in the next column but one |
//! | numbers | for each such token that is a number: the number |
//! | words, low | the low byte of a word's number, less 239 |
//! | rest | what is left of bodies |
//! | text | length and bytes, of each skeleton, word and string where it is new |
//!
//! A skeleton is the text itself, with a byte 0 in the place of each word and a byte 1 in the place of each number.
//!
//! # Example
//!
//! ```
//! use sentinel_parsers::event::{Body, Event, Status, TestEnd};
//! use sentinel_parsers::frame::{Frame, FrameBuilder, Header, Limits};
//! let mut builder = FrameBuilder::new();
//! builder.push(&Event {
//!     offset: 120,
//!     sub: 0,
//!     line: 4,
//!     time_ms: None,
//!     lane: 0,
//!     dialect: "tap",
//!     body: Body::TestEnd(TestEnd::new(Some(""), "adds", Status::Passed)),
//! });
//! let header = Header { epoch: [7; 16], seq: 0, start: 0, end: 140, last: false };
//! let bytes = builder.finish(header).encode();
//! let (frame, used) = Frame::decode(&bytes, &Limits::default())?;
//! assert_eq!(used, bytes.len());
//! assert_eq!(frame.events().next().map(|e| e.offset), Some(120));
//! # Ok::<(), sentinel_parsers::frame::FrameError>(())
//! ```

mod body;
mod build;
mod columns;
mod deflate;
mod envelope;
mod payload;
mod strings;
mod tokens;
mod varint;
mod words;

#[cfg(test)]
mod tests;

pub use crate::cut::{MESSAGE_CAP, NAME_CAP, WORD_CAP, cut_at_boundary};
pub use build::{FULL_BYTES, FULL_EVENTS, FrameBuilder};
pub use payload::Events;

use envelope::Layout;
use payload::{Counted, Payload};

/// Length of a payload from which on columns gain more than they cost.
const COLUMNS_FROM: usize = 4 * 1024;

/// What stands before a frame's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 128 random bits, made when the stream's source was created.
    pub epoch: [u8; 16],
    /// Number of the frame in its sender's session, from 0; for people and logs, not for dedupe.
    pub seq: u64,
    /// First byte of the stream covered; a line start.
    pub start: u64,
    /// First byte after those covered.
    pub end: u64,
    /// Whether the stream ends with this frame.
    pub last: bool,
}

/// What a decoder accepts. Frames beyond are refused before anything of their size is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the inflated payload: 1 MiB.
    pub inflated: usize,
    /// Inflated bytes per stored byte: 100, from [`Limits::ratio_from`] inflated bytes on.
    pub ratio: usize,
    /// Inflated bytes up to which the ratio does not matter: 64 KiB.
    pub ratio_from: usize,
    /// Events of a frame: 65,536.
    pub events: usize,
    /// Strings of a frame's table: 131,072.
    pub strings: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            inflated: 1 << 20,
            ratio: 100,
            ratio_from: 64 << 10,
            events: 1 << 16,
            strings: 1 << 17,
        }
    }
}

/// Why bytes are not a frame. Only [`FrameError::Incomplete`] may turn into a frame, when more
/// bytes follow; trying the same bytes again never helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does.
    #[error("frame is cut short: at least {needed} bytes needed")]
    Incomplete {
        /// Length of the frame, or a lower bound while its header is incomplete.
        needed: usize,
    },
    /// The bytes do not begin with the magic.
    #[error("not a frame")]
    BadMagic,
    /// A version this decoder does not read.
    #[error("frame version {0} is not known")]
    Version(u8),
    /// The header was altered.
    #[error("header checksum does not match")]
    HeaderChecksum,
    /// The payload was altered.
    #[error("payload checksum does not match")]
    PayloadChecksum,
    /// A limit is exceeded.
    #[error("{what} over the limit")]
    TooLarge {
        /// Which.
        what: &'static str,
    },
    /// Checksums match and the content is not what a builder makes.
    #[error("malformed frame: {what}")]
    Malformed {
        /// The part.
        what: &'static str,
    },
}

/// A frame in memory: header and inflated, validated payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    header: Header,
    payload: Payload,
    counted: Counted,
}

impl Frame {
    /// Reads the frame at the beginning of `bytes` and says how many bytes it takes. Everything is
    /// validated here, so that reading its events cannot fail.
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<(Frame, usize), FrameError> {
        let (envelope, stored) = envelope::open(bytes, limits)?;
        let inflated = envelope::inflate(stored, &envelope)?;
        let payload = match envelope.layout {
            Layout::Rows { lanes } => Payload::parse(&inflated, lanes, limits)?,
            Layout::Columns => columns::join(&inflated, envelope.most(limits), limits)?,
        };
        let counted = payload.validate(&envelope.header)?;
        if counted.known + counted.unknown != u64::from(envelope.events) {
            return Err(FrameError::Malformed {
                what: "event count",
            });
        }
        let frame = Frame {
            header: envelope.header,
            payload,
            counted,
        };
        Ok((frame, envelope.total))
    }

    /// Reads and checks only the header at the beginning of `bytes`; also gives the length of the
    /// whole frame.
    ///
    /// # Errors
    /// As [`Frame::decode`], as far as the header tells.
    pub fn peek(bytes: &[u8], limits: &Limits) -> Result<(Header, usize), FrameError> {
        envelope::read(bytes, limits).map(|e| (e.header, e.total))
    }

    /// The frame as bytes: in columns, unless it is so small that these gain nothing. The result is within
    /// [`Limits::default`] if [`Frame::payload_len`] and the number of events are: what would shrink too far to be
    /// believed is written as it is.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let length = self.payload_len();
        if length >= COLUMNS_FROM
            && let Ok((columns, blocks)) = columns::split(&self.payload, self.count() as usize)
            && let Some(frame) =
                envelope::seal_columns(&self.header, self.count(), &columns, &blocks, length)
        {
            return frame;
        }
        self.encode_rows()
    }

    /// The same event by event, as versions 1 and 2 have it, for readers that know no other.
    #[must_use]
    pub fn encode_rows(&self) -> Vec<u8> {
        let payload = self.payload.to_bytes();
        envelope::seal(&self.header, self.payload.lanes, self.count(), &payload)
    }

    /// The number of events, as a header tells it.
    fn count(&self) -> u32 {
        let events = self.counted.known + self.counted.unknown;
        u32::try_from(events).unwrap_or(u32::MAX)
    }

    /// The frame's header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The events of known types, in order, borrowed from the frame.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        self.payload.events()
    }

    /// Number of events [`Frame::events`] gives.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.counted.known
    }

    /// Number of events skipped because a later writer's type, or a status, is not known here.
    #[must_use]
    pub fn unknown_events(&self) -> u64 {
        self.counted.unknown
    }

    /// Length of the inflated payload in bytes.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.payload.byte_len()
    }

    /// The part of the frame from `offset` on: events at or after it, and a range that begins
    /// there (within the frame's own range). Events of unknown types are kept.
    #[must_use]
    pub fn from_offset(&self, offset: u64) -> Frame {
        let start = offset.clamp(self.header.start, self.header.end);
        let header = Header {
            start,
            ..self.header
        };
        let (payload, counted) = self.payload.trimmed(start);
        Frame {
            header,
            payload,
            counted,
        }
    }
}
