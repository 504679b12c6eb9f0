//! The messages of loggers: what a record says, once nobody claimed the record itself.
//!
//! Applications log "ok 7 rows updated" and "1..5 pages indexed" without testing anything, so no
//! message opens a dialect by itself. But some pipelines log what their test runner prints, a record
//! per line. Test output is dense: where [`IN_SEQUENCE`] messages with few others between them are a
//! dialect's own, the dialect is being spoken, and reads them again from the first.
//!
//! What is lost thereby: runs of which a dialect makes nothing until the end (spec reporters' titles),
//! and runs that print less than three lines.

use super::router::{Numbering, Router};
use super::slots::{Slots, ones};
use crate::dialect::{Claim, Dialect, DialectInfo, Line};
use crate::event::Event;
use crate::scan::{Bits, DIALECT_BITS, SIGNATURE};

/// Messages that must be a dialect's own before it is heard; blank ones do not count.
const IN_SEQUENCE: u8 = 3;
/// Messages kept while a dialect is on trial, and bytes of each.
const KEPT: usize = 24;
const KEPT_BYTES: usize = 4096;
/// Messages that a dialect on trial may pass, between them, until it is forgotten.
const PASSED: u8 = 4;

/// The dialects that may be spoken in messages.
pub(super) struct Inside {
    slots: Slots,
    trials: Vec<Trial>,
    kept: Vec<Kept>,
}

/// A dialect that may be spoken: it reads and is not heard.
struct Trial {
    /// Which of the slots.
    at: usize,
    state: Box<dyn Dialect>,
    /// The first of the kept messages it has read.
    from: u64,
    own: u8,
    passed: u8,
}

struct Kept {
    number: u64,
    raw: Vec<u8>,
    text: String,
}

impl Inside {
    pub(super) fn new() -> Inside {
        Inside {
            slots: Slots::new(),
            trials: Vec::new(),
            kept: Vec::new(),
        }
    }

    pub(super) fn speaks(&self, id: &str) -> bool {
        self.slots.speak(id)
    }

    /// Whether the next message has to be read whatever it holds.
    pub(super) fn is_attentive(&self) -> bool {
        !self.trials.is_empty() || self.slots.are_attentive()
    }

    pub(super) fn lost(&mut self) {
        self.slots.lost();
    }

    pub(super) fn finish(&mut self, at: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        self.slots.finish(at, out);
    }

    /// Offers a message to the dialects that are spoken, else puts the others on trial. Tells
    /// whose it is, and by whom.
    fn line(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Option<(Claim, &'static str)> {
        let mut text = None;
        for slot in ones(self.slots.asked(bits) & self.slots.open()) {
            match self.slots.offer(slot, line, at, out) {
                Claim::Own => return Some((Claim::Own, self.slots.info(slot).id)),
                Claim::Text => text = Some((Claim::Text, self.slots.info(slot).id)),
                Claim::Pass => {}
            }
        }
        if text.is_none()
            && let Some(found) = self.on_trial(line, bits)
        {
            return Some((Claim::Own, self.heard(found, at, out)));
        }
        text
    }

    /// Lets the dialects on trial read the message; gives the one that is spoken, if one is.
    fn on_trial(&mut self, line: &Line<'_>, bits: Bits) -> Option<usize> {
        let blank = line.text.trim().is_empty();
        if blank && self.trials.is_empty() {
            return None;
        }
        for at in ones(bits & DIALECT_BITS & !self.slots.open()) {
            let info = self.slots.info(at);
            if !self.trials.iter().any(|t| t.at == at) && (info.sniff)(line) {
                self.trials.push(Trial::new(at, info, line.number));
            }
        }
        if self.trials.is_empty() {
            return None;
        }
        self.keep(line);
        let slots = &self.slots;
        self.trials
            .retain_mut(|trial| trial.reads(slots.info(trial.at), line, blank));
        let found = self.trials.iter().find(|t| t.own >= IN_SEQUENCE);
        let found = found.map(|t| t.at);
        if self.kept.len() >= KEPT && found.is_none() {
            self.trials.clear();
        }
        if self.trials.is_empty() {
            self.kept.clear();
        }
        found
    }

    fn keep(&mut self, line: &Line<'_>) {
        let text = &line.text[..line.text.floor_char_boundary(KEPT_BYTES)];
        self.kept.push(Kept {
            number: line.number,
            raw: line.raw[..line.raw.len().min(KEPT_BYTES)].to_vec(),
            text: text.to_owned(),
        });
    }

    /// The dialect is spoken: reads the messages kept once more, and is heard from now on.
    fn heard(
        &mut self,
        found: usize,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> &'static str {
        let trial = self.trials.iter().find(|t| t.at == found);
        let from = trial.map_or(0, |t| t.from);
        for kept in self.kept.iter().filter(|k| k.number >= from) {
            let line = Line {
                text: &kept.text,
                raw: &kept.raw,
                number: kept.number,
                cut: false,
            };
            self.slots.offer(found, &line, at, out);
        }
        self.trials.clear();
        self.kept.clear();
        self.slots.info(found).id
    }
}

impl Trial {
    fn new(at: usize, info: &DialectInfo, from: u64) -> Trial {
        Trial {
            at,
            state: (info.new)(),
            from,
            own: 0,
            passed: 0,
        }
    }

    /// Reads a message; whether the trial goes on.
    fn reads(&mut self, info: &DialectInfo, line: &Line<'_>, blank: bool) -> bool {
        if self.own == 0 && !(info.sniff)(line) {
            self.passed += u8::from(!blank);
            return self.passed < PASSED;
        }
        match self.state.line(line, &mut |_, _| {}) {
            Claim::Own if !blank => self.own += 1,
            Claim::Pass if !blank => self.passed += 1,
            _ => {}
        }
        self.passed < PASSED
    }
}

impl Router {
    /// Reads a line of a message in a record that nobody claimed; whether it was claimed.
    pub(super) fn message(
        &mut self,
        line: &Line<'_>,
        (claim, bits): (Claim, Bits),
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        if self.special(line, bits, at, out) == Claim::Own {
            return true;
        }
        // What a dialect outside holds for its free text opens no other.
        if claim == Claim::Text {
            return false;
        }
        let claimed = self.inside.line(line, bits, at, out);
        if let Some((claim, dialect)) = claimed {
            self.claims.note(dialect, claim);
        }
        match claimed {
            Some((Claim::Own, _)) => true,
            Some((_, dialect)) => {
                self.texts.note(line.number, dialect);
                false
            }
            None => false,
        }
    }

    /// Looks for error signatures in a line of a message, or of the record it stands in; whether
    /// there was one, or the line may be part of one.
    pub(super) fn said(
        &mut self,
        line: &Line<'_>,
        bits: Bits,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        if bits & SIGNATURE == 0 && !self.signatures.attentive() {
            return false;
        }
        let (texts, mut found) = (&self.texts, false);
        self.signatures.line(line, &mut |n, body| {
            found |= n == line.number;
            at.emit(texts.teller(n), n, body, out);
        });
        found || self.signatures.took(line.number)
    }
}

#[cfg(test)]
mod tests;
