//! Claims about the core as a whole, with simulated time.

mod ingest;
