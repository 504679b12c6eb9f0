//! What the benchmarks and the load generator share: deterministic logs, seeded chance, processes
//! that are killed when their handle goes.

pub mod cgroup;
pub mod chance;
pub mod corpus;
pub mod daemon;
pub mod figures;
pub mod frames;
pub mod http;
pub mod ingest;
pub mod log;
pub mod oracle;
pub mod parsing;
pub mod process;
pub mod proxy;
pub mod recording;
pub mod senders;
