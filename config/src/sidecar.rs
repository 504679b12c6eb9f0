//! `[sidecar]`: what is captured, how it is cut into frames, and where they go.

use std::path::PathBuf;
use std::time::Duration;

use crate::section::section;

section! {
    /// What is captured, how it is cut into frames, and where they go.
    pub struct SidecarConfig {
        /// The agent's address: `http://HOST[:PORT]` or `https://HOST[:PORT]`.
        pub agent: String = agent_url("http://127.0.0.1:7600"),
        /// File with the token that the agent asks for, read again every minute and when it was refused.
        /// Empty: the variable SENTINEL_TOKEN, if there is one; a command under capture never sees it.
        pub token_file: Option<PathBuf> = path_or_none(),
        /// File with the certificates, in PEM, of those who may vouch for an agent at an https address;
        /// read with each connection.
        pub ca_file: Option<PathBuf> = path_or_none(),
        /// Bytes of output per segment file.
        pub segment_size: u64 = size("16MiB", "64KiB", "1GiB"),
        /// Bytes of segments kept. Beyond, what the agent has is deleted first, then text whose events the
        /// sidecar has kept, in up to a quarter of it; then new output is cut and recorded as a gap. The test is
        /// never made to wait.
        pub capture_cap: u64 = size("1GiB", "1MiB", "1TiB"),
        /// Longest time a recognised event waits for others to share its frame.
        pub flush_interval: Duration = duration("200ms", "1ms", "1m"),
        /// Events per frame.
        pub frame_events: usize = count(16384, 1, 65536),
        /// Bytes per frame before compression.
        pub frame_bytes: u64 = size("512KiB", "4KiB", "1MiB"),
        /// Longest pause before the first retry; it doubles with each further one, and the pause
        /// taken is random up to it.
        pub retry_min: Duration = duration("100ms", "1ms", "1m"),
        /// Longest pause before any retry. There is no limit to their number.
        pub retry_max: Duration = duration("30s", "1ms", "1h"),
        /// Time a request may take from its connection to the end of its answer. A peer that is silent is
        /// noticed by it; after a request that took longer the next ones carry less.
        pub exchange_timeout: Duration = duration("12s", "100ms", "10m"),
        /// A stream with nothing to tell says this often that it is still there. Must be well below the
        /// agent's `run.lost_after`, or a long silent test makes its run a lost one.
        pub keep_alive: Duration = duration("1m", "1ms", "1h"),
        /// Dialects to recognise, by id; `auto` is all of them.
        pub dialects: Vec<String> = dialects(&["auto"]),
        /// Whether failure text is stored as printed. Otherwise numbers, addresses, paths and other
        /// details are masked; secrets are redacted either way.
        pub excerpts: bool = switch(false),
    }
}
