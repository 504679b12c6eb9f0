//! A lane: one writer's lines, their numbers, what is taken out of them and who reads them.

use std::borrow::Cow;

use super::ParserOptions;
use super::numbers::Numbers;
use super::recent::Recent;
use super::router::{Numbering, Router};
use super::watch::{Seen, Watch};
use crate::dialect::{Claim, Line};
use crate::envelope::Item;
use crate::event::Event;
use crate::line::{visible, visible_plain, visible_text};
use crate::redact::Redactor;
use crate::scan::{Bits, LOOK, NeedleSet, ODD};

/// One writer, or the lines of no particular one.
pub(super) struct Lane {
    /// Its place in the table, which events tell.
    pub(super) id: u32,
    pub(super) redactor: Option<Redactor>,
    pub(super) router: Router,
    pub(super) numbers: Numbers,
    pub(super) attentive: bool,
    /// The latest lines that nobody claimed.
    recent: Recent,
}

/// A line that is read, and why.
pub(super) struct Reading<'r> {
    pub(super) offset: u64,
    /// Whose needles it holds.
    pub(super) bits: Bits,
    /// Whether its bytes show themselves: no escapes, no carriage returns but at the end.
    pub(super) plain: bool,
    /// Its length with all envelopes.
    pub(super) whole: usize,
    /// Its text with all envelopes, if it is known.
    pub(super) text: Option<&'r str>,
    pub(super) set: &'r NeedleSet,
    /// Whether the lane is the only one, so that its lines are the stream's.
    pub(super) alone: bool,
    /// Whether nobody read the latest line of it, or it was blank or free text and nothing came of it.
    pub(super) vain: bool,
    /// Who is shown what becomes of each line.
    pub(super) watch: &'r mut Option<Watch>,
}

impl Reading<'_> {
    /// Whose needles a text holds that was taken out of the line; `changed` if it is not a part of
    /// the line as it stands.
    pub(super) fn bits(&mut self, text: &[u8], changed: bool) -> Bits {
        if changed || self.bits & ODD != 0 {
            let mut bits = self.bits & !ODD | self.set.line(visible(text).as_bytes());
            // Colours that were written as escapes of JSON were no needles of the line.
            if changed && memchr::memchr(0x1b, text).is_some() {
                bits |= self.set.line(text);
            }
            return bits;
        }
        match text.len() == self.whole {
            true => self.bits,
            false => self.bits | self.set.starts(text),
        }
    }
}

impl Lane {
    pub(super) fn new(id: u32, options: &ParserOptions) -> Lane {
        Lane {
            id,
            redactor: options.redactor.as_ref().map(Redactor::fork),
            router: Router::new(options),
            numbers: Numbers::default(),
            attentive: false,
            recent: Recent::default(),
        }
    }

    /// Reads a line of output; gives the next ordinal at the offset.
    pub(super) fn line(
        &mut self,
        bytes: &[u8],
        bits: Bits,
        item: &Item<'_>,
        sub: u32,
        read: &mut Reading<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> u32 {
        let number = self.numbers.next(item.number, read.alone);
        if self.passes_over(bits) && read.watch.is_none() {
            self.recent.keep(number, read.offset, bytes);
            read.vain = true;
            return sub;
        }
        let first = sub;
        let sub = match item.said.own {
            true => sub,
            false => self.show_before(number, bits, read, item, (sub, out)),
        };
        let text = match (read.plain, read.text) {
            (true, Some(text)) if bytes.len() == read.whole => Cow::Borrowed(visible_text(text)),
            (true, _) => visible_plain(bytes),
            (false, _) => visible(bytes),
        };
        let text = redacted(text, &mut self.redactor);
        let line = Line {
            text: &text,
            raw: bytes,
            number,
            cut: item.cut,
        };
        let mut at = numbering(self.id, &self.numbers, read.offset, sub, item);
        let claim = match item.said.own {
            true => {
                self.router.text(&line, bits, &mut at, out);
                Claim::Own
            }
            false => self.router.line(&line, bits, &mut at, out),
        };
        let sub = at.sub;
        read.vain = sub == first && (claim != Claim::Own || text.trim_ascii().is_empty());
        if let Some(watch) = read.watch {
            let redacted = self.redacted();
            self.show(watch, item, &text, &redacted);
        }
        if claim == Claim::Pass {
            self.recent.keep(number, read.offset, bytes);
        }
        sub
    }

    /// Shows the lines before one to the closed dialects that want them.
    fn show_before(
        &mut self,
        number: u64,
        bits: Bits,
        read: &Reading<'_>,
        item: &Item<'_>,
        (sub, out): (u32, &mut dyn FnMut(&Event<'_>)),
    ) -> u32 {
        if !self.recent.is_near(number) {
            return sub;
        }
        let lines = read.set.back(bits);
        if lines == 0 {
            return sub;
        }
        let mut at = numbering(self.id, &self.numbers, read.offset, sub, item);
        for kept in self.recent.of(number.saturating_sub(lines), number) {
            let who = bits & read.set.back_for(number - kept.number);
            if !self.router.wants(who, kept.number) {
                continue;
            }
            let before = Line {
                text: &shown(&kept.bytes, &mut self.redactor),
                raw: &kept.bytes,
                number: kept.number,
                cut: false,
            };
            self.router.before(&before, who, &mut at, out);
        }
        at.sub
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

    /// Whether nobody reads a line with the needles of `bits`.
    pub(super) fn passes_over(&self, bits: Bits) -> bool {
        bits & !(LOOK | ODD) == 0
            && !self.attentive
            && !(self.redactor.is_some() && bits & LOOK != 0)
    }

    /// Whether a line that nobody claimed stands near enough before the next, of this number in the stream,
    /// for somebody to want it.
    #[inline]
    pub(super) fn is_near_recent(&self, number: u64) -> bool {
        self.recent.is_near(self.numbers.upcoming(number))
    }

    /// Keeps a line for those that need what stands before theirs.
    pub(super) fn keep(&mut self, number: u64, offset: u64, bytes: &[u8]) {
        self.recent.keep(number, offset, bytes);
    }
}

/// Where the events of a lane's line stand.
pub(super) fn numbering<'n>(
    lane: u32,
    numbers: &'n Numbers,
    offset: u64,
    sub: u32,
    item: &Item<'_>,
) -> Numbering<'n> {
    Numbering {
        offset,
        sub,
        time_ms: item.said.time_ms,
        lane,
        numbers,
    }
}

/// The text of a line as everybody reads it: what a person would see, without secrets.
pub(super) fn shown<'b>(bytes: &'b [u8], redactor: &mut Option<Redactor>) -> Cow<'b, str> {
    redacted(visible(bytes), redactor)
}

/// The text without secrets.
fn redacted<'b>(text: Cow<'b, str>, redactor: &mut Option<Redactor>) -> Cow<'b, str> {
    let redacted = match redactor.as_mut().map(|redactor| redactor.line(&text)) {
        Some(Cow::Owned(redacted)) => Some(redacted),
        _ => None,
    };
    redacted.map_or(text, Cow::Owned)
}
