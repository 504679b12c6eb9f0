//! Exceptions of Ruby: `file:line:in 'method': message (Type)`, `\tfrom file:line:in 'method'`; the
//! cause follows in the same form. Ruby 2.5 to 3.0 printed the stack first on terminals, under Python's
//! head and with numbered `from` lines.

use super::block::{Block, BlockClass, Head, Next, numbered};
use super::frames::is_library;
use super::table::{self, CAUSES};

pub(super) static CLASS: BlockClass = BlockClass {
    class: "ruby_exception",
    keywords: &[":in `", ":in '"],
    head,
    next,
    overruled_by: CAUSES,
};

/// Lines a message may go on for.
const MESSAGE_LINES: u16 = 10;
const IN_FRAMES: u8 = 1;

/// Longer literals of heads than the keywords: methods that many stacks consist of. Other heads are
/// found by the line below them.
pub(super) const NEEDLES: &[&str] = &[
    ":in `<main>'",
    ":in '<main>'",
    ":in `<top ",
    ":in '<top ",
    ":in `block ",
    ":in 'block ",
    ":in `require'",
    ":in 'Kernel#",
];

/// What a line of the stack begins with: the head, whose method may have any name, stands before it.
pub(super) const STACK: &str = "\nfrom ";
/// How many lines above that the head may stand.
pub(super) const LOOKBACK: u8 = 4;

fn head(text: &str) -> Option<Head<'_>> {
    let (place, method, rest) = located(text)?;
    let rest = rest.strip_prefix(": ")?;
    let (exception, message) = match rest.strip_suffix(')').and_then(|r| r.rsplit_once(" (")) {
        Some((message, exception)) if is_constant(exception) => (Some(exception), message),
        _ if rest == "unhandled exception" => (None, rest),
        _ => return None,
    };
    Some(Head {
        exception,
        message,
        // Else nobody may have looked for it, until its stack comes.
        certain: table::holds_needle(text),
        place: Some((method, place)),
        ..Head::default()
    })
}

/// `file:line`, the method, and what follows: `/srv/a.rb:3:in 'Integer#/'...`.
fn located(text: &str) -> Option<(&str, &str, &str)> {
    let (at, close) = match (text.find(":in `"), text.find(":in '")) {
        (Some(old), _) => (old, '\''),
        (None, Some(new)) => (new, '\''),
        _ => return None,
    };
    let place = &text[..at];
    let (path, _) = numbered(place)?;
    let rest = &text[at + ":in '".len()..];
    let end = rest.find(close)?;
    let whole = !path.is_empty() && !path.contains(char::is_whitespace);
    whole.then(|| (place, &rest[..end], &rest[end + 1..]))
}

/// `Module::TypeError`.
fn is_constant(name: &str) -> bool {
    name.split("::").all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

fn push(block: &mut Block, text: &str) {
    if let Some((place, method, _)) = located(text)
        && let Some((path, line)) = numbered(place)
        && !is_library(path)
    {
        block.part().frames.push(method, path, line);
    }
}

fn next(block: &mut Block, text: &str) -> Next {
    let trimmed = text.trim_start();
    if let Some(frame) = trimmed.strip_prefix("from ")
        && trimmed.len() < text.len()
        && located(frame).is_some()
    {
        block.state = IN_FRAMES;
        block.certain |= block.seen - block.first <= u64::from(LOOKBACK);
        push(block, frame);
        return Next::In;
    }
    if trimmed.starts_with("... ") && trimmed.trim_end().ends_with(" levels...") {
        return Next::In;
    }
    if block.state == IN_FRAMES {
        let Some(head) = head(text) else {
            return Next::Out;
        };
        block.deepest = block.begin_part(head.exception, head.message);
        let part = block.part();
        part.silent = true;
        if let Some((method, place)) = head.place {
            part.frames.thrown_at(method, place);
        }
        return Next::In;
    }
    block.count += 1;
    match block.count < MESSAGE_LINES {
        true => Next::Aside,
        false => Next::Out,
    }
}

/// Whether the line is the exception's below a stack that was printed last call first; makes the open
/// block one of Ruby then.
pub(super) fn ends_traceback(block: &mut Block, text: &str) -> bool {
    let Some(head) = head(text) else {
        return false;
    };
    block.kind = &CLASS;
    block.state_cause(head.exception, head.message, text);
    let part = block.part();
    part.class = CLASS.class;
    if let Some((method, place)) = head.place {
        part.frames.thrown_at(method, place);
    }
    true
}
