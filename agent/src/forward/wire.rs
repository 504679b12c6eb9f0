//! What a node says beside the opening of a stream, so that the hub knows by whose way it comes.

use sentinel_parsers::wire::OpenStream;
use serde::{Deserialize, Serialize};

/// The way a stream comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Via {
    /// The node's name.
    pub(crate) node: String,
    /// For how long the node has not heard of the stream's sender, in milliseconds.
    #[serde(default)]
    pub(crate) silent_ms: u64,
}

/// An opening as a node sends it.
#[derive(Debug, Serialize)]
pub(crate) struct Relayed<'a> {
    #[serde(flatten)]
    pub(crate) open: &'a OpenStream,
    pub(crate) via: Via,
}

/// An opening as an agent reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    #[serde(flatten)]
    pub(crate) open: OpenStream,
    #[serde(default)]
    pub(crate) via: Option<Via>,
}

/// Whether this can be a node's name.
pub(crate) fn is_node(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=253).contains(&name.len()) && name.bytes().all(fits)
}
