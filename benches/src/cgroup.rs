//! A part of a processor for a process, where the system lets us make control groups (of version 1).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::Process;

/// Where the groups are that share processors.
const ROOT: &str = "/sys/fs/cgroup/cpu";
/// In which a group's part is counted, in microseconds.
const PERIOD: u64 = 100_000;

/// A group whose processes together get a part of one processor; gone when dropped.
#[derive(Debug)]
pub struct Share(PathBuf);

impl Share {
    /// A group that gets so many percent of a processor.
    ///
    /// # Errors
    /// Where there are no such groups, or we may not make one.
    pub fn of_a_processor(percent: u64) -> io::Result<Share> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let n = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("sentinel-bench-{}-{n}", std::process::id());
        let root = Path::new(ROOT);
        if !root.join("cpu.cfs_quota_us").is_file() {
            return Err(io::Error::other(format!("no control groups at {ROOT}")));
        }
        let share = Share(root.join(name));
        std::fs::create_dir(&share.0)?;
        std::fs::write(share.0.join("cpu.cfs_period_us"), PERIOD.to_string())?;
        let quota = PERIOD * percent / 100;
        std::fs::write(share.0.join("cpu.cfs_quota_us"), quota.to_string())?;
        Ok(share)
    }

    /// From now on the process has to do with it.
    ///
    /// # Errors
    /// When it has ended.
    pub fn hold(&self, process: &Process) -> io::Result<()> {
        std::fs::write(self.0.join("cgroup.procs"), process.id().to_string())
    }

    /// How often its processes had to wait because their part was used up.
    #[must_use]
    pub fn throttled(&self) -> u64 {
        let told = std::fs::read_to_string(self.0.join("cpu.stat")).unwrap_or_default();
        let mut lines = told.lines().filter_map(|l| l.strip_prefix("nr_throttled "));
        lines.find_map(|n| n.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Whoever is left in it goes on as before.
        let held = std::fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default();
        for process in held.lines() {
            let _ = std::fs::write(Path::new(ROOT).join("cgroup.procs"), process);
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}
