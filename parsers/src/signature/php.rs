//! Fatal errors of PHP: `PHP Fatal error:  Uncaught Type: message in file:line`, `#0 file(line): f()`,
//! `  thrown in file on line n`. The exception an uncaught one was made from is printed first, the
//! others after `Next `.

use super::block::{Block, BlockClass, Head, Next, typed};
use super::frames::is_library;
use super::table::CAUSES;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "php_error",
    keywords: &["Fatal error: ", "Parse error: "],
    head,
    next,
    overruled_by: CAUSES,
};

/// Lines a message may go on for before the stack.
const MESSAGE_LINES: u16 = 10;
const IN_STACK: u8 = 1;

fn head(text: &str) -> Option<Head<'_>> {
    let (_, rest) = text
        .split_once("Fatal error: ")
        .or_else(|| text.split_once("Parse error: "))?;
    let rest = rest.trim();
    if let Some(thrown) = rest.strip_prefix("Uncaught ") {
        let (exception, message, place) = uncaught(thrown)?;
        return Some(Head {
            exception: Some(exception),
            message,
            certain: true,
            place: place.map(|place| ("", place)),
            ..Head::default()
        });
    }
    let (before, line) = rest.rsplit_once(" on line ")?;
    let (message, _) = before.rsplit_once(" in ")?;
    let located = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    located.then_some(Head {
        message,
        certain: true,
        ..Head::default()
    })
}

/// `Type: message in file:line`.
fn uncaught(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (text, place) = match text.rsplit_once(" in ") {
        Some((text, place)) if super::block::numbered(place).is_some() => (text, Some(place)),
        _ => (text, None),
    };
    let (exception, message) = typed(text)?;
    Some((exception, message, place))
}

fn next(block: &mut Block, text: &str) -> Next {
    if text.starts_with("Stack trace:") {
        block.state = IN_STACK;
        return Next::In;
    }
    if text.starts_with("  thrown in ") {
        return Next::Last;
    }
    if block.state == IN_STACK {
        if let Some(frame) = text.strip_prefix('#') {
            push(block, frame);
            return Next::In;
        }
        if text.trim().is_empty() {
            return Next::Between;
        }
        let Some((exception, message, place)) = text.strip_prefix("Next ").and_then(uncaught)
        else {
            return Next::Out;
        };
        block.begin_part(Some(exception), message);
        block.state = 0;
        let part = block.part();
        part.silent = true;
        if let Some(place) = place {
            part.frames.thrown_at("", place);
        }
        return Next::In;
    }
    block.count += 1;
    match block.count < MESSAGE_LINES {
        true => Next::Aside,
        false => Next::Out,
    }
}

/// `0 /srv/a.php(8): App\load('x')`.
fn push(block: &mut Block, frame: &str) {
    let Some((number, rest)) = frame.split_once(' ') else {
        return;
    };
    let Some((place, call)) = rest.split_once("): ") else {
        return;
    };
    let Some((path, line)) = place.rsplit_once('(') else {
        return;
    };
    if number.bytes().all(|b| b.is_ascii_digit()) && !is_library(path) {
        let function = call.split('(').next().unwrap_or(call);
        block.part().frames.push(function, path, line);
    }
}
