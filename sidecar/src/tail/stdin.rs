//! Standard input as a source. What was read cannot be read again: while the agent is away at most
//! a few frames and chunks wait in memory, and then the pipe fills and its writer waits.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread;

use tokio::sync::Notify;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Step, Wanted};
use crate::hash::StreamHash;
use crate::segments::StreamEnd;

/// Bytes of a chunk.
const CHUNK: usize = 64 * 1024;
/// Chunks that were read and not taken.
const WAITING: usize = 2;

/// A pipe that is read once.
#[derive(Debug)]
pub struct StdinSource {
    chunks: Receiver<io::Result<Vec<u8>>>,
    /// What is left of the chunk that was taken last.
    chunk: Vec<u8>,
    taken: usize,
    word: Arc<Notify>,
    at: u64,
    stopped: bool,
    hash: StreamHash,
}

impl StdinSource {
    /// Our own standard input.
    ///
    /// # Errors
    /// When it is closed, or there is no thread to be had.
    pub fn open() -> io::Result<StdinSource> {
        StdinSource::on(io::stdin().as_fd().try_clone_to_owned()?)
    }

    /// Another pipe. A thread of its own waits for its bytes, until the pipe ends.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn on(pipe: OwnedFd) -> io::Result<StdinSource> {
        let (sender, chunks) = channel(WAITING);
        let word = Arc::new(Notify::new());
        let told = Arc::clone(&word);
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || {
                pump(&mut File::from(pipe), &sender, &told);
                drop(sender);
                told.notify_one();
            })?;
        Ok(StdinSource {
            chunks,
            chunk: Vec::new(),
            taken: 0,
            word,
            at: 0,
            stopped: false,
            hash: StreamHash::default(),
        })
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        if self.taken == self.chunk.len() {
            self.taken = 0;
            self.chunk.clear();
            match self.chunks.try_recv() {
                Ok(chunk) => self.chunk = chunk?,
                Err(TryRecvError::Disconnected) => return Ok(self.end("eof")),
                Err(TryRecvError::Empty) if self.stopped => return Ok(self.end("killed")),
                Err(TryRecvError::Empty) => return Ok(Step::Idle),
            }
        }
        let left = &self.chunk[self.taken..];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.taken += n;
        self.at += n as u64;
        self.hash.update(&buffer[..n]);
        Ok(Step::Bytes(n))
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Word(Arc::clone(&self.word))
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

/// Reads until the end, or until nobody takes it any more.
fn pump(pipe: &mut File, chunks: &Sender<io::Result<Vec<u8>>>, word: &Notify) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => Ok(buffer[..n].to_vec()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => Err(e),
        };
        let failed = read.is_err();
        if chunks.blocking_send(read).is_err() || failed {
            return;
        }
        word.notify_one();
    }
}
