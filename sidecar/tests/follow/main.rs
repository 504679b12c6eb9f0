//! Files that somebody writes and rotates, read as one stream: what was written arrives once, in order and whole, and
//! what could not is a gap in its place. The rows T1 to T6, T13 and T18 of `docs/torture.md`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod between;
#[path = "../../../benches/src/chance.rs"]
#[expect(unreachable_pub, reason = "it is a part of the benchmarks")]
mod chance;
mod joined;
mod racing;
mod reader;
mod refusing;
mod rotation;
mod truncation;
mod writer;
