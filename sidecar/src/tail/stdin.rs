//! Standard input as a source. What was read cannot be read again: while the agent is away at most
//! a few frames and chunks wait in memory, and then the pipe fills and its writer waits.
//!
//! A file never makes its reader wait and is read as it is asked for; for a pipe a thread waits.

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

/// A pipe or a file that is read once.
#[derive(Debug)]
pub struct StdinSource {
    origin: Origin,
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

    /// Another pipe or file. A thread of its own waits for a pipe's bytes, until the pipe ends.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn on(pipe: OwnedFd) -> io::Result<StdinSource> {
        let file = File::from(pipe);
        let plain = file.metadata().is_ok_and(|meta| meta.is_file());
        Ok(StdinSource::of(match plain {
            true => Origin::File(file),
            false => Origin::Pipe(Pipe::read(file)?),
        }))
    }

    /// A pipe that the caller reads.
    #[must_use]
    pub fn fed() -> (StdinSource, Feed) {
        let (pipe, feed) = Pipe::fed();
        (StdinSource::of(Origin::Pipe(pipe)), feed)
    }

    fn of(origin: Origin) -> StdinSource {
        StdinSource {
            origin,
            at: 0,
            stopped: false,
            hash: StreamHash::default(),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        let read = match &mut self.origin {
            Origin::File(file) => read_on(file, buffer).map(Some),
            Origin::Pipe(pipe) => pipe.take(buffer),
        };
        let n = match read? {
            Some(0) => return Ok(self.end("eof")),
            Some(n) => n,
            None if self.stopped => return Ok(self.end("killed")),
            None => return Ok(Step::Idle),
        };
        self.at += n as u64;
        self.hash.update(&buffer[..n]);
        Ok(Step::Bytes(n))
    }

    pub(super) fn wanted(&self) -> Wanted {
        match &self.origin {
            // Its end is an end: there is nothing to wait for.
            Origin::File(_) => Wanted::Nothing,
            Origin::Pipe(pipe) => Wanted::Word(Arc::clone(&pipe.word)),
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

/// What is read.
#[derive(Debug)]
enum Origin {
    File(File),
    Pipe(Pipe),
}

/// A pipe, read by a thread.
#[derive(Debug)]
struct Pipe {
    chunks: Receiver<io::Result<Chunk>>,
    /// Chunks that were taken, to be filled again.
    emptied: Sender<Vec<u8>>,
    /// The chunk that was taken last, and how much of it was.
    chunk: Chunk,
    taken: usize,
    word: Arc<Notify>,
}

/// A buffer, and how much of it was read.
#[derive(Debug, Default)]
struct Chunk {
    buffer: Vec<u8>,
    length: usize,
}

/// Whoever reads a pipe hands its bytes over here. When it is dropped the pipe has ended.
#[derive(Debug)]
pub struct Feed {
    chunks: Option<Sender<io::Result<Chunk>>>,
    empty: Receiver<Vec<u8>>,
    word: Arc<Notify>,
}

impl Feed {
    /// Hands over what was read, as soon as there is room; false once nobody takes it any more.
    pub async fn put(&mut self, buffer: Vec<u8>) -> bool {
        let Some(chunks) = &self.chunks else {
            return false;
        };
        let length = buffer.len();
        let taken = chunks.send(Ok(Chunk { buffer, length })).await.is_ok();
        self.word.notify_one();
        taken
    }

    /// Reads until the end, or until nobody takes it any more.
    fn pump(mut self, pipe: &mut File) {
        let Some(chunks) = &self.chunks else { return };
        loop {
            let mut buffer = self.empty.try_recv().unwrap_or_default();
            buffer.resize(CHUNK, 0);
            let read = read_on(pipe, &mut buffer);
            if matches!(read, Ok(0)) {
                return;
            }
            let failed = read.is_err();
            let chunk = read.map(|length| Chunk { buffer, length });
            if chunks.blocking_send(chunk).is_err() || failed {
                return;
            }
            self.word.notify_one();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.chunks = None;
        self.word.notify_one();
    }
}

impl Pipe {
    fn read(mut pipe: File) -> io::Result<Pipe> {
        let (fed, feed) = Pipe::fed();
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || feed.pump(&mut pipe))?;
        Ok(fed)
    }

    fn fed() -> (Pipe, Feed) {
        let (sender, chunks) = channel(WAITING);
        // As many as there can be: one is filled and one is taken beside those that wait.
        let (emptied, empty) = channel(WAITING + 2);
        let word = Arc::new(Notify::new());
        let feed = Feed {
            chunks: Some(sender),
            empty,
            word: Arc::clone(&word),
        };
        let pipe = Pipe {
            chunks,
            emptied,
            chunk: Chunk::default(),
            taken: 0,
            word,
        };
        (pipe, feed)
    }

    /// The number of bytes that were taken, 0 at the end; `None` if there are none for now.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        if self.taken == self.chunk.length {
            match self.chunks.try_recv() {
                Ok(chunk) => {
                    let emptied = std::mem::replace(&mut self.chunk, chunk?);
                    // Nobody fills it any more once the pipe has ended.
                    let _ = self.emptied.try_send(emptied.buffer);
                    self.taken = 0;
                }
                Err(TryRecvError::Disconnected) => return Ok(Some(0)),
                Err(TryRecvError::Empty) => return Ok(None),
            }
        }
        let left = &self.chunk.buffer[self.taken..self.chunk.length];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.taken += n;
        Ok(Some(n))
    }
}

/// Reads, whatever signals come.
fn read_on(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
