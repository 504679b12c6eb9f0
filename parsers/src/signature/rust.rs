//! Panics of Rust: `thread 'NAME' panicked at PLACE:`, the message, perhaps a backtrace and notes.

use super::{Block, BlockClass, Head, Next};

pub(super) const CLASS: BlockClass = BlockClass {
    class: "rust_panic",
    keywords: &[" panicked at "],
    head,
    next,
    head_states_cause: false,
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
    let message = match old {
        Some((message, _)) => message,
        None if rest.ends_with(':') => "",
        None => return None,
    };
    named.then_some(Head {
        message,
        certain: true,
        prefix: &thread[..begins],
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    let text = text.strip_prefix(&*block.prefix).unwrap_or(text);
    if text.starts_with("note: ") {
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
            if !block.message.is_empty() {
                return next(block, text);
            }
            block.state_cause(None, text.trim_end(), text);
            Next::In
        }
        AFTER_MESSAGE | BACKTRACE if text.starts_with([' ', '\t']) => Next::In,
        _ => Next::Out,
    }
}
