//! From a test command's output to frames at the agent: capture, tail, parse, ship.
//!
//! [`capture`] runs a command and records what it prints in a directory of [`segments`].

pub mod capture;
pub mod clock;
pub mod hash;
pub mod random;
pub mod segments;
pub mod tail;
