//! The inflated payload: string table and event records, and stepping through them.

use super::body;
use super::strings::Strings;
use super::varint::{self, Reader};
use super::{FrameError, Header, Limits};
use crate::event::Event;

pub(super) const HAS_TIME: u8 = 1;
pub(super) const HAS_DIALECT: u8 = 1 << 1;
pub(super) const SUITE_SAME: u8 = 1 << 2;
pub(super) const SUITE_GIVEN: u8 = 2 << 2;
pub(super) const SUITE: u8 = 3 << 2;
pub(super) const HAS_SUB: u8 = 1 << 4;
/// Since version 2: another lane than that of the event before.
pub(super) const HAS_LANE: u8 = 1 << 5;
const KNOWN_FLAGS: u8 = HAS_TIME | HAS_DIALECT | SUITE | HAS_SUB;

/// What an event's differences are taken from: where the event before it stood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) offset: u64,
    /// The lowest ordinal the next event at this offset may have.
    pub(super) next_sub: u64,
    pub(super) line: u64,
    pub(super) time_ms: i64,
    /// Number of table strings used so far.
    pub(super) cursor: u64,
    /// Index + 1 in the string table, 0 = none.
    pub(super) dialect: u64,
    /// Index + 1 in the string table, 0 = none.
    pub(super) suite: u64,
    /// The writer; written only if it is not 0.
    pub(super) lane: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Payload {
    pub(super) state: State,
    pub(super) strings: Strings,
    /// The records, each with its length before it.
    pub(super) records: Vec<u8>,
    /// Whether any event tells a lane, which is what version 2 adds.
    pub(super) lanes: bool,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) known: u64,
    pub(super) unknown: u64,
}

impl Payload {
    /// Takes the inflated bytes apart. The records are not looked at yet.
    pub(super) fn parse(bytes: &[u8], lanes: bool, limits: &Limits) -> Result<Payload, FrameError> {
        let mut reader = Reader::new(bytes);
        let length = reader.number()?;
        let state = State::parse(&mut Reader::new(reader.take(length)?), lanes)?;
        let count = reader.number()?;
        if count > limits.strings as u64 {
            return Err(FrameError::TooLarge {
                what: "string count",
            });
        }
        // Every string takes at least the byte of its length, so a lie stops here.
        if count > reader.rest().len() as u64 {
            return Err(FrameError::Malformed {
                what: "string count",
            });
        }
        let mut ends = Vec::with_capacity(count as usize);
        let mut end = 0u64;
        for _ in 0..count {
            end = end.saturating_add(reader.number()?);
            ends.push(u32::try_from(end).map_err(|_| BAD_STRINGS)?);
        }
        let text = std::str::from_utf8(reader.take(end)?).map_err(|_| BAD_STRINGS)?;
        if !ends.iter().all(|end| text.is_char_boundary(*end as usize)) {
            return Err(BAD_STRINGS);
        }
        Ok(Payload {
            state,
            strings: Strings {
                text: text.to_owned(),
                ends,
            },
            records: reader.rest().to_vec(),
            lanes,
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.byte_len());
        let mut state = Vec::new();
        self.state.put(&mut state);
        varint::put(&mut bytes, state.len() as u64);
        bytes.extend_from_slice(&state);
        varint::put(&mut bytes, self.strings.ends.len() as u64);
        for length in self.strings.lengths() {
            varint::put(&mut bytes, length);
        }
        bytes.extend_from_slice(self.strings.text.as_bytes());
        bytes.extend_from_slice(&self.records);
        bytes
    }

    pub(super) fn byte_len(&self) -> usize {
        let mut state = Vec::with_capacity(72);
        self.state.put(&mut state);
        varint::len(state.len() as u64)
            + state.len()
            + varint::len(self.strings.ends.len() as u64)
            + self.strings.lengths().map(varint::len).sum::<usize>()
            + self.strings.text.len()
            + self.records.len()
    }

    /// Walks all records once, so that later walks cannot fail.
    pub(super) fn validate(&self, header: &Header) -> Result<Counted, FrameError> {
        let mut counted = Counted::default();
        let mut records = self.records();
        while let Some(record) = records.next(&self.strings)? {
            let place = &records.state;
            let at_end = place.offset == header.end && header.last;
            if place.offset < header.start || (place.offset >= header.end && !at_end) {
                return Err(FrameError::Malformed { what: "offset" });
            }
            match body::decode(&record, &self.strings)? {
                Some(_) => counted.known += 1,
                None => counted.unknown += 1,
            }
        }
        Ok(counted)
    }

    pub(super) fn events(&self) -> Events<'_> {
        Events {
            strings: &self.strings,
            records: self.records(),
        }
    }

    /// The records from the first at or after `offset` on, with the state before it and the whole
    /// string table: differences stay true, nothing is coded anew.
    pub(super) fn trimmed(&self, offset: u64) -> (Payload, Counted) {
        let mut records = self.records();
        let mut before = records;
        let mut counted = Counted::default();
        let mut kept = None;
        while let Ok(Some(record)) = records.next(&self.strings) {
            if records.state.offset >= offset {
                kept.get_or_insert(before);
                match body::decode(&record, &self.strings) {
                    Ok(Some(_)) => counted.known += 1,
                    _ => counted.unknown += 1,
                }
            }
            before = records;
        }
        let kept = kept.unwrap_or(before);
        let payload = Payload {
            state: kept.state,
            strings: self.strings.clone(),
            records: kept.reader.rest().to_vec(),
            lanes: self.lanes,
        };
        (payload, counted)
    }

    fn records(&self) -> Records<'_> {
        Records {
            reader: Reader::new(&self.records),
            state: self.state,
            flags: match self.lanes {
                true => KNOWN_FLAGS | HAS_LANE,
                false => KNOWN_FLAGS,
            },
        }
    }
}

const BAD_STRINGS: FrameError = FrameError::Malformed {
    what: "string table",
};

impl State {
    pub(super) fn parse(reader: &mut Reader<'_>, lanes: bool) -> Result<State, FrameError> {
        let mut state = State {
            offset: reader.number()?,
            next_sub: reader.number()?,
            line: reader.number()?,
            time_ms: reader.signed()?,
            cursor: reader.number()?,
            dialect: reader.number()?,
            suite: reader.number()?,
            lane: 0,
        };
        if lanes && !reader.is_empty() {
            state.lane = reader.small()?;
        }
        Ok(state)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.offset);
        varint::put(out, self.next_sub);
        varint::put(out, self.line);
        varint::put_signed(out, self.time_ms);
        varint::put(out, self.cursor);
        varint::put(out, self.dialect);
        varint::put(out, self.suite);
        if self.lane > 0 {
            varint::put(out, u64::from(self.lane));
        }
    }
}

/// One record: its type, the values all types have, and its own fields unread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) code: u8,
    pub(super) offset: u64,
    pub(super) sub: u32,
    pub(super) line: u64,
    pub(super) time_ms: Option<i64>,
    pub(super) lane: u32,
    pub(super) dialect: &'a str,
    pub(super) suite: Option<&'a str>,
    /// The string cursor before the type's own fields.
    pub(super) cursor: u64,
    pub(super) body: Reader<'a>,
}

/// Steps through records and keeps the running state.
#[derive(Clone, Copy, Debug)]
struct Records<'a> {
    reader: Reader<'a>,
    state: State,
    /// The flags that are not refused.
    flags: u8,
}

impl<'a> Records<'a> {
    fn next(&mut self, strings: &'a Strings) -> Result<Option<Record<'a>>, FrameError> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let length = self.reader.number()?;
        let mut reader = Reader::new(self.reader.take(length)?);
        let code = reader.byte()?;
        let flags = reader.byte()?;
        if flags & !self.flags != 0 {
            return Err(FrameError::Malformed {
                what: "event flags",
            });
        }
        let state = &mut self.state;
        let fresh = reader.number()?;
        state.place(&mut reader, flags)?;
        let mut cursor = state.cursor;
        if flags & HAS_DIALECT != 0 {
            state.dialect = reference(&mut reader, &mut cursor)? + 1;
        }
        let suite_flag = flags & SUITE;
        if suite_flag == SUITE_GIVEN {
            state.suite = reference(&mut reader, &mut cursor)? + 1;
        }
        state.cursor = state
            .cursor
            .checked_add(fresh)
            .filter(|c| *c >= cursor && *c <= strings.ends.len() as u64)
            .ok_or(BAD_REFERENCE)?;
        Ok(Some(Record {
            code,
            offset: state.offset,
            sub: u32::try_from(state.next_sub - 1)
                .map_err(|_| FrameError::Malformed { what: "ordinal" })?,
            line: state.line,
            time_ms: (flags & HAS_TIME != 0).then_some(state.time_ms),
            lane: state.lane,
            dialect: named(strings, state.dialect)?,
            suite: match suite_flag {
                0 => None,
                _ => Some(named(strings, state.suite)?),
            },
            cursor,
            body: reader,
        }))
    }
}

impl State {
    /// Offset, ordinal, line, time and lane of a record; by construction (offset, ordinal) only grows.
    fn place(&mut self, reader: &mut Reader<'_>, flags: u8) -> Result<(), FrameError> {
        const BAD: FrameError = FrameError::Malformed { what: "offset" };
        let step = reader.number()?;
        self.offset = self.offset.checked_add(step).ok_or(BAD)?;
        let left_out = match flags & HAS_SUB {
            0 => 0,
            _ => reader.number()?,
        };
        let lowest = if step == 0 { self.next_sub } else { 0 };
        let sub = lowest.checked_add(left_out).ok_or(BAD)?;
        self.next_sub = sub.checked_add(1).ok_or(BAD)?;
        self.line = self.line.wrapping_add_signed(reader.signed()?);
        if flags & HAS_TIME != 0 {
            self.time_ms = self.time_ms.wrapping_add(reader.signed()?);
        }
        if flags & HAS_LANE != 0 {
            self.lane = reader.small()?;
        }
        Ok(())
    }
}

const BAD_REFERENCE: FrameError = FrameError::Malformed {
    what: "string reference",
};

/// Reads a string reference; gives the index in the table.
pub(super) fn reference(reader: &mut Reader<'_>, cursor: &mut u64) -> Result<u64, FrameError> {
    match reader.number()? {
        0 => {
            let index = *cursor;
            *cursor = index.checked_add(1).ok_or(BAD_REFERENCE)?;
            Ok(index)
        }
        back => cursor.checked_sub(back).ok_or(BAD_REFERENCE),
    }
}

fn named(strings: &Strings, index_plus_one: u64) -> Result<&str, FrameError> {
    index_plus_one
        .checked_sub(1)
        .and_then(|index| strings.at(index))
        .ok_or(BAD_REFERENCE)
}

/// Iterator over the events of a frame; borrows all text from it.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    strings: &'a Strings,
    records: Records<'a>,
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        // The frame was validated or built by this codec: an error cannot come up here, and would
        // end the iteration.
        while let Ok(Some(record)) = self.records.next(self.strings) {
            match body::decode(&record, self.strings) {
                Ok(Some(body)) => {
                    return Some(Event {
                        offset: record.offset,
                        sub: record.sub,
                        line: record.line,
                        time_ms: record.time_ms,
                        lane: record.lane,
                        dialect: record.dialect,
                        body,
                    });
                }
                Ok(None) => {}
                Err(_) => return None,
            }
        }
        None
    }
}
