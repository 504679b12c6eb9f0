//! A block of lines that is being read: what it is known to be so far, and the occurrence it makes.

use super::frames::Frames;
use super::table::{CAUSES, Classes, class_of, line_class};
use crate::cut::{MESSAGE_CAP, cut_at_boundary};

/// Parts of an occurrence that are kept apart (causes, exceptions of a group); lines of further ones
/// belong to the block and are not told.
const PARTS: usize = 32;

/// A class of errors that take several lines.
pub(super) struct BlockClass {
    pub(super) class: &'static str,
    /// One of these stands in every head line; case matters.
    pub(super) keywords: &'static [&'static str],
    /// Whether and how the line opens a block.
    pub(super) head: fn(&str) -> Option<Head<'_>>,
    /// What the next line is to an open block.
    pub(super) next: fn(&mut Block, &str) -> Next,
    /// Of the classes of one line, those whose word in the head line is what the block is about.
    pub(super) overruled_by: Classes,
}

/// What a head line says.
#[derive(Debug, Default)]
pub(super) struct Head<'t> {
    pub(super) exception: Option<&'t str>,
    pub(super) message: &'t str,
    /// Whether the head alone makes a block; else lines behind it must.
    pub(super) certain: bool,
    /// What stands before the head and may stand before the block's other lines.
    pub(super) prefix: &'t str,
    /// The function, if known, and the place where it was thrown, if the head says that.
    pub(super) place: Option<(&'t str, &'t str)>,
    /// Where the block is after the head.
    pub(super) state: u8,
}

/// What a line is to an open block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
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

/// One exception of a block: the head's, a cause's, one of a group.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) exception: Option<String>,
    pub(super) message: String,
    /// The line that states the cause, if that is of a class of its own.
    pub(super) cause: Option<(u64, &'static str, String)>,
    pub(super) frames: Frames,
    pub(super) first: u64,
    pub(super) last: u64,
    /// Whether no line of its own announces it, so that it only adds to the whole.
    pub(super) silent: bool,
}

impl Part {
    /// `Type: message`.
    pub(super) fn text(&self) -> String {
        match &self.exception {
            Some(exception) if self.message.is_empty() => exception.clone(),
            Some(exception) => format!("{exception}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

/// A block that is being read.
pub(super) struct Block {
    pub(super) kind: &'static BlockClass,
    /// Class of the head line as a line of its own, should no block follow.
    pub(super) alone: Option<&'static str>,
    /// Where the block is, for its class's `next`; the head says where it begins.
    pub(super) state: u8,
    /// Lines since something the class counts from.
    pub(super) count: u16,
    /// Depth of something the class remembers.
    pub(super) depth: Option<usize>,
    pub(super) certain: bool,
    pub(super) prefix: String,
    /// A call whose place follows on the next line.
    pub(super) call: Option<String>,
    pub(super) first: u64,
    /// Last line that is part of it.
    pub(super) last: u64,
    /// Last line that is or may be part of it.
    pub(super) taken: u64,
    /// Last line looked at.
    pub(super) seen: u64,
    /// The head's own first; then causes and exceptions of a group in the order of the lines.
    pub(super) parts: Vec<Part>,
    /// The part that says what was wrong at first.
    pub(super) deepest: usize,
    /// Parts beyond [`PARTS`].
    overflow: Part,
}

impl Block {
    /// A block that begins with the head in a text of those classes.
    pub(super) fn new(
        kind: &'static BlockClass,
        head: &Head<'_>,
        (text, classes): (&str, Classes),
        line: u64,
    ) -> Block {
        let among = |wanted| class_of(classes, wanted, text);
        let mut part = Part {
            class: among(kind.overruled_by).unwrap_or(kind.class),
            exception: head.exception.map(str::to_owned),
            message: kept(head.message),
            first: line,
            last: line,
            ..Part::default()
        };
        if let Some((function, place)) = head.place {
            part.frames.thrown_at(function, place);
        }
        Block {
            kind,
            alone: among(Classes::MAX),
            state: head.state,
            count: 0,
            depth: None,
            certain: head.certain,
            prefix: head.prefix.to_owned(),
            call: None,
            first: line,
            last: line,
            taken: line,
            seen: line,
            parts: vec![part],
            deepest: 0,
            overflow: Part::default(),
        }
    }

    /// The part that is being read.
    pub(super) fn part(&mut self) -> &mut Part {
        match self.parts.len() {
            0 | PARTS => &mut self.overflow,
            n => &mut self.parts[n - 1],
        }
    }

    /// A further exception begins in this line; gives its place among the parts.
    pub(super) fn begin_part(&mut self, exception: Option<&str>, message: &str) -> usize {
        self.call = None;
        let part = Part {
            class: self.kind.class,
            exception: exception.map(str::to_owned),
            message: kept(message),
            first: self.seen,
            last: self.seen,
            ..Part::default()
        };
        if self.parts.len() < PARTS {
            self.parts.push(part);
        } else {
            self.overflow = part;
        }
        self.parts.len() - 1
    }

    /// Keeps what the line that states the cause says.
    pub(super) fn state_cause(&mut self, exception: Option<&str>, message: &str, line: &str) {
        let seen = self.seen;
        let part = self.part();
        part.exception = exception.map(str::to_owned);
        part.message = kept(message);
        if let Some(class) = line_class(CAUSES, line).filter(|class| *class != part.class) {
            part.cause = Some((seen, class, kept(line.trim())));
        }
    }

    /// The line is part of the block.
    pub(super) fn extend(&mut self) {
        let seen = self.seen;
        (self.last, self.taken) = (seen, seen);
        self.part().last = seen;
    }

    /// What the whole occurrence is about, and the text of the exception round it, if another.
    pub(super) fn root(&self) -> (&Part, Option<&Part>) {
        let deepest = self.parts.get(self.deepest);
        // Where the deepest comes first the outermost comes last, and the reverse.
        let outer = match self.deepest {
            0 => self.parts.last().filter(|_| self.parts.len() > 1),
            _ => self.parts.first(),
        };
        (deepest.unwrap_or(&self.overflow), outer)
    }
}

impl Block {
    /// The frames that tell of the whole: those of the root, or of whoever has any.
    pub(super) fn frames<'b>(&'b self, root: &'b Part) -> &'b Frames {
        let mut others = self.parts.iter().map(|part| &part.frames);
        match root.frames.is_empty() {
            true => others.find(|f| !f.is_empty()).unwrap_or(&root.frames),
            false => &root.frames,
        }
    }
}

pub(super) fn kept(message: &str) -> String {
    cut_at_boundary(message, MESSAGE_CAP).to_owned()
}

/// `Type: message` or `Type` with nothing behind, the type a word of letters, digits, dots and the
/// like.
pub(super) fn typed(text: &str) -> Option<(&str, &str)> {
    let (kind, message) = match text.split_once(": ") {
        Some((kind, message)) => (kind, message),
        None => (text.trim_end().trim_end_matches(':'), ""),
    };
    let in_type = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\\');
    let word =
        kind.starts_with(|c: char| c.is_alphabetic() || c == '_') && kind.chars().all(in_type);
    word.then_some((kind, message.trim_end()))
}

/// Whether the name is one of something thrown, as most languages end them.
pub(super) fn is_thrown(name: &str) -> bool {
    ["Exception", "Error", "Throwable"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Splits `path:12` or `path:12:5` off its numbers; at least one number must be there.
pub(super) fn numbered(place: &str) -> Option<(&str, &str)> {
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (before, last) = place.rsplit_once(':').filter(|(_, n)| number(n))?;
    match before.rsplit_once(':').filter(|(_, n)| number(n)) {
        Some((path, line)) => Some((path, line)),
        None => Some((before, last)),
    }
}
