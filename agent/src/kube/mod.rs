//! From Kubernetes' objects to the core's facts: trimming, and the watch that brings the objects.

mod event;
#[cfg(feature = "kubernetes")]
mod follow;
mod job;
#[cfg(feature = "kubernetes")]
mod kind;
mod node;
#[cfg(feature = "kubernetes")]
mod pace;
mod pod;
#[cfg(feature = "kubernetes")]
pub(crate) mod review;
#[cfg(feature = "kubernetes")]
mod rights;
mod service;
mod time;
mod trim;
#[cfg(feature = "kubernetes")]
pub(crate) mod watch;
#[cfg(feature = "kubernetes")]
mod wire;

pub use event::event_fact;
pub use job::job_fact;
pub use node::node_fact;
pub use pod::pod_fact;
#[cfg(feature = "kubernetes")]
pub use rights::{KEEP, KEYS, LOGS, PATH, REVIEW, Right, watching};
pub use service::slice_fact;
