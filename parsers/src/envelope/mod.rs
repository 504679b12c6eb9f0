//! Envelopes: what runtimes, CI systems and loggers put round each line, one file per envelope, all
//! registered in [`ENVELOPES`], peeled in any nesting up to [`DEPTH`].
//!
//! An envelope is taken off where its shape is unmistakable, or where it is consistently there:
//! from the first line on, or over several lines in sequence. A line that does not fit stays as it is.
//!
//! # Output and messages
//!
//! Most envelopes hold a line of a program's output, which then is read as if it stood alone. What
//! stands in a *logger's* envelope (klog, logfmt, JSON lines, log libraries' prefixes) is a message
//! instead, and mostly one of an application, where "ok 7 rows updated" is no result. So a
//! logger's record is first read as it is, like any line, and only what nobody claimed is read as a
//! message too:
//!
//! - a marker is a marker in a message as well;
//! - a dialect hears a message only when loggers demonstrably wrap a whole test run: three messages
//!   in near sequence must be its own (`parser/inside.rs`), and the dialects that are open
//!   outside do not hear messages at all;
//! - error signatures are looked for in the message where it is quoted, so that a traceback in a JSON
//!   string is a block; of what the record says besides, in the record as it is.
//!
//! Lines that carry nothing are what quiet logs consist of, so an envelope is told by the first byte
//! and then by as few more as will do, and nothing is allocated unless escapes must be resolved.

mod compose;
mod cri;
mod docker_json;
mod github_actions;
mod gitlab;
mod journal_export;
mod journal_json;
mod json;
mod json_lines;
mod klog;
mod kubectl;
mod log_prefix;
mod logfmt;
mod parallel_tag;
mod reassemble;
mod syslog;
mod time;
mod timestamp;
mod words;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::LazyLock;

use crate::line::RawLine;

use journal_export::{Journal, Read};
use reassemble::Pieces;
use words::{MARKED, begins_with_words, is_bare};

/// Some tools begin their files with it, and so does every piece of a log made of such files.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Envelopes round one another that are taken off.
pub(crate) const DEPTH: usize = 4;

/// A row of the table of envelopes.
pub(crate) struct EnvelopeInfo {
    /// The envelope's word for people.
    pub(crate) id: &'static str,
    /// Whether a line of this envelope may begin with the byte.
    pub(crate) begins: fn(u8) -> bool,
    /// Takes the envelope off a line that has its shape.
    pub(crate) peel: for<'a> fn(&Look<'a>) -> Option<Peeled<'a>>,
    /// Whether a likely shape on the first line of all is enough.
    pub(crate) from_start: bool,
    /// How many lines in sequence of a likely shape are enough.
    pub(crate) run: u8,
    /// Whether loggers make it, so that a message stands inside and not a line of output.
    pub(crate) logger: bool,
    /// Whether its first word is not simply followed by blanks and a second word: behind it stands `=`
    /// or a tab, or behind the blanks a bar.
    pub(crate) marked: bool,
}

/// Every envelope, in the order in which they are tried.
static ENVELOPES: &[EnvelopeInfo] = &[
    cri::INFO,
    docker_json::INFO,
    journal_json::INFO,
    json_lines::INFO,
    kubectl::INFO,
    github_actions::INFO,
    gitlab::INFO,
    syslog::INFO,
    klog::INFO,
    log_prefix::INFO,
    timestamp::INFO,
    logfmt::INFO,
    compose::INFO,
    parallel_tag::INFO,
];

/// Which envelopes may begin with a byte.
static FIRST: LazyLock<[u32; 256]> = LazyLock::new(|| {
    let mut first = [0; 256];
    for (byte, set) in (0..=u8::MAX).zip(&mut first) {
        for (i, info) in ENVELOPES.iter().enumerate() {
            *set |= u32::from((info.begins)(byte)) << i;
        }
    }
    first
});

/// A line that several envelopes look at.
pub(crate) struct Look<'a> {
    text: &'a [u8],
    /// The time it begins with, read at most once.
    stamp: OnceCell<Option<time::Stamp>>,
}

impl Look<'_> {
    fn stamp(&self) -> Option<time::Stamp> {
        *self.stamp.get_or_init(|| time::stamp(self.text))
    }
}

/// What stands in an envelope.
pub(crate) struct Peeled<'a> {
    /// The line inside.
    text: Cow<'a, [u8]>,
    /// Who wrote it, where the envelope tells writers apart.
    key: &'a [u8],
    /// When, Unix milliseconds.
    time_ms: Option<i64>,
    /// For envelopes that cut lines: the stream, and whether more of the line follows.
    piece: Piece,
    /// Whether the line is the envelope's own word, not the program's.
    own: bool,
    /// Whether the shape is unmistakable.
    sure: bool,
    /// What lines of a merely likely shape must have in common to count as a sequence.
    mark: u64,
}

impl<'a> Peeled<'a> {
    fn new(text: &'a [u8], sure: bool) -> Peeled<'a> {
        Peeled {
            text: Cow::Borrowed(text),
            key: b"",
            time_ms: None,
            piece: None,
            own: false,
            sure,
            mark: 0,
        }
    }
}

/// A line on its way out of its envelopes.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    /// The line, or the message of a logger.
    pub(crate) text: Cow<'a, [u8]>,
    /// The outermost logger's record as it is, if it is a message.
    pub(crate) record: Option<Cow<'a, [u8]>>,
    /// What the envelopes said.
    pub(crate) said: Said,
    /// Whether part of it was cut off.
    pub(crate) cut: bool,
    /// Number of the line it stands in; where it takes several, of the one that says most.
    pub(crate) number: u64,
}

impl<'a> Item<'a> {
    /// A line in no envelope.
    pub(crate) fn bare(raw: &RawLine<'a>) -> Item<'a> {
        Item {
            text: Cow::Borrowed(raw.bytes),
            record: None,
            said: Said::default(),
            cut: raw.cut > 0,
            number: raw.number,
        }
    }
}

/// What the envelopes of a line say of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Who wrote it, by all envelopes; empty if none tells.
    pub(crate) key: Vec<u8>,
    /// The time of the outermost envelope that has one.
    pub(crate) time_ms: Option<i64>,
    /// Whether it is an envelope's own word.
    pub(crate) own: bool,
    /// The envelopes' places in the table, counted from 1, from outside in.
    path: [u8; DEPTH],
}

impl Said {
    /// A path that begins in a journal, which is no line's envelope and has no row in the table.
    const JOURNAL: [u8; DEPTH] = [u8::MAX, 0, 0, 0];

    fn took(&mut self, envelope: usize) {
        if let Some(free) = self.path.iter_mut().find(|place| **place == 0) {
            *free = u8::try_from(envelope + 1).unwrap_or(u8::MAX);
        }
    }

    /// The envelopes' ids, from outside in.
    pub(crate) fn envelopes(&self) -> impl Iterator<Item = &'static str> {
        let taken = self.path.iter().take_while(|place| **place > 0);
        taken.filter_map(|place| match *place {
            u8::MAX => Some("journal_export"),
            n => ENVELOPES.get(usize::from(n) - 1).map(|info| info.id),
        })
    }
}

/// The envelopes of a stream.
#[derive(Default)]
pub(crate) struct Envelopes {
    journal: Journal,
    levels: [Level; DEPTH],
    pieces: Pieces,
}

/// What is known of one depth.
#[derive(Default)]
struct Level {
    /// Envelopes accepted here, by bit.
    accepted: u32,
    /// Whether one of them holds output rather than messages.
    output: bool,
    /// Whether a line has been seen.
    begun: bool,
    /// The envelope, mark and number of the latest lines in sequence.
    run: Option<(usize, u64, u8)>,
}

impl Envelopes {
    /// Literals of lines that must be looked at although nobody reads them for themselves.
    pub(crate) fn needles() -> &'static [&'static str] {
        &[Journal::BEGINNING]
    }

    /// The line without its envelopes; nothing while more of it is to come.
    pub(crate) fn line<'a>(&mut self, raw: &RawLine<'a>) -> Option<Item<'a>> {
        let bytes = raw.bytes.strip_prefix(BYTE_ORDER_MARK);
        let raw = &RawLine {
            bytes: bytes.unwrap_or(raw.bytes),
            ..*raw
        };
        if self.journal.is_open() || Journal::begins(raw.bytes) {
            match self.journal.line(raw) {
                Read::Taken => return None,
                Read::Whole(item) => return self.peel(item),
                Read::Other => {}
            }
        }
        self.peel(Item::bare(raw))
    }

    /// Whether the line is in no envelope, as its first bytes tell; it counts as seen then, unless it is empty.
    pub(crate) fn passes(&mut self, line: &[u8]) -> bool {
        let bare = !self.journal.is_open() && is_bare(line);
        if bare && !line.is_empty() {
            let outermost = &mut self.levels[0];
            outermost.begun = true;
            outermost.run = None;
        }
        bare
    }

    fn peel<'a>(&mut self, mut item: Item<'a>) -> Option<Item<'a>> {
        for (depth, level) in self.levels.iter_mut().enumerate() {
            let Some(piece) = level.peel(&mut item) else {
                break;
            };
            if let Some((stream, more)) = piece {
                item = self.pieces.join(depth, stream, more, item)?;
            }
            if item.said.own {
                break;
            }
        }
        Some(item)
    }

    /// The stream is over: a line of which no more will come.
    pub(crate) fn finish(&mut self) -> Option<Item<'static>> {
        if let Some(item) = self.journal.finish()
            && let Some(item) = self.peel(item)
        {
            return Some(item);
        }
        self.pieces.rest()
    }

    /// Whether every line has to be looked at, whatever it holds: it may be a piece of another, or tell
    /// who writes. Loggers' records hold no literal in the message that does not stand in the record.
    pub(crate) fn see_every_line(&self) -> bool {
        self.journal.is_open() || self.levels[0].output
    }

    /// Bytes were lost: lines begun before them are not to be joined with what follows.
    pub(crate) fn forget(&mut self) {
        self.pieces = Pieces::default();
        self.journal.forget();
    }
}

impl Level {
    /// Takes an envelope off the item; tells how the line is cut, or that there is no envelope.
    fn peel(&mut self, item: &mut Item<'_>) -> Option<Piece> {
        let said = &mut item.said;
        let (i, text, piece) = match &item.text {
            Cow::Borrowed(text) => self.inside(text, said)?,
            Cow::Owned(text) => {
                let (i, text, piece) = self.inside(text, said)?;
                (i, Cow::Owned(text.into_owned()), piece)
            }
        };
        said.took(i);
        let record = std::mem::replace(&mut item.text, text);
        if ENVELOPES[i].logger && item.record.is_none() {
            item.record = Some(record);
        }
        Some(piece)
    }

    /// Which envelope the line is in, what stands inside, and how it is cut.
    fn inside<'a>(&mut self, text: &'a [u8], said: &mut Said) -> Option<Inside<'a>> {
        let mut may = FIRST[usize::from(*text.first()?)];
        let first = !std::mem::replace(&mut self.begun, true);
        let before = self.run.take();
        if may & *MARKED != 0 && begins_with_words(text) {
            may &= !*MARKED;
        }
        let look = Look {
            text,
            stamp: OnceCell::new(),
        };
        while may != 0 {
            let i = may.trailing_zeros() as usize;
            may &= may - 1;
            let peeled = (ENVELOPES[i].peel)(&look);
            let taken = peeled.and_then(|p| self.takes(i, first, before, p, said));
            if let Some((text, piece)) = taken {
                return Some((i, text, piece));
            }
        }
        None
    }

    /// Whether a line of the envelope's shape is in the envelope; if so, what stands inside.
    fn takes<'a>(
        &mut self,
        i: usize,
        first: bool,
        before: Option<(usize, u64, u8)>,
        peeled: Peeled<'a>,
        said: &mut Said,
    ) -> Option<(Cow<'a, [u8]>, Piece)> {
        let info = &ENVELOPES[i];
        if peeled.sure || (first && info.from_start) {
            self.accepted |= 1 << i;
        }
        if self.accepted & (1 << i) == 0 {
            let lines = match before {
                Some((of, mark, lines)) if (of, mark) == (i, peeled.mark) => lines + 1,
                _ => 1,
            };
            self.run = Some((i, peeled.mark, lines));
            if lines < info.run {
                return None;
            }
            self.accepted |= 1 << i;
        }
        self.output |= !info.logger;
        if !peeled.key.is_empty() {
            said.key.extend_from_slice(peeled.key);
            said.key.push(b'\n');
        }
        said.time_ms = said.time_ms.or(peeled.time_ms);
        said.own |= peeled.own;
        Some((peeled.text, peeled.piece))
    }
}

/// The stream of a piece, and whether more of its line follows; absent where lines are not cut.
type Piece = Option<(u8, bool)>;

/// An envelope, what stands in it, and how it is cut.
type Inside<'a> = (usize, Cow<'a, [u8]>, Piece);

#[cfg(test)]
mod tests;
