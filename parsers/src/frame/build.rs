//! Collects events into a frame.

use hashbrown::{DefaultHashBuilder, HashTable};

use super::body;
use super::payload::{
    Counted, HAS_DIALECT, HAS_LANE, HAS_SUB, HAS_TIME, Payload, SUITE_GIVEN, SUITE_SAME, State,
};
use super::strings::Strings;
use super::varint;
use super::words::hash_of;
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
    /// One event's record while it is written; kept for its allocation.
    record: Vec<u8>,
    own: Vec<u8>,
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
        if self.events == 0 {
            self.open(event);
        }
        let (code, suite) = body::head(&event.body);
        let used = self.payload.strings.ends.len() as u64;
        let mut flags = 0;
        let (step, lowest, sub) = self.place(event);

        self.own.clear();
        if sub > lowest {
            flags |= HAS_SUB;
            varint::put(&mut self.own, sub - lowest);
        }
        varint::put_signed(
            &mut self.own,
            event.line.wrapping_sub(self.state.line) as i64,
        );
        if let Some(time) = event.time_ms {
            flags |= HAS_TIME;
            varint::put_signed(&mut self.own, time.wrapping_sub(self.state.time_ms));
            self.state.time_ms = time;
        }
        if event.lane != self.state.lane {
            flags |= HAS_LANE;
            varint::put(&mut self.own, u64::from(event.lane));
            self.state.lane = event.lane;
            self.payload.lanes = true;
        }
        let mut out = Writer {
            out: &mut self.own,
            strings: &mut self.payload.strings,
            table: &mut self.table,
            cursor: used,
            truncated: &mut self.truncated,
        };
        if out.known(self.state.dialect) != Some(event.dialect) {
            flags |= HAS_DIALECT;
            self.state.dialect = out.text(event.dialect, WORD_CAP) + 1;
        }
        if let Some(suite) = suite {
            if out.known(self.state.suite) == Some(suite) {
                flags |= SUITE_SAME;
            } else {
                flags |= SUITE_GIVEN;
                self.state.suite = out.text(suite, NAME_CAP) + 1;
            }
        }
        body::encode(&event.body, &mut out);

        self.state.offset += step;
        self.state.next_sub = sub + 1;
        self.state.line = event.line;
        self.events += 1;
        let fresh = self.payload.strings.ends.len() as u64 - used;
        self.keep(code, flags, fresh, step);
    }

    /// Appends the record whose own fields were just written.
    fn keep(&mut self, code: u8, flags: u8, fresh: u64, step: u64) {
        self.record.clear();
        self.record.push(code);
        self.record.push(flags);
        varint::put(&mut self.record, fresh);
        varint::put(&mut self.record, step);
        let length = self.record.len() + self.own.len();
        let records = &mut self.payload.records;
        varint::put(records, length as u64);
        records.extend_from_slice(&self.record);
        records.extend_from_slice(&self.own);
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
    fn open(&mut self, first: &Event<'_>) {
        self.state = State {
            offset: first.offset,
            next_sub: u64::from(first.sub),
            line: first.line,
            time_ms: first.time_ms.unwrap_or(0),
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
            ..Payload::default()
        };
        let payload = std::mem::replace(&mut self.payload, next);
        let counted = Counted {
            known: self.events,
            unknown: 0,
        };
        self.table.seen.clear();
        self.state = State::default();
        self.events = 0;
        Frame {
            header,
            payload,
            counted,
        }
    }
}

/// Finds strings of the table again, by hash; it holds no text itself.
#[derive(Debug, Default)]
struct Table {
    seen: HashTable<u32>,
    hasher: DefaultHashBuilder,
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
        let Table { seen, hasher } = &mut *self.table;
        let hash = hash_of(hasher, kept.as_bytes());
        let strings = &*self.strings;
        let same = |i: &u32| strings.at(u64::from(*i)) == Some(kept);
        if let Some(index) = seen.find(hash, same).map(|i| u64::from(*i)) {
            self.number(self.cursor - index);
            return index;
        }
        let index = self.cursor;
        self.strings.text.push_str(kept);
        let end = u32::try_from(self.strings.text.len()).unwrap_or(u32::MAX);
        self.strings.ends.push(end);
        if let Ok(index) = u32::try_from(index) {
            let strings = &*self.strings;
            let again = |i: &u32| {
                let text = strings.at(u64::from(*i)).unwrap_or_default();
                hash_of(hasher, text.as_bytes())
            };
            seen.insert_unique(hash, index, again);
        }
        self.cursor += 1;
        self.number(0);
        index
    }

    /// The table's text with the given index + 1.
    fn known(&self, index_plus_one: u64) -> Option<&str> {
        self.strings.at(index_plus_one.checked_sub(1)?)
    }
}
