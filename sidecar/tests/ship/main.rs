//! Streams to an agent that misbehaves: it ends up with every event exactly once, and its end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agent;
mod beside;
#[path = "../common/mod.rs"]
mod common;
mod delivery;
mod faults;
mod full;
mod program;
#[path = "../common/shipping.rs"]
mod shipping;
mod stage;
