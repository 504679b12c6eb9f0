//! Lanes: the lines of each writer that envelopes tell apart, read as a stream of its own, so that
//! jobs which share a log do not disturb each other.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::ParserOptions;
use super::lane::{Lane, Reading};
use super::recent::Recent;
use super::repeats::{Repeats, SHORT};
use super::router::{Numbering, Router};
use super::slots::FIRST;
use super::watch::Seen;
use crate::dialect::Line;
use crate::envelope::{Envelopes, Item, Said};
use crate::event::Event;
use crate::line::RawLine;
use crate::marker;
use crate::redact::Redactor;
use crate::scan::{self, Bits, Hit, NeedleSet, ODD};

/// Writers of one stream that are read apart; further ones share a lane.
const LANE_CAP: usize = 64;
/// Lines at the beginning of a stream that are looked at whatever they hold: they tell which
/// envelopes there are, and test output in a logger's messages is recognised from its first lines on.
pub(super) const FIRST_LINES: u64 = 1024;

/// Takes the envelopes off a stream's lines and gives each line to its writer's lane.
pub(super) struct Lanes {
    options: ParserOptions,
    pub(super) set: Arc<NeedleSet>,
    pub(super) envelopes: Envelopes,
    /// The first is that of lines of no particular writer.
    lanes: Vec<Lane>,
    by_key: HashMap<Vec<u8>, usize>,
    /// Offset of the latest line, and the next ordinal there.
    place: (u64, u32),
    shared: u64,
    /// Lanes that have to see the next line whatever it holds.
    pub(super) attentive: usize,
    /// Number of the latest line that was looked at.
    pub(super) looked: u64,
    pub(super) recent: Recent,
    pub(super) repeats: Repeats,
    /// Whether nobody read the latest line that was looked at, or it was blank or free text and nothing came
    /// of it.
    pub(super) vain: bool,
    /// Room for what is found in a block, and in a line.
    pub(super) hits: Vec<Hit>,
}

impl Lanes {
    pub(super) fn new(options: ParserOptions) -> Lanes {
        Lanes {
            set: options.needles(),
            envelopes: Envelopes::default(),
            lanes: vec![Lane::new(0, &options)],
            repeats: Repeats::new(options.is_thorough()),
            options,
            by_key: HashMap::new(),
            place: (0, 0),
            shared: 0,
            attentive: 0,
            looked: 0,
            recent: Recent::default(),
            vain: false,
            hits: Vec::new(),
        }
    }

    /// Looks at one line; its text may be known.
    pub(super) fn look(
        &mut self,
        raw: &RawLine<'_>,
        (mut bits, text): (Bits, Option<&str>),
        out: &mut dyn FnMut(&Event<'_>),
    ) {
        self.vain = false;
        if raw.number <= FIRST_LINES {
            bits |= ODD;
        }
        let spoken =
            bits & ODD == 0 && is_machine_format(raw.bytes) && self.speaks_machine_format();
        let place = Place {
            offset: raw.offset,
            bits,
            whole: raw.bytes.len(),
            text,
        };
        if spoken || self.envelopes.passes(raw.bytes) {
            self.item(&Item::bare(raw), place, out);
            return;
        }
        match self.envelopes.line(raw) {
            Some(item) => self.item(&item, place, out),
            None => self.waits(raw.number),
        }
    }

    /// Whether lines may be read [at once](Lanes::at_once): there is one writer in no envelope, and nobody
    /// but the dialects and the redactor wants its lines.
    pub(super) fn is_quick(&self) -> bool {
        let lane = &self.lanes[0];
        lane.router.is_quick()
            && lane.redactor.as_ref().is_none_or(|r| !r.attentive())
            && self.by_key.is_empty()
            && !self.envelopes.see_every_line()
            && !self.is_watched()
    }

    /// The dialect that may be offered a line [at once](Lanes::at_once), if lines may be.
    pub(super) fn reader(&mut self, line: &[u8], number: u64) -> Option<usize> {
        let lane = &self.lanes[0];
        if is_machine_format(line) {
            return lane.router.reader_of_object();
        }
        let reader = lane.router.reader_of_text(&self.set, line)?;
        // Nobody gets to see a line before this one for the sake of what it holds.
        let alone = self.looked + 1 == number && !lane.is_near_recent(number);
        let plain = alone && line.len() > SHORT && !line.starts_with(b"{");
        (plain && !marker::may_stand_in(line) && self.envelopes.passes(line)).then_some(reader)
    }

    /// Reads a line before anybody looked for needles in it, if it is beyond doubt of the dialect; whether
    /// it is.
    pub(super) fn at_once(
        &mut self,
        reader: usize,
        text: &str,
        (offset, number): (u64, u64),
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        let lane = &mut self.lanes[0];
        let known = lane.router.known(reader, text);
        let redactor = lane.redactor.as_ref();
        if redactor.is_some_and(|r| r.suspects_behind(text, known)) {
            return false;
        }
        let line = Line {
            text,
            raw: text.as_bytes(),
            number: lane.numbers.upcoming(number),
            cut: false,
        };
        let mut at = Numbering {
            offset,
            sub: 0,
            time_ms: None,
            lane: 0,
            numbers: &lane.numbers,
        };
        let taken = lane.router.at_once(reader, (&line, known), &mut at, out);
        if taken {
            self.place = (offset, at.sub);
            lane.numbers.next(number, true);
            if reader != FIRST {
                let now = lane.router.is_attentive();
                self.attentive = self.attentive - usize::from(lane.attentive) + usize::from(now);
                lane.attentive = now;
            }
        }
        taken
    }

    /// Lines before this one were passed over because they repeat. Where there are several writers they are
    /// no one's.
    pub(super) fn passed_up_to(&mut self, number: u64) {
        if self.by_key.is_empty() {
            let lane = &mut self.lanes[0];
            lane.router.passed(lane.numbers.missing(number));
        }
    }

    /// Shows a line that waits for more to whoever watches.
    fn waits(&mut self, number: u64) {
        if let Some(watch) = &mut self.options.watch {
            watch(&Seen {
                number,
                lane: 0,
                envelopes: &[],
                text: "",
                redacted: &[],
                claims: &[],
                waits: true,
            });
        }
    }

    /// Whether the only writer speaks a format of one object per line and no envelope was found: such
    /// lines are then not asked for envelopes, which costs as much as to read them.
    fn speaks_machine_format(&self) -> bool {
        self.by_key.is_empty()
            && !self.envelopes.see_every_line()
            && self.lanes[0].router.speaks_one_of(scan::machine_formats())
    }

    /// Whether somebody wants to see every line.
    pub(super) fn is_watched(&self) -> bool {
        self.options.watch.is_some()
    }

    /// Bytes were lost.
    pub(super) fn forget(&mut self) {
        self.envelopes.forget();
        for lane in &mut self.lanes {
            lane.router.lost();
        }
    }

    /// The stream is over: reads what was never ended, then closes every lane.
    pub(super) fn finish(&mut self, end: u64, out: &mut dyn FnMut(&Event<'_>)) {
        self.read_repeated(out);
        while let Some(item) = self.envelopes.finish() {
            let place = Place {
                offset: end,
                bits: ODD,
                whole: 0,
                text: None,
            };
            self.item(&item, place, out);
        }
        let mut sub = self.sub_at(end);
        for lane in &mut self.lanes {
            let mut at = Numbering {
                offset: end,
                sub,
                time_ms: None,
                lane: lane.id,
                numbers: &lane.numbers,
            };
            lane.router.finish(&mut at, out);
            sub = at.sub;
        }
        self.place = (end, sub);
    }

    pub(super) fn routers(&self) -> impl Iterator<Item = &Router> {
        self.lanes.iter().map(|lane| &lane.router)
    }

    pub(super) fn shared_lines(&self) -> u64 {
        self.shared
    }

    /// Reads a line without its envelopes; a record's text may be of several lines.
    fn item(&mut self, item: &Item<'_>, place: Place<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        let Place { offset, bits, .. } = place;
        let mut sub = self.sub_at(offset);
        let at = self.lane(&item.said);
        let lane = &mut self.lanes[at];
        let mut read = Reading {
            offset,
            bits,
            plain: bits & ODD == 0,
            whole: place.whole,
            text: place.text,
            set: &self.set,
            alone: self.by_key.is_empty(),
            vain: false,
            watch: &mut self.options.watch,
        };
        // Of several lines only the first would be a record.
        let one_line = |record: &&Cow<'_, [u8]>| memchr::memchr(b'\n', record).is_none();
        let record = item.record.as_ref();
        if let Some(record) = record.filter(one_line) {
            let changed = matches!(record, Cow::Owned(_));
            sub = lane.record((record, changed), item, sub, &mut read, out);
        } else {
            let text = record.unwrap_or(&item.text);
            match text {
                Cow::Borrowed(bytes) => {
                    let bits = read.bits(bytes, false);
                    sub = lane.line(bytes, bits, item, sub, &mut read, out);
                }
                Cow::Owned(text) => {
                    read.plain = false;
                    for bytes in text.split(|b| *b == b'\n') {
                        let bits = read.bits(bytes, true);
                        sub = lane.line(bytes, bits, item, sub, &mut read, out);
                    }
                }
            }
        }
        // A signature's block may go on for ever, and its end is told.
        self.vain = read.vain && !lane.router.signatures.attentive();
        let redacting = lane.redactor.as_ref().is_some_and(Redactor::attentive);
        let now = redacting || lane.router.is_attentive();
        self.attentive = self.attentive - usize::from(lane.attentive) + usize::from(now);
        lane.attentive = now;
        self.place = (offset, sub);
    }

    fn sub_at(&self, offset: u64) -> u32 {
        match self.place {
            (at, sub) if at == offset => sub,
            _ => 0,
        }
    }

    /// The place of the writer's lane.
    fn lane(&mut self, said: &Said) -> usize {
        if said.key.is_empty() {
            return 0;
        }
        match self.by_key.get(&said.key) {
            Some(at) => *at,
            None if self.lanes.len() > LANE_CAP => {
                self.shared += 1;
                0
            }
            None => {
                // Fits: there are few lanes.
                let id = self.lanes.len() as u32;
                self.lanes.push(Lane::new(id, &self.options));
                self.by_key.insert(said.key.clone(), self.lanes.len() - 1);
                self.lanes.len() - 1
            }
        }
    }
}

/// A line that is looked at.
#[derive(Clone, Copy)]
struct Place<'t> {
    offset: u64,
    /// Whose needles it holds.
    bits: Bits,
    /// Its length with all envelopes.
    whole: usize,
    /// Its text with all envelopes, if it is known.
    text: Option<&'t str>,
}

/// Whether a line begins as `go test -json` and libtest's JSON begin theirs.
pub(super) fn is_machine_format(line: &[u8]) -> bool {
    line.starts_with(b"{\"Time\":\"") || line.starts_with(b"{ \"type\": \"")
}

#[cfg(test)]
mod tests;
