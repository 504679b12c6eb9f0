//! Tracebacks of Python: head, frames with source lines, and the exception's line.
//!
//! Python prints what was handled or raised from first, then a sentence between blank lines, then the
//! traceback of what came of it: one occurrence, whose first traceback is the cause. A group of
//! exceptions stands above those in it, all behind bars; the first in it is taken for the cause. A
//! syntax error's line is one more: beside the traceback of the import that met it, it names the file
//! that cannot be compiled. Python prints it without a head when that is the program itself. Ruby up to
//! 3.0 used the same head.

use super::block::{Block, BlockClass, Head, Next, typed};
use super::frames::is_library;
use super::ruby;

const HEAD: &str = "Traceback (most recent call last):";
const GROUP: &str = "+ Exception Group";
const CONNECTORS: [&str; 2] = [
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
];

pub(super) static CLASS: BlockClass = BlockClass {
    class: "python_traceback",
    keywords: &["Traceback (most recent call last):", "  File \""],
    head,
    next,
    overruled_by: 0,
};

/// Lines between a syntax error's place and its name: the source, marks below it.
const SOURCE_LINES: u16 = 4;
/// Lines a message may go on for, notes included, before a further traceback is announced.
const MESSAGE_LINES: u16 = 10;

/// In the frames.
const FRAMES: u8 = 0;
/// Behind the exception's line.
const ENDED: u8 = 1;
/// Behind a blank line after it.
const BLANK: u8 = 2;
/// Behind the sentence that announces a further traceback.
const ANNOUNCED: u8 = 3;
/// Where the next exception of a group begins.
const NEXT_OF_GROUP: u8 = 4;

fn head(text: &str) -> Option<Head<'_>> {
    if let Some(prefix) = text.trim_end().strip_suffix(HEAD) {
        return Some(Head {
            certain: true,
            prefix,
            ..Head::default()
        });
    }
    // `  File "a.py", line 1` without `, in f` is where a syntax error is.
    let (_, line) = text.strip_prefix("  File \"")?.rsplit_once("\", line ")?;
    line.bytes().all(|b| b.is_ascii_digit()).then(Head::default)
}

fn next(block: &mut Block, text: &str) -> Next {
    if block.prefix.trim_end().ends_with(GROUP) {
        block.depth = Some(0);
    }
    let group = block.depth.is_some();
    let text = match group {
        true => margin(text),
        false => inner(&block.prefix, text),
    };
    match block.state {
        FRAMES => frame(block, text, group),
        _ => after(block, text, group),
    }
}

/// A line of the frames, or the exception's.
fn frame(block: &mut Block, text: &str, group: bool) -> Next {
    if !block.certain && block.count == SOURCE_LINES {
        return Next::Out;
    }
    if text.starts_with([' ', '\t']) {
        block.count = block.count.saturating_add(1).min(SOURCE_LINES);
        push(block, text);
        return Next::In;
    }
    if ruby::ends_traceback(block, text) {
        return Next::Last;
    }
    // The blank line after a head without exception, or a log line that cut the traceback short.
    let Some((exception, message)) = typed(text) else {
        return Next::Out;
    };
    let syntax = matches!(exception, "SyntaxError" | "IndentationError" | "TabError");
    if !block.certain && !syntax {
        return Next::Out;
    }
    let certain = std::mem::replace(&mut block.certain, true);
    block.state_cause(Some(exception), message, text);
    if certain && syntax {
        let named = (block.seen, CLASS.class, text.trim_end().to_owned());
        block.part().cause = Some(named);
    }
    if group && block.parts.len() == 2 && block.deepest == 0 {
        block.deepest = 1;
    }
    block.state = ENDED;
    block.count = 0;
    Next::In
}

/// Keeps a frame of the user's own: `  File "/srv/a.py", line 4, in load`.
fn push(block: &mut Block, text: &str) {
    let Some(rest) = text.trim_start().strip_prefix("File \"") else {
        return;
    };
    let Some((path, rest)) = rest.split_once("\", line ") else {
        return;
    };
    let (line, function) = rest.split_once(", in ").unwrap_or((rest, ""));
    if !is_library(path) {
        block.part().frames.push_front(function, path, line);
    }
}

/// A line behind an exception: does the occurrence go on?
fn after(block: &mut Block, text: &str, group: bool) -> Next {
    if group && text.starts_with("+-") {
        // The last bar has no number, and no exception of the group behind it.
        let last = text.trim_end().trim_start_matches(['+', '-']).is_empty();
        block.state = if last { BLANK } else { NEXT_OF_GROUP };
        block.count = 0;
        // Of the whole, but of none of its parts.
        block.last = block.seen;
        return Next::Between;
    }
    let awaited = matches!(block.state, ANNOUNCED | NEXT_OF_GROUP);
    if awaited && let Some(before) = text.trim_end().strip_suffix(HEAD) {
        let further = before.trim();
        if !further.is_empty() && !GROUP.ends_with(further) {
            return Next::Out;
        }
        if !further.is_empty() {
            block.depth = Some(0);
        }
        block.begin_part(None, "");
        block.state = FRAMES;
        return Next::In;
    }
    if CONNECTORS.contains(&text.trim_end()) {
        block.state = ANNOUNCED;
        return Next::Between;
    }
    if text.trim().is_empty() {
        // A message may end with empty lines of its own.
        block.count = block.count.saturating_add(1);
        block.state = if awaited { block.state } else { BLANK };
        return match block.count > MESSAGE_LINES {
            true => Next::Out,
            false => Next::Between,
        };
    }
    match (block.state, typed(text)) {
        (NEXT_OF_GROUP, Some((exception, message))) => {
            let at = block.begin_part(Some(exception), message);
            block.part().silent = true;
            if block.deepest == 0 {
                block.deepest = at;
            }
            block.state = ENDED;
            block.count = 0;
            Next::In
        }
        (ENDED, _) if block.count < MESSAGE_LINES && !is_log_line(text) => {
            block.count += 1;
            Next::Aside
        }
        _ => Next::Out,
    }
}

/// Whether the line begins as those of logs do: with a time, a bracket or a brace.
fn is_log_line(text: &str) -> bool {
    let from = &text.as_bytes()[..text.len().min(2)];
    matches!(from, [b'0'..=b'9', b'0'..=b'9']) || text.starts_with("[2") || text.starts_with('{')
}

/// The line without what stands before each line of the block: indentation, a reporter's mark. A log
/// prefix stands before the head only.
fn inner<'t>(prefix: &str, text: &'t str) -> &'t str {
    if text.trim_end() == prefix.trim_end() {
        return "";
    }
    text.strip_prefix(prefix).unwrap_or(text)
}

/// The line without the indentation and the bar of an exception group.
fn margin(text: &str) -> &str {
    let inside = text.trim_start();
    match inside.strip_prefix('|') {
        Some(inside) => inside.strip_prefix(' ').unwrap_or(inside),
        None => inside,
    }
}
