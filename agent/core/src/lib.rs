//! The pure core: runs, cluster facts, cross-checks and rules as values in, values out.
//!
//! No I/O and no clock: [`Core::step`] takes the time and one [`Input`], and returns [`Outputs`]
//! that the shell carries out in the order persist, reply, notify. The same inputs give the same
//! outputs.

pub mod anomaly;
pub mod fact;
pub mod input;
pub mod output;
pub mod run;

pub use anomaly::{Anomaly, Category, Evidence, Number, Severity};
pub use fact::Fact;
pub use input::{Input, Millis, StreamId};
pub use output::{Notice, Outputs, Persist, Reply};
pub use run::RunStatus;
