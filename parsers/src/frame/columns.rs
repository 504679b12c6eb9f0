//! The payload of version 3: what version 2 tells event by event, each kind of value in a column of its own, because
//! like beside like is what compresses, in less time as well.

use super::payload::{
    HAS_DIALECT, HAS_LANE, HAS_SUB, HAS_TIME, Payload, SUITE, SUITE_GIVEN, State,
};
use super::tokens::SPREAD;
use super::varint::{self, Reader};
use super::words;
use super::{FrameError, Limits};

/// Which kind of event: a number of its [`Shape`].
const SHAPES: usize = 0;
const LINES: usize = 1;
const TIMES: usize = 2;
/// Ordinals, lanes, and references to dialects and suites, where an event tells them.
const RARE: usize = 3;
/// Shapes that have no number yet.
const SPELLED: usize = 4;
/// The second byte of each event's own fields, and so on.
const OWN: usize = 5;
const OWNS: usize = 5;
/// Numbers of skeletons, and which of their tokens follow.
pub(super) const SKELETONS: usize = OWN + OWNS;
pub(super) const TOKENS: usize = SKELETONS + 1;
/// Distances between events beyond the length of what the one before told first.
const STEPS: usize = TOKENS + 1;
pub(super) const WORDS: usize = STEPS + 1;
pub(super) const NUMBERS: usize = WORDS + 1;
pub(super) const WORDS_LOW: usize = NUMBERS + 1;
/// What is left of events' own fields.
const REST: usize = WORDS_LOW + 1;
/// Words, skeletons and whole texts.
pub(super) const TEXT: usize = REST + 1;
const COLUMNS: usize = TEXT + 1;

/// Bytes of columns that get codes of their own; less would not pay for them.
const BLOCK_LEAST: usize = 128;

/// Shapes that get a number.
const SHAPES_MAX: usize = 255;
/// Instead of a shape's number: it is spelled out, and has the next number if there is one.
const NEW: u8 = 0;

const BAD: FrameError = FrameError::Malformed { what: "column" };

/// The columns while they are written.
pub(super) struct Columns(pub(super) [Vec<u8>; COLUMNS]);

/// The columns while they are read.
pub(super) struct Readers<'a>(pub(super) [Reader<'a>; COLUMNS]);

/// What most events of a kind have in common.
#[derive(Clone, Copy)]
struct Shape {
    code: u8,
    flags: u8,
    /// The first byte of the event's own fields: what of them is given.
    first: u8,
    /// Length of its own fields.
    own: u64,
    fresh: u64,
}

/// Has each number that follows an event's distance copied from or to its column: ordinal, line, time, lane, dialect
/// and suite, as far as the flags say that they are told.
#[inline]
fn told_in(
    flags: u8,
    mut copy: impl FnMut(usize) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    if flags & HAS_SUB != 0 {
        copy(RARE)?;
    }
    copy(LINES)?;
    if flags & HAS_TIME != 0 {
        copy(TIMES)?;
    }
    // Seldom any of them.
    if flags & (HAS_LANE | HAS_DIALECT | SUITE_GIVEN) != 0 {
        for told in [
            flags & HAS_LANE != 0,
            flags & HAS_DIALECT != 0,
            flags & SUITE == SUITE_GIVEN,
        ] {
            if told {
                copy(RARE)?;
            }
        }
    }
    Ok(())
}

/// The payload, of about so many events, as version 3 has it, and where blocks of columns end that have codes of their
/// own. An error is one that the records had already, or numbers that a builder would not have written so, which would not
/// come back as they are.
pub(super) fn split(payload: &Payload, events: usize) -> Result<(Vec<u8>, Vec<usize>), FrameError> {
    let mut columns = Columns::with_room(events, payload.strings.ends.len());
    words::split(&payload.strings, &mut columns);
    let events = columns.records(payload)?;
    let mut head = Vec::new();
    let mut state = Vec::new();
    payload.state.put(&mut state);
    varint::put(&mut head, state.len() as u64);
    head.extend_from_slice(&state);
    varint::put(&mut head, payload.strings.ends.len() as u64);
    varint::put(&mut head, events);
    head.push(u8::from(payload.lanes));
    for column in &columns.0 {
        varint::put(&mut head, column.len() as u64);
    }
    let mut bytes = head;
    let mut blocks = Vec::with_capacity(COLUMNS);
    bytes.reserve(columns.0.iter().map(Vec::len).sum());
    for (i, column) in columns.0.iter().enumerate() {
        let from = blocks.last().copied().unwrap_or(0);
        if i == TEXT || bytes.len() - from >= BLOCK_LEAST {
            blocks.push(bytes.len());
        }
        bytes.extend_from_slice(column);
    }
    Ok((bytes, blocks))
}

impl Columns {
    /// Columns with room for what so many events and strings tell for the most part, so that they seldom move.
    fn with_room(events: usize, strings: usize) -> Columns {
        let mut columns = Columns([const { Vec::new() }; COLUMNS]);
        for (column, room) in [
            (SHAPES, events),
            (LINES, events + events / 8),
            (TIMES, events + events / 4),
            (STEPS, events + events / 4),
            (OWN, events),
            (OWN + 1, events),
            (SKELETONS, strings),
            (TOKENS, 2 * strings),
            (WORDS, 3 * strings),
            (NUMBERS, strings),
        ] {
            columns.0[column].reserve_exact(room);
        }
        columns
    }

    /// Takes the records apart; gives their number.
    fn records(&mut self, payload: &Payload) -> Result<u64, FrameError> {
        let mut all = Reader::new(&payload.records);
        let mut shapes = Shapes::default();
        let (mut cursor, mut told, mut events) = (payload.state.cursor, 0, 0);
        let mut end = payload.strings.end(cursor);
        while !all.is_empty() {
            let length = all.shortest()?;
            let mut record = Reader::new(all.take(length)?);
            let (code, flags) = (record.byte()?, record.byte()?);
            let fresh = record.shortest()?;
            let beyond = record.shortest()?.wrapping_sub(told) as i64;
            varint::put_signed(&mut self.0[STEPS], beyond);
            told = 0;
            if fresh > 0 {
                cursor = cursor.saturating_add(fresh);
                let to = payload.strings.end(cursor);
                (told, end) = (to - end, to);
            }
            told_in(flags, |column| record.copy_number(&mut self.0[column]))?;
            let own = record.rest();
            self.shape(
                &mut shapes,
                Shape {
                    code,
                    flags,
                    first: own.first().copied().unwrap_or(0),
                    own: own.len() as u64,
                    fresh,
                },
            );
            for (byte, column) in own.iter().skip(1).zip(&mut self.0[OWN..OWN + OWNS]) {
                column.push(*byte);
            }
            if let Some(rest) = own.get(1 + OWNS..) {
                self.0[REST].extend_from_slice(rest);
            }
            events += 1;
        }
        Ok(events)
    }

    fn shape(&mut self, shapes: &mut Shapes, shape: Shape) {
        if let Some(n) = shapes.find(shape) {
            return self.0[SHAPES].push(n + 1);
        }
        self.0[SHAPES].push(NEW);
        let spelled = &mut self.0[SPELLED];
        spelled.extend_from_slice(&[shape.code, shape.flags, shape.first]);
        varint::put(spelled, shape.own);
        varint::put(spelled, shape.fresh);
        shapes.add(shape);
    }
}

impl Shape {
    /// All of it in one number that is not 0, if it fits.
    #[inline]
    fn key(self) -> Option<u64> {
        let small = [self.first, self.flags, self.code].into_iter();
        let small = small.fold(0, |key, byte| key << 8 | u64::from(byte));
        let fits = self.own < 1 << 20 && self.fresh < 1 << 19;
        fits.then_some(1 << 63 | self.fresh << 44 | self.own << 24 | small)
    }
}

/// The shapes that have a number, while columns are written.
#[derive(Default)]
struct Shapes {
    /// Their keys; 0 for what has none, which is not found again.
    known: Vec<u64>,
    /// By a part of a key's hash: the key told last that has it, and its number.
    recent: [(u64, u8); 1 << Shapes::BITS],
}

impl Shapes {
    const BITS: u32 = 5;

    #[inline]
    fn find(&mut self, shape: Shape) -> Option<u8> {
        let key = shape.key()?;
        let slot = (key.wrapping_mul(SPREAD) >> (u64::BITS - Shapes::BITS)) as usize;
        let recent = &mut self.recent[slot];
        if recent.0 != key {
            let number = self.known.iter().position(|known| *known == key)?;
            // There are no more than a byte tells.
            *recent = (key, number as u8);
        }
        Some(recent.1)
    }

    /// Gives a shape the next number, if there is one.
    fn add(&mut self, shape: Shape) {
        if self.known.len() < SHAPES_MAX {
            self.known.push(shape.key().unwrap_or(0));
        }
    }
}

/// Puts the columns together again, to what takes at most `most` bytes.
pub(super) fn join(bytes: &[u8], most: usize, limits: &Limits) -> Result<Payload, FrameError> {
    let mut reader = Reader::new(bytes);
    let length = reader.number()?;
    let state = State::parse(&mut Reader::new(reader.take(length)?), true)?;
    let [strings, events] = [reader.number()?, reader.number()?];
    for (count, limit, what) in [
        (strings, limits.strings, "string count"),
        (events, limits.events, "event count"),
    ] {
        if count > limit as u64 {
            return Err(FrameError::TooLarge { what });
        }
    }
    let lanes = reader.byte()? != 0;
    if state.lane > 0 && !lanes {
        return Err(BAD);
    }
    let mut lengths = [0; COLUMNS];
    for length in &mut lengths {
        *length = reader.number()?;
    }
    let mut readers = Readers([Reader::new(&[]); COLUMNS]);
    for (column, length) in readers.0.iter_mut().zip(lengths) {
        *column = Reader::new(reader.take(length)?);
    }
    // Each has at least a byte, so a lie about their numbers stops here.
    let least = |column: usize| readers.0[column].rest().len() as u64;
    if !reader.is_empty() || strings > least(SKELETONS) || events != least(SHAPES) {
        return Err(BAD);
    }
    let mut payload = Payload {
        state,
        strings: words::join(&mut readers, strings as usize, most)?,
        records: Vec::with_capacity(bytes.len()),
        lanes,
    };
    readers.records(&mut payload, most)?;
    match readers.0.iter().all(Reader::is_empty) {
        true => Ok(payload),
        false => Err(BAD),
    }
}

impl<'a> Readers<'a> {
    /// Puts the records together.
    fn records(&mut self, payload: &mut Payload, most: usize) -> Result<(), FrameError> {
        let most = most.saturating_sub(payload.strings.text.len());
        let mut shapes: Vec<Shape> = Vec::new();
        let (mut cursor, mut told) = (payload.state.cursor, 0);
        let mut record = Vec::new();
        while !self.0[SHAPES].is_empty() {
            let shape = self.shape(&mut shapes)?;
            record.clear();
            record.extend_from_slice(&[shape.code, shape.flags]);
            varint::put(&mut record, shape.fresh);
            let beyond = self.0[STEPS].signed()?;
            varint::put(&mut record, (beyond as u64).wrapping_add(told));
            told = payload.strings.told(&mut cursor, shape.fresh);
            told_in(shape.flags, |column| {
                self.0[column].copy_number(&mut record)
            })?;
            self.own(shape, &mut record)?;
            varint::put(&mut payload.records, record.len() as u64);
            payload.records.extend_from_slice(&record);
            if payload.records.len() > most {
                return Err(FrameError::TooLarge { what: "payload" });
            }
        }
        Ok(())
    }

    fn shape(&mut self, shapes: &mut Vec<Shape>) -> Result<Shape, FrameError> {
        let number = self.0[SHAPES].byte()?;
        if let Some(known) = usize::from(number).checked_sub(1) {
            return shapes.get(known).copied().ok_or(BAD);
        }
        let spelled = &mut self.0[SPELLED];
        let shape = Shape {
            code: spelled.byte()?,
            flags: spelled.byte()?,
            first: spelled.byte()?,
            own: spelled.number()?,
            fresh: spelled.number()?,
        };
        if shapes.len() < SHAPES_MAX {
            shapes.push(shape);
        }
        Ok(shape)
    }

    /// An event's own fields.
    fn own(&mut self, shape: Shape, record: &mut Vec<u8>) -> Result<(), FrameError> {
        if shape.own == 0 {
            return Ok(());
        }
        record.push(shape.first);
        let more = shape.own - 1;
        for column in &mut self.0[OWN..OWN + more.min(OWNS as u64) as usize] {
            record.push(column.byte()?);
        }
        let rest = self.0[REST].take(more.saturating_sub(OWNS as u64))?;
        record.extend_from_slice(rest);
        Ok(())
    }

    /// A text with its length before it.
    pub(super) fn text(&mut self) -> Result<&'a [u8], FrameError> {
        let length = self.0[TEXT].number()?;
        self.0[TEXT].take(length)
    }
}
