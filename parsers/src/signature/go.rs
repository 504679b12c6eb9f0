//! Panics, fatal errors and fatal signals of Go programs: the cause, then the goroutines' stacks, be
//! they thousands. Also a panic that the HTTP server caught and logged.

use super::block::{Block, BlockClass, Head, Next, numbered};
use super::frames::is_library;
use super::table::MEMORY;

pub(super) static CLASS: BlockClass = BlockClass {
    class: "go_panic",
    keywords: &[
        "panic: ",
        "fatal error: ",
        "http: panic serving ",
        "SIGQUIT: quit",
        "SIGABRT: abort",
        "SIGSEGV: segmentation violation",
    ],
    head,
    next,
    overruled_by: MEMORY,
};

/// Between the cause and the first goroutine.
const BEFORE_STACKS: u8 = 0;
const IN_STACK: u8 = 1;
const BETWEEN_STACKS: u8 = 2;

/// Only the first goroutine's line makes it certain: prose begins with `panic: ` too.
fn head(text: &str) -> Option<Head<'_>> {
    let signal = || CLASS.keywords[3..].iter().any(|s| text.starts_with(s));
    let message = text
        .strip_prefix("panic: ")
        .or_else(|| text.strip_prefix("fatal error: "))
        .or_else(|| {
            Some(
                text.split_once("http: panic serving ")?
                    .1
                    .split_once(": ")?
                    .1,
            )
        })
        .or_else(|| signal().then_some(text))?;
    Some(Head {
        message: message.trim_end(),
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    if text.starts_with("goroutine ") && text.ends_with(':') {
        block.certain = true;
        block.state = IN_STACK;
        block.count = block.count.saturating_add(1);
        return Next::In;
    }
    match block.state {
        BEFORE_STACKS => {
            let usual = [
                "\t",
                "[signal ",
                "[recovered",
                "panic during",
                "runtime",
                "running tests:",
                "PC=0x",
                "signal arrived",
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
        IN_STACK if text.starts_with('\t') || is_call(text) => {
            push(block, text);
            Next::In
        }
        BETWEEN_STACKS if is_register(text) => Next::In,
        _ => Next::Out,
    }
}

/// Keeps a call of the first goroutine that runs any code of the user's own, once its place is known.
fn push(block: &mut Block, text: &str) {
    let count = usize::from(block.count);
    if block.depth.is_some_and(|told| told != count) {
        return;
    }
    let Some(place) = text.strip_prefix('\t') else {
        let name = text.rfind('(').map_or(text, |args| &text[..args]);
        let spawned = text.starts_with("created by ");
        block.call = (!spawned && !is_runtime(name)).then(|| name.to_owned());
        return;
    };
    let place = place.split(" +0x").next().unwrap_or(place);
    let call = block.call.take();
    if let (Some(call), Some((path, line))) = (call, numbered(place))
        && !is_library(path)
    {
        block.part().frames.push(&call, path, line);
        block.depth = Some(count);
    }
}

/// Whether a function is one of the standard library, whose packages have no dot in the first part of
/// their path and are none of a program's own.
fn is_runtime(function: &str) -> bool {
    const PACKAGES: [&str; 26] = [
        "runtime", "testing", "reflect", "sync", "net", "os", "io", "fmt", "encoding", "context",
        "time", "strings", "bytes", "bufio", "crypto", "database", "errors", "log", "sort",
        "strconv", "syscall", "text", "html", "internal", "panic", "slices",
    ];
    let package = function.split(['.', '/', '(']).next().unwrap_or(function);
    PACKAGES.contains(&package)
}

/// `main.main()`, `created by main.main in goroutine 1`, `...additional frames elided...`.
fn is_call(text: &str) -> bool {
    let call = text.ends_with(')') && text.contains('(') && !text.contains(": ");
    call || text.starts_with("created by ") || text.starts_with("...")
}

/// `rax    0xca`, as fatal signals end.
fn is_register(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let name = words.next().is_some_and(|w| w.len() <= 6);
    let value = words.next().is_some_and(|w| w.starts_with("0x"));
    name && value && words.next().is_none()
}
