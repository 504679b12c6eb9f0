//! The log of one start of a container, as the logs API gives it, as a source: its lines, each with the time before it.
//!
//! The API knows no offsets and forgets what was rotated away. A task asks, finds the place again after each break, and
//! hands over what is new; what cannot be had any more is a gap. A checkpoint tells the next start where that was.

mod fetch;
mod known;
mod lines;

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sentinel_delivery::fetch::Fetcher;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::{Step, Wanted};
use crate::segments::{Lost, StreamEnd};
use fetch::{Piece, Plan, Reader};
use known::Known;

/// Pieces that wait to be taken.
const WAITING: usize = 4;
/// Places that are remembered until the agent has what came before them.
const PLACES: usize = 256;
/// Bytes of a checkpoint that make sense.
const CHECKPOINT: u64 = 64 << 10;

/// What the agent says of the start of the container that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It is the latest, and may go on.
    #[default]
    Latest,
    /// One came after it: it is the one before.
    Before,
    /// The pod is over, and it was the last.
    Over,
    /// Two came after it: the API has nothing of it any more.
    Gone,
}

/// The latest word of the agent, and how many came so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What it says.
    pub stage: Stage,
    /// How often it was asked.
    pub asked: u64,
}

/// A start's log.
pub struct ApiSource {
    fetcher: Fetcher,
    /// Where the log is asked for, with the container: `/api/v1/namespaces/.../log?container=NAME`.
    path: String,
    word: watch::Receiver<Word>,
    checkpoint: Option<PathBuf>,
    feed: Option<Feed>,
    /// Tells that a piece came.
    come: Arc<Notify>,
    /// What is being taken, from where on.
    piece: Option<(Vec<u8>, usize, Known)>,
    at: u64,
    /// The next byte is the first after a loss.
    after_loss: bool,
    /// Where pieces ended that the agent does not have yet.
    places: VecDeque<Known>,
    /// Before this the agent has everything.
    kept: Option<Known>,
}

/// The task that asks, and what it hands over.
#[derive(Debug)]
struct Feed {
    task: JoinHandle<()>,
    pieces: Receiver<Piece>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for ApiSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiSource")
            .field("path", &self.path)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl ApiSource {
    /// A log that `word` tells the state of. `checkpoint` is where to keep what is known of it.
    #[must_use]
    pub fn new(
        fetcher: Fetcher,
        path: String,
        word: watch::Receiver<Word>,
        checkpoint: Option<PathBuf>,
    ) -> ApiSource {
        ApiSource {
            fetcher,
            path,
            word,
            checkpoint,
            feed: None,
            come: Arc::default(),
            piece: None,
            at: 0,
            after_loss: false,
            places: VecDeque::new(),
            kept: None,
        }
    }

    /// Begins anew. The whole log is given, or told to be lost, from offset 0 on: what the agent has is parsed
    /// and not sent again.
    pub(super) fn rewind(&mut self, committed: u64) -> u64 {
        self.feed = None;
        self.note(committed);
        self.places.clear();
        if self.kept.is_none() {
            self.kept = self.checkpoint.as_deref().and_then(load);
        }
        let plan = match (&self.kept, committed) {
            (Some(known), _) => Plan::Again(known.clone()),
            (None, 0) => Plan::New,
            (None, _) => Plan::Unknown,
        };
        let (sender, pieces) = channel(WAITING);
        let reader = Reader::new(
            self.fetcher.clone(),
            self.path.clone(),
            self.word.clone(),
            (sender, Arc::clone(&self.come)),
            committed,
        );
        self.feed = Some(Feed {
            task: tokio::spawn(reader.run(plan)),
            pieces,
        });
        (self.piece, self.at, self.after_loss) = (None, 0, false);
        0
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        if std::mem::take(&mut self.after_loss) {
            return Ok(Step::LineStart);
        }
        if self.piece.is_none() {
            let Some(feed) = &mut self.feed else {
                return Err(io::Error::other("the log was not asked for"));
            };
            match feed.pieces.try_recv() {
                Ok(Piece::Bytes(bytes, known)) => self.piece = Some((bytes, 0, known)),
                Ok(Piece::Gap { to, reason }) => {
                    let from = std::mem::replace(&mut self.at, to);
                    self.after_loss = true;
                    let reason = reason.to_owned();
                    return Ok(Step::Gap(Lost { from, to, reason }));
                }
                Ok(Piece::End) => {
                    return Ok(Step::End(StreamEnd {
                        total_bytes: self.at,
                        ended_ms: crate::clock::now_ms(),
                        cause: "eof".to_owned(),
                        ..StreamEnd::default()
                    }));
                }
                Err(TryRecvError::Empty) => return Ok(Step::Idle),
                // It ends after the end only.
                Err(TryRecvError::Disconnected) => {
                    return Err(io::Error::other("nobody asks for the log any more"));
                }
            }
        }
        let Some((bytes, taken, _)) = &mut self.piece else {
            return Ok(Step::Idle);
        };
        let left = &bytes[*taken..];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        *taken += n;
        self.at += n as u64;
        if *taken == bytes.len()
            && let Some((_, _, known)) = self.piece.take()
        {
            if self.places.len() == PLACES {
                // Fewer places to go back to, not a shorter way back.
                let mut keep = false;
                self.places.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
            self.places.push_back(known);
        }
        Ok(Step::Bytes(n))
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted::Word(Arc::clone(&self.come))
    }

    /// Whoever comes next must at least be able to tell whether the log still begins where it began.
    pub(super) fn sending(&mut self) -> io::Result<()> {
        let head = self.places.front().and_then(|known| known.head);
        if self.kept.is_some() || head.is_none() {
            return Ok(());
        }
        self.keep(Known::of_head(head))
    }

    pub(super) fn acked(&mut self, offset: u64) {
        if self.note(offset)
            && let Some(known) = self.kept.clone()
            && let Err(error) = self.keep(known)
        {
            tracing::debug!("no checkpoint: {error}");
        }
    }

    /// The agent has everything before this offset; whether a later place is known for it now.
    fn note(&mut self, offset: u64) -> bool {
        let mut later = false;
        while self
            .places
            .front()
            .is_some_and(|known| known.offset <= offset)
        {
            self.kept = self.places.pop_front();
            later = true;
        }
        later
    }

    fn keep(&mut self, known: Known) -> io::Result<()> {
        if let Some(path) = &self.checkpoint {
            // By rename, so that a reader finds the old or the new one.
            let staged = path.with_extension("tmp");
            fs::write(&staged, serde_json::to_vec(&known)?)?;
            fs::rename(&staged, path)?;
        }
        self.kept = Some(known);
        Ok(())
    }
}

/// What an earlier start knew, if it can be read.
fn load(path: &Path) -> Option<Known> {
    let short = fs::metadata(path).is_ok_and(|meta| meta.len() <= CHECKPOINT);
    serde_json::from_slice(&short.then(|| fs::read(path).ok())??).ok()
}
