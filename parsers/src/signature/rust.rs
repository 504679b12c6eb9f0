//! Panics of Rust: `thread 'NAME' panicked at PLACE:`, the message, perhaps a backtrace and notes.

use super::block::{Block, BlockClass, Head, Next, numbered};
use super::frames::is_library;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "rust_panic",
    keywords: &[" panicked at "],
    head,
    next,
    overruled_by: 0,
};

const MESSAGE: u8 = 0;
const AFTER_MESSAGE: u8 = 1;
const BACKTRACE: u8 = 2;
const NOTES: u8 = 3;

fn head(text: &str) -> Option<Head<'_>> {
    let (thread, rest) = text.split_once(" panicked at ")?;
    let begins = thread.find("thread ")?;
    let named = thread[begins..].contains('\'') || thread[begins..].contains('<');
    let rest = rest.trim_end();
    // Before 1.73 the message stood in quotes before the place.
    let old = rest.strip_prefix('\'').and_then(|r| r.rsplit_once("', "));
    let (message, place) = match old {
        Some((message, place)) => (message, place),
        None => ("", rest.strip_suffix(':')?),
    };
    named.then_some(Head {
        message,
        certain: true,
        prefix: &thread[..begins],
        place: Some(("", place)).filter(|(_, place)| !is_library(place)),
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    let text = text.strip_prefix(&*block.prefix).unwrap_or(text);
    if text.starts_with("note: ") {
        flush(block);
        block.state = NOTES;
        return Next::In;
    }
    if text.starts_with("stack backtrace:") {
        block.state = BACKTRACE;
        return Next::In;
    }
    match block.state {
        MESSAGE => {
            block.state = AFTER_MESSAGE;
            if block.parts.first().is_some_and(|p| !p.message.is_empty()) {
                return after(block, text);
            }
            block.state_cause(None, text.trim_end(), text);
            Next::In
        }
        _ => after(block, text),
    }
}

fn after(block: &mut Block, text: &str) -> Next {
    match block.state {
        AFTER_MESSAGE if text.starts_with([' ', '\t']) => Next::In,
        BACKTRACE if text.starts_with([' ', '\t']) => {
            push(block, text.trim());
            Next::In
        }
        _ => Next::Out,
    }
}

/// `4: unwrap::parse`, then `at src/unwrap.rs:1:45` if debug information is there.
fn push(block: &mut Block, line: &str) {
    if let Some(place) = line.strip_prefix("at ") {
        let call = block.call.take();
        if let (Some(call), Some((path, line))) = (call, numbered(place))
            && !is_library(path)
        {
            block.part().frames.push(&call, path, line);
        }
        return;
    }
    flush(block);
    if let Some((number, function)) = line.split_once(": ")
        && number.bytes().all(|b| b.is_ascii_digit())
        && !is_runtime(function)
    {
        block.call = Some(unhashed(function).to_owned());
    }
}

/// Keeps a call that no place followed.
fn flush(block: &mut Block) {
    if let Some(call) = block.call.take() {
        block.part().frames.push(&call, "", "");
    }
}

/// A name without the hash the compiler put behind it.
fn unhashed(function: &str) -> &str {
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name
        }
        _ => function,
    }
}

fn is_runtime(function: &str) -> bool {
    const ROOTS: [&str; 12] = [
        "std::", "core::", "alloc::", "test::", "tokio::", "rayon", "__rust", "rust_", "_start",
        "main", "__libc", "clone",
    ];
    let name = function.trim_start_matches(['<', '&']);
    ROOTS.iter().any(|root| match root.ends_with("::") {
        true => name.starts_with(root),
        false => name == *root || (root.len() > 5 || *root == "rust_") && name.starts_with(root),
    })
}
