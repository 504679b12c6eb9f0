//! The one writer thread: commits what is queued in groups, and only then lets the answers go.
//!
//! A failed commit loses nothing: the group is kept and tried again on a new connection while its
//! answers wait, the bounded queue fills, and ingest sends its clients away for a while.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use rusqlite::Connection;
use sentinel_core::{Notice, Persist, Reply};
use tokio::sync::{broadcast, oneshot};

use super::ids::Ids;
use super::{Opened, StoreError, group};
use crate::audit::AuditRow;
use crate::forward::News;
use crate::steps::Held;
use crate::store::backlog::{Backlog, Batches};
use crate::store::{ForwardedRow, Quarantine, Reader, Retention};
use crate::watch::Watch;

/// Batches waiting at most. Their bytes are bounded by the ingest budget and the backlog.
const QUEUE: usize = 1_024;
/// After so long without work the write-ahead log is folded into the database.
const IDLE: Duration = Duration::from_secs(5);
/// The first and the longest pause before a failed commit is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long a failing commit is still tried after the agent was told to stop.
const LAST_TRIES: Duration = Duration::from_secs(3);

/// What one step of the core asks for, with what is to be told once it is durable.
#[derive(Debug, Default)]
pub struct Batch {
    /// The number of the core's step; 0 if it is of none.
    pub step: u64,
    /// The rows.
    pub persist: Vec<Persist>,
    /// The bytes of the step's frame as they came, to be stored instead of encoding it again.
    pub raw: Option<Bytes>,
    /// The answer, and who waits for it.
    pub reply: Option<(oneshot::Sender<Option<Reply>>, Option<Reply>)>,
    /// What open views should hear of.
    pub notify: Vec<Notice>,
    /// The memory the step's input was allowed to take, given back with the answer.
    pub held: Option<Held>,
    /// What somebody did.
    pub audit: Option<AuditRow>,
    /// How far the hub has a stream.
    pub forwarded: Option<ForwardedRow>,
    /// Bytes its rows take, by estimate.
    pub(crate) weight: usize,
}

impl Batch {
    /// Tells whoever waits for it, if nobody has yet.
    pub(crate) fn answer(&mut self) {
        if let Some((waiting, reply)) = self.reply.take() {
            // Nobody waits any more when the client went away; its data is stored all the same.
            let _ = waiting.send(reply);
        }
    }
}

/// How commits are grouped.
#[derive(Clone, Copy, Debug)]
pub struct Grouping {
    /// Frames that make a commit at once.
    pub frames: usize,
    /// How long queued frames are collected for one commit.
    pub collect: Duration,
}

/// What the writer does beside what it is told.
#[derive(Default)]
pub(crate) struct Beside {
    /// Who sends on what is stored.
    pub(crate) news: Option<Arc<News>>,
    /// What it deletes.
    pub(crate) retention: Option<Retention>,
}

/// The writer thread. Dropping every sender ends it, after all that was sent is durable.
#[derive(Debug)]
pub struct Writer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread on an opened database.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        opened: Opened,
        grouping: Grouping,
        reader: Arc<Reader>,
        watch: Arc<Watch>,
        notices: broadcast::Sender<Notice>,
        beside: Beside,
    ) -> std::io::Result<(Batches, Writer)> {
        let (sender, batches) = bounded(QUEUE);
        let (stop, backlog) = (Arc::new(AtomicBool::new(false)), Arc::<Backlog>::default());
        let thread = std::thread::Builder::new().name("store-writer".into());
        let work = Work {
            conn: Some(opened.conn),
            dir: opened.dir,
            busy: opened.busy,
            ids: Ids::default(),
            grouping,
            reader,
            watch,
            notices,
            beside,
            last: Instant::now(),
            stop: Arc::clone(&stop),
            backlog: Arc::clone(&backlog),
        };
        let thread = thread.spawn(move || work.run(&batches))?;
        Ok((Batches::new(sender, backlog), Writer { stop, thread }))
    }

    /// A commit that keeps failing is given up from now on: whoever ends must not wait for it.
    pub fn hurry(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for the thread, all senders being dropped.
    pub fn join(self) {
        self.hurry();
        if self.thread.join().is_err() {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

struct Work {
    /// Absent between a failed commit and the next try.
    conn: Option<Connection>,
    dir: PathBuf,
    busy: Duration,
    ids: Ids,
    grouping: Grouping,
    reader: Arc<Reader>,
    watch: Arc<Watch>,
    notices: broadcast::Sender<Notice>,
    beside: Beside,
    /// When it last had something to write.
    last: Instant,
    stop: Arc<AtomicBool>,
    backlog: Arc<Backlog>,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.backlog.end();
    }
}

impl Work {
    fn run(mut self, batches: &Receiver<Batch>) {
        let mut group: Vec<Batch> = Vec::with_capacity(self.grouping.frames);
        let mut dirty = false;
        loop {
            match batches.recv_timeout(self.patience()) {
                Ok(first) => group.push(first),
                Err(RecvTimeoutError::Timeout) => {
                    dirty |= self.sweep();
                    if self.last.elapsed() >= IDLE && std::mem::take(&mut dirty) {
                        self.checkpoint();
                    }
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.last = Instant::now();
            self.collect(batches, &mut group);
            dirty = true;
            if !self.commit(&group) {
                return;
            }
            for batch in group.drain(..) {
                self.tell(batch);
            }
            // A busy queue does not keep what is too old.
            self.sweep();
        }
        // The last connection to close leaves one file instead of three.
        self.reader.forget();
        self.checkpoint();
    }

    /// How long to wait for something to write.
    fn patience(&self) -> Duration {
        let retention = self.beside.retention.as_ref();
        retention.map_or(IDLE, |retention| IDLE.min(retention.wait()))
    }

    /// Deletes a piece of what is too old, if that is due; whether it wrote.
    fn sweep(&mut self) -> bool {
        let (Some(retention), Some(conn)) = (&mut self.beside.retention, &mut self.conn) else {
            return false;
        };
        if retention.wait() > Duration::ZERO {
            return false;
        }
        match retention.sweep(conn) {
            Ok(swept) => {
                if swept.runs > 0 {
                    // Numbers of what is gone must not be written to.
                    self.ids.forget();
                    self.watch.runs_deleted.add(swept.runs);
                }
                swept.more
            }
            Err(error) => {
                tracing::warn!(%error, "what is too old was not deleted");
                // As after any error: the next commit opens another.
                self.conn = None;
                false
            }
        }
    }

    fn collect(&self, batches: &Receiver<Batch>, group: &mut Vec<Batch>) {
        let begun = Instant::now();
        while group.len() < self.grouping.frames && begun.elapsed() < self.grouping.collect {
            match batches.try_recv() {
                Ok(batch) => group.push(batch),
                Err(_) => return,
            }
        }
    }

    fn tell(&self, mut batch: Batch) {
        self.backlog.done(batch.weight);
        self.watch.note_durable(batch.step);
        for row in &batch.persist {
            if let (Some(news), Persist::Stream(row)) = (&self.beside.news, row) {
                news.tell(row);
            }
        }
        batch.answer();
        for notice in batch.notify {
            // Without an open view there is nobody to tell.
            let _ = self.notices.send(notice);
        }
    }

    /// Makes the group durable, however long it takes; false only when told to stop meanwhile.
    fn commit(&mut self, group: &[Batch]) -> bool {
        let empty = |batch: &Batch| {
            batch.persist.is_empty() && batch.audit.is_none() && batch.forwarded.is_none()
        };
        if group.iter().all(empty) {
            return true;
        }
        let (mut pause, mut told) = (BACKOFF.0, None);
        loop {
            let begun = Instant::now();
            let error = match self.try_commit(group) {
                Ok(()) => {
                    self.watch.committed(group.len(), begun.elapsed());
                    return true;
                }
                Err(error) => error,
            };
            self.ids.forget();
            self.watch.commit_failed(&error);
            if told != Some(error.word()) {
                told = Some(error.word());
                tracing::error!(%error, "commit failed: nothing is acknowledged until it succeeds");
            }
            if let StoreError::Damaged(why) = &error {
                self.replace(why);
            }
            let stopping = self.stop.load(Ordering::Relaxed);
            if stopping && self.watch.failing_for() > LAST_TRIES {
                tracing::error!(
                    "stopping with rows that could not be stored; none was acknowledged"
                );
                return false;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(BACKOFF.1);
        }
    }

    fn try_commit(&mut self, group: &[Batch]) -> Result<(), StoreError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => super::open_once(&self.dir, self.busy)?,
        };
        group::write(&mut conn, &mut self.ids, group)?;
        // After an error the connection is not trusted again: it stays dropped.
        self.conn = Some(conn);
        Ok(())
    }

    /// The file was found damaged while running: begin a new one. What the core holds of open runs
    /// goes there as it changes.
    fn replace(&mut self, why: &rusqlite::Error) {
        self.conn = None;
        match super::put_aside(&self.dir, &why.to_string()) {
            Ok(quarantine) => self.quarantined(quarantine),
            Err(error) => tracing::error!(%error, "the damaged database cannot be put aside"),
        }
    }

    fn quarantined(&self, quarantine: Quarantine) {
        self.reader.forget();
        self.watch.quarantined(quarantine);
    }

    /// Folds the log into the database and cuts it, so that it does not stay as large as it was.
    fn checkpoint(&mut self) {
        let Some(conn) = &self.conn else { return };
        let folded = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = folded {
            // A reader in the way; the next one will do.
            tracing::debug!(%error, "the log was not folded into the database");
        }
    }
}
