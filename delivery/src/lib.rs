//! The sending side of the delivery protocol: how an agent is reached, how a sender proves who it is,
//! what it keeps while frames are on their way, and what it does after each answer.
//!
//! A sidecar sends to its agent and a node to its hub with the same rules, which therefore stand here
//! once. Where frames come from, and which stream's turn it is, is the caller's.

pub mod client;
pub mod dial;
pub mod fetch;
pub mod pace;
pub mod policy;
pub mod queue;
pub mod random;
pub mod token;

/// The bytes of a request's body.
pub use hyper::body::Bytes;
