//! A logger's record, read as the line it is and, where nobody claims it, as the message inside.

use std::borrow::Cow;

use super::lane::{Lane, Reading, numbering, shown};
use crate::dialect::{Claim, Line};
use crate::envelope::Item;
use crate::event::Event;
use crate::scan::Bits;

impl Lane {
    /// Reads a record; gives the next ordinal at the offset.
    pub(super) fn record(
        &mut self,
        (record, owned): (&[u8], bool),
        item: &Item<'_>,
        sub: u32,
        read: &mut Reading<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u32 {
        let message = item.text.strip_suffix(b"\n").unwrap_or(&item.text);
        let first = self.numbers.next(item.number, read.alone);
        for _ in memchr::memchr_iter(b'\n', message) {
            self.numbers.next(item.number, read.alone);
        }
        let outer = read.bits(record, owned);
        let changed = matches!(item.text, Cow::Owned(_));
        let mut inner = |line: &[u8]| outer | read.bits(line, changed);
        if self.passes_over(
            message
                .split(newline)
                .fold(outer, |bits, l| bits | inner(l)),
        ) {
            self.keep(first, read.offset, record);
            return sub;
        }
        let text = shown(record, &mut self.redactor);
        let redacted = read.watch.as_ref().map(|_| self.redacted());
        let bits = (outer, changed);
        let place = (first, sub);
        let sub = self.read_record((record, &text), (item, message), bits, place, read, out);
        if let Some(watch) = read.watch {
            self.show(watch, item, &text, &redacted.unwrap_or_default());
        }
        sub
    }

    fn read_record(
        &mut self,
        (record, text): (&[u8], &str),
        (item, message): (&Item<'_>, &[u8]),
        (outer, changed): (Bits, bool),
        (first, sub): (u64, u32),
        read: &mut Reading<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u32 {
        let whole = Line {
            text,
            raw: record,
            number: first,
            cut: item.cut,
        };
        let mut at = numbering(self.id, &self.numbers, read.offset, sub, item);
        let claim = self.router.offer(&whole, outer, &mut at, out);
        if claim == Claim::Own {
            return at.sub;
        }
        // At the record's end the message is what a signature finds there anyway, and the lines of
        // an error's block that follow have no record.
        let quoted = !record.ends_with(message);
        let mut told = false;
        for (number, bytes) in (first..).zip(message.split(newline)) {
            let bits: Bits = outer | read.bits(bytes, changed);
            let text = shown(bytes, &mut self.redactor);
            let line = Line {
                text: &text,
                raw: bytes,
                number,
                cut: item.cut,
            };
            told |= self.router.message(&line, (claim, bits), &mut at, out)
                || (quoted && self.router.said(&line, bits, &mut at, out));
        }
        if !told {
            self.router.text(&whole, outer, &mut at, out);
        }
        at.sub
    }
}

fn newline(byte: &u8) -> bool {
    *byte == b'\n'
}
