//! Error signatures: known kinds of errors in free text, as one occurrence per block of lines.
//!
//! A class is either one of [`BLOCKS`], whose head line opens a block of lines (a traceback with
//! its frames), or one of [`LINES`], which is a line of its own. A line belongs to one class: in a
//! block nothing else is looked for, except that the line which states a traceback's or panic's
//! cause also counts when it is a refused connection or a time-out. An exception whose head line
//! says so is of that class instead.
//!
//! Adding a class takes a file and a row in one of the tables.

mod database;
mod go;
mod http;
mod java;
mod native;
mod network;
mod node;
mod python;
mod rust;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use aho_corasick::packed::Searcher;

use crate::dialect::{Emit, Line};
use crate::event::{Body, Signature};
use crate::frame::{MESSAGE_CAP, cut_at_boundary};
use crate::mask::fingerprint;

/// Lines a block may have.
const BLOCK_CAP: u64 = 2000;

/// A class of errors that take several lines.
struct BlockClass {
    class: &'static str,
    /// One of these stands in every head line; case matters.
    keywords: &'static [&'static str],
    /// Whether and how the line opens a block.
    head: fn(&str) -> Option<Head<'_>>,
    /// What the next line is to an open block.
    next: fn(&mut Block, &str) -> Next,
    /// Whether a refused connection or time-out in the head line is what the block is about.
    head_states_cause: bool,
}

/// A class of errors that take one line.
struct LineClass {
    class: &'static str,
    /// One of these stands in every such line; case matters.
    keywords: &'static [&'static str],
    /// Whether the line is one.
    is: fn(&str) -> bool,
}

static BLOCKS: [BlockClass; 5] = [
    python::CLASS,
    go::CLASS,
    rust::CLASS,
    java::CLASS,
    node::CLASS,
];

/// In order of precedence: the causes first.
static LINES: [LineClass; 6] = [
    network::REFUSED,
    network::TIMEOUT,
    native::OOM,
    native::SEGFAULT,
    database::CLASS,
    http::CLASS,
];

/// Of [`LINES`], those that say why an exception was thrown.
const CAUSES: Classes = 0b11;

/// Finds out which classes a line may be of, so that ordinary lines cost one fast search and
/// others only the tests of those classes.
struct Keywords {
    /// Any keyword, with vector instructions; absent on machines without them.
    any: Option<Searcher>,
    /// Every keyword.
    all: Option<AhoCorasick>,
    /// The class of each keyword, as a bit: [`BLOCKS`] first, then [`LINES`].
    bits: Vec<Classes>,
}

/// Classes as bits.
type Classes = u16;

const ALL_CLASSES: Classes = Classes::MAX;

static KEYWORDS: LazyLock<Keywords> = LazyLock::new(|| {
    let blocks = BLOCKS.iter().map(|c| c.keywords);
    let lists = blocks.chain(LINES.iter().map(|c| c.keywords));
    let pairs = lists
        .enumerate()
        .flat_map(|(class, list)| list.iter().map(move |word| (*word, 1 << class)));
    let (words, bits): (Vec<&str>, Vec<Classes>) = pairs.unzip();
    let distinct: BTreeSet<&str> = words.iter().copied().collect();
    Keywords {
        any: Searcher::new(distinct),
        all: AhoCorasick::new(&words).ok(),
        bits,
    }
});

impl Keywords {
    fn classes(&self, text: &str) -> Classes {
        if self
            .any
            .as_ref()
            .is_some_and(|any| any.find(text).is_none())
        {
            return 0;
        }
        let Some(all) = &self.all else {
            return ALL_CLASSES;
        };
        all.find_overlapping_iter(text)
            .fold(0, |classes, found| classes | self.bits[found.pattern()])
    }
}

/// What a head line says.
#[derive(Debug, Default)]
struct Head<'t> {
    exception: Option<&'t str>,
    message: &'t str,
    /// Whether the head alone makes a block; else lines behind it must.
    certain: bool,
    /// What stands before the head and may stand before the block's other lines.
    prefix: &'t str,
}

/// What a line is to an open block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Part of it.
    In,
    /// Part of it if more of it follows.
    Between,
    /// Its last line.
    Last,
    /// Not part of it, but parts may still come.
    Aside,
    /// The block ended before it.
    Out,
}

/// A block that is being read.
#[derive(Debug)]
struct Block {
    of: usize,
    class: &'static str,
    /// Class of the head line as a line of its own, should no block follow.
    alone: Option<&'static str>,
    /// Where the block is, for its class's `next`; 0 after the head.
    state: u8,
    certain: bool,
    exception: Option<String>,
    message: String,
    /// The line that states the cause, if that is of a class of its own.
    cause: Option<(u64, &'static str, String)>,
    prefix: String,
    first: u64,
    /// Last line that is part of it.
    last: u64,
    /// Last line looked at.
    seen: u64,
}

impl Block {
    /// Keeps what the line that states the cause says.
    fn state_cause(&mut self, exception: Option<&str>, message: &str, line: &str) {
        self.exception = exception.map(str::to_owned);
        self.message = kept(message);
        if let Some(class) = line_class(CAUSES, line) {
            self.cause = Some((self.seen, class, kept(line.trim())));
        }
    }
}

/// Recognises error signatures in the lines no dialect owns.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    open: Option<Block>,
}

impl Signatures {
    pub(crate) fn new() -> Signatures {
        Signatures::default()
    }

    /// Literals of which one stands in every line that means something while no block is open.
    #[expect(dead_code, reason = "for the block prefilter that is being built")]
    pub(crate) fn keywords() -> impl Iterator<Item = &'static str> {
        let blocks = BLOCKS.iter().flat_map(|class| class.keywords);
        let lines = LINES.iter().flat_map(|class| class.keywords);
        blocks.chain(lines).copied()
    }

    /// Whether a block is open, so that every line must be offered.
    pub(crate) fn attentive(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) {
        if self.open.is_some() && self.in_block(line, emit) {
            return;
        }
        let classes = KEYWORDS.classes(line.text);
        if classes != 0 {
            self.outside(line, classes, emit);
        }
    }

    pub(crate) fn finish(&mut self, emit: Emit<'_>) {
        self.close(emit);
    }

    /// Offers the line to the open block; whether it was part of it.
    fn in_block(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        let Some(block) = &mut self.open else {
            return false;
        };
        let adjacent = line.number == block.seen + 1 && line.number - block.first < BLOCK_CAP;
        block.seen = line.number;
        let next = match adjacent {
            true => (BLOCKS[block.of].next)(block, line.text),
            false => Next::Out,
        };
        match next {
            Next::In | Next::Last => block.last = line.number,
            Next::Between => {}
            Next::Aside => return false,
            Next::Out => {
                self.close(emit);
                return false;
            }
        }
        if next == Next::Last {
            self.close(emit);
        }
        true
    }

    /// A line that holds a keyword and is part of no block.
    fn outside(&mut self, line: &Line<'_>, classes: Classes, emit: Emit<'_>) {
        let text = line.text;
        let head = BLOCKS
            .iter()
            .enumerate()
            .filter(|(of, _)| classes >> of & 1 == 1)
            .find_map(|(of, class)| Some((of, class, (class.head)(text)?)));
        let line_classes = classes >> BLOCKS.len();
        let Some((of, class, head)) = head else {
            if let Some(class) = line_class(line_classes, text) {
                tell(class, line.number, text.trim(), emit);
            }
            return;
        };
        self.close(emit);
        let cause = line_class(line_classes & CAUSES, text).filter(|_| class.head_states_cause);
        self.open = Some(Block {
            of,
            class: cause.unwrap_or(class.class),
            alone: line_class(line_classes, text),
            state: 0,
            certain: head.certain,
            exception: head.exception.map(str::to_owned),
            message: kept(head.message),
            cause: None,
            prefix: head.prefix.to_owned(),
            first: line.number,
            last: line.number,
            seen: line.number,
        });
    }

    /// Emits the open block, or its head as a line of its own if that is all there was.
    fn close(&mut self, emit: Emit<'_>) {
        let Some(block) = self.open.take() else {
            return;
        };
        if !block.certain {
            if let Some(class) = block.alone {
                let whole = match &block.exception {
                    Some(exception) => format!("{exception}: {}", block.message),
                    None => block.message,
                };
                tell(class, block.first, &whole, emit);
            }
            return;
        }
        let exception = block.exception.as_deref();
        let fingerprint = fingerprint(block.class, exception, &block.message);
        let signature = Signature {
            class: block.class,
            exception,
            message: &block.message,
            end_line: block.last,
            fingerprint: &fingerprint,
        };
        emit(block.first, Body::Signature(signature));
        if let Some((number, class, message)) = &block.cause {
            tell(class, *number, message, emit);
        }
    }
}

/// Emits an occurrence of one line.
fn tell(class: &str, number: u64, message: &str, emit: Emit<'_>) {
    let message = cut_at_boundary(message, MESSAGE_CAP);
    let signature = Signature {
        class,
        exception: None,
        message,
        end_line: number,
        fingerprint: &fingerprint(class, None, message),
    };
    emit(number, Body::Signature(signature));
}

/// The first of [`LINES`] that the text is, among those whose bits are set.
fn line_class(among: Classes, text: &str) -> Option<&'static str> {
    let mut rows = LINES.iter().enumerate();
    let row = rows.find(|(bit, class)| among >> bit & 1 == 1 && (class.is)(text));
    row.map(|(_, class)| class.class)
}

fn kept(message: &str) -> String {
    cut_at_boundary(message, MESSAGE_CAP).to_owned()
}

/// `Type: message` or `Type` with nothing behind, the type a word of letters, digits, dots and the
/// like.
fn typed(text: &str) -> Option<(&str, &str)> {
    let (kind, message) = match text.split_once(": ") {
        Some((kind, message)) => (kind, message),
        None => (text.trim_end().trim_end_matches(':'), ""),
    };
    let in_type = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    let word =
        kind.starts_with(|c: char| c.is_alphabetic() || c == '_') && kind.chars().all(in_type);
    word.then_some((kind, message.trim_end()))
}
