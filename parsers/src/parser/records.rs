//! A logger's record, read as the line it is and, where nobody claims it, as the message inside.

use super::lanes::{Lane, shown};
use super::watch::Watch;
use super::{Numbering, Numbers};
use crate::dialect::{Claim, Line};
use crate::envelope::Item;
use crate::event::Event;

impl Lane {
    /// Reads a record; gives the next ordinal at the offset.
    pub(super) fn record(
        &mut self,
        record: &[u8],
        item: &Item<'_>,
        (offset, sub): (u64, u32),
        watch: &mut Option<Watch>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u32 {
        let text = shown(record, &mut self.redactor);
        let redacted = watch.as_ref().map(|_| self.redacted());
        let sub = self.read_record((record, &text), item, (offset, sub), out);
        if let Some(watch) = watch {
            self.show(watch, item, &text, &redacted.unwrap_or_default());
        }
        sub
    }

    fn read_record(
        &mut self,
        (record, text): (&[u8], &str),
        item: &Item<'_>,
        (offset, sub): (u64, u32),
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u32 {
        let message = item.text.strip_suffix(b"\n").unwrap_or(&item.text);
        let first = self.numbers.next(item.number);
        for _ in memchr::memchr_iter(b'\n', message) {
            self.numbers.next(item.number);
        }
        let numbers: &Numbers = &self.numbers;
        let mut at = Numbering {
            offset,
            sub,
            time_ms: item.said.time_ms,
            lane: self.id,
            numbers,
        };
        let whole = Line {
            text,
            raw: record,
            number: first,
            cut: item.cut,
        };
        let claim = self.router.offer(&whole, &mut at, out);
        if claim == Claim::Own {
            return at.sub;
        }
        // At the record's end the message is what a signature finds there anyway, and the lines of
        // an error's block that follow have no record.
        let quoted = !record.ends_with(message);
        let mut told = false;
        for (number, bytes) in (first..).zip(message.split(|b| *b == b'\n')) {
            let text = shown(bytes, &mut self.redactor);
            let line = Line {
                text: &text,
                raw: bytes,
                number,
                cut: item.cut,
            };
            told |= self.router.message(&line, claim, &mut at, out)
                || (quoted && self.router.said(&line, &mut at, out));
        }
        if !told {
            self.router.text(&whole, &mut at, out);
        }
        at.sub
    }
}
