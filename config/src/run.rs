//! `[run]`: when a run ends, and how big it may grow.

use std::time::Duration;

use crate::section::section;

section! {
    /// When a run ends, and how big it may grow.
    pub struct RunConfig {
        /// Grace after the run's last stream ended before its verdict is made.
        pub finalize_after: Duration = duration("5s", "0s", "1h"),
        /// Silence of a run that has not ended after which it is lost.
        pub lost_after: Duration = duration("10m", "1s", "7d"),
        /// Silence of a node after which the streams that come by way of it are given up: a run that waits
        /// for nothing else is lost.
        pub node_lost_after: Duration = duration("2m", "1s", "1d"),
        /// Tests kept per run; more are counted and not kept.
        pub max_tests: usize = count(200000, 1, 200000),
    }
}
