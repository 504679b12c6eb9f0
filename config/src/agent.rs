//! `[agent]`: what the agent accepts, and how much of it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::auth::{AuthConfig, TlsConfig};
use crate::forward::{ForwardConfig, Role};
use crate::section::section;

section! {
    /// What the agent accepts, and how much of it. Every limit is counted when it is hit.
    pub struct AgentConfig {
        /// What the agent is among others: standalone (the only one), node (takes the streams of its
        /// machine and sends them to a hub), hub (takes streams from nodes as well, and owns whole runs).
        pub role: Role = choice(Role::Standalone),
        /// Address and port the agent listens on. Anything but loopback opens it to the network, and
        /// needs tokens and a certificate.
        pub listen: SocketAddr = address("127.0.0.1:7600"),
        /// Connections open at once. Beyond, whoever has kept the agent waiting longest has to go; if
        /// nobody has, further ones wait in the kernel's queue. No more than file descriptors allow.
        pub max_connections: usize = count(1024, 1, 65536),
        /// Connections of one address beyond this machine; further ones are closed at once.
        pub max_connections_per_address: usize = count(64, 1, 65536),
        /// Time a client has to send a request's head, and before it to agree on TLS. A connection without
        /// a request is closed after it as well.
        pub header_timeout: Duration = duration("10s", "100ms", "10m"),
        /// Time a client may pause between two pieces of a request's body, or in reading the answer.
        pub body_timeout: Duration = duration("15s", "100ms", "10m"),
        /// Time a request may take from its head to the end of its answer.
        pub request_timeout: Duration = duration("60s", "100ms", "1h"),
        /// Bytes of a request's body as sent; more is answered with 413.
        pub max_body: u64 = size("4MiB", "64KiB", "256MiB"),
        /// Bytes a request's body may inflate to; more is answered with 413.
        pub max_inflated: u64 = size("16MiB", "64KiB", "1GiB"),
        /// Bytes of requests' bodies that may be under way at once, and a quarter as many of their frames,
        /// inflated and not stored yet. A stream may take an eighth, or one whole body; those that took
        /// least go first.
        pub max_in_flight: u64 = size("16MiB", "1MiB", "16GiB"),
        /// Requests of one stream under way at once; further ones are told to come back (429).
        pub max_requests_per_stream: usize = count(4, 1, 1024),
        /// Time a request may wait for its turn before it is told to come back (503).
        pub turn_timeout: Duration = duration("2s", "0s", "1m"),
        /// Inputs waiting for the core; when they are full, senders are told to come back (503).
        pub queue: usize = count(1024, 1, 1048576),
        /// Streams of one run; further ones are refused.
        pub max_streams_per_run: usize = count(1000, 1, 100000),
        /// Runs held in memory, the open ones and those over only just; further ones are refused.
        pub max_runs: usize = count(2000, 1, 1000000),
        /// Bytes of memory for the tests and suites of all runs that are held. Tests that have ended and
        /// are stored leave it by themselves; only beyond that are further ones counted and not kept.
        pub max_ledgers: u64 = size("32MiB", "64KiB", "16GiB"),
        /// Who may speak to the agent.
        pub auth: AuthConfig = section(),
        /// How the agent proves who it is.
        pub tls: TlsConfig = section(),
        /// Where a node sends what it takes.
        pub forward: ForwardConfig = section(),
    }
}
