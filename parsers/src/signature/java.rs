//! Exceptions of the JVM: `a.b.CException: message`, `\tat` frames, `Caused by:` as one more each.

use super::{Block, BlockClass, Head, Next, typed};

pub(super) const CLASS: BlockClass = BlockClass {
    class: "java_exception",
    keywords: &["Exception", "Error", "Throwable", "Caused by: "],
    head,
    next,
    head_states_cause: true,
};

/// Lines a message may go on for before the first frame.
const MESSAGE_LINES: u8 = 3;
const IN_FRAMES: u8 = u8::MAX;

fn head(text: &str) -> Option<Head<'_>> {
    let trimmed = text.trim();
    let caused = ["Caused by: ", "Suppressed: "]
        .iter()
        .find_map(|p| trimmed.strip_prefix(p))
        .or_else(|| {
            trimmed
                .strip_prefix("Exception in thread ")?
                .split_once("\" ")
                .map(|(_, r)| r)
        });
    if let Some((exception, message)) = caused.and_then(typed) {
        return Some(Head {
            exception: Some(exception),
            message,
            certain: exception.contains('.') || is_thrown(exception),
            prefix: "",
        });
    }
    let at = qualified(trimmed)?;
    let (exception, message) = typed(&trimmed[at..])?;
    Some(Head {
        exception: Some(exception),
        message,
        ..Head::default()
    })
}

/// Where the first qualified name of something thrown begins, with `:` or nothing behind it.
fn qualified(text: &str) -> Option<usize> {
    let mut at = 0;
    for word in text.split(' ') {
        let name = word.strip_suffix(':').unwrap_or(word);
        let ends = word.len() > name.len() || at + word.len() == text.len();
        if ends && name.contains('.') && is_thrown(name) && typed(name).is_some() {
            return Some(at);
        }
        at += word.len() + 1;
    }
    None
}

fn is_thrown(name: &str) -> bool {
    ["Exception", "Error", "Throwable"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn next(block: &mut Block, text: &str) -> Next {
    if is_frame(text) {
        block.certain = true;
        block.state = IN_FRAMES;
        return Next::In;
    }
    if block.state < MESSAGE_LINES {
        block.state += 1;
        return Next::Aside;
    }
    let more = text.trim_start().starts_with("... ") && text.trim_end().ends_with(" more");
    if more { Next::In } else { Next::Out }
}

/// `at a.b.C.d(E.java:1)`, with what some loggers put behind.
fn is_frame(text: &str) -> bool {
    let places = [
        ".java:",
        ".kt:",
        ".scala:",
        ".groovy:",
        ".clj:",
        "Native Method",
        "Unknown Source",
        "<generated>",
        ".java)",
    ];
    let frame = text.trim_start();
    frame.len() < text.len()
        && frame.starts_with("at ")
        && frame.split_once('(').is_some_and(|(name, place)| {
            name.contains('.') && places.iter().any(|p| place.contains(p))
        })
}
