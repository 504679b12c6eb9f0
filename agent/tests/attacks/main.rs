//! The agent's HTTP surface under attack, one file per group of torture rows. `SENTINEL_TORTURE=full` runs
//! the rows that have a real size with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod bombs;
#[path = "../common/mod.rs"]
mod common;
mod overload;
mod paths;
mod slow;
mod smuggling;

/// Whether the real sizes and limits are wanted.
fn full_size() -> bool {
    std::env::var("SENTINEL_TORTURE").is_ok_and(|word| word == "full")
}

/// Kibibytes of memory a process holds.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
