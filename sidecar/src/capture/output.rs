//! Where the command's output goes: the pipes between, and our own standard output and error.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::fstat;

/// What the kernel holds between the command and us: the most a system gives without privileges.
const PIPE_BYTES: i32 = 1 << 20;

/// Where the command's output goes besides the segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pass {
    /// Its standard output to ours, its standard error to ours.
    #[default]
    Through,
    /// Both to our standard error: our standard output carries something else.
    ToStderr,
    /// Nowhere.
    Nowhere,
}

/// The pipes of a command that is not running yet.
#[derive(Debug)]
pub(crate) struct Plan {
    streams: Vec<Stream>,
    stdout: PipeWriter,
    stderr: PipeWriter,
}

/// One pipe of the command and where its bytes go.
#[derive(Debug)]
pub(crate) struct Stream {
    /// `None` once the pipe is at its end or was given up.
    pub(crate) pipe: Option<PipeReader>,
    to: Option<File>,
}

impl Plan {
    /// Where output and error go to the same file, the command gets one pipe for both, which keeps
    /// their order exactly; else two, read as they become ready.
    pub(crate) fn new(pass: Pass) -> io::Result<Plan> {
        let (out, err) = match pass {
            Pass::Nowhere => (None, None),
            Pass::ToStderr => (own(io::stderr().as_fd()), None),
            Pass::Through => (own(io::stdout().as_fd()), own(io::stderr().as_fd())),
        };
        let one = match (&out, &err) {
            (Some(a), Some(b)) => same_file(a, b),
            _ => pass != Pass::Through,
        };
        let (reader, stdout) = pipe()?;
        let mut streams = vec![Stream {
            pipe: Some(reader),
            to: out,
        }];
        let stderr = if one {
            stdout.try_clone()?
        } else {
            let (reader, stderr) = pipe()?;
            streams.push(Stream {
                pipe: Some(reader),
                to: err,
            });
            stderr
        };
        Ok(Plan {
            streams,
            stdout,
            stderr,
        })
    }

    /// Hands the writing ends to the command; they are closed here when it is dropped.
    pub(crate) fn give_to(self, command: &mut Command) -> Vec<Stream> {
        command.stdout(Stdio::from(self.stdout));
        command.stderr(Stdio::from(self.stderr));
        self.streams
    }
}

impl Stream {
    /// Writes to where the output goes. False when nobody reads there any more.
    pub(crate) fn deliver(&mut self, bytes: &[u8]) -> bool {
        let Some(to) = &mut self.to else {
            return true;
        };
        let mut done = 0;
        while done < bytes.len() {
            match to.write(&bytes[done..]) {
                Ok(0) => return false,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Our output was made non-blocking by somebody who shares it.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let mut fds = [PollFd::new(to.as_fd(), PollFlags::POLLOUT)];
                    let _ = poll(&mut fds, PollTimeout::NONE);
                }
                Err(_) => return false,
            }
        }
        true
    }
}

/// Our own descriptor as a file that is not buffered; `None` when it is closed.
fn own(fd: BorrowedFd<'_>) -> Option<File> {
    let fd: OwnedFd = fd.try_clone_to_owned().ok()?;
    Some(File::from(fd))
}

fn same_file(a: &File, b: &File) -> bool {
    match (fstat(a), fstat(b)) {
        (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
        _ => false,
    }
}

fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    match fcntl(&reader, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES)) {
        // Refused where the user's pipes already hold much: the default size only costs speed.
        Ok(_) | Err(Errno::EPERM | Errno::EBUSY | Errno::EINVAL) => {}
        Err(other) => return Err(other.into()),
    }
    Ok((reader, writer))
}
