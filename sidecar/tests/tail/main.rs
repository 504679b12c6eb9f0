//! `sentinel-sidecar tail` as a process, on files that others write: when it wakes, and what it delivers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../ship/agent.rs"]
#[expect(dead_code, reason = "these tests need no faults")]
mod agent;
mod agents;
mod idle;
mod lines;
mod pods;
mod process;
