//! The streaming parser: bytes in, events out, whichever dialects the stream speaks.

mod inside;
mod lanes;
mod options;
mod records;
mod watch;

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::dialect::{Claim, DIALECTS, Dialect, DialectInfo, Line};
use crate::event::{Body, Event};
use crate::line::LineSplitter;
use crate::marker::Markers;
use crate::pattern::Matcher;
use crate::signature::Signatures;

use inside::Inside;
use lanes::{Lanes, Numbers};
pub use options::ParserOptions;
use watch::Claims;
pub use watch::Seen;

/// Reads a stream in chunks and hands over the events it completes.
///
/// ```
/// use sentinel_parsers::{Body, Parser};
/// let mut names = Vec::new();
/// let mut parser = Parser::new();
/// parser.feed(b"TEST_START name=login\nTEST_PASS name=login\n", &mut |event| {
///     if let Body::TestEnd(end) = &event.body {
///         names.push(end.name.to_owned());
///     }
/// });
/// parser.finish(&mut |_| {});
/// assert_eq!(names, ["login"]);
/// ```
pub struct Parser {
    splitter: LineSplitter,
    lanes: Lanes,
}

impl Default for Parser {
    fn default() -> Parser {
        Parser::new()
    }
}

impl Parser {
    /// A parser that recognises every dialect.
    #[must_use]
    pub fn new() -> Parser {
        ParserOptions::new().parser()
    }

    /// A parser of the dialects for whose id `wanted` holds. Sentinel's own markers and the error
    /// signatures are always recognised.
    #[must_use]
    pub fn with_dialects(wanted: impl Fn(&str) -> bool) -> Parser {
        ParserOptions::new().dialects(wanted).parser()
    }

    fn with_options(options: ParserOptions) -> Parser {
        Parser {
            splitter: LineSplitter::new(),
            lanes: Lanes::new(options),
        }
    }

    /// Skips to an offset: the next byte fed stands there. Only before the first byte.
    #[must_use]
    pub fn starting_at(mut self, offset: u64) -> Parser {
        self.splitter = LineSplitter::starting_at(offset);
        self
    }

    /// Reads a chunk.
    pub fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(&Event<'_>)) {
        let lanes = &mut self.lanes;
        self.splitter.feed(chunk, &mut |raw| lanes.line(&raw, out));
    }

    /// The bytes from [`Parser::position`] up to `offset` are lost: the pending beginning of a line
    /// is dropped with them, and the next byte fed, a line start, stands at `offset`. Dialects keep
    /// what they know.
    ///
    /// ```
    /// let (mut parser, mut names) = (sentinel_parsers::Parser::new(), Vec::new());
    /// parser.feed(b"TEST_PASS name=lo", &mut |_| {});
    /// parser.skip_to(40);
    /// parser.feed(b"TEST_PASS name=logout\n", &mut |event| names.push(event.offset));
    /// assert_eq!((names, parser.position()), (vec![40], 62));
    /// ```
    pub fn skip_to(&mut self, offset: u64) {
        self.splitter.skip_to(offset);
        self.lanes.forget();
    }

    /// The stream is over: reads a last line without line feed and emits what was held back.
    pub fn finish(&mut self, out: &mut dyn FnMut(&Event<'_>)) {
        let lanes = &mut self.lanes;
        self.splitter.finish(&mut |raw| lanes.line(&raw, out));
        self.lanes.finish(self.splitter.position(), out);
    }

    /// Offset of the first byte that belongs to no completed line: every event of the bytes before
    /// it that does not depend on later lines has been emitted.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.splitter.position()
    }

    /// Offset after the last byte read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.splitter.read()
    }

    /// Lines completed.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.splitter.lines()
    }

    /// Bytes cut from lines over [`crate::line::LINE_CAP`].
    #[must_use]
    pub fn cut_bytes(&self) -> u64 {
        self.splitter.cut_bytes()
    }

    /// Ids of the dialects recognised so far, in the order of the table.
    pub fn dialects(&self) -> impl Iterator<Item = &'static str> {
        let spoken = |id: &str| self.lanes.routers().any(|r| r.speaks(id));
        let ids = DIALECTS.iter().map(|info| info.id);
        ids.filter(move |id| spoken(id))
    }

    /// Lines of writers beyond the 64 that are told apart, which were read as one stream with the lines of no
    /// particular writer.
    #[must_use]
    pub fn shared_lines(&self) -> u64 {
        self.lanes.shared_lines()
    }
}

/// Offers each line to those who may know it, most likely owner first.
struct Router {
    markers: Markers,
    patterns: Option<Matcher>,
    claims: Claims,
    slots: Vec<Slot>,
    inside: Inside,
    signatures: Signatures,
    texts: Texts,
}

/// Which of the latest lines were free text of a dialect: an error signature that begins there is
/// told in that dialect's name, for it most likely is what a failed test says of itself.
#[derive(Default)]
struct Texts(VecDeque<(RangeInclusive<u64>, &'static str)>);

impl Texts {
    /// Runs of lines remembered; a signature's block is rarely told later than that.
    const RUNS: usize = 16;

    fn note(&mut self, line: u64, dialect: &'static str) {
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
    fn teller(&self, line: u64) -> &'static str {
        let found = self.0.iter().rev().find(|(lines, _)| lines.contains(&line));
        found.map_or("signature", |(_, dialect)| dialect)
    }
}

/// A dialect that may be, or is, spoken in the stream.
struct Slot {
    info: &'static DialectInfo,
    /// Present once a line could have opened it.
    state: Option<Box<dyn Dialect>>,
    /// Whether it has claimed a line: from then on it is offered every line.
    open: bool,
}

impl Router {
    fn new(options: &ParserOptions) -> Router {
        let dialects = || options.dialects.iter().copied();
        Router {
            markers: Markers::new(),
            patterns: options.patterns.as_ref().map(Matcher::new),
            claims: Claims::new(options.watch.is_some()),
            slots: dialects().map(Slot::new).collect(),
            inside: Inside::new(dialects()),
            signatures: Signatures::new(),
            texts: Texts::default(),
        }
    }

    /// Reads a line that no envelope claims as its own word.
    fn line(&mut self, line: &Line<'_>, at: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        if self.offer(line, at, out) != Claim::Own {
            self.text(line, at, out);
        }
    }

    /// Offers a line to the markers and dialects, and tells whose it is.
    fn offer(
        &mut self,
        line: &Line<'_>,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        let mut tell = |n, body: Body<'_>| at.emit("sentinel", n, body, out);
        let claim = self.markers.line(line, &mut tell);
        if self.claims.note("sentinel", claim) == Claim::Own {
            return Claim::Own;
        }
        if self.pattern(line, at, out) == Claim::Own {
            return Claim::Own;
        }
        // A dialect that is being spoken and holds the line for its free text keeps new dialects
        // from opening on it, but not those that share the stream with it.
        let mut text_of_a_dialect = false;
        for slot in self.slots.iter_mut().filter(|s| s.open) {
            let claim = slot.line(line, at, out);
            match self.claims.note(slot.info.id, claim) {
                Claim::Own => return Claim::Own,
                Claim::Text => {
                    text_of_a_dialect = true;
                    self.texts.note(line.number, slot.info.id);
                }
                Claim::Pass => {}
            }
        }
        if text_of_a_dialect {
            return Claim::Text;
        }
        for slot in self.slots.iter_mut().filter(|s| !s.open) {
            let claim = slot.line(line, at, out);
            match self.claims.note(slot.info.id, claim) {
                Claim::Own => return Claim::Own,
                Claim::Text => return Claim::Text,
                Claim::Pass => {}
            }
        }
        Claim::Pass
    }

    /// Offers a line to the configuration's patterns.
    fn pattern(
        &mut self,
        line: &Line<'_>,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        let tell = &mut |name: &str, n, body: Body<'_>| at.emit(name, n, body, out);
        let patterns = self.patterns.as_mut();
        let claim = patterns.map_or(Claim::Pass, |patterns| patterns.line(line, tell));
        self.claims.note("pattern", claim)
    }

    /// Looks for error signatures only.
    fn text(&mut self, line: &Line<'_>, at: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        let texts = &self.texts;
        self.signatures
            .line(line, &mut |n, body| at.emit(texts.teller(n), n, body, out));
    }

    fn speaks(&self, id: &str) -> bool {
        let open = self.slots.iter().filter(|s| s.open);
        open.chain(self.inside.open()).any(|s| s.info.id == id)
    }

    fn finish(&mut self, at: &mut Numbering<'_>, out: &mut dyn FnMut(&Event<'_>)) {
        let open = self.slots.iter_mut().filter(|s| s.open);
        for slot in open.chain(self.inside.open_mut()) {
            let id = slot.info.id;
            if let Some(state) = &mut slot.state {
                state.finish(&mut |n, body| at.emit(id, n, body, out));
            }
        }
        let texts = &self.texts;
        self.signatures
            .finish(&mut |n, body| at.emit(texts.teller(n), n, body, out));
    }
}

impl Slot {
    fn new(info: &'static DialectInfo) -> Slot {
        Slot {
            info,
            state: None,
            open: false,
        }
    }

    fn line(
        &mut self,
        line: &Line<'_>,
        at: &mut Numbering<'_>,
        out: &mut dyn FnMut(&Event<'_>),
    ) -> Claim {
        let id = self.info.id;
        let mut emit = |n: u64, body: Body<'_>| at.emit(id, n, body, out);
        if !self.open && !(self.info.sniff)(line) {
            return Claim::Pass;
        }
        let claim = self
            .state
            .get_or_insert_with(self.info.new)
            .line(line, &mut emit);
        self.open |= claim != Claim::Pass;
        claim
    }
}

/// Gives the events of one line their place in the stream.
struct Numbering<'n> {
    offset: u64,
    sub: u32,
    time_ms: Option<i64>,
    lane: u32,
    numbers: &'n Numbers,
}

impl Numbering<'_> {
    /// Hands an event over; `line` counts the lane's lines, the event counts the stream's.
    fn emit(
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
