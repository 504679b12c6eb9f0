//! Webhooks over HTTP: who may deliver, what a delivery does to a run, and what a repeated or late one does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod addresses;
#[path = "../common/mod.rs"]
mod common;
mod deliveries;
mod flood;
mod proof;
mod runs;
mod sending;
