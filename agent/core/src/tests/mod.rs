//! Claims about the core as a whole, with simulated time.

mod around;
mod attempts;
mod correlate;
mod coverage;
mod endings;
mod facts;
mod ingest;
mod losses;
mod memory;
mod merge;
mod nodes;
mod scenario;
mod surroundings;
mod verdict;
