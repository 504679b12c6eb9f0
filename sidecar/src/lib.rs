//! From a test command's output to frames at the agent.
//!
//! [`capture`] runs a command and records what it prints in a directory of [`segments`]; [`tail`]
//! reads that, files that others write, or standard input; [`pipeline`] makes frames of it, as [`reading`] says; [`ship`] delivers them, [`pod`]
//! those of all of a pod's containers, [`collect`] those of the pods that the agent says. Each can run without the others, capture and ship at once on one directory.

pub mod capture;
pub mod clock;
pub mod collect;
pub mod fs;
pub mod hash;
pub mod identity;
pub mod pipeline;
pub mod pod;
pub mod reading;
pub mod segments;
pub mod ship;
pub mod tail;

pub use sentinel_delivery::{dial, random, token};

pub use identity::{host_name, new_run_id};
