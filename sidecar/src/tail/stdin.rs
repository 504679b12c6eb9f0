//! Standard input as a source. What was read cannot be read again: while the agent is away at most
//! a few frames wait in memory, and then the pipe fills and its writer waits.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Step;
use crate::hash::StreamHash;
use crate::segments::StreamEnd;

/// A pipe that is read once.
#[derive(Debug)]
pub struct StdinSource {
    file: File,
    at: u64,
    stopped: bool,
    hash: StreamHash,
}

impl StdinSource {
    /// Our own standard input.
    ///
    /// # Errors
    /// When it is closed.
    pub fn open() -> io::Result<StdinSource> {
        Ok(StdinSource::on(io::stdin().as_fd().try_clone_to_owned()?))
    }

    /// Another pipe.
    #[must_use]
    pub fn on(pipe: OwnedFd) -> StdinSource {
        StdinSource {
            file: File::from(pipe),
            at: 0,
            stopped: false,
            hash: StreamHash::default(),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::ZERO)? == 0 {
            return Ok(if self.stopped {
                self.end("killed")
            } else {
                Step::Idle
            });
        }
        match self.file.read(buffer) {
            Ok(0) => Ok(self.end("eof")),
            Ok(n) => {
                self.at += n as u64;
                self.hash.update(&buffer[..n]);
                Ok(Step::Bytes(n))
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Step::Idle),
            Err(e) => Err(e),
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    fn end(&self, cause: &str) -> Step {
        Step::End(StreamEnd {
            total_bytes: self.at,
            hash: Some(self.hash.finish()),
            ended_ms: crate::clock::now_ms(),
            cause: cause.to_owned(),
            ..StreamEnd::default()
        })
    }
}
