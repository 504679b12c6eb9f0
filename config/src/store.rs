//! `[store]`: where runs are kept, and how commits are grouped.

use std::path::PathBuf;
use std::time::Duration;

use crate::section::section;

section! {
    /// Where runs are kept, and how commits are grouped.
    pub struct StoreConfig {
        /// Directory of the database. Empty: the data directory of the user or the system, whichever
        /// the program runs as.
        pub path: Option<PathBuf> = path_or_none(),
        /// Longest time a frame waits for others to share its commit. Zero commits each by itself.
        pub commit_interval: Duration = duration("20ms", "0s", "10s"),
        /// Frames that make a commit at once, without waiting for the interval.
        pub commit_batch: usize = count(256, 1, 65536),
        /// How long the daemon keeps a run after its end. It is then deleted with all that is stored of it;
        /// a node waits until its hub has it. The audit is kept.
        pub retain: Duration = duration("90d", "1h", "36500d"),
        /// Time to wait for a lock that another process holds on the database.
        pub busy_timeout: Duration = duration("5s", "0s", "10m"),
    }
}
