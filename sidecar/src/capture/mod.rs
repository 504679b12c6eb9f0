//! Runs a command, passes its output through unchanged and records it in segments.
//!
//! The command runs as it would without us: its exit code and the signals sent to us pass, its
//! output goes where ours goes, in order. It is never slowed by a reader of the segments, and no
//! trouble with the recording reaches it. What it can notice: its output is a pipe, not a terminal.
//!
//! When whoever reads our output closes it, the next thing read from the command cannot be
//! delivered; we then close our end of its pipe, so the command gets the `SIGPIPE` or `EPIPE` it
//! would have got, up to a pipe's capacity (1 MiB) later. What was read by then stays recorded.

mod child;
mod output;
mod pump;
mod signals;

use std::ffi::{OsStr, OsString};
use std::io;
use std::time::Duration;

pub use output::Pass;
pub use signals::{is_ignored, restore_default_signals};

use crate::segments::{Lost, SegmentWriter};

/// How to run the command.
#[derive(Clone, Copy, Debug)]
pub struct CaptureOptions {
    /// Where the command's output goes besides the segments.
    pub pass: Pass,
    /// After the command has ended something it left behind may still hold its pipe: it is read
    /// until this long passed without new output.
    pub grace: Duration,
    /// Whether orphans of the command become our children and are reaped. Only for a process that
    /// waits for no children of its own.
    pub reap: bool,
}

impl Default for CaptureOptions {
    fn default() -> CaptureOptions {
        CaptureOptions {
            pass: Pass::Through,
            grace: Duration::from_secs(2),
            reap: true,
        }
    }
}

/// How the command ended and what was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureOutcome {
    /// Exit code, if the command ended by itself; 127 when it was not found, 126 when it could not
    /// be executed.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// Length of its output.
    pub total_bytes: u64,
    /// Hash of its output, if it was recorded.
    pub hash: Option<String>,
    /// Ranges of the output that are in no segment.
    pub lost: Vec<Lost>,
    /// Processes of the command that still ran when we stopped waiting for them.
    pub leaked: Vec<u32>,
    /// What went wrong, in one line each, in order; the command's own failure is not among them,
    /// but that it could not be started is.
    pub trouble: Vec<String>,
}

impl CaptureOutcome {
    /// The exit code a shell would report: 128 + N for a command ended by signal N.
    #[must_use]
    pub fn shell_code(&self) -> i32 {
        match (self.exit_code, self.signal) {
            (Some(code), _) => code,
            (None, Some(signal)) => 128 + signal,
            (None, None) => 126,
        }
    }
}

/// Somebody who draws on the terminal that the command's output goes to.
pub trait Screen {
    /// Calls `write`, which writes these bytes of the command's output, with the terminal as the
    /// output left it; gives back what `write` does.
    fn around(&self, bytes: &[u8], write: &mut dyn FnMut() -> bool) -> bool;
}

/// Runs a command to its end. Without a recording its output only passes through.
///
/// # Errors
/// When no pipe or signal handler can be made, so that the command was never started.
pub fn run(
    command: &[OsString],
    mut recording: Option<SegmentWriter>,
    options: &CaptureOptions,
    screen: Option<&dyn Screen>,
) -> io::Result<CaptureOutcome> {
    let mut outcome = CaptureOutcome::default();
    let signals = signals::Signals::new()?;
    if options.reap {
        // Without it orphans go to PID 1, as they would without us.
        let _ = nix::sys::prctl::set_child_subreaper(true);
    }
    let plan = output::Plan::new(options.pass)?;
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no command"))?;
    match child::spawn(program, arguments, plan) {
        Ok((child, mut streams)) => {
            let watch = signals.watch(child, options.reap)?;
            pump::run(&watch, &mut streams, &mut recording, options.grace, screen);
            let child = watch.finish();
            if options.reap {
                outcome.leaked = child::left_behind();
            }
            if !outcome.leaked.is_empty() {
                let n = outcome.leaked.len();
                outcome.trouble.push(format!(
                    "{n} of the command's processes still running after its end: {:?}",
                    outcome.leaked
                ));
            }
            outcome.exit_code = child.exit_code();
            outcome.signal = child.signal();
        }
        Err(error) => {
            outcome.exit_code = Some(child::refusal_code(&error));
            outcome
                .trouble
                .push(format!("cannot run {}: {error}", display(program)));
        }
    }
    if let Some(recording) = recording {
        finish(recording, &mut outcome);
    }
    Ok(outcome)
}

fn finish(recording: SegmentWriter, outcome: &mut CaptureOutcome) {
    outcome.total_bytes = recording.total();
    outcome.lost = recording.losses().list().to_vec();
    match recording.finish(outcome.exit_code, outcome.signal) {
        Ok(end) => outcome.hash = end.hash,
        Err(error) => outcome
            .trouble
            .push(format!("the end of the recording was not written: {error}")),
    }
}

/// A command as one line for people, words with blanks quoted.
#[must_use]
pub fn command_line(command: &[OsString]) -> String {
    let words: Vec<String> = command.iter().map(|w| display(w)).collect();
    words.join(" ")
}

fn display(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    if text.is_empty() || text.contains(char::is_whitespace) {
        format!("{text:?}")
    } else {
        text.into_owned()
    }
}
