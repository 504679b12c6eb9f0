//! From Kubernetes' objects to the core's facts: trimming, nothing else. The watch comes later.

mod pod;
mod time;

pub use pod::pod_fact;
