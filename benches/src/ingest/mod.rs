//! Durable ingest, timed two ways: through the agent, and as a bare loop of inserts.

mod bare;
mod feed;
mod send;

pub use bare::{Rows, insert};
pub use feed::{Feed, feeds};
pub use send::{Taken, through_agent};
