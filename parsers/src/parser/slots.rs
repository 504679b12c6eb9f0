//! The dialects one writer may speak: which are spoken, and which have to see the next line.

use super::router::Numbering;
use crate::dialect::{Attention, Claim, DIALECTS, Dialect, DialectInfo, Line};
use crate::event::Event;
use crate::scan::{self, Bits, DIALECT_BITS};

/// Lines of other text after which an open dialect is shown only lines with its needles.
const PATIENCE: u64 = 1000;

/// The dialect that is asked first of all: a machine format, which is at ease whatever it reads.
pub(super) const FIRST: usize = 0;

/// Every dialect, by its place in the table.
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Dialects that are being spoken.
    open: Bits,
    /// Dialects that have to see the next line whatever it holds.
    every: Bits,
    /// The dialect whose own the latest line was that was somebody's.
    latest: usize,
}

/// A dialect that may be, or is, spoken in the stream.
struct Slot {
    info: &'static DialectInfo,
    /// Present once a line could have opened it.
    state: Option<Box<dyn Dialect>>,
    /// Numbers of the latest line it was shown, and of the latest it claimed.
    seen: u64,
    own: u64,
}

impl Slots {
    pub(super) fn new() -> Slots {
        let slot = |info| Slot {
            info,
            state: None,
            seen: 0,
            own: 0,
        };
        Slots {
            slots: DIALECTS.iter().map(slot).collect(),
            open: 0,
            every: 0,
            latest: FIRST,
        }
    }

    pub(super) fn info(&self, at: usize) -> &'static DialectInfo {
        self.slots[at].info
    }

    /// Dialects that are being spoken.
    pub(super) fn open(&self) -> Bits {
        self.open
    }

    /// Whether some dialect has to see the next line whatever it holds.
    pub(super) fn are_attentive(&self) -> bool {
        self.every != 0
    }

    /// The dialects to be asked about a line that holds the needles of `bits`.
    pub(super) fn asked(&self, bits: Bits) -> Bits {
        (bits | self.every) & DIALECT_BITS
    }

    /// Whether the dialect was shown the line.
    pub(super) fn has_seen(&self, at: usize, number: u64) -> bool {
        self.slots[at].seen >= number
    }

    /// Offers the line to one dialect; what it claims opens it.
    pub(super) fn offer(
        &mut self,
        at: usize,
        line: &Line<'_>,
        place: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        let bit = scan::dialect_bit(at);
        let slot = &mut self.slots[at];
        slot.seen = line.number;
        if self.open & bit == 0 && !(slot.info.sniff)(line) {
            return Claim::Pass;
        }
        let id = slot.info.id;
        let state = slot.state.get_or_insert_with(slot.info.new);
        let claim = state.line(line, &mut |n, body| place.emit(id, n, body, out));
        if claim != Claim::Pass {
            self.open |= bit;
            slot.own = line.number;
        }
        if claim == Claim::Own {
            self.latest = at;
        }
        let every = match self.open & bit {
            0 => state.is_waiting(),
            _ => {
                let patient = line.number.saturating_sub(slot.own) < PATIENCE;
                patient && state.attention() == Attention::Every
            }
        };
        self.every = self.every & !bit | if every { bit } else { 0 };
        claim
    }

    /// So many lines before the next were passed over, each the same as one right before it: whose patience
    /// was at an end had lost it before, and the others would have claimed lines among them.
    pub(super) fn passed(&mut self, lines: u64) {
        for at in ones(self.open) {
            self.slots[at].own += lines;
        }
    }

    /// Lines before the next were lost.
    pub(super) fn lost(&mut self) {
        let states = self.slots.iter_mut().filter_map(|slot| slot.state.as_mut());
        states.for_each(|state| state.lost());
    }

    /// Whether the dialect is spoken that is asked first of all.
    pub(super) fn speaks_first(&self) -> bool {
        self.open & scan::dialect_bit(FIRST) != 0
    }

    /// The dialect whose own the latest line was, if it reads lines of text at once.
    pub(super) fn at_hand(&self) -> Option<usize> {
        let bit = scan::dialect_bit(self.latest);
        (self.open & bit & scan::read_at_once() != 0).then_some(self.latest)
    }

    /// Whether a dialect that is spoken is asked before all others about a line, which is no object of a
    /// machine format and at whose beginning these dialects' needles stand.
    pub(super) fn is_asked_first(&self, at: usize, begins: Bits) -> bool {
        let asked = self.open & (self.every | begins | scan::found_anywhere());
        asked & (scan::dialect_bit(at) - 1) == 0
    }

    /// Up to where the dialect knows the line.
    pub(super) fn known(&self, at: usize, text: &str) -> usize {
        let state = self.slots[at].state.as_ref();
        state.map_or(0, |state| state.known(text))
    }

    /// Offers a line that is known up to there to a dialect that is spoken; whether it is beyond doubt its own.
    pub(super) fn at_once(
        &mut self,
        at: usize,
        (line, known): (&Line<'_>, usize),
        place: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        let slot = &mut self.slots[at];
        let id = slot.info.id;
        let Some(state) = &mut slot.state else {
            return false;
        };
        let taken = state.at_once(line, known, &mut |n, body| place.emit(id, n, body, out));
        if taken {
            (slot.seen, slot.own) = (line.number, line.number);
            if at != FIRST {
                let bit = scan::dialect_bit(at);
                let every = state.attention() == Attention::Every;
                self.every = self.every & !bit | if every { bit } else { 0 };
            }
        }
        taken
    }

    /// The stream is over.
    pub(super) fn finish(&mut self, place: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        for at in ones(self.open) {
            let slot = &mut self.slots[at];
            let id = slot.info.id;
            if let Some(state) = &mut slot.state {
                state.finish(&mut |n, body| place.emit(id, n, body, out));
            }
        }
    }

    pub(super) fn speak(&self, id: &str) -> bool {
        ones(self.open).any(|at| self.slots[at].info.id == id)
    }
}

/// The places of the bits that are set.
pub(super) fn ones(mut bits: Bits) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (at < Bits::BITS).then_some(at as usize)
    })
}
