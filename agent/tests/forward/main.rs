//! A node sends what it takes to its hub: each thing once, whatever dies in between, and the hub says
//! so when a node does not come back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;
mod deaths;
mod delivery;
mod doors;
mod stage;
