//! `sentinel-sidecar tail` as a process, on files that others write: when it wakes, and what it delivers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agents;
mod api;
#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests use no tokens")]
mod common;
mod idle;
mod lines;
mod pods;
mod process;
