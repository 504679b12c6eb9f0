//! Collects events into a frame.

use super::body;
use super::payload::{
    Counted, HAS_DIALECT, HAS_LANE, HAS_SUB, HAS_TIME, Payload, SUITE_GIVEN, SUITE_SAME, State,
};
use super::strings::{Strings, is_same};
use super::tokens::SPREAD;
use super::varint;
use super::{Frame, Header};
use crate::cut::{NAME_CAP, WORD_CAP, cut_at_boundary};
use crate::event::Event;

/// Number of events from which [`FrameBuilder::is_full`] holds.
pub const FULL_EVENTS: u64 = 16 * 1024;
/// Payload length from which [`FrameBuilder::is_full`] holds: half of what decoders accept.
pub const FULL_BYTES: usize = 512 * 1024;

/// Collects events of one stream; [`FrameBuilder::finish`] makes a [`Frame`] of them.
///
/// Events must come in the order in which a parser emits them. One that does not is moved up to
/// the place after its predecessor, so that every frame built can be decoded.
#[derive(Debug, Default)]
pub struct FrameBuilder {
    payload: Payload,
    table: Table,
    /// Where the last event pushed stands.
    state: State,
    /// The texts of its dialect and of the suite told last.
    dialect: String,
    suite: String,
    events: u64,
    truncated: u64,
}

impl FrameBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> FrameBuilder {
        FrameBuilder::default()
    }

    /// Adds an event. Texts over [`NAME_CAP`], [`MESSAGE_CAP`](super::MESSAGE_CAP) and
    /// [`WORD_CAP`] are cut.
    pub fn push(&mut self, event: &Event<'_>) {
        self.push_at(event, event.time_ms);
    }

    /// Adds an event with this time, in milliseconds since 1970, in place of its own.
    pub fn push_at(&mut self, event: &Event<'_>, time_ms: Option<i64>) {
        if self.events == 0 {
            self.open(event, time_ms);
        }
        let (code, suite) = body::head(&event.body);
        let used = self.payload.strings.ends.len() as u64;
        let mut flags = 0;
        let (step, lowest, sub) = self.place(event);
        let records = &mut self.payload.records;
        let begin = records.len();
        records.extend_from_slice(&[0, code, 0, 0]);
        varint::put(records, step);
        if sub > lowest {
            flags |= HAS_SUB;
            varint::put(records, sub - lowest);
        }
        varint::put_signed(records, event.line.wrapping_sub(self.state.line) as i64);
        if let Some(time) = time_ms {
            flags |= HAS_TIME;
            varint::put_signed(records, time.wrapping_sub(self.state.time_ms));
            self.state.time_ms = time;
        }
        if event.lane != self.state.lane {
            flags |= HAS_LANE;
            varint::put(records, u64::from(event.lane));
            self.state.lane = event.lane;
            self.payload.lanes = true;
        }
        let mut out = Writer {
            out: records,
            strings: &mut self.payload.strings,
            table: &mut self.table,
            cursor: used,
            truncated: &mut self.truncated,
        };
        if self.state.dialect == 0 || !is_same(self.dialect.as_bytes(), event.dialect.as_bytes()) {
            flags |= HAS_DIALECT;
            self.state.dialect = out.text(event.dialect, WORD_CAP) + 1;
            keep(&mut self.dialect, event.dialect, WORD_CAP);
        }
        if let Some(suite) = suite {
            if self.state.suite > 0 && is_same(self.suite.as_bytes(), suite.as_bytes()) {
                flags |= SUITE_SAME;
            } else {
                flags |= SUITE_GIVEN;
                self.state.suite = out.text(suite, NAME_CAP) + 1;
                keep(&mut self.suite, suite, NAME_CAP);
            }
        }
        body::encode(&event.body, &mut out);

        self.state.offset += step;
        self.state.next_sub = sub + 1;
        self.state.line = event.line;
        self.events += 1;
        // Of texts an event has a dozen at most.
        let fresh = (self.payload.strings.ends.len() as u64 - used) as u8;
        self.close(begin, flags, fresh);
    }

    /// Puts into the record that begins there what is known at its end.
    fn close(&mut self, begin: usize, flags: u8, fresh: u8) {
        let records = &mut self.payload.records;
        records[begin + 2] = flags;
        records[begin + 3] = fresh;
        let length = records.len() - begin - 1;
        if length < 0x80 {
            records[begin] = length as u8;
        } else {
            let mut told = Vec::new();
            varint::put(&mut told, length as u64);
            records.splice(begin..=begin, told);
        }
    }

    /// How far the event is from the one before, the lowest ordinal it may have there, and its
    /// ordinal; always after the event before.
    fn place(&self, event: &Event<'_>) -> (u64, u64, u64) {
        let mut offset = event.offset.max(self.state.offset);
        if offset == self.state.offset && self.state.next_sub > u64::from(u32::MAX) {
            offset = offset.saturating_add(1);
        }
        let step = offset - self.state.offset;
        let lowest = if step == 0 { self.state.next_sub } else { 0 };
        (step, lowest, u64::from(event.sub).max(lowest))
    }

    /// The first event's place is what its own differences are taken from.
    fn open(&mut self, first: &Event<'_>, time_ms: Option<i64>) {
        self.state = State {
            offset: first.offset,
            next_sub: u64::from(first.sub),
            line: first.line,
            time_ms: time_ms.unwrap_or(0),
            ..State::default()
        };
        self.payload.state = self.state;
    }

    /// Whether no event was added since the last frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether the frame is as large as it should get ([`FULL_EVENTS`], [`FULL_BYTES`]). Senders
    /// close it at the next line end; there is room for some more, for the end of the stream.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.events >= FULL_EVENTS || self.payload_len() >= FULL_BYTES
    }

    /// Number of events added since the last frame.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Length of the inflated payload so far in bytes, to within a few.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        let strings = &self.payload.strings;
        strings.text.len() + 2 * strings.ends.len() + self.payload.records.len()
    }

    /// Number of texts cut since the builder was made.
    #[must_use]
    pub fn truncated(&self) -> u64 {
        self.truncated
    }

    /// Makes a frame of the events added and begins anew, keeping what memory it can. The header's
    /// range must hold all offsets; one equal to `end` needs `last`.
    pub fn finish(&mut self, header: Header) -> Frame {
        let next = Payload {
            records: Vec::with_capacity(self.payload.records.len()),
            strings: self.payload.strings.with_room(),
            ..Payload::default()
        };
        let payload = std::mem::replace(&mut self.payload, next);
        let counted = Counted {
            known: self.events,
            unknown: 0,
        };
        self.table.0.fill(Told::default());
        self.state = State::default();
        self.events = 0;
        Frame {
            header,
            payload,
            counted,
        }
    }
}

/// Puts the text in place of another, as far as it is told.
fn keep(place: &mut String, text: &str, cap: usize) {
    place.clear();
    place.push_str(cut_at_boundary(text, cap));
}

/// Finds strings of the table again: by what can be told of a string at a glance, which of those like it was told last,
/// by its index + 1. One that is not found again is told again.
#[derive(Debug, Default)]
struct Table(Vec<Told>);

/// What of a string stands in the table.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// Its index + 1, 0 for none.
    index: u16,
    /// What tells it from others in its place, as far as is told at a glance.
    mark: u16,
}

impl Table {
    /// Places, as a power of two: 8 KiB, made when there is something to remember.
    const BITS: u32 = 11;

    /// The place of strings like this one, and its mark.
    #[inline]
    fn place(&mut self, text: &[u8]) -> (&mut Told, u16) {
        if self.0.is_empty() {
            self.0.resize(1 << Table::BITS, Told::default());
        }
        // Names are told apart by their ends, and their middles.
        let middle = &text[text.len() / 2..];
        let parts = match (text.last_chunk(), middle.first_chunk()) {
            (Some(last), Some(middle)) => [last, middle].map(|part| u64::from_le_bytes(*part)),
            _ => [
                0,
                text.iter()
                    .fold(0, |all, b| all << 5 ^ all >> 59 ^ u64::from(*b)),
            ],
        };
        let mixed = parts[0].wrapping_mul(SPREAD).rotate_left(32) ^ parts[1] ^ text.len() as u64;
        let spread = mixed.wrapping_mul(SPREAD);
        let place = spread >> (u64::BITS - Table::BITS);
        let mark = spread >> (u64::BITS - Table::BITS - u16::BITS);
        (&mut self.0[place as usize], mark as u16)
    }
}

/// Writes one event's fields.
pub(super) struct Writer<'b> {
    out: &'b mut Vec<u8>,
    strings: &'b mut Strings,
    table: &'b mut Table,
    /// Number of table strings used so far.
    cursor: u64,
    truncated: &'b mut u64,
}

impl Writer<'_> {
    pub(super) fn number(&mut self, n: u64) {
        varint::put(self.out, n);
    }

    pub(super) fn signed(&mut self, n: i64) {
        varint::put_signed(self.out, n);
    }

    pub(super) fn optional_number(&mut self, n: Option<u32>) {
        if let Some(n) = n {
            self.number(u64::from(n));
        }
    }

    pub(super) fn optional_double(&mut self, x: Option<f64>) {
        if let Some(x) = x {
            varint::put_double(self.out, x);
        }
    }

    pub(super) fn optional(&mut self, text: Option<&str>, cap: usize) {
        if let Some(text) = text {
            self.text(text, cap);
        }
    }

    /// Writes a reference to the text, adding it to the table if it is new; gives its index.
    pub(super) fn text(&mut self, text: &str, cap: usize) -> u64 {
        let kept = cut_at_boundary(text, cap);
        if kept.len() < text.len() {
            *self.truncated += 1;
        }
        let (told, mark) = self.table.place(kept.as_bytes());
        let alike = (told.mark == mark).then_some(u64::from(told.index));
        let known = alike.and_then(|index| index.checked_sub(1));
        let is_it = |index: &u64| self.strings.holds_at(*index, kept);
        if let Some(index) = known.filter(is_it) {
            self.number(self.cursor - index);
            return index;
        }
        let index = self.cursor;
        // Further ones are not found again.
        let index_plus_one = u16::try_from(index + 1).unwrap_or(0);
        *told = Told {
            index: index_plus_one,
            mark,
        };
        self.strings.text.push_str(kept);
        let end = u32::try_from(self.strings.text.len()).unwrap_or(u32::MAX);
        self.strings.ends.push(end);
        self.cursor += 1;
        self.number(0);
        index
    }
}
