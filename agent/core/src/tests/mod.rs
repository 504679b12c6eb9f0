//! Claims about the core as a whole, with simulated time.

mod correlate;
mod endings;
mod facts;
mod ingest;
mod memory;
mod merge;
mod nodes;
mod scenario;
mod verdict;
