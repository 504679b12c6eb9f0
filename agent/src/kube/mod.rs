//! From Kubernetes' objects to the core's facts: trimming, and the watch that brings the objects.

mod job;
#[cfg(feature = "kubernetes")]
mod kind;
mod node;
mod pod;
#[cfg(feature = "kubernetes")]
pub(crate) mod review;
#[cfg(feature = "kubernetes")]
mod rights;
mod time;
mod trim;
#[cfg(feature = "kubernetes")]
pub(crate) mod watch;

pub use job::job_fact;
pub use node::node_fact;
pub use pod::pod_fact;
#[cfg(feature = "kubernetes")]
pub use rights::{REVIEW, Right, watching};
