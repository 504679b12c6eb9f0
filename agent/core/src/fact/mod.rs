//! Cluster objects as the core sees them: trimmed, plain, spelled as Kubernetes prints them.

mod job;
mod node;
mod pod;

use serde::{Deserialize, Serialize};

pub use job::{JobEnd, JobFact};
pub use node::NodeFact;
pub use pod::{ContainerFact, ContainerState, PodFact, Terminated};

/// A trimmed cluster object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A pod was seen in this state.
    Pod(PodFact),
    /// A pod is gone.
    PodDeleted {
        /// The pod's uid.
        uid: String,
    },
    /// A Job was seen in this state.
    Job(JobFact),
    /// A Job is gone.
    JobDeleted {
        /// The Job's uid.
        uid: String,
    },
    /// A node was seen in this state.
    Node(NodeFact),
    /// A node is gone.
    NodeDeleted {
        /// The node's name.
        name: String,
    },
}

/// The controller that owns an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `Job`, `CronJob`, `JobSet`, `ReplicaSet`, ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// Why something is as it is, in the cluster's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// One word: `EvictionByEvictionAPI`, `Unschedulable`, ...
    pub reason: String,
    /// A sentence, bounded by whoever trims.
    pub message: String,
}
