//! Reports of the compilers' sanitizers (address, leak, memory, thread, undefined behaviour):
//! `==1==ERROR: AddressSanitizer: heap-use-after-free on address ...`, stacks, `SUMMARY: `. The
//! undefined-behaviour sanitizer's runtime errors are a line each.

use super::block::{Block, BlockClass, Head, Next, numbered};

pub(super) static CLASS: BlockClass = BlockClass {
    class: "sanitizer_error",
    keywords: &[
        "ERROR: AddressSanitizer: ",
        "ERROR: HWAddressSanitizer: ",
        "ERROR: LeakSanitizer: ",
        "WARNING: MemorySanitizer: ",
        "WARNING: ThreadSanitizer: ",
        "AddressSanitizer:DEADLYSIGNAL",
        ": runtime error: ",
    ],
    head,
    next,
    overruled_by: 0,
};

/// Lines a report may have before its summary.
const REPORT_LINES: u16 = 600;
/// A runtime error: perhaps the source line and a mark follow.
const RUNTIME: u8 = 1;
/// Behind the first stack.
const TOLD: u8 = 2;

fn head(text: &str) -> Option<Head<'_>> {
    if let Some((place, message)) = text.split_once(": runtime error: ") {
        // Go's panics say `panic: runtime error: ...`.
        numbered(place)?;
        let place = place.rsplit(' ').next();
        return Some(Head {
            exception: Some("UndefinedBehaviorSanitizer"),
            message: message.trim_end(),
            certain: true,
            place: place.map(|place| ("", place)),
            ..Head::default()
        });
    }
    let at = text.find("Sanitizer: ")?;
    let from = text[..at].rfind(' ').map_or(0, |space| space + 1);
    let (name, message) = text[from..].split_once(": ")?;
    Some(Head {
        exception: Some(name),
        message: message.trim_end(),
        certain: true,
        ..Head::default()
    })
}

fn next(block: &mut Block, text: &str) -> Next {
    let first = block.parts.first();
    if block.count == 0
        && first.is_some_and(|p| p.exception.as_deref() == Some("UndefinedBehaviorSanitizer"))
    {
        block.state = RUNTIME;
    }
    block.count += 1;
    let trimmed = text.trim_start();
    let summary = text.starts_with("SUMMARY: ");
    if block.state == RUNTIME {
        let frame = trimmed.starts_with('#') && trimmed.len() < text.len();
        return match (summary, frame) {
            (true, _) => Next::Last,
            (_, true) => {
                push(block, trimmed);
                Next::In
            }
            _ if block.count <= 2 && !text.is_empty() => Next::Aside,
            _ => Next::Out,
        };
    }
    if summary {
        return Next::Last;
    }
    if block.count >= REPORT_LINES {
        return Next::Out;
    }
    if trimmed.starts_with('#') {
        if block.state != TOLD {
            push(block, trimmed);
        }
        return Next::In;
    }
    if trimmed.is_empty() && !block.parts.iter().all(|p| p.frames.is_empty()) {
        block.state = TOLD;
    }
    match trimmed.len() < text.len() || text.is_empty() || text.starts_with("==") {
        true => Next::In,
        false => Next::Aside,
    }
}

/// `#1 0x55d in parse /src/x.c:5:3`.
fn push(block: &mut Block, frame: &str) {
    const RUNTIME: [&str; 12] = [
        "__asan",
        "__lsan",
        "__tsan",
        "__msan",
        "__ubsan",
        "__interceptor",
        "__sanitizer",
        "malloc",
        "free",
        "operator new",
        "operator delete",
        "__libc_start",
    ];
    // `#0 worker /src/race.c:6:9 (race+0x4c)`, as the thread sanitizer prints, has no address.
    let call = frame.split_once(' ').map_or("", |(_, call)| call);
    let call = call.split_once(" in ").map_or(call, |(_, call)| call);
    let at = call.split(' ').find(|word| numbered(word).is_some());
    let Some((function, place)) = at.and_then(|at| Some((call.split_once(at)?.0, at))) else {
        // What has no line is in a library without debug information.
        return;
    };
    let runtime = RUNTIME.iter().any(|r| function.starts_with(r));
    if let Some((path, line)) = numbered(place).filter(|_| !runtime) {
        block.part().frames.push(function, path, line);
    }
}
