//! Claims about the core as a whole, with simulated time.

mod facts;
mod ingest;
mod merge;
mod scenario;
mod verdict;
