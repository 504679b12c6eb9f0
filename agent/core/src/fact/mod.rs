//! Cluster objects as the core sees them: trimmed, plain, spelled as Kubernetes prints them.

mod event;
mod job;
mod node;
mod pod;
mod service;

use serde::{Deserialize, Serialize};

pub use event::{About, EventFact, is_evidence};
pub use job::{JobEnd, JobFact};
pub use node::NodeFact;
pub use pod::{ContainerFact, ContainerState, PodFact, Terminated};
pub use service::SliceFact;

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
    /// Somebody in the cluster said something of an object. That an Event is gone takes nothing back: the API
    /// server keeps them for an hour.
    Event(EventFact),
    /// A part of a service's endpoints was seen in this state.
    Slice(SliceFact),
    /// A part of a service's endpoints is gone.
    SliceDeleted {
        /// The EndpointSlice's uid.
        uid: String,
    },
    /// Of this kind of object nothing is heard: what is known of it may be old.
    Silent {
        /// `pods`, `nodes`, ...
        kind: String,
    },
    /// Of this kind of object is heard again.
    Heard {
        /// `pods`, `nodes`, ...
        kind: String,
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
