//! Signals sent to us are the command's; those a terminal sends to everybody are not sent twice.

use std::fs;
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Handle, SignalsInfo};
use signal_hook::low_level::siginfo::Cause;

use super::child::Child;

const FORWARDED: [i32; 9] = [
    SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGALRM,
];

/// Those of [`FORWARDED`] that end a process by default.
const DEADLY: [i32; 7] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM];

/// Signals on their way to us, held until there is a command.
pub(crate) struct Signals {
    caught: SignalsInfo<WithOrigin>,
}

impl Signals {
    /// Catches everything that is passed on. A signal we were told to ignore (`nohup`) stays
    /// ignored, and the command inherits that.
    pub(crate) fn new() -> io::Result<Signals> {
        let wanted = FORWARDED
            .into_iter()
            .filter(|s| !is_ignored(*s))
            .chain([SIGCHLD]);
        Ok(Signals {
            caught: SignalsInfo::new(wanted)?,
        })
    }

    /// Passes signals to the command and reaps it, and with `orphans` what it left, from a thread
    /// of its own: a copying loop that waits for a slow reader must not hold up a `SIGTERM`.
    pub(crate) fn watch(mut self, child: Child, orphans: bool) -> io::Result<Watch> {
        let (ended, writer) = io::pipe()?;
        let child = Arc::new(Mutex::new(child));
        let handle = self.caught.handle();
        let shared = Arc::clone(&child);
        let thread = thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut writer = Some(writer);
                for origin in &mut self.caught {
                    let mut child = lock(&shared);
                    if origin.signal == SIGCHLD {
                        child.reap(orphans);
                    } else if !matches!(origin.cause, Cause::Kernel) {
                        // What the kernel sends (Ctrl-C at the terminal, a changed window) goes to
                        // the whole foreground group, the command included.
                        child.signal_it(origin.signal);
                    }
                    if child.has_ended() {
                        writer = None;
                    }
                }
                drop(writer);
            })?;
        Ok(Watch {
            child,
            ended,
            handle,
            thread,
        })
    }
}

/// A command whose signals and end are looked after.
pub(crate) struct Watch {
    child: Arc<Mutex<Child>>,
    ended: PipeReader,
    handle: Handle,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    /// Readable, at its end, when the command has ended.
    pub(crate) fn ended(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// No more signals are passed; returns the command with everything ended so far reaped.
    pub(crate) fn finish(self) -> Child {
        self.handle.close();
        // A panic there is a bug that has been printed; the command's end is known all the same.
        let _ = self.thread.join();
        lock(&self.child).clone()
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this process was told to ignore a signal, from 1 to 64.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|l| l.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

/// Gives the signals that were passed to a command their usual effect on us again. Without it they
/// are swallowed after [`run`](super::run), because a caught signal has no default any more.
///
/// # Errors
/// When a handler cannot be installed.
pub fn restore_default_signals() -> io::Result<()> {
    for signal in DEADLY {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal, always)?;
    }
    Ok(())
}
