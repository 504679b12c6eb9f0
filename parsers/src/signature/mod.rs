//! Error signatures: known kinds of errors in free text, as one occurrence per block of lines.
//!
//! A class is either a [block's](table::BLOCKS), whose head line opens a block of lines (a traceback
//! with its frames), or [of one line](table::LINES). A line belongs to one class: in a block nothing
//! else is looked for, except that the line which states a traceback's or panic's cause also counts
//! when it is a refused connection, a time-out or the like. An exception whose head line says so is of
//! that class instead.
//!
//! Exceptions that were thrown while another was handled, the causes below an exception and the
//! exceptions of a group are one occurrence from the first line to the last; it tells the deepest
//! cause. Each of them that a line of its own announces is told once more as a part of it.
//!
//! Adding a class takes a file and a row in one of the tables.

mod block;
mod database;
mod disk;
mod dotnet;
mod frames;
mod go;
mod http;
mod java;
mod names;
mod native;
mod network;
mod node;
mod php;
mod python;
mod ruby;
mod rust;
mod sanitizer;
mod statuses;
mod table;
mod terminate;
mod tls;

#[cfg(test)]
mod tests;

use crate::cut::{MESSAGE_CAP, cut_at_boundary};
use crate::dialect::{Emit, Line};
use crate::event::{Body, Signature};
use crate::mask;

use block::{Block, Next, Part};
use frames::Frames;
use names::Names;
use table::{BLOCKS, Classes};

/// The class of error that one line of text states by itself: what it says of the cause, else the kind of exception or
/// panic that it heads.
///
/// ```
/// use sentinel_parsers::error_class;
/// assert_eq!(error_class("dial tcp 10.0.0.7:5432: connect: connection refused"), Some("connection_refused"));
/// assert_eq!(error_class("expected 3, got 4"), None);
/// ```
#[must_use]
pub fn error_class(text: &str) -> Option<&'static str> {
    let classes = table::classes(text);
    let heads = || {
        let mut blocks = BLOCKS.iter().enumerate();
        let head =
            blocks.find(|(of, class)| classes >> of & 1 == 1 && (class.head)(text).is_some());
        head.map(|(_, class)| class.class)
    };
    table::class_of(classes, Classes::MAX, text).or_else(heads)
}

/// Lines a block may have: stacks of thousands of goroutines are one occurrence.
const BLOCK_CAP: u64 = 20_000;

/// Recognises error signatures in the lines no dialect owns.
#[derive(Default)]
pub(crate) struct Signatures {
    open: Option<Box<Block>>,
    names: Names,
}

impl Signatures {
    pub(crate) fn new() -> Signatures {
        Signatures::default()
    }

    /// What a line begins with behind a head that holds no literal of its own.
    pub(crate) const BELOW_HEAD: &'static str = ruby::STACK;

    /// Literals of which one stands in every line that means something while no block is open.
    pub(crate) fn needles() -> impl Iterator<Item = &'static str> {
        table::needles()
    }

    /// Whether a block is open, so that every line must be offered.
    pub(crate) fn attentive(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the line, offered last, is or may be part of the open block.
    pub(crate) fn took(&self, line: u64) -> bool {
        self.open.as_ref().is_some_and(|block| block.taken == line)
    }

    pub(crate) fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) {
        if self.open.is_some() && self.in_block(line, emit) {
            return;
        }
        let classes = table::classes(line.text);
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
            true => (block.kind.next)(block, line.text),
            false => Next::Out,
        };
        match next {
            Next::In | Next::Last => block.extend(),
            Next::Between => block.taken = line.number,
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
            .find_map(|(_, class)| Some((class, (class.head)(text)?)));
        let Some((class, head)) = head else {
            if let Some(class) = table::class_by_itself(classes, text) {
                tell(
                    &mut self.names,
                    class,
                    line.number,
                    (text.trim(), None),
                    emit,
                );
            }
            return;
        };
        self.close(emit);
        self.open = Some(Box::new(Block::new(
            class,
            &head,
            (text, classes),
            line.number,
        )));
    }

    /// Emits the open block, or its head as a line of its own if that is all there was.
    fn close(&mut self, emit: Emit<'_>) {
        let Some(block) = self.open.take() else {
            return;
        };
        if !block.certain {
            if let (Some(class), Some(head)) = (block.alone, block.parts.first()) {
                let text = head.text();
                tell(&mut self.names, class, block.first, (&text, None), emit);
            }
            return;
        }
        let (root, outer) = block.root();
        let outer = outer.map(Part::text).filter(|text| !text.is_empty());
        let outer = outer.map(|text| mask::anonymise(&text).into_owned());
        let class = block.parts.first().map_or(block.kind.class, |p| p.class);
        let whole = Told {
            class,
            part: root,
            frames: block.frames(root),
            lines: (block.first, block.last),
            outer: outer.as_deref(),
            within: None,
        };
        whole.tell(&mut self.names, emit);
        for (at, part) in block.parts.iter().enumerate() {
            if at > 0 && !part.silent {
                let told = Told {
                    class: part.class,
                    part,
                    frames: &part.frames,
                    lines: (part.first, part.last),
                    outer: None,
                    within: Some(block.first),
                };
                told.tell(&mut self.names, emit);
            }
            if let Some((number, class, message)) = &part.cause {
                let said = (message.as_str(), Some(block.first));
                tell(&mut self.names, class, *number, said, emit);
            }
        }
    }
}

/// An occurrence, or a part of one, as it is told.
struct Told<'p> {
    class: &'static str,
    part: &'p Part,
    frames: &'p Frames,
    lines: (u64, u64),
    outer: Option<&'p str>,
    within: Option<u64>,
}

impl Told<'_> {
    fn tell(&self, names: &mut Names, emit: Emit<'_>) {
        let part = self.part;
        let exception = part.exception.as_deref();
        let functions = self.frames.functions();
        let (exact, group) = names.of(self.class, exception, &part.message, functions);
        let frames = self.frames.shown();
        let signature = Signature {
            class: self.class,
            exception,
            message: &part.message,
            end_line: self.lines.1,
            fingerprint: exact,
            group,
            outer: self.outer,
            within: self.within,
            frames: frames.each_ref().map(|frame| frame.as_deref()),
        };
        emit(self.lines.0, Body::Signature(signature));
    }
}

/// Emits an occurrence of one line.
fn tell(
    names: &mut Names,
    class: &'static str,
    number: u64,
    (message, within): (&str, Option<u64>),
    emit: Emit<'_>,
) {
    let part = Part {
        message: cut_at_boundary(message, MESSAGE_CAP).to_owned(),
        ..Part::default()
    };
    let told = Told {
        class,
        part: &part,
        frames: &part.frames,
        lines: (number, number),
        outer: None,
        within,
    };
    told.tell(names, emit);
}
