//! Lanes: the lines of each writer that envelopes tell apart, read as a stream of its own, so that
//! jobs which share a log do not disturb each other.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use super::watch::{Seen, Watch};
use super::{Numbering, ParserOptions, Router};
use crate::dialect::Line;
use crate::envelope::{Envelopes, Item, Said};
use crate::event::Event;
use crate::line::{RawLine, visible};
use crate::redact::Redactor;

/// Writers of one stream that are read apart; further ones share a lane.
const LANE_CAP: usize = 64;

/// Takes the envelopes off a stream's lines and gives each line to its writer's lane.
pub(super) struct Lanes {
    options: ParserOptions,
    envelopes: Envelopes,
    /// The first is that of lines of no particular writer.
    lanes: Vec<Lane>,
    by_key: HashMap<Vec<u8>, usize>,
    /// Offset of the latest line, and the next ordinal there.
    place: (u64, u32),
    shared: u64,
}

pub(super) struct Lane {
    /// Its place in the table, which events tell.
    pub(super) id: u32,
    pub(super) redactor: Option<Redactor>,
    pub(super) router: Router,
    pub(super) numbers: Numbers,
}

impl Lanes {
    pub(super) fn new(options: ParserOptions) -> Lanes {
        let first = Lane::new(0, &options);
        Lanes {
            options,
            envelopes: Envelopes::default(),
            lanes: vec![first],
            by_key: HashMap::new(),
            place: (0, 0),
            shared: 0,
        }
    }

    pub(super) fn line(&mut self, raw: &RawLine<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        match self.envelopes.line(raw) {
            Some(item) => self.item(&item, raw.offset, out),
            None => self.waits(raw.number),
        }
    }

    /// Bytes were lost.
    pub(super) fn forget(&mut self) {
        self.envelopes.forget();
    }

    /// The stream is over: reads what was never ended, then closes every lane.
    pub(super) fn finish(&mut self, end: u64, out: &mut dyn FnMut(&Event<'_>)) {
        while let Some(item) = self.envelopes.finish() {
            self.item(&item, end, out);
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
    fn item(&mut self, item: &Item<'_>, offset: u64, out: &mut dyn FnMut(&Event<'_>)) {
        let sub = self.sub_at(offset);
        let mut watch = self.options.watch.take();
        let lane = self.lane(&item.said);
        // Of several lines only the first would be a record.
        let one_line = |record: &&Cow<'_, [u8]>| memchr::memchr(b'\n', record).is_none();
        let record = item.record.as_ref();
        if let Some(record) = record.filter(one_line) {
            let sub = lane.record(record, item, (offset, sub), &mut watch, out);
            self.place = (offset, sub);
            self.options.watch = watch;
            return;
        }
        let mut sub = sub;
        let mut read = |bytes: &[u8]| {
            let local = lane.numbers.next(item.number);
            let text = shown(bytes, &mut lane.redactor);
            let line = Line {
                text: &text,
                raw: bytes,
                number: local,
                cut: item.cut,
            };
            let mut at = Numbering {
                offset,
                sub,
                time_ms: item.said.time_ms,
                lane: lane.id,
                numbers: &lane.numbers,
            };
            match item.said.own {
                true => lane.router.text(&line, &mut at, out),
                false => lane.router.line(&line, &mut at, out),
            }
            sub = at.sub;
            if let Some(watch) = &mut watch {
                let redacted = lane.redacted();
                lane.show(watch, item, &text, &redacted);
            }
        };
        match record.unwrap_or(&item.text) {
            Cow::Borrowed(text) => read(text),
            Cow::Owned(text) => text.split(|b| *b == b'\n').for_each(read),
        }
        self.place = (offset, sub);
        self.options.watch = watch;
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

    fn sub_at(&self, offset: u64) -> u32 {
        match self.place {
            (at, sub) if at == offset => sub,
            _ => 0,
        }
    }

    /// The writer's lane.
    fn lane(&mut self, said: &Said) -> &mut Lane {
        if said.key.is_empty() {
            return &mut self.lanes[0];
        }
        let at = match self.by_key.get(&said.key) {
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
        };
        &mut self.lanes[at]
    }
}

impl Lane {
    fn new(id: u32, options: &ParserOptions) -> Lane {
        Lane {
            id,
            redactor: options.redactor.as_ref().map(Redactor::fork),
            router: Router::new(options),
            numbers: Numbers::default(),
        }
    }

    /// The rules that took something out of the latest line.
    pub(super) fn redacted(&self) -> Vec<String> {
        let redactor = self.redactor.iter();
        redactor
            .flat_map(|r| r.latest().map(str::to_owned))
            .collect()
    }

    /// Shows a line that was read to whoever watches.
    pub(super) fn show(
        &mut self,
        watch: &mut Watch,
        item: &Item<'_>,
        text: &str,
        redacted: &[String],
    ) {
        let envelopes: Vec<&'static str> = item.said.envelopes().collect();
        let claims = self.router.claims.take();
        watch(&Seen {
            number: item.number,
            lane: self.id,
            envelopes: &envelopes,
            text,
            redacted,
            claims: &claims,
            waits: false,
        });
    }
}

/// The text of a line as everybody reads it: what a person would see, without secrets.
pub(super) fn shown<'b>(bytes: &'b [u8], redactor: &mut Option<Redactor>) -> Cow<'b, str> {
    let text = visible(bytes);
    let redacted = match redactor.as_mut().map(|redactor| redactor.line(&text)) {
        Some(Cow::Owned(redacted)) => Some(redacted),
        _ => None,
    };
    redacted.map_or(text, Cow::Owned)
}

/// A lane's lines are counted without gaps, for what follows a line directly belongs to it; events
/// tell the stream's numbers. This leads from one to the other.
#[derive(Default)]
pub(super) struct Numbers {
    count: u64,
    /// Where the difference changes, and the difference from there on.
    steps: VecDeque<(u64, i64)>,
}

impl Numbers {
    /// Steps remembered; lines before them are told as if they stood right before.
    const STEPS: usize = 4096;

    /// The next line's number in the lane.
    pub(super) fn next(&mut self, in_stream: u64) -> u64 {
        self.count += 1;
        let difference = in_stream.wrapping_sub(self.count) as i64;
        if self.steps.back().is_none_or(|s| s.1 != difference) {
            if self.steps.len() == Numbers::STEPS {
                self.steps.pop_front();
            }
            self.steps.push_back((self.count, difference));
        }
        self.count
    }

    /// The stream's number of a line of the lane.
    pub(super) fn in_stream(&self, line: u64) -> u64 {
        let at = self.steps.partition_point(|s| s.0 <= line);
        let step = self.steps.get(at.saturating_sub(1));
        line.saturating_add_signed(step.map_or(0, |s| s.1))
    }
}

#[cfg(test)]
mod tests;
