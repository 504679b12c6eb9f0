//! C++ programs that end with an exception nobody caught: `terminate called after throwing an instance
//! of 'T'`, `  what():  message`. An abort like others, told with the exception's type.

use super::block::{Block, BlockClass, Head, Next};
use super::table::CAUSES;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "segfault",
    keywords: &["terminate called ", "libc++abi"],
    head,
    next,
    overruled_by: CAUSES,
};

fn head(text: &str) -> Option<Head<'_>> {
    if let Some((_, thrown)) = text.split_once("terminate called after throwing an instance of '") {
        return Some(Head {
            exception: Some(thrown.trim_end().trim_end_matches('\'')),
            certain: true,
            ..Head::default()
        });
    }
    let without = [
        "terminate called without an active exception",
        "terminate called recursively",
    ];
    if without.iter().any(|w| text.trim_end().ends_with(w)) {
        return Some(Head {
            message: text.trim(),
            certain: true,
            ..Head::default()
        });
    }
    // `libc++abi: terminating due to uncaught exception of type std::runtime_error: boom`
    let (_, thrown) = text
        .split_once("libc++abi")?
        .1
        .split_once(" uncaught exception of type ")?;
    let (exception, message) = thrown.split_once(": ").unwrap_or((thrown, ""));
    Some(Head {
        exception: Some(exception.trim_end()),
        message: message.trim_end(),
        certain: true,
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    let Some(message) = text.trim_start().strip_prefix("what():") else {
        return Next::Out;
    };
    let exception = block.part().exception.take();
    block.state_cause(exception.as_deref(), message.trim(), text);
    Next::Last
}
