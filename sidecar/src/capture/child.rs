//! The command as a process: started, asked how it ended, and its orphans reaped.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::output::{Plan, Stream};

/// A command that was started.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pid: Pid,
    ended: Option<WaitStatus>,
}

pub(crate) fn spawn(
    program: &OsStr,
    arguments: &[OsString],
    plan: Plan,
) -> io::Result<(Child, Vec<Stream>)> {
    let mut command = Command::new(program);
    // What proves the sender is none of the command's business.
    command.args(arguments).env_remove(crate::token::VARIABLE);
    let streams = plan.give_to(&mut command);
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    // `child` is let go without a wait: all waiting is done in `reap`.
    Ok((
        Child {
            pid: Pid::from_raw(pid),
            ended: None,
        },
        streams,
    ))
}

/// The exit code a shell gives when it cannot start a command.
pub(crate) fn refusal_code(error: &io::Error) -> i32 {
    match error.kind() {
        io::ErrorKind::NotFound => 127,
        _ => 126,
    }
}

impl Child {
    /// Passes a signal on, as long as the command has not ended.
    pub(crate) fn signal_it(&self, signal: i32) {
        if let (None, Ok(signal)) = (&self.ended, Signal::try_from(signal)) {
            // It may have ended a moment ago; its number is not reused before it is reaped.
            let _ = kill(self.pid, signal);
        }
    }

    /// Collects what has ended: the command, and with `orphans` whatever became our child.
    pub(crate) fn reap(&mut self, orphans: bool) {
        loop {
            let whom = if orphans { None } else { Some(self.pid) };
            if !orphans && self.ended.is_some() {
                return;
            }
            match waitpid(whom, Some(WaitPidFlag::WNOHANG)) {
                Ok(status @ (WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..))) => {
                    if pid == self.pid {
                        self.ended = Some(status);
                    }
                }
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub(crate) fn exit_code(&self) -> Option<i32> {
        match self.ended {
            Some(WaitStatus::Exited(_, code)) => Some(code),
            _ => None,
        }
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        match self.ended {
            Some(WaitStatus::Signaled(_, signal, _)) => Some(signal as i32),
            _ => None,
        }
    }
}

/// Our children that still run, as the kernel lists them; empty where it does not.
pub(crate) fn left_behind() -> Vec<u32> {
    let mut children = Vec::new();
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return children;
    };
    for thread in threads.flatten() {
        let list = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(list.split_ascii_whitespace().flat_map(str::parse::<u32>));
    }
    children.sort_unstable();
    children
}
