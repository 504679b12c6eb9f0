//! Tracebacks of Python: head, frames with source lines, and the exception's line.
//!
//! Chained and grouped tracebacks have a head each, and are an occurrence each. A syntax error's
//! line is one more: beside the traceback of the import that met it, it names the file that cannot
//! be compiled. Python prints it without a head when that is the program itself.

use super::{Block, BlockClass, Head, Next, typed};

const HEAD: &str = "Traceback (most recent call last):";

pub(super) const CLASS: BlockClass = BlockClass {
    class: "python_traceback",
    keywords: &["Traceback (most", "  File \""],
    head,
    next,
    head_states_cause: false,
};

/// Lines between a syntax error's place and its name: the source, marks below it.
const SOURCE_LINES: u8 = 4;

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
    let text = inner(&block.prefix, text);
    if !block.certain && block.state == SOURCE_LINES {
        return Next::Out;
    }
    if text.starts_with([' ', '\t']) {
        block.state = (block.state + 1).min(SOURCE_LINES);
        return Next::In;
    }
    // The blank line after a head without exception, or a log line that cut the traceback short.
    let Some((exception, message)) = typed(text) else {
        return Next::Out;
    };
    let syntax = matches!(exception, "SyntaxError" | "IndentationError" | "TabError");
    if !block.certain && !syntax {
        return Next::Out;
    }
    block.state_cause(Some(exception), message, text);
    if block.certain && syntax {
        block.cause = Some((block.seen, CLASS.class, text.trim_end().to_owned()));
    }
    block.certain = true;
    Next::Last
}

/// The line without what stands before each line of the block: indentation, the bars of an
/// exception group, a reporter's mark. A log prefix stands before the head only.
fn inner<'t>(prefix: &str, text: &'t str) -> &'t str {
    if prefix.trim_end().ends_with("+ Exception Group") {
        let inside = text.trim_start();
        return inside.strip_prefix("| ").unwrap_or(inside);
    }
    text.strip_prefix(prefix).unwrap_or(text)
}
