//! What sidecar and agent say to each other in JSON round the [frames](crate::frame): opening a
//! stream and telling positions. Both sides import these types, so there is one protocol.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Who made a stream: never an inode, a path or first bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamIdentity {
    /// The cluster's name; empty outside Kubernetes.
    #[serde(default)]
    pub cluster: String,
    /// The pod's uid; outside Kubernetes the host name.
    pub pod_uid: String,
    /// The container; outside Kubernetes a word for the source (`run`, `stdin`, a file's name).
    pub container: String,
    /// The container's restart count.
    #[serde(default)]
    pub restart: u32,
    /// How the output is read: `capture`, `cri`, `api`, `node`, `stdin` or `file`.
    pub source: String,
    /// 128 random bits in 32 hex digits, made when the source was created.
    pub epoch: String,
}

/// Which run a stream belongs to, as far as the sender knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunContext {
    /// The run's identifier, at most 128 bytes of `[A-Za-z0-9._:/-]`.
    pub run_id: String,
    /// The pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// The environment tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Which try of the pipeline, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Further labels; bounded by the agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Body of `POST /v1/streams`. Opening the same identity twice is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStream {
    /// Who made the stream.
    pub identity: StreamIdentity,
    /// The run it belongs to.
    pub run: RunContext,
    /// The command whose output it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Body of `POST /v1/collect`: who reads pods without a sidecar asks which, again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    /// How it reads: `node` (the node's log files) or `api` (the logs API).
    pub source: String,
    /// The node whose files it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// The answer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToRead {
    /// What is to be read. One that is not told any more is to be left as it is, not ended.
    pub pods: Vec<PodToRead>,
}

/// A pod that a collector is to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodToRead {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The containers to read.
    pub containers: Vec<ContainerToRead>,
    /// The run that it belongs to.
    pub run_id: String,
    /// Whether it has ended, so that what is there is all there will be.
    pub over: bool,
}

/// A container of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerToRead {
    /// Its name.
    pub name: String,
    /// How often it was started again, as far as is known: its starts are as many and one.
    pub restarts: u32,
}

/// Answer to opening a stream, to `GET .../position`, and to every accepted or refused frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The agent's name for the stream.
    pub stream: String,
    /// First byte of the stream that is not durably stored.
    pub committed: u64,
    /// Whether the stream's last frame is durably stored.
    pub closed: bool,
}
