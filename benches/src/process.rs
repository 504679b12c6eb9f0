//! Child processes that die with their handle, so that nothing outlives a benchmark.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command};
use std::time::{Duration, Instant};

pub use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A child process; killed and reaped on drop.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts the command.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Process> {
        command.spawn().map(Process)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its standard input, if it is a pipe and was not taken yet.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.0.stdin.take()
    }

    /// Its standard error, if it is a pipe and was not taken yet.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.0.stderr.take()
    }

    /// Ends it as `kill -9` does, and reaps it.
    pub fn kill(&mut self) {
        // Fails only if it has ended already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Its exit code, if it has ended.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> io::Result<Option<i32>> {
        Ok(self.0.try_wait()?.map(|status| status.code().unwrap_or(-1)))
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let id = i32::try_from(self.0.id()).map_err(io::Error::other)?;
        Ok(kill(Pid::from_raw(id), signal)?)
    }

    /// Waits for its end; its exit code.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn wait(&mut self) -> io::Result<i32> {
        Ok(self.0.wait()?.code().unwrap_or(-1))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A binary of the workspace that stands beside the running one, or beside the folder of a running test.
///
/// # Errors
/// When it was not built: the message says how.
pub fn sibling(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| format!("cannot tell own path: {e}"))?;
    let beside = own.parent().unwrap_or(Path::new("."));
    let (folder, release) = match beside.file_name() {
        Some(name) if name == "deps" => (beside.parent().unwrap_or(beside), ""),
        _ => (beside, " --release"),
    };
    let path = folder.join(name);
    match path.is_file() {
        true => Ok(path),
        false => Err(format!(
            "{} is missing: cargo build{release} --workspace",
            path.display()
        )),
    }
}

/// A port of this machine that nobody listens at.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    Ok(address.port())
}

/// Polls until the condition holds.
///
/// # Errors
/// When it does not within that time.
pub fn until(
    patience: Duration,
    what: &str,
    mut holds: impl FnMut() -> bool,
) -> Result<(), String> {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > patience {
            return Err(format!("waited {} s for {what}", patience.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
