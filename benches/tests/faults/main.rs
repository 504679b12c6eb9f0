//! Real faults: the real sidecar and the real agent over a network that fails, and as processes that are killed,
//! frozen and replaced. What the store holds at the end is compared with what was written: missing, doubled and
//! altered 0. The rows N, A and L of `docs/torture.md`.
//!
//! `SENTINEL_SEED` and `SENTINEL_SEEDS` choose seeds, `SENTINEL_TORTURE=full` the rows' real sizes and limits. Tests
//! that need processes take the binaries that were built last.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agents;
mod frozen;
mod lifecycle;
mod names;
mod network;
mod pipe;
mod processes;
#[path = "../../../sidecar/tests/common/shipping.rs"]
mod shipping;
mod silence;

/// Whether the real sizes and limits are wanted.
fn full_size() -> bool {
    std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full")
}
