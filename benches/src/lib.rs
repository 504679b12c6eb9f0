//! What the benchmarks and the load generator share: deterministic logs, seeded chance, processes
//! that are killed when their handle goes.

pub mod chance;
pub mod log;
pub mod process;
