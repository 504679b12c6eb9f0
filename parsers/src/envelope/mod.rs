//! Envelopes: what runtimes, CI systems and loggers put round each line, one file per envelope, all
//! registered in [`ENVELOPES`], peeled in any nesting up to [`DEPTH`].
//!
//! An envelope is taken off where its shape is unmistakable, or where it is consistently there:
//! from the first line on, or over several lines in sequence. A line that does not fit stays as it is.

mod compose;
mod cri;
mod docker_json;
mod github_actions;
mod gitlab;
mod kubectl;
mod parallel_tag;
mod reassemble;
mod time;
mod timestamp;

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::line::RawLine;

use reassemble::Pieces;

/// Envelopes round one another that are taken off.
pub(crate) const DEPTH: usize = 4;

/// A row of the table of envelopes.
pub(crate) struct EnvelopeInfo {
    /// Whether a line of this envelope may begin with the byte.
    pub(crate) begins: fn(u8) -> bool,
    /// Takes the envelope off a line that has its shape.
    pub(crate) peel: fn(&[u8]) -> Option<Peeled<'_>>,
    /// Whether a likely shape on the first line of all is enough.
    pub(crate) from_start: bool,
    /// How many lines in sequence of a likely shape are enough.
    pub(crate) run: u8,
}

/// Every envelope, in the order in which they are tried.
static ENVELOPES: &[EnvelopeInfo] = &[
    cri::INFO,
    docker_json::INFO,
    kubectl::INFO,
    github_actions::INFO,
    gitlab::INFO,
    timestamp::INFO,
    compose::INFO,
    parallel_tag::INFO,
];

/// Which envelopes may begin with a byte.
static FIRST: LazyLock<[u16; 256]> = LazyLock::new(|| {
    let mut first = [0; 256];
    for (byte, set) in (0..=u8::MAX).zip(&mut first) {
        for (i, info) in ENVELOPES.iter().enumerate() {
            *set |= u16::from((info.begins)(byte)) << i;
        }
    }
    first
});

/// What stands in an envelope.
pub(crate) struct Peeled<'a> {
    /// The line inside.
    text: Cow<'a, [u8]>,
    /// Who wrote it, where the envelope tells writers apart.
    key: &'a [u8],
    /// When, Unix milliseconds.
    time_ms: Option<i64>,
    /// For envelopes that cut lines: the stream, and whether more of the line follows.
    piece: Option<(u8, bool)>,
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
    /// The line.
    pub(crate) text: Cow<'a, [u8]>,
    /// What the envelopes said.
    pub(crate) said: Said,
    /// Whether part of it was cut off.
    pub(crate) cut: bool,
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
}

/// The envelopes of a stream.
#[derive(Default)]
pub(crate) struct Envelopes {
    levels: [Level; DEPTH],
    pieces: Pieces,
}

/// What is known of one depth.
#[derive(Default)]
struct Level {
    /// Envelopes accepted here, by bit.
    accepted: u16,
    /// Whether a line has been seen.
    begun: bool,
    /// The envelope, mark and number of the latest lines in sequence.
    run: Option<(usize, u64, u8)>,
}

impl Envelopes {
    /// The line without its envelopes; nothing while more of it is to come.
    pub(crate) fn line<'a>(&mut self, raw: &RawLine<'a>) -> Option<Item<'a>> {
        let mut item = Item {
            text: Cow::Borrowed(raw.bytes),
            said: Said::default(),
            cut: raw.cut > 0,
        };
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
        self.pieces.rest()
    }

    /// Bytes were lost: lines begun before them are not to be joined with what follows.
    pub(crate) fn forget(&mut self) {
        self.pieces = Pieces::default();
    }
}

impl Level {
    /// Takes an envelope off the item; tells how the line is cut, or that there is no envelope.
    #[expect(
        clippy::option_option,
        reason = "no envelope, or one that may cut lines"
    )]
    fn peel(&mut self, item: &mut Item<'_>) -> Option<Option<(u8, bool)>> {
        let mut may = FIRST[usize::from(*item.text.first()?)];
        let first = !std::mem::replace(&mut self.begun, true);
        let before = self.run.take();
        while may != 0 {
            let i = may.trailing_zeros() as usize;
            may &= may - 1;
            let peel = ENVELOPES[i].peel;
            let taken = match &item.text {
                Cow::Borrowed(text) => {
                    peel(text).and_then(|p| self.takes(i, first, before, p, &mut item.said))
                }
                Cow::Owned(text) => peel(text)
                    .and_then(|p| self.takes(i, first, before, p, &mut item.said))
                    .map(|(text, piece)| (Cow::Owned(text.into_owned()), piece)),
            };
            if let Some((text, piece)) = taken {
                item.text = text;
                return Some(piece);
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
    ) -> Option<Inside<'a>> {
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
        if !peeled.key.is_empty() {
            said.key.extend_from_slice(peeled.key);
            said.key.push(b'\n');
        }
        said.time_ms = said.time_ms.or(peeled.time_ms);
        said.own |= peeled.own;
        Some((peeled.text, peeled.piece))
    }
}

/// What stands in an envelope, and how it is cut.
type Inside<'a> = (Cow<'a, [u8]>, Option<(u8, bool)>);

#[cfg(test)]
mod tests;
