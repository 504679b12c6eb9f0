//! The agent and the sidecar as processes, which do not outlive their test.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sentinel_benches::daemon::{Daemon, program};
use sentinel_benches::process::Process;

use crate::agents::wait_until;

/// How long anything may take on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a daemon on its data directory and waits until it answers. Port 0 is a free one.
pub(crate) fn daemon(data: &Path, port: u16, settings: &[(&str, &str)]) -> Daemon {
    Daemon::start(data, port, settings).unwrap()
}

/// Waits until so many runs have this status.
pub(crate) fn runs_are(agent: &Daemon, runs: u64, status: &str) {
    let such = format!("SELECT count(*) FROM runs WHERE status = '{status}'");
    let what = format!("{runs} runs are {status}");
    wait_until(&what, PATIENCE, || agent.count(&such) == runs);
}

/// A sidecar that tries again soon.
pub(crate) fn sidecar(args: &[&str]) -> Command {
    let mut command = program("sentinel-sidecar").unwrap();
    command.args(args);
    command.env("SENTINEL_SIDECAR__RETRY_MAX", "200ms");
    command.env("PATH", "/usr/bin:/bin");
    command
}

/// `tail` of a recording.
pub(crate) fn tail(dir: &Path, url: &str) -> Command {
    let mut command = sidecar(&["tail", "--agent", url]);
    command.arg(dir);
    command
}

/// Waits for its end, which must be a good one.
pub(crate) fn succeed(mut process: Process) {
    wait_until("it ends", PATIENCE, || process.ended().unwrap().is_some());
    assert_eq!(process.ended().unwrap(), Some(0));
}
