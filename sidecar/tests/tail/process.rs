//! A running `sentinel-sidecar tail`, ended with the test.

use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_sentinel-sidecar");

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Running {
        Running(command.stdin(Stdio::null()).spawn().unwrap())
    }

    /// Tells it to end at the present end of what it follows, and gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.0.wait().unwrap().code()
    }

    /// How often its threads were put to sleep so far: each wake ends with that.
    pub(crate) fn rests(&self) -> u64 {
        let tasks = format!("/proc/{}/task", self.0.id());
        let rests = |task: std::fs::DirEntry| -> u64 {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap();
            let line = status
                .lines()
                .find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
            line.unwrap().trim().parse().unwrap()
        };
        std::fs::read_dir(tasks)
            .unwrap()
            .map(|t| rests(t.unwrap()))
            .sum()
    }

    /// Processor time it used so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: Vec<u64> = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|f| f.parse().unwrap())
            .collect();
        Duration::from_millis(10 * ticks.iter().sum::<u64>())
    }
}

pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// Lets time pass for something that is measured over time.
pub(crate) fn let_pass(time: Duration) {
    let (_sender, nothing) = std::sync::mpsc::sync_channel::<()>(1);
    let _ = nothing.recv_timeout(time);
}

/// Writes at a file's end as another process would.
pub(crate) fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.seek(std::io::SeekFrom::End(0)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
