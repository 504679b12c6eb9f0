//! The streaming parser: bytes in, events out, whichever dialects the stream speaks.

mod blocks;
mod ends;
mod inside;
mod lane;
mod lanes;
mod numbers;
mod options;
mod recent;
mod records;
mod repeats;
mod router;
mod slots;
mod texts;
mod watch;

use crate::dialect::{DIALECTS, STAND_ALONE};
use crate::event::Event;
use crate::line::LineSplitter;

use lanes::Lanes;
pub use options::ParserOptions;
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
        self.splitter
            .feed_blocks(chunk, &mut |block| lanes.block(&block, out));
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
        self.splitter
            .finish_blocks(&mut |block| lanes.block(&block, out));
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

    /// Whether the tests and results of what comes next are told the same by a parser that has read less of what came
    /// before: no more than the lines by which was recognised what is spoken.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        // Writers are numbered as they appear.
        let one = self.lanes.routers().nth(1).is_none();
        one && self.dialects().all(|id| STAND_ALONE.contains(&id))
    }

    /// Lines of writers beyond the 64 that are told apart, which were read as one stream with the lines of no
    /// particular writer.
    #[must_use]
    pub fn shared_lines(&self) -> u64 {
        self.lanes.shared_lines()
    }

    /// Lines of at most 16 bytes that were the same as the 4,096 before them, alone or two in turn, of which
    /// nothing had come, and were not read.
    #[must_use]
    pub fn repeated_lines(&self) -> u64 {
        self.lanes.repeats.passed()
    }
}
