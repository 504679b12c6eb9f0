//! Rows T10 to T12 and F1 to F3 of `docs/torture.md`: bytes that are no text, escapes anywhere, pieces of a runtime's
//! lines, frames that are damaged. `SENTINEL_TORTURE=full` tries the rows' real numbers.
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod bytes;
mod cost;
mod frames;
mod pieces;

use sentinel_parsers::Parser;

/// What a log tells, without the places.
fn told(log: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    let mut parser = Parser::new();
    parser.feed(log, &mut |e| told.push(format!("{:?}", e.body)));
    parser.finish(&mut |e| told.push(format!("{:?}", e.body)));
    told
}

/// Whether the real numbers are wanted.
fn full_size() -> bool {
    std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full")
}
