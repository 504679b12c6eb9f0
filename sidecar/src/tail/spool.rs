//! Standard input that survives: a thread reads it into checksummed segments as fast as it comes, and those are the
//! source. The writer of the pipe is not held up while the agent is away; at the cap text makes room of which the events
//! are kept, and beyond that what is new is cut, and recorded as lost.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::thread;

use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::SegmentSource;
use crate::segments::{Limits, RecordDisk, SegmentWriter, StreamInfo};

/// One read of the pipe.
const CHUNK: usize = 64 * 1024;
/// What was read is made durable this much later at the latest, in milliseconds.
const SYNC_MS: u16 = 100;
/// Bytes that the pipe shall hold while a disk takes its time over them: as many as the kernel lets anybody have.
const PIPE: i32 = 1 << 20;

/// Begins to read a pipe into a directory that holds no stream, and gives what is there as a source.
///
/// # Errors
/// When the directory cannot be written, or there is no thread to be had.
pub fn spool(
    pipe: OwnedFd,
    dir: &Path,
    info: &StreamInfo,
    limits: Limits,
) -> io::Result<SegmentSource> {
    let writer = SegmentWriter::spool(dir, info, limits)?;
    let (stopped, stop) = io::pipe()?;
    // What is no pipe, or has no room for more, is read as it is.
    let _ = fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(PIPE));
    thread::Builder::new()
        .name("spool".to_owned())
        .spawn(move || pump(File::from(pipe), &stopped, writer))?;
    let mut source = SegmentSource::open(dir)?;
    source.ends_with(stop);
    Ok(source)
}

/// What is done with what was read: whoever reads the pipe asks it how long to wait for more.
#[derive(Debug)]
pub struct Spooling {
    /// Where it goes.
    pub writer: SegmentWriter<RecordDisk>,
    unsynced: bool,
}

impl Spooling {
    /// Nothing was read yet.
    #[must_use]
    pub fn into_spool(writer: SegmentWriter<RecordDisk>) -> Spooling {
        Spooling {
            writer,
            unsynced: false,
        }
    }

    /// How long to wait for bytes before [`Spooling::quiet`], in milliseconds; `None` for ever.
    #[must_use]
    pub fn patience(&self) -> Option<u16> {
        self.unsynced.then_some(SYNC_MS)
    }

    /// So much was read.
    pub fn take(&mut self, bytes: &[u8]) {
        self.writer.append(bytes);
        self.unsynced = true;
    }

    /// Nothing came in time: what was read is made durable.
    pub fn quiet(&mut self) {
        self.writer.flush();
        self.unsynced = false;
    }
}

/// Reads until the end, or until told to stop, and then what is there already.
fn pump(mut pipe: File, stopped: &PipeReader, writer: SegmentWriter<RecordDisk>) {
    let mut buffer = vec![0; CHUNK];
    let mut spooling = Spooling::into_spool(writer);
    let mut stopping = false;
    loop {
        let wait = match (stopping, spooling.patience()) {
            (true, _) => PollTimeout::ZERO,
            (false, Some(patience)) => PollTimeout::from(patience),
            (false, None) => PollTimeout::NONE,
        };
        let mut fds = [
            PollFd::new(pipe.as_fd(), PollFlags::POLLIN),
            PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
        ];
        // The only errors are a signal and no memory: nothing is known to be ready, so ask again.
        let ready = poll(&mut fds, wait).unwrap_or(0);
        let [bytes, told] = [0, 1].map(|n| ready > 0 && fds[n].any().unwrap_or(true));
        if bytes {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => spooling.take(&buffer[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        } else if stopping {
            break;
        } else if !told {
            spooling.quiet();
        }
        stopping |= told;
    }
    if let Err(error) = spooling.writer.finish_at_eof() {
        tracing::warn!("the end of the spool was not written: {error}");
    }
}
