//! The pure core: runs, cluster facts, cross-checks and rules as values in, values out.
//!
//! No I/O and no clock: [`Core::step`] takes the time and one [`Input`], and returns [`Outputs`]
//! that the shell carries out in the order persist, reply, notify. The same inputs give the same
//! outputs.

pub mod anomaly;
mod attempts;
pub mod change;
mod cluster;
mod cluster_nodes;
mod context;
pub mod correlate;
pub mod coverage;
pub mod crosscheck;
pub mod ending;
mod engine;
pub mod events;
pub mod fact;
pub mod failures;
mod forget;
mod ingest;
pub mod input;
pub mod interval;
mod jobs;
mod lifecycle;
mod losses;
pub mod metrics;
mod nodes;
mod opening;
pub mod output;
pub mod pods;
pub mod rules;
pub mod run;
pub mod runs;
mod services;
pub mod settings;
pub mod signatures;
pub mod step;
pub mod stream;
mod surroundings;
mod text;
pub mod verdict;

pub use anomaly::{Anomaly, Category, Evidence, Number, Severity};
pub use correlate::{Cause, Culprit, Hint};
pub use coverage::Way;
pub use ending::{Ending, Outcome};
pub use fact::Fact;
pub use input::{Input, Millis, StreamId, Told, Via};
pub use metrics::Metrics;
pub use output::{Notice, Outputs, Persist, Reply};
pub use run::RunStatus;
pub use runs::{Run, Running};
pub use settings::{Detect, Limits};
pub use step::{Core, Settings};
pub use stream::Stream;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;
