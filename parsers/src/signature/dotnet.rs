//! Exceptions of .NET: `Unhandled exception. System.XException: message`, ` ---> ` before the exceptions
//! inside, `   at N.C.M(T x) in file:line n` frames from the innermost on.

use super::block::{Block, BlockClass, Head, Next, is_thrown};
use super::table::CAUSES;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "dotnet_exception",
    keywords: &[
        "Unhandled exception. ",
        "Unhandled Exception: ",
        "Exception (",
    ],
    head,
    next,
    overruled_by: CAUSES,
};

/// Lines a message may go on for before the first frame.
const MESSAGE_LINES: u16 = 8;
const IN_FRAMES: u8 = 1;

fn head(text: &str) -> Option<Head<'_>> {
    let unhandled = ["Unhandled exception. ", "Unhandled Exception: "]
        .iter()
        .find_map(|p| Some(text.split_once(p)?.1));
    let thrown = match unhandled {
        Some(thrown) => thrown,
        // `System.Net.Sockets.SocketException (111): Connection refused`
        None => {
            &text[text[..text.find("Exception (")?]
                .rfind(' ')
                .map_or(0, |at| at + 1)..]
        }
    };
    let (exception, message) = coded(thrown)?;
    Some(Head {
        exception: Some(exception),
        message: message.split(" ---> ").next().unwrap_or(message),
        certain: unhandled.is_some(),
        ..Head::default()
    })
}

/// `N.XException: message`, `N.XException (0x80004005): message`.
fn coded(text: &str) -> Option<(&str, &str)> {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '`' | '+');
    let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = match rest.strip_prefix(" (").and_then(|r| r.split_once(')')) {
        Some((_, after)) => after,
        None => rest,
    };
    let message = match rest.strip_prefix(':') {
        Some(message) => message.trim(),
        None if rest.trim().is_empty() => "",
        None => return None,
    };
    (is_thrown(name) && name.contains('.')).then_some((name, message))
}

/// Whether the line is a frame of .NET below a head that might have been one of the JVM; makes the open
/// block one of .NET then.
pub(super) fn takes_over(block: &mut Block, text: &str) -> bool {
    let inner = text.trim_start().starts_with("---> ");
    if !inner && frame(text).is_none() {
        return false;
    }
    block.kind = &CLASS;
    block.state = 0;
    let part = block.part();
    if part.class == "java_exception" {
        part.class = CLASS.class;
    }
    next(block, text) == Next::In
}

fn next(block: &mut Block, text: &str) -> Next {
    let trimmed = text.trim();
    if let Some(inner) = trimmed.strip_prefix("---> ")
        && let Some((exception, message)) = coded(inner)
    {
        block.deepest = block.begin_part(Some(exception), message);
        block.part().silent = true;
        block.count = 0;
        return Next::In;
    }
    if let Some((name, place)) = frame(text) {
        block.certain = true;
        block.state = IN_FRAMES;
        push(block, name, place);
        return Next::In;
    }
    if trimmed.starts_with("--- End of ") {
        return Next::In;
    }
    if block.state != IN_FRAMES && block.count < MESSAGE_LINES {
        block.count += 1;
        return Next::Aside;
    }
    Next::Out
}

/// `at N.C.M(T x) in /src/x.cs:line 5`, or without a place: name and place.
fn frame(text: &str) -> Option<(&str, &str)> {
    let trimmed = text.trim();
    let call = trimmed
        .strip_prefix("at ")
        .filter(|_| text.starts_with("  "))?;
    let (name, rest) = call.split_once('(')?;
    let place = match rest.rsplit_once(") in ") {
        Some((_, place)) if place.contains(":line ") => place,
        _ if rest.ends_with(')') => "",
        _ => return None,
    };
    // V8 puts a space before the place in its parentheses.
    let is = name.contains('.') && !name.contains(' ') && !rest.contains(".java");
    is.then_some((name, place))
}

fn push(block: &mut Block, name: &str, place: &str) {
    const LIBRARIES: [&str; 8] = [
        "System.",
        "Microsoft.",
        "Xunit.",
        "NUnit.",
        "Npgsql.",
        "Newtonsoft.",
        "MS.",
        "Interop.",
    ];
    // The frames of an exception inside come before those of the one round it, which called them.
    if LIBRARIES.iter().any(|l| name.starts_with(l)) {
        return;
    }
    let (path, line) = place.rsplit_once(":line ").unwrap_or((place, ""));
    block.part().frames.push(name, path, line);
}
