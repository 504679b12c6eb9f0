//! From Kubernetes' objects to the core's facts: trimming, nothing else. The watch comes later.

mod job;
mod node;
mod pod;
mod time;
mod trim;

pub use job::job_fact;
pub use node::node_fact;
pub use pod::pod_fact;
