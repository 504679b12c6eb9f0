//! Exceptions of Node.js and other V8 programs: `TypeError: message`, `    at` frames with line and
//! column, perhaps the error's properties in braces, a `[cause]` among them. Also what Node.js says of
//! rejected promises nobody handled.

use super::block::{Block, BlockClass, Head, Next, numbered};
use super::frames::is_library;
use super::table::CAUSES;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "node_exception",
    keywords: &[
        "Error: ",
        "Exception: ",
        "Error [ERR_",
        "AssertionError",
        "UnhandledPromiseRejection",
    ],
    head,
    next,
    overruled_by: CAUSES,
};

/// Lines a message may go on for (a comparison of values) before the first frame.
const MESSAGE_LINES: u16 = 30;
const BEFORE_FRAMES: u8 = 0;
const IN_FRAMES: u8 = 1;
const IN_PROPERTIES: u8 = 2;

fn head(text: &str) -> Option<Head<'_>> {
    let trimmed = text.trim();
    if let Some(head) = rejection(trimmed) {
        return Some(head);
    }
    let (exception, message) = error(trimmed)?;
    Some(Head {
        exception: Some(exception),
        message,
        ..Head::default()
    })
}

/// What stands in the line of a promise that was rejected with something that is no error, or with an
/// error whose frames may follow.
fn rejection(trimmed: &str) -> Option<Head<'_>> {
    const NAME: &str = "UnhandledPromiseRejection";
    if let Some(told) = trimmed.strip_prefix('[')
        && let Some(message) = told.strip_prefix(NAME).and_then(|t| t.strip_prefix(": "))
    {
        return Some(Head {
            exception: Some(NAME),
            message: message.trim_end_matches([']', '{', ' ']),
            certain: true,
            state: if message.ends_with('{') {
                IN_PROPERTIES
            } else {
                BEFORE_FRAMES
            },
            ..Head::default()
        });
    }
    // Since Node.js 20 it is an error with frames.
    if let Some(message) = trimmed.strip_prefix("UnhandledPromiseRejection: ") {
        return Some(Head {
            exception: Some(NAME),
            message,
            ..Head::default()
        });
    }
    let (_, said) = trimmed.split_once("UnhandledPromiseRejectionWarning: ")?;
    // The second warning of each explains what the first means.
    if said.starts_with("Unhandled promise rejection.") {
        return None;
    }
    let (exception, message) = error(said).unwrap_or((NAME, said));
    Some(Head {
        exception: Some(exception),
        message,
        certain: true,
        ..Head::default()
    })
}

/// `Error [ERR_ASSERTION]: message`: the first name of an error, and its message.
fn error(text: &str) -> Option<(&str, &str)> {
    let (from, to) = thrown(text)?;
    let rest = &text[to..];
    let rest = match rest.strip_prefix(" [").and_then(|r| r.split_once(']')) {
        Some((_, after)) => after,
        None => rest,
    };
    let message = match rest.strip_prefix(':') {
        Some(message) => message.trim(),
        None if rest.is_empty() => "",
        None => return None,
    };
    Some((&text[from..to], message))
}

/// Where the first word that ends in Error or Exception stands.
fn thrown(text: &str) -> Option<(usize, usize)> {
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
    let mut at = 0;
    for word in text.split(' ') {
        let length = word.bytes().take_while(|b| in_name(b)).count();
        let name = &word[..length];
        let named = name.ends_with("Error") || name.ends_with("Exception");
        let ended = matches!(word.as_bytes().get(length), None | Some(b':'));
        if named && ended && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some((at, at + length));
        }
        at += word.len() + 1;
    }
    None
}

fn next(block: &mut Block, text: &str) -> Next {
    let trimmed = text.trim();
    if block.state == IN_PROPERTIES {
        if trimmed == "}" && text.starts_with('}') {
            return Next::Last;
        }
        if text.is_empty() {
            return Next::Out;
        }
        match trimmed.strip_prefix("[cause]: ").and_then(error) {
            Some(inner) => cause(block, inner),
            None => push(block, trimmed.strip_suffix(" {").unwrap_or(trimmed)),
        }
        return Next::In;
    }
    if block.state == IN_FRAMES {
        if trimmed.starts_with("... ") || text.starts_with("Emitted '") {
            return Next::In;
        }
        if let Some(inner) = trimmed.strip_prefix("Caused by: ").and_then(error) {
            cause(block, inner);
            return Next::In;
        }
    }
    let (frame, opens) = match trimmed.strip_suffix(" {") {
        Some(frame) => (frame, true),
        None => (trimmed, false),
    };
    if is_frame(frame) {
        block.certain = true;
        block.state = if opens { IN_PROPERTIES } else { IN_FRAMES };
        push(block, frame);
        return Next::In;
    }
    if block.state == BEFORE_FRAMES && block.count < MESSAGE_LINES {
        block.count += 1;
        return Next::Aside;
    }
    Next::Out
}

fn cause(block: &mut Block, (exception, message): (&str, &str)) {
    block.deepest = block.begin_part(Some(exception), message);
    block.part().silent = true;
}

/// `at f (/srv/x.js:1:50)`, `at node:internal/x:28:49`, `at async Promise.all (index 0)`.
fn is_frame(frame: &str) -> bool {
    let Some(place) = frame.strip_prefix("at ") else {
        return false;
    };
    if place.ends_with("(<anonymous>)") || place.ends_with("(native)") || place.contains("(index ")
    {
        return true;
    }
    let place = place.strip_suffix(')').unwrap_or(place);
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = place.rsplitn(3, ':');
    let (column, line) = (parts.next(), parts.next());
    column.is_some_and(number) && line.is_some_and(number) && parts.next().is_some()
}

fn push(block: &mut Block, frame: &str) {
    let Some(call) = frame.strip_prefix("at ") else {
        return;
    };
    let (function, place) = match call.strip_suffix(')').and_then(|c| c.rsplit_once(" (")) {
        Some((function, place)) => (function.strip_prefix("async ").unwrap_or(function), place),
        None => ("", call),
    };
    let own = |path: &str| !is_library(path) && !path.starts_with("internal/");
    if let Some((path, line)) = numbered(place).filter(|(path, _)| own(path)) {
        block.part().frames.push(function, path, line);
    }
}
