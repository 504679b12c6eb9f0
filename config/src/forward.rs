//! `[agent.forward]`: what an agent is among others, and where a node sends what it takes.

use std::path::PathBuf;
use std::time::Duration;

use crate::kind::Choice;
use crate::section::section;

section! {
    /// Where a node sends what it takes. It stores everything first, so it works on alone while the hub
    /// is away, and sends the rest when it is back.
    pub struct ForwardConfig {
        /// The hub's address: `http://HOST[:PORT]` or `https://HOST[:PORT]`. Role node needs it.
        pub hub: Option<String> = agent_url_or_none(),
        /// What the hub calls this node. Empty: the host's name; in a pod that is the pod's, so say there
        /// which machine it is.
        pub node: Option<String> = name_or_none(),
        /// File with the token that the hub asks for, read again every minute and when it was refused.
        /// Empty: the variable SENTINEL_TOKEN, if there is one. The tokens of all nodes of a hub should
        /// have one name: a stream that moves from one node to another is then still one stream.
        pub token_file: Option<PathBuf> = path_or_none(),
        /// File with the certificates, in PEM, of those who may vouch for a hub at an https address; read
        /// with each connection.
        pub ca_file: Option<PathBuf> = path_or_none(),
        /// Requests under way at once, each with frames of one stream.
        pub connections: usize = count(4, 1, 64),
        /// A stream with nothing to send says this often that the node is still there. Must be well below
        /// the hub's `run.node_lost_after`.
        pub keep_alive: Duration = duration("30s", "10ms", "10m"),
        /// Longest pause before the first retry; it doubles with each further one, and the pause
        /// taken is random up to it.
        pub retry_min: Duration = duration("100ms", "1ms", "1m"),
        /// Longest pause before any retry. There is no limit to their number.
        pub retry_max: Duration = duration("30s", "1ms", "1h"),
        /// Time a request may take from its connection to the end of its answer. A hub that is silent is
        /// noticed by it; after a request that took longer the next ones carry less.
        pub exchange_timeout: Duration = duration("12s", "100ms", "10m"),
    }
}

/// What an agent is among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The only one.
    Standalone,
    /// Takes the streams of its machine and sends them to a hub.
    Node,
    /// Takes streams from nodes as well, and owns whole runs.
    Hub,
}

impl Choice for Role {
    const WORDS: &'static [(&'static str, Role)] = &[
        ("standalone", Role::Standalone),
        ("node", Role::Node),
        ("hub", Role::Hub),
    ];
}
