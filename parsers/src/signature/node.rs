//! Exceptions of Node.js and other V8 programs: `TypeError: message`, `    at` frames with line and
//! column, perhaps the error's properties in braces. A `[cause]` belongs to its block.

use super::{Block, BlockClass, Head, Next};

pub(super) const CLASS: BlockClass = BlockClass {
    class: "node_exception",
    keywords: &["Error", "Exception"],
    head,
    next,
    head_states_cause: true,
};

/// Lines a message may go on for (a comparison of values) before the first frame.
const MESSAGE_LINES: u8 = 30;
const IN_FRAMES: u8 = 100;
const IN_PROPERTIES: u8 = 101;

fn head(text: &str) -> Option<Head<'_>> {
    let trimmed = text.trim();
    let (from, to) = thrown(trimmed)?;
    let rest = &trimmed[to..];
    // `Error [ERR_ASSERTION]: ...`
    let rest = match rest.strip_prefix(" [").and_then(|r| r.split_once(']')) {
        Some((_, after)) => after,
        None => rest,
    };
    let message = match rest.strip_prefix(':') {
        Some(message) => message.trim(),
        None if rest.is_empty() => "",
        None => return None,
    };
    Some(Head {
        exception: Some(&trimmed[from..to]),
        message,
        ..Head::default()
    })
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
    match block.state {
        IN_PROPERTIES => {
            if trimmed == "}" && text.starts_with('}') {
                return Next::Last;
            }
            return if text.is_empty() { Next::Out } else { Next::In };
        }
        IN_FRAMES if trimmed.starts_with("... ") || text.starts_with("Emitted '") => {
            return Next::In;
        }
        _ => {}
    }
    let (frame, opens) = match trimmed.strip_suffix(" {") {
        Some(frame) => (frame, true),
        None => (trimmed, false),
    };
    if is_frame(frame) {
        block.certain = true;
        block.state = if opens { IN_PROPERTIES } else { IN_FRAMES };
        return Next::In;
    }
    if block.state < MESSAGE_LINES {
        block.state += 1;
        return Next::Aside;
    }
    Next::Out
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
