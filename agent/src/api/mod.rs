//! What the agent answers over HTTP about what it stored: one file per resource.

pub(crate) mod anomalies;
pub(crate) mod audit;
mod call;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod problem;
pub mod read;
pub mod ready;
pub(crate) mod runs;
pub(crate) mod streams;
pub(crate) mod tests;
pub mod view;
