//! Offers each line of one writer to those who may know it, most likely owner first.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::ParserOptions;
use super::inside::Inside;
use super::numbers::Numbers;
use super::slots::{FIRST, Slots, ones};
use super::watch::Claims;
use crate::dialect::{Claim, Line};
use crate::event::{Body, Event};
use crate::marker::Markers;
use crate::pattern::Matcher;
use crate::scan::{BELOW_HEAD, Bits, DIALECT_BITS, MARKER, NeedleSet, PATTERN, SIGNATURE};
use crate::signature::Signatures;

/// The readers of one writer's lines.
pub(super) struct Router {
    pub(super) markers: Markers,
    patterns: Option<Matcher>,
    pub(super) claims: Claims,
    slots: Slots,
    pub(super) inside: Inside,
    pub(super) signatures: Signatures,
    /// Number of the latest line that was searched for error signatures.
    searched: u64,
    pub(super) texts: Texts,
}

/// Which of the latest lines were free text of a dialect: an error signature that begins there is
/// told in that dialect's name, for it most likely is what a failed test says of itself.
#[derive(Default)]
pub(super) struct Texts(VecDeque<(RangeInclusive<u64>, &'static str)>);

impl Texts {
    /// Runs of lines remembered; a signature's block is rarely told later than that.
    const RUNS: usize = 16;

    pub(super) fn note(&mut self, line: u64, dialect: &'static str) {
        if let Some((lines, id)) = self.0.back_mut()
            && *id == dialect
            && lines.end() + 1 == line
        {
            *lines = *lines.start()..=line;
            return;
        }
        if self.0.len() == Texts::RUNS {
            self.0.pop_front();
        }
        self.0.push_back((line..=line, dialect));
    }

    /// The dialect in whose text the line stands, or the signatures' own word.
    pub(super) fn teller(&self, line: u64) -> &'static str {
        let found = self.0.iter().rev().find(|(lines, _)| lines.contains(&line));
        found.map_or("signature", |(_, dialect)| dialect)
    }
}

impl Router {
    pub(super) fn new(options: &ParserOptions) -> Router {
        Router {
            markers: Markers::new(),
            patterns: options.patterns.as_ref().map(Matcher::new),
            claims: Claims::new(options.watch.is_some()),
            slots: Slots::new(),
            inside: Inside::new(),
            signatures: Signatures::new(),
            searched: 0,
            texts: Texts::default(),
        }
    }

    /// Whether the next line has to be read whatever it holds.
    pub(super) fn is_attentive(&self) -> bool {
        self.slots.are_attentive() || self.signatures.attentive() || self.inside.is_attentive()
    }

    /// Reads a line that no envelope claims as its own word; `bits` tell whose needles it holds.
    pub(super) fn line(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        let claim = self.offer(line, bits, at, out);
        if claim != Claim::Own {
            self.text(line, bits, at, out);
        }
        claim
    }

    /// Offers a line to the markers and dialects, and tells whose it is.
    pub(super) fn offer(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        // Nearly no line is either, and every line comes by here.
        if bits & (MARKER | PATTERN) != 0 && self.special(line, bits, at, out) == Claim::Own {
            return Claim::Own;
        }
        let asked = self.slots.asked(bits);
        // A dialect that is being spoken and holds the line for its free text keeps new dialects
        // from opening on it, but not those that share the stream with it.
        let mut is_text = false;
        for slot in ones(asked & self.slots.open()) {
            let claim = self.slots.offer(slot, line, at, out);
            match self.claims.note(self.slots.info(slot).id, claim) {
                Claim::Own => return Claim::Own,
                Claim::Text => {
                    is_text = true;
                    self.texts.note(line.number, self.slots.info(slot).id);
                }
                Claim::Pass => {}
            }
        }
        if is_text {
            return Claim::Text;
        }
        for slot in ones(asked & !self.slots.open()) {
            let claim = self.slots.offer(slot, line, at, out);
            match self.claims.note(self.slots.info(slot).id, claim) {
                Claim::Pass => {}
                claim => return claim,
            }
        }
        Claim::Pass
    }

    /// Offers a line to Sentinel's markers and the configuration's patterns.
    pub(super) fn special(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        if bits & MARKER != 0 {
            let mut tell = |n, body: Body<'_>| at.emit("sentinel", n, body, out);
            let claim = self.markers.line(line, &mut tell);
            if self.claims.note("sentinel", claim) == Claim::Own {
                return Claim::Own;
            }
        }
        match &mut self.patterns {
            Some(patterns) if bits & PATTERN != 0 => {
                let tell = &mut |name: &str, n, body: Body<'_>| at.emit(name, n, body, out);
                let claim = patterns.line(line, tell);
                self.claims.note("pattern", claim)
            }
            _ => Claim::Pass,
        }
    }

    /// Whether one of them has not been shown the line yet.
    pub(super) fn wants(&self, who: Bits, number: u64) -> bool {
        let mut closed = ones(who & DIALECT_BITS & !self.slots.open());
        closed.any(|slot| !self.slots.has_seen(slot, number))
            || (who & BELOW_HEAD != 0 && self.searched < number)
    }

    /// Shows a line before one with needles to the closed dialects that want it.
    pub(super) fn before(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) {
        for slot in ones(bits & DIALECT_BITS & !self.slots.open()) {
            if !self.slots.has_seen(slot, line.number) {
                self.slots.offer(slot, line, at, out);
            }
        }
        if bits & BELOW_HEAD != 0 && self.searched < line.number {
            self.text(line, SIGNATURE, at, out);
        }
    }

    /// Looks for error signatures only.
    pub(super) fn text(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) {
        if bits & SIGNATURE == 0 && !self.signatures.attentive() {
            return;
        }
        self.searched = line.number;
        let texts = &self.texts;
        self.signatures
            .line(line, &mut |n, body| at.emit(texts.teller(n), n, body, out));
    }

    /// Whether some dialect may be offered lines [at once](Router::at_once).
    pub(super) fn is_quick(&self) -> bool {
        self.patterns.is_none() && (self.slots.speaks_first() || self.slots.at_hand().is_some())
    }

    /// The dialect that may be offered an object of a machine format at once: that which is asked first.
    pub(super) fn reader_of_object(&self) -> Option<usize> {
        self.slots.speaks_first().then_some(FIRST)
    }

    /// The dialect that may be offered a line of text at once: nobody is asked before it whose needle stands at the beginning.
    pub(super) fn reader_of_text(&self, set: &NeedleSet, line: &[u8]) -> Option<usize> {
        let first = |at: &usize| {
            let is_first = |begins| self.slots.is_asked_first(*at, begins);
            is_first(set.may_start(line)) || is_first(set.starts(line))
        };
        self.slots.at_hand().filter(first)
    }

    /// Up to where the dialect knows the line.
    pub(super) fn known(&self, reader: usize, text: &str) -> usize {
        self.slots.known(reader, text)
    }

    /// Reads a line that is known up to there and beyond doubt the dialect's own; whether it was.
    pub(super) fn at_once(
        &mut self,
        reader: usize,
        line: (&Line<'_>, usize),
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        self.slots.at_once(reader, line, at, out)
    }

    /// So many lines before the next were passed over.
    pub(super) fn passed(&mut self, lines: u64) {
        self.slots.passed(lines);
    }

    /// Lines before the next were lost.
    pub(super) fn lost(&mut self) {
        self.slots.lost();
        self.inside.lost();
    }

    /// Whether one of the dialects is spoken.
    pub(super) fn speaks_one_of(&self, bits: Bits) -> bool {
        self.slots.open() & bits != 0
    }

    pub(super) fn speaks(&self, id: &str) -> bool {
        self.slots.speak(id) || self.inside.speaks(id)
    }

    pub(super) fn finish(&mut self, at: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        self.slots.finish(at, out);
        self.inside.finish(at, out);
        let texts = &self.texts;
        self.signatures
            .finish(&mut |n, body| at.emit(texts.teller(n), n, body, out));
    }
}

/// Gives the events of one line their place in the stream.
pub(super) struct Numbering<'n> {
    pub(super) offset: u64,
    pub(super) sub: u32,
    pub(super) time_ms: Option<i64>,
    pub(super) lane: u32,
    pub(super) numbers: &'n Numbers,
}

impl Numbering<'_> {
    /// Hands an event over; `line` counts the lane's lines, the event counts the stream's.
    pub(super) fn emit(
        &mut self,
        dialect: &str,
        line: u64,
        mut body: Body<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) {
        let sub = self.sub;
        self.sub += 1;
        if let Body::Signature(signature) = &mut body {
            signature.end_line = self.numbers.in_stream(signature.end_line);
            signature.within = signature.within.map(|n| self.numbers.in_stream(n));
        }
        out(&Event {
            offset: self.offset,
            sub,
            line: self.numbers.in_stream(line),
            time_ms: self.time_ms,
            lane: self.lane,
            dialect,
            body,
        });
    }
}
