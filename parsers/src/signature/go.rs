//! Panics and fatal errors of the Go runtime: the cause, then the goroutines' stacks.

use super::{Block, BlockClass, Head, Next};

pub(super) const CLASS: BlockClass = BlockClass {
    class: "go_panic",
    keywords: &["panic: ", "fatal error: "],
    head,
    next,
    head_states_cause: false,
};

/// Between the cause and the first goroutine.
const BEFORE_STACKS: u8 = 0;
const IN_STACK: u8 = 1;
const BETWEEN_STACKS: u8 = 2;

/// Only the first goroutine's line makes it certain: prose begins with `panic: ` too.
fn head(text: &str) -> Option<Head<'_>> {
    let message = text
        .strip_prefix("panic: ")
        .or_else(|| text.strip_prefix("fatal error: "))?;
    Some(Head {
        message: message.trim_end(),
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    if text.starts_with("goroutine ") && text.ends_with(':') {
        block.certain = true;
        block.state = IN_STACK;
        return Next::In;
    }
    match block.state {
        BEFORE_STACKS => {
            let usual = [
                "\t",
                "[signal ",
                "[recovered",
                "panic: ",
                "runtime",
                "running tests:",
                "fatal error: ",
            ];
            let usual = text.trim().is_empty() || usual.iter().any(|u| text.starts_with(u));
            // Frames of the system stack, before that of a goroutine.
            if usual || is_call(text) {
                Next::Between
            } else {
                Next::Out
            }
        }
        _ if text.is_empty() => {
            block.state = BETWEEN_STACKS;
            Next::Between
        }
        _ if text.starts_with("exit status ") => Next::Last,
        IN_STACK if text.starts_with('\t') || is_call(text) => Next::In,
        _ => Next::Out,
    }
}

/// `main.main()`, `created by main.main in goroutine 1`, `...additional frames elided...`.
fn is_call(text: &str) -> bool {
    let call = text.ends_with(')') && text.contains('(') && !text.contains(": ");
    call || text.starts_with("created by ") || text.starts_with("...")
}
