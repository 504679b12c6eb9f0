//! The loop that copies: pipe to our output and to the segments, with signals in between.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Screen;
use super::output::Stream;
use super::signals::Watch;
use crate::segments::SegmentWriter;

/// One read: large enough to make system calls cheap, small enough to stay in a core's cache.
const BUFFER: usize = 256 * 1024;

/// Copies until the command has ended and its pipes are at their end, or are quiet for the grace.
pub(crate) fn run(
    watch: &Watch,
    streams: &mut [Stream],
    recording: &mut Option<SegmentWriter>,
    grace: Duration,
    screen: Option<&dyn Screen>,
) {
    let mut buffer = vec![0; BUFFER];
    let mut ended = false;
    let mut quiet_since = Instant::now();
    loop {
        let mut wait = PollTimeout::NONE;
        if ended {
            let quiet = quiet_since.elapsed();
            if quiet >= grace || streams.iter().all(|s| s.pipe.is_none()) {
                return;
            }
            wait = timeout(grace - quiet);
        }
        let ready = wait_ready(streams, (!ended).then(|| watch.ended()), wait);
        for (stream, ready) in streams.iter_mut().zip(ready.pipes) {
            if ready && copy(stream, &mut buffer, recording, screen) {
                quiet_since = Instant::now();
            }
        }
        if ready.ended {
            ended = true;
            quiet_since = Instant::now();
        }
    }
}

/// Reads once and hands on what came; gives the pipe up at its end, or when nobody takes its bytes.
fn copy(
    stream: &mut Stream,
    buffer: &mut [u8],
    recording: &mut Option<SegmentWriter>,
    screen: Option<&dyn Screen>,
) -> bool {
    let Some(pipe) = &mut stream.pipe else {
        return false;
    };
    let n = match pipe.read(buffer) {
        Ok(0) => {
            stream.pipe = None;
            return false;
        }
        Ok(n) => n,
        Err(e) if e.kind() == io::ErrorKind::Interrupted => return false,
        Err(_) => {
            stream.pipe = None;
            return false;
        }
    };
    // Recorded first: a reader of our output that stops for a while must not hide from the agent
    // what the command printed.
    if let Some(recording) = recording {
        recording.append(&buffer[..n]);
    }
    let bytes = &buffer[..n];
    let delivered = match screen {
        Some(screen) => screen.around(bytes, &mut || stream.deliver(bytes)),
        None => stream.deliver(bytes),
    };
    if !delivered {
        stream.pipe = None;
    }
    true
}

#[derive(Default)]
struct Ready {
    ended: bool,
    pipes: [bool; 2],
}

fn wait_ready(streams: &[Stream], end: Option<BorrowedFd<'_>>, wait: PollTimeout) -> Ready {
    let mut fds = Vec::with_capacity(3);
    fds.extend(end.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
    let first_pipe = fds.len();
    let mut whose = Vec::with_capacity(2);
    for (i, stream) in streams.iter().enumerate() {
        if let Some(pipe) = &stream.pipe {
            fds.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
            whose.push(i);
        }
    }
    let mut ready = Ready::default();
    // The only errors are a signal and no memory: nothing is known to be ready, so ask again.
    if poll(&mut fds, wait).is_err() {
        return ready;
    }
    let any = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
    ready.ended = first_pipe == 1 && any(&fds[0]);
    for (fd, i) in fds[first_pipe..].iter().zip(whose) {
        ready.pipes[i] = any(fd);
    }
    ready
}

fn timeout(left: Duration) -> PollTimeout {
    // Rounded up, so that a rest below a millisecond does not spin.
    let ms = left.as_millis() + 1;
    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
}
